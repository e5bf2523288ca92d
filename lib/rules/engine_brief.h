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

/*
 * How many matches there are at or after *from, each after the one before; at
 * most is enough.  *from and *to are the first one's, if there is any.
 */
unsigned brief_count(const struct brief *, struct span subject, unsigned most,
    size_t *from, size_t *to);

#endif
