/* lines - list files, and the networks read from them. */
#include "base/text.h"
#include "conf/lines.h"
#include "conf/networks.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Expected: entries as "line:entry|", or the error. */
static const struct {
	const char *name, *input, *expected;
} rows[] = {
	{ "empty", "", "" },
	{ "entries", "a\nb\n", "1:a|2:b|" },
	{ "no final newline", "a\nb", "1:a|2:b|" },
	{ "empty lines count", "\n\na\n\nb", "3:a|5:b|" },
	{ "CRLF", "a\r\nb\r\n", "1:a|2:b|" },
	{ "trimmed", "\t a b \t\n", "1:a b|" },
	{ "comment", "# all\na # some\n  # more\nb", "2:a|4:b|" },
	{ "comment behind a tab", "a\t#x", "1:a|" },
	{ "# inside a word", "a#b", "1:a#b|" },
	{ "byte order mark", "\xef\xbb\xbf" "a", "1:a|" },
	{ "byte order mark elsewhere", "a\n\xef\xbb\xbf" "b",
	    "1:a|2:\xef\xbb\xbf" "b|" },
	{ "UTF-8", "\xc3\xbc", "1:\xc3\xbc|" },
	{ "Latin-1", "a\n\xfc", "f:2: not UTF-8 text" },
	{ "Latin-1 in a comment", "# \xfc", "f:1: not UTF-8 text" },
	{ "UTF-16", "\xff\xfe" "a", "f:1: not UTF-8 text" },
	{ "refused", "a\nstop\nb", "f:2: stopped" },
};

static int
take(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	if (span_is(entry, "stop"))
		return error_at(error, file, line, "stopped");
	buf_printf(context, "%u:%.*s|", line, SPAN_ARG(entry));
	return 0;
}

static void
parse(const char *name, struct span bytes, const char *expected)
{
	struct error e;
	struct buf got;

	buf_init(&got, 100000);
	CHECK_TEXT(name, lines_parse(bytes, "f", take, &got, &e) == 0 ?
	    buf_string(&got) : e.text, expected);
	buf_done(&got);
}

static void
test_lines(void)
{
	static char text[LINES_LENGTH_MAX + 2];
	struct error e;
	struct buf got;
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		parse(rows[i].name, span_of(rows[i].input), rows[i].expected);
	parse("NUL", span_make("a\0b", 3), "f:1: not UTF-8 text");
	memset(text, 'x', sizeof(text));
	buf_init(&got, 100000);
	for (i = LINES_LENGTH_MAX - 1; i < LINES_LENGTH_MAX + 2; i++) {
		buf_reset(&got);
		CHECK("length", (lines_parse(span_make(text, i), "f", take,
		    &got, &e) == 0) == (i <= LINES_LENGTH_MAX));
	}
	CHECK_TEXT("length", e.text, "f:1: line of more than 8192 bytes");
	buf_done(&got);
}

static void
read_file(const char *name, const char *path, const char *expected)
{
	char wanted[300];
	struct error e;
	struct buf got;

	buf_init(&got, 1000);
	if (expected[0] == ':')
		snprintf(wanted, sizeof(wanted), "%s%s", path, expected);
	else
		snprintf(wanted, sizeof(wanted), "%s", expected);
	CHECK_TEXT(name, lines_read(path, take, &got, NULL, &e) == 0 ?
	    buf_string(&got) : e.text, wanted);
	buf_done(&got);
}

static void
digest_file(const char *text, char out[DIGEST_TEXT_MAX])
{
	struct manifest m;
	struct error e;
	struct buf got;

	buf_init(&got, 1000);
	manifest_init(&m);
	CHECK(text, lines_read(folder_file("d", text), take, &got, &m, &e) ==
	    0);
	if (CHECK(text, m.count == 1))
		strcpy(out, m.files[0].digest);
	manifest_done(&m);
	buf_done(&got);
}

