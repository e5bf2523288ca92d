/*
 * engine_filter - tells of most texts that a pattern cannot match them, in one
 * pass of a few instructions a byte: an automaton of all that the pattern's
 * tree describes (Rabin and Scott 1959), whose states are worked out when a
 * text first comes to them (Thompson 1968).  Counts are rounded and what makes
 * it too large is taken for matched, so that it passes more than it should, but
 * never stops a match.
 *
 * Any number of threads may ask one.
 */
#ifndef RULES_ENGINE_FILTER_H
#define RULES_ENGINE_FILTER_H

#include "rules/regex_tree.h"
#include "rules/regex_work.h"

struct filter;

#define FILTER_CELLS_MAX 48000

/*
 * That grows to so many cells of two bytes, at most or nearly.  NULL where it
 * would pass everything.
 */
struct filter *filter_new(const struct tree *, enum work_start, size_t cells);
void filter_free(struct filter *);
size_t filter_size(const struct filter *);	/* at the moment */

struct filter_job {
	struct filter *filter;
	struct span text;
	size_t rest;	/* no match begins in so many bytes at its end */
	bool passes;	/* the answer: false when there is no match in it */
};

/* Several at once, which takes less time than one after the other. */
void filters_run(struct filter_job *, size_t n);

#endif
