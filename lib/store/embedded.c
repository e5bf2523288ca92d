/*
 * embedded - a store in LMDB.
 *
 * Reading takes place in the thread that asks and never waits for writing.
 * Writing takes place in one thread (store/writer.h), which groups what many
 * ask for into one transaction, because a commit waits for the disk.  After a
 * crash of the process nothing that was answered is lost, after a crash of the
 * machine at most the last commit (MDB_NOMETASYNC).
 */
#include "store/embedded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define EMBEDDED_SCAN 2000		/* records a sweep looks at */

int
embedded_get(const struct embedded *e, MDB_txn *txn, struct span key,
    struct span *old)
{
	MDB_val k = embedded_val(key), v;
	static const struct span nothing = {NULL, 0};
	int rc = mdb_get(txn, e->dbi, &k, &v);

	*old = rc == 0 ? embedded_span(&v) : nothing;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

bool
embedded_room(struct embedded *e, MDB_txn *txn)
{
	MDB_stat s;

	if (mdb_stat(txn, e->dbi, &s) != 0)
		return false;
	return s.ms_branch_pages + s.ms_leaf_pages + s.ms_overflow_pages <
	    e->pages;
}

/* A result other than 0 spoils the transaction. */
static int
commit_op(struct embedded *e, MDB_txn *txn, struct store_op *op,
    struct span key, int64_t now)
{
	struct record r;
	struct span old;
	MDB_val k = embedded_val(key), v;
	int rc = embedded_get(e, txn, key, &old);