static void
test_files(void)
{
	char a[DIGEST_TEXT_MAX], b[DIGEST_TEXT_MAX];
	const char *path;

	read_file("read", folder_file("f", "a\nb # c\n"), "1:a|2:b|");
	read_file("refused", folder_file("f", "\nstop"), ":2: stopped");
	read_file("missing", folder_path("none"),
	    ": No such file or directory");
	read_file("folder", folder, ": not a regular file");
	path = folder_path("fifo");
	mkfifo(path, 0600);
	read_file("FIFO does not wait", path, ": not a regular file");
	path = folder_file("large", "");
	CHECK("large", truncate(path, LINES_FILE_MAX + 1) == 0);
	read_file("large", path, ": more than 67108864 bytes");
	digest_file("a\n", a);
	digest_file("a\n", b);
	CHECK_TEXT("same digest", a, b);
	digest_file("a # comment\n", b);
	CHECK("another digest", strcmp(a, b) != 0);
}

/* Section networks; expected: an error, or "T" and "R" for what 10.1.2.3,
 * 192.0.2.1 and 2001:db8::1 are found in. */
static const struct {
	const char *name, *conf, *list, *expected;
} networks[] = {
	{ "default", "", "", "---" },
	{ "trusted", "trusted = 10.0.0.0/8", "", "T--" },
	{ "relays", "relays = { 192.0.2.1, 2001:db8::/32 }", "", "-RR" },
	{ "both", "trusted = 0.0.0.0/0\nrelays = 10.1.2.3", "", "BT-" },
	{ "from a file", "trusted_files = list", "# ours\n10.0.0.0/8 # a\n"
	    "2001:db8::1\n", "T-T" },
	{ "host bits", "trusted = 10.0.0.1/8", "", "@c:2: \"10.0.0.1/8\" is "
	    "not a network (as 192.0.2.0/24, or 2001:db8::/32 with no bits "
	    "set behind the slash)" },
	{ "name", "relays = localhost", "", "@c:2: \"localhost\" is "
	    "not a network (as 192.0.2.0/24, or 2001:db8::/32 with no bits "
	    "set behind the slash)" },
	{ "bad line in a file", "trusted_files = list", "10.0.0.0/8\n10/8\n",
	    "@list:2: \"10/8\" is not a network (as 192.0.2.0/24, or "
	    "2001:db8::/32 with no bits set behind the slash)" },
	{ "missing file", "trusted_files = none", "",
	    "@c:2: @none: No such file or directory" },
};

static void
network_letters(const struct networks *n, char out[4])
{
	static const char *const probes[] = {
		"10.1.2.3", "192.0.2.1", "2001:db8::1",
	};
	struct ip ip;
	int i, in;

	for (i = 0; i < 3; i++) {
		ip_parse(span_of(probes[i]), &ip);
		in = (netset_find(&n->trusted, &ip) != NULL) +
		    2 * (netset_find(&n->relays, &ip) != NULL);
		out[i] = "-TRB"[in];
	}
	out[3] = '\0';
}

static void
test_networks(void)
{
	static const struct section *const sections[] = {
		&networks_section, NULL,
	};
	char text[300], got[ERROR_MAX];
	struct networks n;
	struct manifest m;
	struct conf *conf;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(networks); i++) {
		folder_file("list", networks[i].list);
		snprintf(text, sizeof(text), "networks {\n%s\n}\n",
		    networks[i].conf);
		conf = conf_load(folder_file("c", text), sections, NULL, &e);
		if (!CHECK(networks[i].name, conf != NULL))
			continue;
		manifest_init(&m);
		if (networks_load(&n, conf, &m, &e) == 0)
			network_letters(&n, got);
		else
			snprintf(got, sizeof(got), "%s", e.text);
		CHECK_TEXT(networks[i].name, got,
		    folder_text(networks[i].expected));
		networks_done(&n);
		manifest_done(&m);
		conf_free(conf);
	}
}

int
main(void)
{
	folder_begin();
	test_lines();
	test_files();
	test_networks();
	folder_end();
	return test_end();
}
