/*
 * engine_brief - patterns that are but a few bytes, each of some set, or one
 * of several such rows.  Those are counted many times in a text, and asking
 * PCRE2 each time would cost more than to look.  Constant once built, and
 * asked by any number of threads.
 */
#ifndef RULES_ENGINE_BRIEF_H
#define RULES_ENGINE_BRIEF_H

#include "rules/regex_tree.h"

struct brief;

/* NULL where the pattern is anything else; names and case are in the tree. */
struct brief *brief_new(const struct tree *);
void brief_free(struct brief *);
size_t brief_size(const struct brief *);

/* Whether there is a match at or after *from; then *from and *to are its. */
bool brief_find(const struct brief *, struct span subject, size_t *from,
    size_t *to);

#endif
