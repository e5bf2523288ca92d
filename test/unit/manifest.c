/* manifest - what is noted of files, and what a reload may not lose. */
#include "conf/manifest.h"

#include <stdint.h>

#include "conf/lines.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define NOW INT64_C(1704110400000)

static int
take(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	(void)context;
	(void)entry;
	(void)file;
	(void)line;
	(void)error;
	return 0;
}

/* What is noted of a file with this text. */
static const struct {
	const char *name, *text;
	size_t entries;
	bool open_end;
} noted[] = {
	{ "nothing", "", 0, false },
	{ "entries", "a\nb\n", 2, false },
	{ "comments and empty lines", "# a\n\n  # b\n \t\na # c\n", 1, false },
	{ "last line", "a\nb", 2, true },
	{ "CRLF", "a\r\n\r\n", 1, false },
};

static void
test_noted(void)
{
	const struct manifest_file *file;
	struct manifest m;
	struct error e;
	size_t i;

	manifest_init(&m);
	manifest_list(&m, "lists", "deny");
	for (i = 0; i < ROWS(noted); i++) {
		CHECK(noted[i].name, lines_read(folder_file("f",
		    noted[i].text), take, NULL, &m, &e) == 0);
		if (!CHECK(noted[i].name, m.count == i + 1))
			return;
		file = &m.files[i];
		CHECK(noted[i].name, file->entries == noted[i].entries);
		CHECK(noted[i].name, file->open_end == noted[i].open_end);
		CHECK(noted[i].name, !file->changed && file->modified > NOW);
		CHECK_TEXT(noted[i].name, file->key, "deny");
	}
	manifest_done(&m);
	manifest_init(&m);
	CHECK("missing", lines_read(folder_path("none"), take, NULL, &m, &e) ==
	    LINES_UNREADABLE && m.count == 0);
}

/* How a file was before and after it was read, its age, and what is said. */
static const struct {
	const char *name, *text;
	off_t before, after;
	long touched;		/* ms between the two */
	int64_t age;		/* ms */
	const char *expected;
} settled[] = {
	{ "whole", "a\n", 2, 2, 0, 0, "" },
	{ "empty", "", 0, 0, 0, 0, "" },
	{ "grew", "a\n", 2, 4, 0, 99999, "f: changed while it was read" },
	{ "grew and was read", "a\nb\n", 2, 4, 0, 99999,
	    "f: changed while it was read" },
	{ "was cut", "a\n", 4, 2, 0, 99999, "f: changed while it was read" },
	{ "touched", "a\n", 2, 2, 1, 99999, "f: changed while it was read" },
	{ "open end", "a", 1, 1, 0, MANIFEST_SETTLE_MS - 1, "f: written 9 s "
	    "ago, and its last line does not end: half of a file?" },
	{ "open end, settled", "a", 1, 1, 0, MANIFEST_SETTLE_MS, "" },
	{ "a moment to come", "a", 1, 1, 0, -5000, "f: written 0 s ago, and "
	    "its last line does not end: half of a file?" },
	{ "time to come", "a", 1, 1, 0, -MANIFEST_SETTLE_MS, "" },
};

static struct timespec
moment(int64_t ms)
{
	return (struct timespec) {ms / 1000, ms % 1000 * 1000000};
}

static void
test_settled(void)
{
	struct stat before, after;
	struct manifest m;
	struct error e;
	size_t i;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	for (i = 0; i < ROWS(settled); i++) {
		before.st_size = settled[i].before;
		after.st_size = settled[i].after;
		before.st_mtim = moment(NOW - settled[i].age -
		    settled[i].touched);
		after.st_mtim = moment(NOW - settled[i].age);
		manifest_init(&m);
		manifest_add(&m, "f", span_of(settled[i].text), &before,
		    &after);
		e.text[0] = '\0';
		CHECK(settled[i].name, (manifest_settled(&m, NOW, &e) == 0) ==
		    (settled[i].expected[0] == '\0'));
		CHECK_TEXT(settled[i].name, e.text, settled[i].expected);
		manifest_done(&m);
	}
}

/* Entries of files a, b, c of one key before and after; -1: no such file. */
static const struct {
	const char *name;
	int before[3], after[3];
	int64_t share;
	const char *expected;
} kept[] = {
	{ "same", {100, 30, -1}, {100, 30, -1}, 50, "" },
	{ "grown", {100, 0, -1}, {200, 30, 5}, 50, "" },
	{ "half", {100, -1, -1}, {50, -1, -1}, 50, "" },
	{ "more than half", {100, -1, -1}, {49, -1, -1}, 50,
	    "a: 49 entries, 100 in the generation in use" },
	{ "a stricter share", {100, -1, -1}, {89, -1, -1}, 10,
	    "a: 89 entries, 100 in the generation in use" },
	{ "small", {MANIFEST_SMALL - 1, -1, -1}, {1, -1, -1}, 50, "" },
	{ "not small", {MANIFEST_SMALL, -1, -1}, {1, -1, -1}, 50,
	    "a: 1 entries, 20 in the generation in use" },
	{ "small to nothing", {1, -1, -1}, {0, -1, -1}, 50,
	    "a: 0 entries, 1 in the generation in use" },
	{ "all may go but the last", {100, -1, -1}, {1, -1, -1}, 100, "" },
	{ "nothing left", {100, -1, -1}, {0, -1, -1}, 100,
	    "a: 0 entries, 100 in the generation in use" },
	{ "nothing before", {0, -1, -1}, {0, -1, -1}, 50, "" },
	{ "second file", {100, 100, -1}, {100, 10, -1}, 50,
	    "b: 10 entries, 100 in the generation in use" },
	{ "a file less", {100, 100, -1}, {100, -1, -1}, 50, "" },
	{ "files less", {100, 100, 100}, {100, -1, -1}, 50,
	    "lists.deny: 100 entries in all, 300 in the generation in use" },
	{ "all files gone", {5, 5, -1}, {-1, -1, -1}, 50,
	    "lists.deny: 0 entries in all, 10 in the generation in use" },
	{ "another name", {100, -1, -1}, {-1, 100, -1}, 50, "" },
};

static void
fill(struct manifest *m, const int entries[3])
{
	static const char *const names[] = { "a", "b", "c" };
	struct stat st;
	struct buf text;
	int i, k;

	memset(&st, 0, sizeof(st));
	manifest_init(m);
	/* Of another key, and always the same. */
	manifest_list(m, "recipients", "roles");
	manifest_add(m, "r", span_of("x\n"), &st, &st);
	manifest_list(m, "lists", "deny");
	for (i = 0; i < 3; i++) {
		buf_init(&text, 10000);
		for (k = 0; k < entries[i]; k++)
			buf_puts(&text, "e\n");
		if (entries[i] >= 0)
			manifest_add(m, names[i], buf_contents(&text), &st,
			    &st);
		buf_done(&text);
	}
}

static void
test_kept(void)
{
	struct manifest before, after;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(kept); i++) {
		fill(&before, kept[i].before);
		fill(&after, kept[i].after);
		e.text[0] = '\0';
		CHECK(kept[i].name, (manifest_kept(&after, &before,
		    kept[i].share, &e) == 0) == (kept[i].expected[0] ==
		    '\0'));
		CHECK_TEXT(kept[i].name, e.text, kept[i].expected);
		manifest_done(&before);
		manifest_done(&after);
	}
}

int
main(void)
{
	folder_begin();
	test_noted();
	test_settled();
	test_kept();
	folder_end();
	return test_end();
}
