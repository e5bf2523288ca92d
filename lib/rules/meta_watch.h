/*
 * meta_watch - which metas may hit.  Most name something that must hit, and
 * nothing does of it: so each is watched by one such operand, the one that the
 * fewest metas ask for, and slept through until that may hit.  Made while
 * loading, then constant.
 */
#ifndef RULES_META_WATCH_H
#define RULES_META_WATCH_H

#include "rules/ruleset.h"

struct meta_watch;

/* The ruleset must outlive it. */
struct meta_watch *meta_watch_new(const struct ruleset *);
void meta_watch_free(struct meta_watch *);

/*
 * A set of metas, by their places in the ruleset: bits that live as long as the
 * arena.  At first those that may hit though nothing else does.
 */
uint64_t *meta_watch_begin(const struct meta_watch *, struct arena *);

/* Wakes whom a rule that may hit concerns, or all such rules. */
void meta_watch_wake(const struct meta_watch *, uint64_t *awake,
    unsigned rule);
void meta_watch_wake_some(const struct meta_watch *, uint64_t *awake,
    const double *high);
void meta_watch_wake_all(const struct meta_watch *, uint64_t *awake);

/*
 * The first from a place on that is awake, and for which all it asks for may
 * hit (unless high is NULL); otherwise ruleset.meta_count.
 */
size_t meta_watch_next(const struct meta_watch *, const uint64_t *awake,
    const double *high, size_t from);

#endif
