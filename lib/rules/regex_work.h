/*
 * regex_work - how much a pattern can make PCRE2 try at worst.  Where that is
 * little, a match need not be watched.  Pure functions, any thread.
 */
#ifndef RULES_REGEX_WORK_H
#define RULES_REGEX_WORK_H

#include "rules/regex_tree.h"

/* Where a match may begin: anywhere, at a line's start, or the subject's. */
enum work_start { WORK_ANYWHERE, WORK_LINES, WORK_ONCE };

/* Whether a pattern, as PCRE2 has it, leads with ^ or \\A. */
bool work_anchored(struct span pattern);

/* Where matches of it begin; anywhere, when in doubt. */
enum work_start work_begins(const struct tree *, struct span pattern,
    unsigned flags);

/*
 * Roughly the bytes that PCRE2 looks at, over and over, to find out that a
 * subject of n bytes, made to be the worst, has no match; infinite where there
 * is no bound.
 */
double work_bound(const struct tree *, double n, enum work_start);

#define WORK_SIZE_MAX (1 << 20)

/*
 * For each of two limits, in rising order, a size up to which subjects take no
 * more than that; 0 where there is none, and WORK_SIZE_MAX at most.
 */
void work_sizes(const struct tree *, enum work_start, const double limit[2],
    size_t size[2]);

#endif
