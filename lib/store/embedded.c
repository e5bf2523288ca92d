/*
 * embedded - a store in LMDB.
 *
 * Reading takes place in the thread that asks and never waits for writing.
 * Writing takes place in one thread (store/writer.h), which groups what many
 * ask for into one transaction, because a commit waits for the disk.  After a
 * crash of the process nothing that was answered is lost, after a crash of the
 * machine at most the last commit (MDB_NOMETASYNC).
 *
 * LMDB reads through a map of the file and does not look whether the file is
 * as long as it says.  So the file is made as long as the map at once, with
 * holes, and one that is shorter than what it refers to was cut.  A part of
 * the map is kept free: deleting needs free pages too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/record.h"
#include "store/writer.h"

#define EMBEDDED_SIZE_MIN (INT64_C(1) << 20)	/* bytes of the map */
#define EMBEDDED_SIZE_MAX (INT64_C(1) << (sizeof(size_t) > 4 ? 40 : 30))
#define EMBEDDED_READERS_MAX 1024	/* threads that read at one moment */
#define EMBEDDED_READER 64		/* bytes of a reader in lock.mdb */
#define EMBEDDED_RESERVE 8		/* this part of the map stays free */
#define EMBEDDED_KEY_MAX 511		/* LMDB's own limit */
#define EMBEDDED_SCAN 2000		/* records a sweep looks at */
#define EMBEDDED_SWEEP 128		/* records a sweep removes */

/* No record's key begins with a zero. */
static const struct span format_key = SPAN("\0format");
static const struct span format_text = SPAN("postern store 1");

_Static_assert(RECORD_KEY_MAX <= EMBEDDED_KEY_MAX, "LMDB must take all keys");

struct place {
	size_t n;
	char key[EMBEDDED_KEY_MAX];
};

struct embedded {
	int directory;		/* carries the lock against a second opening */
	MDB_env *env;
	MDB_dbi dbi;
	size_t page, pages;	/* size of one, how many records may take */
	struct writer *writer;
	_Atomic int64_t now;	/* as last heard from a caller */
	_Atomic int64_t full, swept;

	/* the writer's thread */
	bool urgent;		/* room was wanting in this group */
	int64_t refused;	/* for that, in this transaction */
	struct place next;	/* where the next sweep begins; n 0: first */
	struct place expired[EMBEDDED_SWEEP];
	size_t found;
};

static MDB_val
val_of(struct span s)
{
	MDB_val v = {s.n, (void *)(uintptr_t)s.p};

	return v;
}

static struct span
span_val(const MDB_val *v)
{
	return span_make(v->mv_data, v->mv_size);
}

/* Sets *old to what is stored, p NULL if nothing is. */
static int
record_get(const struct embedded *e, MDB_txn *txn, struct span key,
    struct span *old)
{
	MDB_val k = val_of(key), v;
	static const struct span nothing = {NULL, 0};
	int rc = mdb_get(txn, e->dbi, &k, &v);

	*old = rc == 0 ? span_val(&v) : nothing;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static bool
room_for(struct embedded *e, MDB_txn *txn)
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
	MDB_val k = val_of(key), v;
	int rc = record_get(e, txn, key, &old);

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
	if (r.n > old.n && !room_for(e, txn)) {
		op->answer = STORE_FAILED;
		e->refused++;
		return 0;
	}
	v = val_of(span_make(r.bytes, r.n));
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

