/* engine_cache - a folder of what was compiled, by content. */
#include "rules/engine_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/mem.h"

#define SUFFIX ".patterns"
#define MAGIC "postern-patterns-1 "
#define HEAD (sizeof(MAGIC) - 1 + DIGEST_TEXT_MAX)	/* and a newline */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void
make_head(struct span bytes, char out[HEAD + 1])
{
	struct digest *d = digest_new();
	char hex[DIGEST_TEXT_MAX];

	digest_add(d, bytes);
	snprintf(out, HEAD + 1, "%s%s\n", MAGIC, digest_text(d, hex));
	digest_free(d);
}

static bool
read_file(int fd, struct buf *out)
{
	char bytes[65536];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		buf_add(out, bytes, (size_t)n);
	}
	return !out->full;
}

/* Takes the head off, if it is right. */
static bool
check_head(struct buf *file)
{
	char head[HEAD + 1];

	if (file->n < HEAD)
		return false;
	make_head(span_skip(buf_contents(file), HEAD), head);
	if (memcmp(file->p, head, HEAD) != 0)
		return false;
	memmove(file->p, file->p + HEAD, file->n - HEAD);
	file->n -= HEAD;
	return true;
}

enum cache_answer
cache_read(const char *folder, const char *key, struct buf *out,
    struct error *error)
{
	char *path = mem_printf("%s/%s" SUFFIX, folder, key);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int reason = errno;
	bool good;

	if (fd < 0) {
		if (reason != ENOENT)
			error_set(error, "%s: %s", path, strerror(reason));
		free(path);
		return reason == ENOENT ? CACHE_ABSENT : CACHE_FAILED;
	}
	free(path);
	buf_init(out, CACHE_FILE_MAX + HEAD);
	good = read_file(fd, out) && check_head(out);
	if (good)
		futimens(fd, NULL);
	else
		buf_done(out);
	close(fd);
	return good ? CACHE_FOUND : CACHE_ABSENT;
}

static bool
write_all(int fd, struct span bytes)
{
	ssize_t n;

	while (bytes.n > 0) {
		n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = span_skip(bytes, (size_t)n);
	}
	return true;
}

static int
write_file(const char *path, const char *beside, struct span bytes,
    struct error *error)
{
	char head[HEAD + 1];
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	bool good;

	if (fd < 0)
		return error_set(error, "%s: %s", beside, strerror(errno));
	make_head(bytes, head);
	good = write_all(fd, span_make(head, HEAD)) && write_all(fd, bytes);
	good = close(fd) == 0 && good;
	if (good && rename(beside, path) == 0)
		return 0;
	error_set(error, "%s: %s", path, strerror(errno));
	unlink(beside);
	return -1;
}

int
cache_write(const char *folder, const char *key, struct span bytes,
    struct error *error)
{
	char *path = mem_printf("%s/%s" SUFFIX, folder, key);
	/* Two programs may write the same one at the same time. */
	char *beside = mem_printf("%s.%ld", path, (long)getpid());
	int status = write_file(path, beside, bytes, error);

	free(path);
	free(beside);
	return status;
}

static bool
is_ours(const char *name)
{
	size_t i;

	for (i = 0; i < ITEM_KEY_MAX - 1; i++)
		if (strchr("0123456789abcdef", name[i]) == NULL ||
		    name[i] == '\0')
			return false;
	return strncmp(name + i, SUFFIX, sizeof(SUFFIX) - 1) == 0;
}

void
cache_clean(const char *folder, int64_t now)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;
	unsigned seen;

	if (dir == NULL)
		return;
	for (seen = 0; seen < CACHE_CLEAN_MAX; seen++) {
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (is_ours(entry->d_name) && fstatat(dirfd(dir),
		    entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    now - (int64_t)st.st_mtime * 1000 > CACHE_DAYS * DAY_MS)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
}
