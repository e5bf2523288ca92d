/*
 * embedded_open - opens the embedded store, and refuses what is none.
 *
 * LMDB reads through a map of the file and does not look whether the file is
 * as long as it says.  So the file is made as long as the map at once, with
 * holes, and one that is shorter than what it refers to was cut.  A part of
 * the map is kept free: deleting needs free pages too.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/embedded.h"

#define EMBEDDED_SIZE_MIN (INT64_C(1) << 20)	/* bytes of the map */
#define EMBEDDED_SIZE_MAX (INT64_C(1) << (sizeof(size_t) > 4 ? 40 : 30))
#define EMBEDDED_READERS_MAX 1024	/* threads that read at one moment */
#define EMBEDDED_READER 64		/* bytes of a reader in lock.mdb */
#define EMBEDDED_RESERVE 8		/* this part of the map stays free */

/* No record's key begins with a zero. */
static const struct span format_key = SPAN("\0format");
static const struct span format_text = SPAN("postern store 1");

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
	if (e->directory >= 0 && (size_t)st.st_size < info.me_mapsize &&
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
	MDB_val k = embedded_val(format_key), v = embedded_val(format_text);
	struct span found = {NULL, 0};
	MDB_stat s;
	int rc = mdb_dbi_open(txn, NULL, 0, &e->dbi);

	if (rc == 0)
		rc = mdb_stat(txn, e->dbi, &s);
	if (rc == 0)
		rc = embedded_get(e, txn, format_key, &found);
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
	e->writer = writer_open(&embedded_job, e);
	if (e->writer != NULL)
		return embedded_store(e);
	error_at(error, path, 0, "cannot start the writer's thread");
fail:
	embedded_close(e);
	return NULL;
}

/* The map that whoever writes has made, which is as long as the file. */
static int
beside_open(struct embedded *e, const char *path, struct error *error)
{
	char *file = mem_printf("%s/data.mdb", path);
	struct stat st;
	int rc = stat(file, &st) != 0 ? errno : 0;

	free(file);
	if (rc != 0)
		return error_at(error, path, 0, "there is no store: %s",
		    strerror(rc));
	rc = mdb_env_create(&e->env);
	if (rc == 0)
		rc = mdb_env_set_mapsize(e->env, (size_t)st.st_size);
	if (rc == 0)
		rc = mdb_env_open(e->env, path, MDB_RDONLY | MDB_NOTLS, 0600);
	if (rc != 0)
		return error_at(error, path, 0, "cannot read the store: %s",
		    mdb_strerror(rc));
	return 0;
}

static int
beside_format(struct embedded *e, const char *path, struct error *error)
{
	struct span found = {NULL, 0};
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	if (rc == 0) {
		rc = mdb_dbi_open(txn, NULL, 0, &e->dbi);
		if (rc == 0)
			rc = embedded_get(e, txn, format_key, &found);
		if (rc == 0 && !span_eq(found, format_text))
			rc = MDB_VERSION_MISMATCH;
		/* Only a commit keeps the handle. */
		if (mdb_txn_commit(txn) != 0)
			rc = MDB_BAD_TXN;
	}
	if (rc == MDB_VERSION_MISMATCH)
		return error_at(error, path, 0, "data.mdb is no store of this "
		    "version");
	if (rc != 0)
		return error_at(error, path, 0, "cannot read the store: %s",
		    mdb_strerror(rc));
	return 0;
}

struct store *
store_embedded_beside(const char *path, struct error *error)
{
	struct embedded *e = mem_alloc(sizeof(*e));

	e->directory = -1;
	if (beside_open(e, path, error) == 0 &&
	    length_check(e, path, error) == 0 &&
	    beside_format(e, path, error) == 0)
		return embedded_store(e);
	embedded_close(e);
	return NULL;
}
