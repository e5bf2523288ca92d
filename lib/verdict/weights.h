/*
 * weights - what each symbol counts and means, as "score" and "describe" lines
 * under rules/ say.  Filled while loading, constant afterwards.
 */
#ifndef VERDICT_WEIGHTS_H
#define VERDICT_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

struct weight {
	char *name;
	int64_t score;		/* thousandths of a point; 0 unless scored */
	bool scored;
	bool shadow;		/* on trial: told, counts nothing */
	bool late;		/* raised when metas have been computed */
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
