/*
 * backend - what store.c and the back ends say to each other; nobody else
 * includes it.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

/* What a back end knows of itself; what it does not know stays 0. */
struct store_figures {
	int64_t keys;		/* records, also those expired but not swept */
	int64_t bytes;		/* that they take */
	int64_t limit;		/* most bytes that they may take */
	int64_t swept;		/* expired records removed */
	int64_t full;		/* writes refused for want of room */
	int64_t late;		/* batches given up at their deadline */
	int64_t crowded;	/* batches refused because too much waited */
};

/*
 * run answers every operation that is STORE_UNASKED and leaves the others
 * alone; those still STORE_UNASKED when it returns have failed.  now is wall
 * time, deadline is on clock_steady.  run and figures are called by any
 * thread, close by the last one.
 */
struct store_backend {
	const char *name;
	void (*run)(void *state, struct store_op *ops, size_t count,
	    int64_t now, int64_t deadline);
	void (*figures)(void *state, struct store_figures *);
	void (*close)(void *state);
};

/* The state belongs to the store, which closes it. */
struct store *store_new(const struct store_backend *, void *state);

#endif
