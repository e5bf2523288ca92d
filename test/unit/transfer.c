/* transfer - encodings undone, good ones and bad ones. */
#include "mail/transfer.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input, *expected;
	unsigned faults;
};

static const struct row base64[] = {
	{ "empty", "", "", 0 },
	{ "RFC 4648 section 10, 1", "Zg==", "f", 0 },
	{ "RFC 4648 section 10, 2", "Zm8=", "fo", 0 },
	{ "RFC 4648 section 10, 3", "Zm9v", "foo", 0 },
	{ "RFC 4648 section 10, 6", "Zm9vYmFy", "foobar", 0 },
	{ "lines", "Zm\r\n9v\n Ym\tFy\n", "foobar", 0 },
	{ "no padding", "Zm8", "fo", TRANSFER_CUT },
	{ "one digit left", "Zm9vY", "foo", TRANSFER_CUT },
	{ "junk", "Z!m-9.v", "foo", TRANSFER_FOREIGN },
	{ "two texts", "Zg==Zm8=", "ffo", 0 },
	{ "padding alone", "====", "", 0 },
	{ "padding after one digit", "Zm9vZ===Zm9v", "foofoo", TRANSFER_CUT },
	{ "footer", "Zm9v\n\n__\n", "foo", TRANSFER_FOREIGN },
};

static const struct row quoted[] = {
	{ "empty", "", "", 0 },
	{ "plain", "a b", "a b", 0 },
	{ "escapes", "=41=c3=A4", "A\xc3\xa4", 0 },
	{ "soft break", "a=\nb=\r\nc", "abc", 0 },
	{ "soft break with blanks", "a= \t\nb", "ab", 0 },
	{ "blanks at the end of a line", "a \t\nb \r\nc ", "a\nb\r\nc ", 0 },
	{ "not an escape", "a=zz=4", "a=zz=4", TRANSFER_FOREIGN },
	{ "cut", "a=", "a", 0 },
	{ "break within an escape", "=4=\n1", "=41", TRANSFER_FOREIGN },
	{ "underscore", "_", "_", 0 },
};

static const struct row uu[] = {
	{ "whole", "x\nbegin 644 a\n#86)C\n`\nend\ny\n", "abc", 0 },
	{ "lines alone", "#86)C\n", "abc", 0 },
	{ "lost blanks", "begin 644 a\n#\n`\nend\n", "\0\0\0", 0 },
	{ "no end", "begin 644 a\n#86)C\n", "abc", 0 },
	{ "junk between", "begin 644 a\n#86)C\n\x01\n#86)C\nend\n", "abcabc",
	  TRANSFER_FOREIGN },
	{ "shorter than its last group", "begin 0644 a\n!80``\nend\n", "a",
	  0 },
};

static void
rows_run(const struct row *row, size_t count, enum transfer transfer)
{
	struct arena arena;
	struct span out;
	unsigned faults;

	for (; count-- > 0; row++) {
		arena_init(&arena);
		faults = 0;
		out = transfer_decode(&arena, transfer, span_of(row->input),
		    &faults);
		CHECK_TEXT(row->name, arena_string(&arena, out),
		    row->expected);
		CHECK(row->name, faults == row->faults);
		arena_done(&arena);
	}
}

static const struct {
	const char *value;
	bool known;
	enum transfer transfer;
} names[] = {
	{ "", true, TRANSFER_PLAIN },
	{ " 7bit", true, TRANSFER_PLAIN },
	{ "8BIT", true, TRANSFER_PLAIN },
	{ " Base64 ", true, TRANSFER_BASE64 },
	{ "base64;", true, TRANSFER_BASE64 },
	{ "\"base64\"", true, TRANSFER_BASE64 },
	{ "\"base64", true, TRANSFER_BASE64 },
	{ "(c) base64", true, TRANSFER_BASE64 },
	{ "\r\n quoted-printable", true, TRANSFER_QUOTED },
	{ "X-UUEncode", true, TRANSFER_UU },
	{ "base-64", false, TRANSFER_PLAIN },
	{ "base64url", false, TRANSFER_PLAIN },
};

static void
names_run(void)
{
	enum transfer transfer;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(names[i].value, transfer_parse(span_of(names[i].value),
		    &transfer) == names[i].known);
		CHECK(names[i].value, transfer == names[i].transfer);
	}
	CHECK_TEXT("name", transfer_name(TRANSFER_QUOTED), "quoted-printable");
}

/* Every byte, in every group position. */
static void
bytes_run(void)
{
	char hex[256 * 3 + 1], want[256];
	struct arena arena;
	struct span out;
	int i;

	arena_init(&arena);
	for (i = 0; i < 256; i++) {
		sprintf(hex + i * 3, "=%02X", (unsigned)i);
		want[i] = (char)i;
	}
	out = quoted_decode(&arena, span_of(hex), NULL);
	CHECK("all bytes", span_eq(out, span_make(want, sizeof(want))));
	arena_done(&arena);
}

static void
files_run(void)
{
	static const char text[] = "Hi\nbegin 644 none\nof this\n"
	    " begin 644 a\n#86)C\nend\nbegin 644 b c\r\n#86)C\r\nend\r\n"
	    "begin 888 d\n#86)C\nend\nbegin 600 e\n#86)C\n";
	struct span rest = span_of(text);
	struct uu_file file;

	CHECK("first", uu_next(&rest, &file));
	CHECK("name", span_is(file.name, "b c"));
	CHECK("lines", span_is(file.lines, "#86)C\r\n"));
	CHECK("whole", span_iends(file.whole, "end\r\n"));
	CHECK("second", uu_next(&rest, &file));
	CHECK("name", span_is(file.name, "e"));
	CHECK("lines", span_is(file.lines, "#86)C\n"));
	CHECK("no third", !uu_next(&rest, &file));
}

static void
lines_run(void)
{
	static const struct row lines[] = {
		{ "none", "a\nb", "a\nb", 0 },
		{ "crlf", "a\r\n\r\nb\r", "a\n\nb\r", 0 },
		{ "two cr", "a\r\r\nb\rc\r\n", "a\r\nb\rc\n", 0 },
	};
	struct arena arena;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CHECK_TEXT(lines[i].name, arena_string(&arena,
		    lines_unix(&arena, span_of(lines[i].input))),
		    lines[i].expected);
	arena_done(&arena);
}

int
main(void)
{
	rows_run(base64, sizeof(base64) / sizeof(base64[0]), TRANSFER_BASE64);
	rows_run(quoted, sizeof(quoted) / sizeof(quoted[0]), TRANSFER_QUOTED);
	rows_run(uu, sizeof(uu) / sizeof(uu[0]), TRANSFER_UU);
	names_run();
	bytes_run();
	files_run();
	lines_run();
	return test_end();
}
