/*
 * engine_state - what an engine is made of; for engine's own files.  The
 * loader fills it in, and from then on it is constant.
 */
#ifndef RULES_ENGINE_STATE_H
#define RULES_ENGINE_STATE_H

#include "base/map.h"
#include "rules/engine.h"
#include "rules/engine_shard.h"

struct engine_slot {		/* one pattern */
	struct item *item;
	/* The item's, or NULL: few of the patterns asked need more of it. */
	const struct run *run;
	struct filter *filter;
	unsigned id;
	unsigned class;
	unsigned most;		/* at least 1 */
	uint32_t least;		/* bytes of a match */
	bool captures;
	bool once;
	bool later;
	enum engine_way way;
};

struct engine_shard {
	struct shard *shard;
	unsigned *patterns;	/* slot of each set of strings */
	size_t n;
};

/* A set of strings: whose need it is, and which of them. */
struct engine_gate {
	unsigned slot;
	uint32_t before;	/* see item_before */
	uint8_t need, needs;	/* this one of so many */
	uint8_t times;		/* its strings are needed so often */
};

struct engine_class {
	struct engine_shard *shards;
	size_t shard_count;
	struct engine_strings *strings;	/* what no shard holds; or NULL */
	struct engine_gate *gates;	/* of each set in strings */
	unsigned *stringed;		/* slots that have them */
	size_t stringed_count;
	struct sketches *sketches;	/* or NULL */
	unsigned *sketched;		/* slot of each sketch */
	size_t sketched_count;
	unsigned *direct;		/* slots that are always tried */
	size_t direct_count;
	size_t patterns;
};

/* Whether Vectorscan can be relied upon; found out once. */
enum engine_trust { TRUST_UNKNOWN, TRUST_GOOD, TRUST_NONE };

struct engine {
	_Atomic unsigned uses;
	struct engine_slot *slots;
	size_t n;
	struct engine_class *classes;
	size_t class_count;
	enum engine_trust trust;
	struct map items;	/* by key, to share them; values: the slots' */
	struct map shards;	/* likewise; it has a use of each */
	struct engine_figures figures;
};

/* Drops all that there is; the engine may be half built. */
void engine_free(struct engine *);

#endif
