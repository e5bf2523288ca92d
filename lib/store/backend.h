/*
 * backend - what store.c and the back ends say to each other; nobody else
 * includes it.
 */
#ifndef STORE_BACKEND_H
#define STORE_BACKEND_H

#include "store/store.h"

#define STORE_TROUBLES_MAX 24
#define STORE_CARRY_MAX (STORE_BATCH_MAX + STORE_LATER_MAX) /* of one run */

/* What a back end knows of itself; what it does not know stays 0. */
struct store_figures {
	int64_t keys;		/* records, also those expired but not swept */
	int64_t bytes;		/* that they take */
	int64_t limit;		/* most bytes that they may take */
	int64_t swept;		/* expired records removed */
	int64_t full;		/* writes refused for want of room */
	int64_t late;		/* batches given up at their deadline */
	int64_t crowded;	/* batches refused because too much waited */

	/* Kinds of trouble and how often; ends where kind is NULL. */
	struct store_trouble_count {
		const char *kind;
		int64_t count;
	} troubles[STORE_TROUBLES_MAX];
};

/*
 * run answers every operation that is STORE_UNASKED and leaves the others
 * alone; those still STORE_UNASKED when it returns have failed, and may have
 * happened.  It says in trouble why one failed: where it tried twice, UNKNOWN
 * of one try stays UNKNOWN whatever the other brought.  now is wall time,
 * deadline is on clock_steady.  run and figures are called by any thread,
 * close by the last one.
 */
struct store_backend {
	const char *name;
	bool later;	/* a batch takes a round trip, of which store_later
			 * saves some: then up to STORE_CARRY_MAX operations
			 * come at once, otherwise STORE_BATCH_MAX */
	void (*run)(void *state, struct store_op *ops, size_t count,
	    int64_t now, int64_t deadline);
	void (*figures)(void *state, struct store_figures *);
	void (*close)(void *state);

	/* Optional; what is missing is answered by store.c. */
	void (*health)(void *state, struct store_health *);
	void (*hosts)(void *state, unsigned hosts);

	/* As store_walk and store_restore. */
	int (*walk)(void *state, const char *klass,
	    bool (*visit)(void *context, const struct store_record *),
	    void *context, struct error *error);
	size_t (*restore)(void *state, const struct store_record *,
	    size_t count, int64_t now, int64_t deadline);
};

/* A back end that is not a store by itself yet. */
struct store_part {
	const struct store_backend *backend;	/* NULL: it could not open */
	void *state;
};

struct store_part memory_part(void);

/* The state belongs to the store, which closes it. */
struct store *store_new(const struct store_backend *, void *state);

#endif
