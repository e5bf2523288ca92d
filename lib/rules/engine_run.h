/*
 * engine_run - a gate for patterns that match many bytes of one set in a row,
 * such as long lines and long words: of most texts only a few bytes are looked
 * at.  Pure functions, any thread.
 */
#ifndef RULES_ENGINE_RUN_H
#define RULES_ENGINE_RUN_H

#include "rules/regex_tree.h"

struct run {
	struct byteset set;
	uint32_t n;		/* bytes in a row; 0: nothing to go by */
	uint32_t least;		/* bytes of a whole match */
};

/* The longest run that every match contains, if it is long enough. */
void run_find(const struct tree *, struct run *out);

/* Whether subject holds such a run; true where n is 0. */
bool run_occurs(const struct run *, struct span subject);

#endif
