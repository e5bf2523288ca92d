/*
 * mark - a digest that tells whether a rule still asks and counts the same: its
 * definition, flags and score, and the definitions of all that a meta is made
 * of.  Pure, any thread.
 */
#ifndef RULES_MARK_H
#define RULES_MARK_H

#include "base/digest.h"
#include "rules/ruleset.h"

const char *mark_text(const struct ruleset *, const struct rule *,
    char out[DIGEST_TEXT_MAX]);

#endif
