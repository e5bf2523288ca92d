/*
 * template - a rule whose pattern holds %{NAME}, to be filled in for each
 * message.  Making a pattern costs far more than to see that it cannot match,
 * so what its matches need is found once, while loading.
 */
#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include "rules/literal.h"
#include "rules/match.h"

#define TEMPLATE_FRAMES_MAX 8	/* of one pattern; more become one without */

/* What stands right before a value, and right behind. */
struct template_frame {
	struct literal before, behind;
};

struct template {
	const struct rule *rule;
	struct span *names;	/* as often as the pattern has them */
	size_t name_count;
	/*
	 * Every match holds one of these, or, in one of the frames, what one
	 * of the names stands for; without both nothing is known.
	 */
	struct needs needs;	/* one set at most */
	struct template_frame frames[TEMPLATE_FRAMES_MAX];
	size_t frame_count;
};

void template_init(struct template *, const struct rule *);
void template_done(struct template *);

/* False when the filled pattern would match nowhere in the texts. */
bool template_possible(const struct template *, const struct match *,
    const struct texts *);

#endif