	if (rc != 0)
		return rc;
	switch (record_apply(op, old, now, &r)) {
	case RECORD_KEEP:
		return 0;
	case RECORD_REMOVE:
		return mdb_del(txn, e->dbi, &k, NULL);
	case RECORD_WRITE:
		break;
	}
	if (r.n > old.n && !embedded_room(e, txn)) {
		op->answer = STORE_FAILED;
		op->trouble = TROUBLE_REFUSED;
		e->refused++;
		return 0;
	}
	v = embedded_val(span_make(r.bytes, r.n));
	return mdb_put(txn, e->dbi, &k, &v, 0);
}

/* One transaction for the batches from first to before end. */
static int
commit_try(struct embedded *e, struct batch *first, const struct batch *end)
{
	struct batch *b;
	MDB_txn *txn;
	size_t i;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	e->refused = 0;
	for (b = first; b != end; b = b->next)
		for (i = 0; i < b->count && rc == 0; i++)
			rc = commit_op(e, txn, &b->ops[i], b->keys[i], b->now);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	if (rc == 0 && e->refused > 0) {
		e->full += e->refused;
		e->urgent = true;
	}
	return rc;
}

static void
commit_fail(struct embedded *e, struct batch *b, int rc)
{
	size_t i;

	for (i = 0; i < b->count; i++) {
		b->ops[i].answer = STORE_FAILED;
		b->ops[i].trouble = TROUBLE_REFUSED;
	}
	if (rc == MDB_MAP_FULL || rc == ENOSPC) {
		e->full += (int64_t)b->count;
		e->urgent = true;
	}
}

/* When all together do not fit, each may alone; other faults hit all alike. */
static bool
embedded_commit(void *state, struct batch *group)
{
	struct embedded *e = state;
	struct batch *b;
	int rc;
	bool alone;

	e->urgent = false;
	rc = commit_try(e, group, NULL);
	if (rc == 0)
		return e->urgent;
	alone = group->next != NULL &&
	    (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL);
	for (b = group; b != NULL; b = b->next) {
		if (alone)
			rc = commit_try(e, b, b->next);
		if (rc != 0)
			commit_fail(e, b, rc);
	}
	return e->urgent;
}

static void
place_set(struct place *p, struct span key)
{
	p->n = key.n < sizeof(p->key) ? key.n : sizeof(p->key);
	memcpy(p->key, key.p, p->n);
}

/* Notes expired records from e->next on, and moves that to where it stopped. */
static int
sweep_find(struct embedded *e, MDB_txn *txn)
{
	MDB_val key = embedded_val(span_make(e->next.key, e->next.n)), v;
	int64_t now = e->now;
	MDB_cursor *cursor;
	unsigned left;
	int rc = mdb_cursor_open(txn, e->dbi, &cursor);

	if (rc != 0)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &v,
	    e->next.n != 0 ? MDB_SET_RANGE : MDB_FIRST);
	for (left = EMBEDDED_SCAN; rc == 0; left--) {
		if (left == 0 || e->found == EMBEDDED_SWEEP)
			break;
		if (*(const char *)key.mv_data != '\0' &&
		    record_expired(embedded_span(&v), now))
			place_set(&e->expired[e->found++], embedded_span(&key));
		rc = mdb_cursor_get(cursor, &key, &v, MDB_NEXT);
	}
	if (rc == 0)
		place_set(&e->next, embedded_span(&key));
	else
		e->next.n = 0;
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
sweep_remove(struct embedded *e, size_t count)
{
	struct span name, old;
	MDB_txn *txn;
	MDB_val key;
	size_t i;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	for (i = 0; i < count && rc == 0; i++) {
		name = span_make(e->expired[i].key, e->expired[i].n);
		key = embedded_val(name);
		rc = embedded_get(e, txn, name, &old);
		if (rc == 0 && old.p != NULL && record_expired(old, e->now))
			rc = mdb_del(txn, e->dbi, &key, NULL);
	}
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/*
 * Between finding and removing only a restore may write.  In a full map fewer
 * removals may fit where many do not.
 */
static bool
embedded_sweep(void *state)
{
	struct embedded *e = state;
	size_t count;
	MDB_txn *txn;

	e->found = 0;
	if (mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != 0)
		return false;
	if (sweep_find(e, txn) != 0)
		e->found = 0;
	mdb_txn_abort(txn);
	for (count = e->found; count > 0; count /= 2)
		if (sweep_remove(e, count) == 0)
			break;
	e->swept += (int64_t)count;
	return count == EMBEDDED_SWEEP;
}

const struct writer_job embedded_job = {embedded_commit, embedded_sweep};

/*
 * Answers what needs no writing: GET, and PUT_NEW of what is there already.
 * Returns false, with nothing answered, when something has to be written.
 */
static bool
read_ops(struct embedded *e, struct store_op *ops, size_t count, int64_t now)
{
	char key[RECORD_KEY_MAX];
	struct record unused;
	struct span old;
	MDB_txn *txn;
	size_t i;
	bool write = false;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	/* Slots of dead processes, such as LMDB's own tools, are freed. */
	if (rc == MDB_READERS_FULL)
		mdb_reader_check(e->env, NULL);
	if (rc != 0)
		return true;
	for (i = 0; i < count && !write; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		if (embedded_get(e, txn, span_make(key,
			record_key(&ops[i], key)), &old) == 0)
			write = record_apply(&ops[i], old, now, &unused) !=
			    RECORD_KEEP;
		else
			ops[i].answer = STORE_FAILED;
	}
	mdb_txn_abort(txn);
	return !write;
}

/* Whether a batch may come out without writing: nothing but these verbs. */
static bool
may_only_read(const struct store_op *ops, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (ops[i].answer == STORE_UNASKED &&
		    ops[i].verb != STORE_GET && ops[i].verb != STORE_PUT_NEW)
			return false;
	return true;
}

static void
embedded_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	enum store_answer before[STORE_BATCH_MAX];
	struct embedded *e = state;
	struct batch *b;
	size_t i;

	e->now = now;
	if (may_only_read(ops, count)) {
		for (i = 0; i < count; i++)
			before[i] = ops[i].answer;
		if (read_ops(e, ops, count, now))
			return;
		for (i = 0; i < count; i++)
			ops[i].answer = before[i];
	}
	if (e->writer == NULL)
		return;
	b = batch_new(ops, count, now);
	if (!writer_run(e->writer, b, deadline))
		return;
	batch_answer(b, ops, count);
	batch_free(b);
}

static void
embedded_figures(void *state, struct store_figures *f)
{
	struct embedded *e = state;
	MDB_envinfo info;
	MDB_stat s;

	if (e->writer != NULL)
		writer_figures(e->writer, f);
	f->full = e->full;
	f->swept = e->swept;
	f->limit = (int64_t)(e->pages * e->page);
	if (mdb_env_info(e->env, &info) != 0 || mdb_env_stat(e->env, &s) != 0)
		return;
	f->keys = (int64_t)s.ms_entries - 1;	/* without the format */
	f->bytes = (int64_t)((s.ms_branch_pages + s.ms_leaf_pages +
	    s.ms_overflow_pages) * e->page);
}

void
embedded_close(void *state)
{
	struct embedded *e = state;

	writer_close(e->writer);
	if (e->env != NULL) {
		if (e->directory >= 0)
			mdb_env_sync(e->env, 1);
		mdb_env_close(e->env);
	}
	if (e->directory >= 0)
		close(e->directory);
	free(e);
}

struct store *
embedded_store(struct embedded *e)
{
	static const struct store_backend backend = {
	    .name = "embedded",
	    .run = embedded_run,
	    .figures = embedded_figures,
	    .close = embedded_close,
	    .walk = embedded_walk,
	    .restore = embedded_restore,
	};

	return store_new(&backend, e);
}
