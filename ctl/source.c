/* source - messages to look at. */
#include "ctl/source.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/split.h"

static void
take_mbox(struct span rest, const char *name, source_fn *take, void *context)
{
	struct span message;
	unsigned n = 0;
	char *numbered;

	while (mbox_next(&rest, &message)) {
		numbered = mem_printf("%s:%u", name, ++n);
		take(context, numbered, message);
		free(numbered);
	}
}

/* 0, or -1 once the reason was told. */
static int
take_open(int fd, const char *name, source_fn *take, void *context)
{
	char chunk[65536];
	struct buf bytes;
	ssize_t n;

	buf_init(&bytes, SOURCE_FILE_MAX);
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && !bytes.full)
		buf_add(&bytes, chunk, (size_t)n);
	if (n < 0 || bytes.full)
		fprintf(stderr, "posternctl: %s: %s\n", name,
		    n < 0 ? strerror(errno) : "too large");
	else if (span_starts(buf_contents(&bytes), "From "))
		take_mbox(buf_contents(&bytes), name, take, context);
	else
		take(context, name, buf_contents(&bytes));
	buf_done(&bytes);
	return n < 0 || bytes.full ? -1 : 0;
}

static int
take_file(const char *path, source_fn *take, void *context)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;

	if (fd < 0) {
		fprintf(stderr, "posternctl: %s: %s\n", path, strerror(errno));
		return -1;
	}
	status = take_open(fd, path, take, context);
	close(fd);
	return status;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
take_tree(char *path, source_fn *take, void *context)
{
	char *const paths[] = {path, NULL};
	FTS *tree = fts_open(paths, FTS_COMFOLLOW | FTS_PHYSICAL |
	    FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int failed = 0;

	if (tree == NULL) {
		fprintf(stderr, "posternctl: %s: %s\n", path, strerror(errno));
		return 1;
	}
	while ((entry = fts_read(tree)) != NULL) {
		if (entry->fts_info == FTS_F ||
		    (entry->fts_info == FTS_DEFAULT && entry->fts_level == 0)) {
			failed += take_file(entry->fts_path, take,
			    context) != 0;
		} else if (entry->fts_info == FTS_NS ||
		    entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
			fprintf(stderr, "posternctl: %s: %s\n",
			    entry->fts_path, strerror(entry->fts_errno));
			failed++;
		}
	}
	fts_close(tree);
	return failed;
}

int
source_walk(char *const *paths, source_fn *take, void *context)
{
	int failed = 0;

	for (; *paths != NULL; paths++)
		if (strcmp(*paths, "-") == 0)
			failed += take_open(STDIN_FILENO, "-", take,
			    context) != 0;
		else
			failed += take_tree(*paths, take, context);
	return failed;
}
