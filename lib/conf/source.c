/*
 * source - reads configuration files within bounds.
 */
#include "conf/source.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"

#define READ_BYTES 16384

/* A fault of an included file belongs to the line that asked for it. */
static int
refuse(const struct source *source, struct error *error, const char *reason)
{
	if (source->from == NULL)
		return error_at(error, source->file, 0, "%s", reason);
	return error_at(error, source->from->file, source->line,
	    "include of \"%s\": %s", source->file, reason);
}

static int
check_nesting(const struct source *source, struct error *error)
{
	const struct source *outer;
	unsigned depth = 0;

	for (outer = source->from; outer != NULL; outer = outer->from) {
		depth++;
		if (outer->device == source->device &&
		    outer->inode == source->inode)
			return refuse(source, error,
			    "the file includes itself, directly or through "
			    "others");
	}
	if (depth > CONF_INCLUDE_DEPTH)
		return error_at(error, source->from->file, source->line,
		    "include of \"%s\": includes nest deeper than %d",
		    source->file, CONF_INCLUDE_DEPTH);
	return 0;
}

static int
read_all(struct source *source, int fd, struct error *error)
{
	char bytes[READ_BYTES];
	ssize_t n;

	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		buf_add(&source->bytes, bytes, (size_t)n);
		if (source->bytes.full)
			return refuse(source, error,
			    "larger than a configuration file may be (1 MiB)");
	}
	return n == 0 ? 0 : refuse(source, error, strerror(errno));
}

static int
read_file(struct source *source, int fd, struct manifest *manifest,
    struct error *error)
{
	struct stat st, after;

	if (fstat(fd, &st) == -1)
		return refuse(source, error, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(source, error, "not a regular file");
	source->device = st.st_dev;
	source->inode = st.st_ino;
	if (check_nesting(source, error) == -1)
		return -1;
	if (read_all(source, fd, error) != 0)
		return -1;
	if (fstat(fd, &after) == 0)
		manifest_add(manifest, source->file,
		    buf_contents(&source->bytes), &st, &after);
	return 0;
}

int
source_read(struct source *source, struct manifest *manifest,
    struct error *error)
{
	int fd, result;

	buf_init(&source->bytes, CONF_FILE_MAX);
	/* Without blocking: opening a named pipe would wait for a writer. */
	fd = open(source->file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return refuse(source, error, strerror(errno));
	result = read_file(source, fd, manifest, error);
	close(fd);
	return result;
}

void
source_done(struct source *source)
{
	buf_done(&source->bytes);
}
