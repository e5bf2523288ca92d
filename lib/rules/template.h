/*
 * template - a rule whose pattern holds %{NAME}, to be filled in for each
 * message.  Making a pattern costs far more than to see that it cannot match,
 * so what its matches need is found once, while loading.
 */
#ifndef RULES_TEMPLATE_H
#define RULES_TEMPLATE_H

#include "rules/literal.h"
#include "rules/match.h"

struct template {
	const struct rule *rule;
	struct span *names;	/* as often as the pattern has them */
	size_t name_count;
	/*
	 * Every match holds one of these, or, with value, what one of the
	 * names stands for; without both nothing is known.
	 */
	struct needs needs;	/* one set at most */
	bool value;
};

void template_init(struct template *, const struct rule *);
void template_done(struct template *);

/* False when the filled pattern would match nowhere in text. */
bool template_possible(const struct template *, const struct match *,
    struct span text);

#endif
