/*
 * engine_sketch - a gate for patterns that contain no fixed string, such as
 * words with letters in disguise.  A sketch is a short row of byte sets that
 * any match runs through in order; all sketches of a class are followed at
 * once, a bit for each set (extended shift-and, Navarro and Raffinot 2002).
 *
 * Tables are constant once built, and scanned by any number of threads.
 */
#ifndef RULES_ENGINE_SKETCH_H
#define RULES_ENGINE_SKETCH_H

#include "rules/regex_tree.h"

#define SKETCH_STEPS 8		/* of one row */
#define SKETCH_ROWS 24		/* of one pattern */
#define SKETCH_ALWAYS (UINT64_C(1) << 40)

struct sketch_row {
	unsigned n;				/* steps */
	struct byteset go[SKETCH_STEPS];	/* a byte of each in turn ... */
	struct byteset stay[SKETCH_STEPS];	/* with any of these after it */
};

/* Rows of which every match runs through one. */
struct sketch {
	unsigned n;		/* 0 when there is nothing to go by */
	uint64_t rate;		/* guess of hits per byte, in SKETCH_ALWAYS */
	struct sketch_row *rows;	/* malloc'd */
};

void sketch_find(const struct tree *, struct sketch *out);
void sketch_done(struct sketch *);

struct sketches;

/* The patterns' sketches; those without rows are never run through. */
struct sketches *sketches_new(const struct sketch *const *, size_t n);
void sketches_free(struct sketches *);
size_t sketches_size(const struct sketches *);

/*
 * Tells the numbers, counting from 0 in the order of sketches_new, of those
 * that subject runs through, perhaps more than once.
 */
typedef void sketch_fn(void *arg, unsigned number);

void sketches_scan(const struct sketches *, struct span subject,
    sketch_fn *, void *arg);

#endif
