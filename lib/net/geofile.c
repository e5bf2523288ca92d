/*
 * geofile - one file in MaxMind's format, copied, checked and opened.
 *
 * libmaxminddb maps the file it is given: where another program truncates that
 * file, the next lookup dies of SIGBUS, and where it is overwritten, lookups
 * find what the check never saw.  So it gets a copy that nobody can change, a
 * sealed file in memory.  It needs no folder that the daemon may write to and
 * cannot run into a full disk; its pages are shared memory, which generations
 * share and the daemon maps only as far as lookups come, not anonymous memory.
 * A file on disk would save swap, and read errors would be SIGBUS again.
 */
#include "net/geofile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/geo.h"

#define CHUNK 65536

/* Kernels tell times of files in ticks; so long after one, all is told. */
#define SETTLED_MS 1000

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int64_t
milliseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size && same_time(&a->st_mtim, &b->st_mtim) &&
	    same_time(&a->st_ctim, &b->st_ctim);
}

static int
write_all(int to, const char *bytes, size_t n)
{
	ssize_t written;

	while (n > 0) {
		written = write(to, bytes, n);
		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
	return 0;
}

/* 0, -1 with errno, or 1 when there are not as many bytes as it said. */
static int
copy_bytes(int from, int to, off_t size)
{
	char *chunk = mem_alloc(CHUNK);
	off_t copied = 0;
	ssize_t n;
	int status = 0;

	while (copied <= size && (n = read(from, chunk, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write_all(to, chunk, (size_t)n) != 0) {
			status = -1;
			break;
		}
		copied += n;
	}
	free(chunk);
	if (status == 0 && copied != size)
		return 1;
	return status;
}

/* A sealed copy of an open file; -1 with *error filled in. */
static int
copy_file(const char *path, int from, struct stat *status, struct error *error)
{
	struct stat after;
	int copied, to = memfd_create("geoip", MFD_CLOEXEC |
	    MFD_ALLOW_SEALING);

	if (to < 0)
		return error_at(error, path, 0, "no memory for a copy: %s",
		    strerror(errno));
	copied = copy_bytes(from, to, status->st_size);
	if (copied < 0)
		error_at(error, path, 0, "%s", strerror(errno));
	else if (copied > 0 || fstat(from, &after) != 0 ||
	    !same_file(status, &after))
		error_at(error, path, 0, "changed while it was read");
	else if (fcntl(to, F_ADD_SEALS, SEALS) != 0)
		error_at(error, path, 0, "cannot seal its copy: %s",
		    strerror(errno));
	else
		return to;
	close(to);
	return -1;
}

/* All bytes of the copy, before libmaxminddb sees them. */
static int
check_copy(struct geofile *f, const char *path, int copy, struct error *error)
{
	size_t n = (size_t)f->status.st_size;
	/* Kernels before 6.7 map what is sealed, and writable, only so. */
	void *bytes = mmap(NULL, n, PROT_READ, MAP_PRIVATE, copy, 0);
	struct digest *digest;
	struct error reason;
	int status;

	if (bytes == MAP_FAILED)
		return error_at(error, path, 0, "cannot map its copy: %s",
		    strerror(errno));
	status = geocheck(span_make(bytes, n), &f->found, &reason);
	if (status == 0) {
		digest = digest_new();
		digest_add(digest, span_make(bytes, n));
		digest_text(digest, f->digest);
		digest_free(digest);
	} else {
		error_at(error, path, 0, "%s", reason.text);
	}
	munmap(bytes, n);
	return status;
}

/* libmaxminddb opens by name only. */
static int
open_copy(struct geofile *f, const char *path, int copy, struct error *error)
{
	char name[40];
	int status;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", copy);
	status = MMDB_open(name, MMDB_MODE_MMAP, &f->db);
	f->opened = status == MMDB_SUCCESS;
	if (!f->opened)
		return error_at(error, path, 0, "%s", MMDB_strerror(status));
	return 0;
}

static int
fill(struct geofile *f, const char *path, int from, struct error *error)
{
	int copy = copy_file(path, from, &f->status, error);
	int status;

	if (copy < 0)
		return -1;
	f->settled = milliseconds(&f->status.st_ctim) + SETTLED_MS <
	    clock_wall();
	status = check_copy(f, path, copy, error);
	if (status == 0)
		status = open_copy(f, path, copy, error);
	close(copy);
	return status;
}

static struct geofile *
find_same(struct geofile *const *previous, size_t count,
    const struct stat *status)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (previous[i]->settled &&
		    same_file(&previous[i]->status, status)) {
			atomic_fetch_add(&previous[i]->holds, 1);
			return previous[i];
		}
	return NULL;
}

static struct geofile *
take(const char *path, int fd, struct geofile *const *previous, size_t count,
    struct error *error)
{
	struct geofile *f;
	struct stat status;

	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
		error_at(error, path, 0, "not a regular file");
		return NULL;
	}
	if (status.st_size == 0 || status.st_size > GEO_FILE_MAX) {
		error_at(error, path, 0, "%lld bytes, not 1 to %lld",
		    (long long)status.st_size, GEO_FILE_MAX);
		return NULL;
	}
	f = find_same(previous, count, &status);
	if (f != NULL)
		return f;
	f = mem_alloc(sizeof(*f));
	atomic_init(&f->holds, 1);
	f->status = status;
	if (fill(f, path, fd, error) == 0)
		return f;
	geofile_put(f);
	return NULL;
}

struct geofile *
geofile_open(const char *path, struct geofile *const *previous, size_t count,
    struct error *error)
{
	/* Without blocking: opening a named pipe would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct geofile *f;

	if (fd < 0) {
		error_at(error, path, 0, "%s", strerror(errno));
		return NULL;
	}
	f = take(path, fd, previous, count, error);
	close(fd);
	return f;
}

void
geofile_put(struct geofile *f)
{
	if (f == NULL || atomic_fetch_sub(&f->holds, 1) > 1)
		return;
	if (f->opened)
		MMDB_close(&f->db);
	free(f);
}
