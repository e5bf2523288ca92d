/*
 * engine_load - the parts of loading an engine; for engine's own files.
 */
#ifndef RULES_ENGINE_LOAD_H
#define RULES_ENGINE_LOAD_H

#include "rules/engine_state.h"

struct load {
	const struct engine_pattern *patterns;
	size_t n;
	struct engine *previous;
	const struct engine_options *options;
	struct engine *engine;
	int64_t deadline;
	bool vectorscan;		/* is there, and does it well */
	const char *cache;		/* NULL when it is of no use */
	char platform[ITEM_KEY_MAX];
};

/* position is SIZE_MAX where a note is about no pattern. */
void load_report(const struct load *, enum engine_note, size_t position,
    const char *text);

/* The databases of every class, where there is Vectorscan. */
void load_shards(struct load *);

/* The other gates, and what is tried always. */
void load_gates(struct load *);

#endif
