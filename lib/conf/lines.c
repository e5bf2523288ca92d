/* lines - files that operators keep beside the configuration. */
#include "conf/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* Cuts a comment: a "#" at the start of the line or after white space. */
static struct span
without_comment(struct span line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || char_space(line.p[i - 1])))
			break;
	return span_trim(span_head(line, i));
}

int
lines_parse(struct span bytes, const char *file, lines_fn *take,
    void *context, struct error *error)
{
	struct span line, entry;
	unsigned number = 0;

	if (span_starts(bytes, "\xef\xbb\xbf"))
		bytes = span_skip(bytes, 3);
	while (span_cut(&bytes, '\n', &line)) {
		number++;
		if (line.n > LINES_LENGTH_MAX)
			return error_at(error, file, number,
			    "line of more than %d bytes", LINES_LENGTH_MAX);
		if (memchr(line.p, '\0', line.n) != NULL || !text_utf8(line))
			return error_at(error, file, number,
			    "not UTF-8 text");
		entry = without_comment(line);
		if (entry.n > 0 &&
		    take(context, entry, file, number, error) != 0)
			return -1;
	}
	return 0;
}

/* Reads an open file to its end; -1 with *error filled in. */
static int
read_all(int fd, const char *file, struct buf *out, struct manifest *manifest,
    struct error *error)
{
	struct stat before, after;
	char chunk[16384];
	ssize_t n = 0;

	if (fstat(fd, &before) != 0 || !S_ISREG(before.st_mode))
		return error_at(error, file, 0, "not a regular file");
	while (!out->full && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
	if (n < 0)
		return error_at(error, file, 0, "%s", strerror(errno));
	if (out->full)
		return error_at(error, file, 0, "more than %d bytes",
		    LINES_FILE_MAX);
	if (manifest != NULL && fstat(fd, &after) == 0)
		manifest_add(manifest, file, buf_contents(out), &before,
		    &after);
	return 0;
}

int
lines_bytes(const char *file, struct buf *out, struct manifest *manifest,
    struct error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status;

	if (fd < 0) {
		error_at(error, file, 0, "%s", strerror(errno));
		return LINES_UNREADABLE;
	}
	status = read_all(fd, file, out, manifest, error);
	close(fd);
	return status == 0 ? 0 : LINES_UNREADABLE;
}

int
lines_read(const char *file, lines_fn *take, void *context,
    struct manifest *manifest, struct error *error)
{
	struct buf bytes;
	int status;

	buf_init(&bytes, LINES_FILE_MAX);
	status = lines_bytes(file, &bytes, manifest, error);
	if (status == 0)
		status = lines_parse(buf_contents(&bytes), file, take, context,
		    error);
	buf_done(&bytes);
	return status;
}

int
lines_read_all(const struct conf *conf, const char *section, const char *key,
    const struct strings *files, lines_fn *take, void *context,
    struct manifest *manifest, struct error *error)
{
	struct error reason;
	size_t i;
	int status;

	manifest_list(manifest, section, key);
	for (i = 0; i < files->count; i++) {
		status = lines_read(files->item[i], take, context,
		    manifest, &reason);
		if (status == LINES_UNREADABLE)
			return conf_refuse(conf, section, key, error, "%s",
			    reason.text);
		if (status != 0) {
			*error = reason;
			return -1;
		}
	}
	return 0;
}
