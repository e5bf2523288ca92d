/*
 * embedded_walk - lists and restores records of the embedded store.
 *
 * A reader keeps LMDB from using pages again that were freed after it began.
 * So a walk copies a few records, ends its transaction before it shows them,
 * and goes on behind the last of them in another.
 */
#include "store/embedded.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WALK_RECORDS 256	/* read in one transaction */

struct walk {
	struct place next;	/* the first key to read; n 0: from the start */
	bool past;		/* next itself has been shown */
	size_t count;
	struct store_record records[WALK_RECORDS];
	char bytes[WALK_RECORDS * (EMBEDDED_KEY_MAX + RECORD_MAX)];
};

/* What is longer than any record is none. */
static void
walk_keep(struct walk *w, size_t *used, const MDB_val *key, const MDB_val *v)
{
	struct store_record *r = &w->records[w->count];
	char *p = w->bytes + *used;

	if (v->mv_size > RECORD_MAX || key->mv_size > EMBEDDED_KEY_MAX)
		return;
	memcpy(p, key->mv_data, key->mv_size);
	memcpy(p + key->mv_size, v->mv_data, v->mv_size);
	r->key = span_make(p, key->mv_size);
	r->bytes = span_make(p + key->mv_size, v->mv_size);
	*used += key->mv_size + v->mv_size;
	w->count++;
}

/* Copies records from w->next on; *more says whether some may be left. */
static int
walk_read(struct walk *w, MDB_cursor *cursor, bool *more)
{
	MDB_val key = embedded_val(span_make(w->next.key, w->next.n)), v;
	struct span from = span_make(w->next.key, w->next.n);
	size_t used = 0;
	int rc;

	w->count = 0;
	rc = mdb_cursor_get(cursor, &key, &v,
	    w->next.n != 0 ? MDB_SET_RANGE : MDB_FIRST);
	if (rc == 0 && w->past && span_eq(embedded_span(&key), from))
		rc = mdb_cursor_get(cursor, &key, &v, MDB_NEXT);
	for (; rc == 0 && w->count < WALK_RECORDS;
	    rc = mdb_cursor_get(cursor, &key, &v, MDB_NEXT))
		if (*(const char *)key.mv_data != '\0')
			walk_keep(w, &used, &key, &v);
	*more = rc == 0;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
walk_step(struct embedded *e, struct walk *w, bool *more)
{
	MDB_cursor *cursor;
	MDB_txn *txn;
	struct span last;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_open(txn, e->dbi, &cursor);
	if (rc == 0) {
		rc = walk_read(w, cursor, more);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	if (rc == 0 && w->count > 0) {
		last = w->records[w->count - 1].key;
		memcpy(w->next.key, last.p, last.n);
		w->next.n = last.n;
		w->past = true;
	}
	return rc;
}

/* Shows what a step brought; false to end the walk. */
static bool
walk_show(const struct walk *w, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context)
{
	size_t i;

	for (i = 0; i < w->count; i++) {
		if (klass != NULL &&
		    !span_is(record_class(w->records[i].key), klass))
			return false;
		if (!visit(context, &w->records[i]))
			return false;
	}
	return true;
}

/* Keys of a class stand together: a class is a range of the whole. */
int
embedded_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	struct walk *w = mem_alloc(sizeof(*w));
	bool more = true;
	int rc = 0;

	if (klass != NULL) {
		w->next.n = strnlen(klass, STORE_CLASS_MAX) + 1;
		memcpy(w->next.key, klass, w->next.n - 1);
	}
	while (more && rc == 0) {
		rc = walk_step(state, w, &more);
		if (rc == 0)
			more = walk_show(w, klass, visit, context) && more;
	}
	free(w);
	if (rc != 0)
		return error_set(error, "cannot read the store: %s",
		    mdb_strerror(rc));
	return 0;
}

/* What is unsound or finds no room is counted; else LMDB's result. */
static int
restore_one(struct embedded *e, MDB_txn *txn, const struct store_record *r,
    int64_t now, size_t *failed)
{
	MDB_val k = embedded_val(r->key), v = embedded_val(r->bytes);
	struct span old;
	int rc;

	if (!record_key_sound(r->key) || record_expiry(r->bytes) < 0) {
		++*failed;
		return 0;
	}
	if (record_expired(r->bytes, now))
		return 0;
	rc = embedded_get(e, txn, r->key, &old);
	if (rc == 0 && r->bytes.n > old.n && !embedded_room(e, txn)) {
		++*failed;
		return 0;
	}
	return rc != 0 ? rc : mdb_put(txn, e->dbi, &k, &v, 0);
}

/*
 * In the caller's thread: LMDB lets one write at a time.  The deadline is not
 * kept, for nobody who judges mail restores.
 */
size_t
embedded_restore(void *state, const struct store_record *records, size_t count,
    int64_t now, int64_t deadline)
{
	struct embedded *e = state;
	size_t i, failed = 0;
	MDB_txn *txn;
	int rc;

	(void)deadline;
	if (e->writer == NULL || mdb_txn_begin(e->env, NULL, 0, &txn) != 0)
		return count;
	for (i = 0, rc = 0; i < count && rc == 0; i++)
		rc = restore_one(e, txn, &records[i], now, &failed);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return count;
	}
	return mdb_txn_commit(txn) == 0 ? failed : count;
}
