/*
 * embedded - what the files of the embedded store share; nobody else includes
 * it.
 */
#ifndef STORE_EMBEDDED_H
#define STORE_EMBEDDED_H

#include <lmdb.h>
#include <stdatomic.h>

#include "store/record.h"
#include "store/writer.h"

#define EMBEDDED_KEY_MAX 511		/* LMDB's own limit */
#define EMBEDDED_SWEEP 128		/* records a sweep removes */

_Static_assert(RECORD_KEY_MAX <= EMBEDDED_KEY_MAX, "LMDB must take all keys");

struct place {
	size_t n;
	char key[EMBEDDED_KEY_MAX];
};

struct embedded {
	int directory;		/* carries the lock against a second opening;
				 * -1: opened beside, to read only */
	MDB_env *env;
	MDB_dbi dbi;
	size_t page, pages;	/* size of one, how many records may take */
	struct writer *writer;		/* NULL: read only */
	_Atomic int64_t now;	/* as last heard from a caller */
	_Atomic int64_t full, swept;

	/* the writer's thread */
	bool urgent;		/* room was wanting in this group */
	int64_t refused;	/* for that, in this transaction */
	struct place next;	/* where the next sweep begins; n 0: first */
	struct place expired[EMBEDDED_SWEEP];
	size_t found;
};

static inline MDB_val
embedded_val(struct span s)
{
	MDB_val v = {s.n, (void *)(uintptr_t)s.p};

	return v;
}

static inline struct span
embedded_span(const MDB_val *v)
{
	return span_make(v->mv_data, v->mv_size);
}

/* Sets *old to what is stored, p NULL if nothing is; LMDB's result. */
int embedded_get(const struct embedded *, MDB_txn *, struct span key,
    struct span *old);

/* Whether a record may grow. */
bool embedded_room(struct embedded *, MDB_txn *);

/* What its writer does. */
extern const struct writer_job embedded_job;

/* Makes a store of what is open. */
struct store *embedded_store(struct embedded *);

/* As struct store_backend has them. */
void embedded_close(void *state);
int embedded_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error);
size_t embedded_restore(void *state, const struct store_record *,
    size_t count, int64_t now, int64_t deadline);

#endif
