/* source - messages from files, folders, mbox files and standard input. */
#include "ctl/source.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#include "base/buf.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Notes "name=message|", with the folder left out. */
static void
take(void *context, const char *name, struct span message)
{
	struct buf *got = context;

	if (strncmp(name, folder, strlen(folder)) == 0)
		name += strlen(folder);
	buf_printf(got, "%s=%.*s|", name, SPAN_ARG(message));
}

static int
walk(const char *a, const char *b, struct buf *got)
{
	char first[200], second[200];
	char *paths[] = { first, b != NULL ? second : NULL, NULL };

	snprintf(first, sizeof(first), "%s", a);
	snprintf(second, sizeof(second), "%s", b != NULL ? b : "");
	buf_reset(got);
	return source_walk(paths, take, got);
}

/* One file, or two; standard error is not looked at. */
static const struct {
	const char *name, *first, *second;
	int failed;
	const char *expected;
} rows[] = {
	{ "file", "one", NULL, 0, "/one=A: b\n\nx\n|" },
	{ "two files", "one", "empty", 0, "/one=A: b\n\nx\n|/empty=|" },
	{ "mbox", "mbox", NULL, 0, "/mbox:1=A: 1\n\nx\n|/mbox:2=A: 2\n\n"
	    ">From here\n|" },
	{ "mbox with one", "single", NULL, 0, "/single:1=A: 1\n|" },
	{ "From further down is no mbox", "later", NULL, 0,
	    "/later=A: b\nFrom x\n|" },
	{ "folder", "tree", NULL, 0, "/tree/a/2=two|/tree/b=one|"
	    "/tree/c:1=m\n|/tree/c:2=n|" },
	{ "link to a folder", "link", NULL, 0, "/link/a/2=two|/link/b=one|"
	    "/link/c:1=m\n|/link/c:2=n|" },
	{ "missing", "none", NULL, 1, "" },
	{ "missing, then a file", "none", "one", 1, "/one=A: b\n\nx\n|" },
};

static void
make_files(void)
{
	folder_file("one", "A: b\n\nx\n");
	folder_file("empty", "");
	folder_file("mbox", "From a Mon Jan  1 00:00:00 2024\nA: 1\n\nx\n\n"
	    "From b Mon Jan  1 00:00:00 2024\nA: 2\n\n>From here\n");
	folder_file("single", "From a Mon Jan  1 00:00:00 2024\nA: 1\n");
	folder_file("later", "A: b\nFrom x\n");
	mkdir(folder_path("tree"), 0700);
	mkdir(folder_path("tree/a"), 0700);
	mkdir(folder_path("tree/empty"), 0700);
	folder_file("tree/b", "one");
	folder_file("tree/a/2", "two");
	folder_file("tree/c", "From x\nm\n\nFrom y\nn");
	/* A link in a folder could lead anywhere, or round in a circle. */
	CHECK("link", symlink("..", folder_path("tree/loop")) == 0);
	CHECK("link", symlink("tree", folder_path("link")) == 0);
}

static void
test_rows(void)
{
	char first[200], second[200];
	struct buf got;
	size_t i;
	int failed;

	buf_init(&got, 10000);
	for (i = 0; i < ROWS(rows); i++) {
		snprintf(first, sizeof(first), "%s",
		    folder_path(rows[i].first));
		if (rows[i].second != NULL)
			snprintf(second, sizeof(second), "%s",
			    folder_path(rows[i].second));
		failed = walk(first, rows[i].second != NULL ? second : NULL,
		    &got);
		CHECK(rows[i].name, failed == rows[i].failed);
		CHECK_TEXT(rows[i].name, buf_string(&got), rows[i].expected);
	}
	buf_done(&got);
}

/* Standard input from a file and from a pipe. */
static void
test_stdin(void)
{
	static const char text[] = "A: piped\n\nx\n";
	struct buf got;
	int ends[2];

	buf_init(&got, 10000);
	CHECK("open", freopen(folder_path("mbox"), "r", stdin) != NULL);
	CHECK("stdin", walk("-", NULL, &got) == 0);
	CHECK_TEXT("stdin", buf_string(&got),
	    "-:1=A: 1\n\nx\n|-:2=A: 2\n\n>From here\n|");
	CHECK("pipe", pipe(ends) == 0 && dup2(ends[0], STDIN_FILENO) == 0 &&
	    write(ends[1], text, strlen(text)) == (ssize_t)strlen(text));
	close(ends[0]);
	close(ends[1]);
	CHECK("pipe", walk("-", folder_path("one"), &got) == 0);
	CHECK_TEXT("pipe", buf_string(&got),
	    "-=A: piped\n\nx\n|/one=A: b\n\nx\n|");
	close(STDIN_FILENO);
	CHECK("closed", walk("-", NULL, &got) == 1 && got.n == 0);
	buf_done(&got);
}

int
main(void)
{
	folder_begin();
	make_files();
	test_rows();
	test_stdin();
	folder_end();
	return test_end();
}