	for (i = 0; i < b->count; i++)
		b->ops[i].answer = STORE_FAILED;
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
	MDB_val key = val_of(span_make(e->next.key, e->next.n)), v;
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
		    record_expired(span_val(&v), now))
			place_set(&e->expired[e->found++], span_val(&key));
		rc = mdb_cursor_get(cursor, &key, &v, MDB_NEXT);
	}
	if (rc == 0)
		place_set(&e->next, span_val(&key));
	else
		e->next.n = 0;
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int
sweep_remove(struct embedded *e, size_t count)
{
	MDB_txn *txn;
	MDB_val key;
	size_t i;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	for (i = 0; i < count && rc == 0; i++) {
		key = val_of(span_make(e->expired[i].key, e->expired[i].n));
		rc = mdb_del(txn, e->dbi, &key, NULL);
	}
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/*
 * Nobody else writes between finding and removing.  In a full map fewer
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
		if (record_get(e, txn, span_make(key,
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

static void
embedded_close(void *state)
{
	struct embedded *e = state;

	writer_close(e->writer);
	if (e->env != NULL) {
		mdb_env_sync(e->env, 1);
		mdb_env_close(e->env);
	}
	if (e->directory >= 0)
		close(e->directory);
	free(e);
}

/*
 * LMDB must not be opened twice by one process, and a second daemon would
 * count apart.  The lock goes with the process, however it ends.
 */
static int
directory_open(const char *path, struct error *error)
{
	int fd;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return error_at(error, path, 0, "cannot create the folder: %s",
		    strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_at(error, path, 0, "cannot open the folder: %s",
		    strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		error_at(error, path, 0, "the store is in use already");
	else
		error_at(error, path, 0, "cannot lock the folder: %s",
		    strerror(errno));
	close(fd);
	return -1;
}

/*
 * LMDB maps lock.mdb and makes it with holes, and to fill one on a full disk
 * is a bus error.  Before LMDB opens it, it can be made whole; later closing
 * it would take LMDB's locks away.
 */
static int
readers_open(int directory, const char *path, struct error *error)
{
	off_t size = (EMBEDDED_READERS_MAX + 64) * EMBEDDED_READER;
	int rc, fd;

	fd = openat(directory, "lock.mdb", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_at(error, path, 0, "cannot open lock.mdb: %s",
		    strerror(errno));
	rc = posix_fallocate(fd, 0, size);
	close(fd);
	if (rc != 0)
		return error_at(error, path, 0, "cannot extend lock.mdb: %s",
		    strerror(rc));
	return 0;
}

static int
environment_open(struct embedded *e, const char *path, int64_t size,
    struct error *error)
{
	int rc = mdb_env_create(&e->env);

	if (rc == 0)
		rc = mdb_env_set_maxreaders(e->env, EMBEDDED_READERS_MAX);
	if (rc == 0)
		rc = mdb_env_set_mapsize(e->env, (size_t)size);
	if (rc == 0)
		rc = mdb_env_open(e->env, path, MDB_NOMETASYNC | MDB_NOTLS,
		    0600);
	if (rc == MDB_INVALID || rc == MDB_CORRUPTED ||
	    rc == MDB_VERSION_MISMATCH)
		return error_at(error, path, 0, "data.mdb is damaged or "
		    "not a store (%s)", mdb_strerror(rc));
	if (rc != 0)
		return error_at(error, path, 0, "cannot open the store: %s",
		    mdb_strerror(rc));
	mdb_reader_check(e->env, NULL);
	return 0;
}

static int
length_check(struct embedded *e, const char *path, struct error *error)
{
	MDB_envinfo info;
	struct stat st;
	MDB_stat s;
	int fd;

	if (mdb_env_info(e->env, &info) != 0 ||
	    mdb_env_stat(e->env, &s) != 0 ||
	    mdb_env_get_fd(e->env, &fd) != 0 || fstat(fd, &st) != 0)
		return error_at(error, path, 0, "cannot examine the store: %s",
		    strerror(errno));
	e->page = s.ms_psize;
	e->pages = info.me_mapsize / e->page / EMBEDDED_RESERVE *
	    (EMBEDDED_RESERVE - 1);
	if ((size_t)st.st_size / e->page <= info.me_last_pgno)
		return error_at(error, path, 0, "data.mdb is damaged: it was "
		    "cut off at %lld bytes", (long long)st.st_size);
	if ((size_t)st.st_size < info.me_mapsize &&
	    ftruncate(fd, (off_t)info.me_mapsize) != 0)
		return error_at(error, path, 0, "cannot extend data.mdb: %s",
		    strerror(errno));
	return 0;
}

/* A file without records becomes a store, one with others' stays theirs. */
static int
format_check(struct embedded *e, MDB_txn *txn, const char *path,
    struct error *error)
{
	MDB_val k = val_of(format_key), v = val_of(format_text);
	struct span found;
	MDB_stat s;
	int rc = mdb_dbi_open(txn, NULL, 0, &e->dbi);

	if (rc == 0)
		rc = mdb_stat(txn, e->dbi, &s);
	if (rc == 0)
		rc = record_get(e, txn, format_key, &found);
	if (rc == 0 && found.p == NULL && s.ms_entries == 0)
		rc = mdb_put(txn, e->dbi, &k, &v, 0);
	else if (rc == 0 && found.p == NULL)
		return error_at(error, path, 0, "data.mdb belongs to another "
		    "program");
	else if (rc == 0 && !span_eq(found, format_text))
		return error_at(error, path, 0, "data.mdb has the format "
		    "\"%.*s\", this version needs \"%s\"",
		    (int)(found.n < 64 ? found.n : 64), found.p,
		    format_text.p);
	if (rc != 0)
		return error_at(error, path, 0, "data.mdb is damaged: %s",
		    mdb_strerror(rc));
	return 0;
}

static int
format_open(struct embedded *e, const char *path, struct error *error)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);

	if (rc == 0 && format_check(e, txn, path, error) != 0) {
		mdb_txn_abort(txn);
		return -1;
	}
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	if (rc != 0)
		return error_at(error, path, 0, "cannot write: %s",
		    mdb_strerror(rc));
	return 0;
}

struct store *
store_embedded(const char *path, int64_t size, struct error *error)
{
	static const struct store_backend backend = {
	    "embedded", embedded_run, embedded_figures, embedded_close};
	static const struct writer_job job = {embedded_commit, embedded_sweep};
	struct embedded *e;

	if (size < EMBEDDED_SIZE_MIN || size > EMBEDDED_SIZE_MAX) {
		error_at(error, path, 0, "a store of %lld bytes is too %s",
		    (long long)size,
		    size < EMBEDDED_SIZE_MIN ? "small" : "large");
		return NULL;
	}
	e = mem_alloc(sizeof(*e));
	e->directory = directory_open(path, error);
	if (e->directory < 0 ||
	    readers_open(e->directory, path, error) != 0 ||
	    environment_open(e, path, size, error) != 0 ||
	    length_check(e, path, error) != 0 ||
	    format_open(e, path, error) != 0)
		goto fail;
	e->writer = writer_open(&job, e);
	if (e->writer != NULL)
		return store_new(&backend, e);
	error_at(error, path, 0, "cannot start the writer's thread");
fail:
	embedded_close(e);
	return NULL;
}
