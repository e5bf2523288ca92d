/*
 * pairs - which bytes stand side by side in a text, whatever their case and
 * roughly: found once, it turns down most strings that are not there, so that
 * many patterns need not look for theirs one after the other.
 */
#ifndef RULES_PAIRS_H
#define RULES_PAIRS_H

#include "rules/literal.h"

#define PAIRS_BITS 1024		/* some hundred bytes leave most of them 0 */

struct pairs {
	uint64_t bits[PAIRS_BITS / 64];
};

void pairs_find(struct span text, struct pairs *out);

/* False when needs_met is false for the text. */
bool pairs_allow(const struct pairs *, const struct needs *);

#endif
