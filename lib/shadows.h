/*
 * shadows - the rules of a generation that are on trial ("tflags NAME shadow"),
 * and what each of them would have made of a message.  Constant once loaded.
 */
#ifndef SHADOWS_H
#define SHADOWS_H

#include "rules/ruleset.h"
#include "verdict/policy.h"
#include "verdict/shadow.h"

/* One for each such rule, in the order of the rules. */
struct shadows {
	struct shadow **items;
	const struct weight **weights;
	size_t count;
};

/* previous (or NULL) shares the figures of rules that are the same. */
void shadows_load(struct shadows *, const struct ruleset *,
    const struct weights *, const struct shadows *previous);
void shadows_done(struct shadows *);

/* Counts a judged message.  decision is what was decided without them. */
void shadows_note(const struct shadows *, const struct policy *,
    const struct message *, const struct result *,
    const struct decision *);

#endif
