/*
 * weights - what each symbol counts and means, as "score" and "describe" lines
 * under rules/ say.  Filled while loading, constant afterwards.
 */
#ifndef VERDICT_WEIGHTS_H
#define VERDICT_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

/* When it is known whether a symbol is raised, and metas on it are computed. */
enum turn {
	TURN_BODY,	/* as soon as the body is here */
	TURN_STORE,	/* when the store has answered */
	TURN_SCORE,	/* by those who know the score */
};

struct weight {
	char *name;
	int64_t score;		/* thousandths of a point; 0 unless scored */
	bool scored;
	bool shadow;		/* on trial: told, counts nothing */
	enum turn turn;
	bool hearsay;		/* a meta on what a store remembers */
	char *describe;		/* NULL unless described */
	char *file;		/* where it was scored, or NULL */
	unsigned line;
	unsigned index;		/* 0 .. count - 1, for counters */
};

struct weights {
	struct map map;
};

void weights_init(struct weights *);
void weights_done(struct weights *);

/* The entry of that name, made if need be; belongs to weights. */
struct weight *weights_put(struct weights *, struct span name);

/* NULL when the symbol is unknown. */
const struct weight *weights_find(const struct weights *, struct span name);

#endif
