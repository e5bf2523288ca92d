/* split - messages with every kind of line end, and mbox files. */
#include "base/buf.h"
#include "mail/split.h"
#include "test/unit/test.h"

#define NUL_ROW(text) text, sizeof(text) - 1

struct row {
	const char *name, *input;
	size_t n;
	const char *expected;
};

/* Expected: <name|value> per field ("!" when broken), then the body; "~" in
 * front of it when the separator was missing. */
static const struct row messages[] = {
	{ "LF", NUL_ROW("A: b\nC:d\n\nbody\n"), "<A| b><C|d>body\n" },
	{ "CRLF", NUL_ROW("A: b\r\nC:d\r\n\r\nbody\r\n"),
	    "<A| b><C|d>body\r\n" },
	{ "CR", NUL_ROW("A: b\rC:d\r c\r\rbody\r"), "<A| b><C|d\r c>body\r" },
	{ "mixed", NUL_ROW("A: b\nC:d\r\n\nbody"), "<A| b><C|d>body" },
	{ "bare CR among LF", NUL_ROW("A: b\rB: c\n\n"), "<A| b\rB: c!>" },
	{ "CR CR LF", NUL_ROW("A: b\r\r\n\n"), "<A| b\r!>" },
	{ "folding", NUL_ROW("A: b\r\n\tc\r\n d\r\n\r\n"),
	    "<A| b\r\n\tc\r\n d>" },
	{ "4.2 line of blanks folds", NUL_ROW("A: b\n \nC: d\n\n"),
	    "<A| b\n ><C| d>" },
	{ "2.2 empty value", NUL_ROW("A:\nB: c\n\n"), "<A|><B| c>" },
	{ "4.5 blank before the colon", NUL_ROW("A : b\n\nx"), "<A| b!>x" },
	{ "NUL in the value", NUL_ROW("A: b\0c\n\nx"), "<A| b!>x" },
	{ "NUL in the name", NUL_ROW("A\0: b\n"), "~A" },
	{ "8-bit in the name", NUL_ROW("\xc3\xa4: b\n"), "~\xc3\xa4: b\n" },
	{ "no separator", NUL_ROW("A: b\nHello you: x\n"),
	    "<A| b>~Hello you: x\n" },
	{ "no name", NUL_ROW(": b\n"), "~: b\n" },
	{ "starts with folding", NUL_ROW(" A: b\n\nx"), "~ A: b\n\nx" },
	{ "header only", NUL_ROW("A: b"), "<A| b>" },
	{ "body only", NUL_ROW("\nA: b"), "A: b" },
	{ "nothing", NUL_ROW(""), "" },
	{ "mbox line", NUL_ROW("From x Mon\nA: b\n\nc"), "<A| b>c" },
	{ "quoted mbox line", NUL_ROW(">From x Mon\nA: b\n\nc"), "<A| b>c" },
	{ "mbox line behind", NUL_ROW("A: b\nFrom x Mon\n"),
	    "<A| b>~From x Mon\n" },
};

static const struct row files[] = {
	{ "two", NUL_ROW("From a\nA: b\n\nc\n\nFrom d\nE: f\n\ng\n"),
	    "<A: b\n\nc\n><E: f\n\ng\n>" },
	{ "CRLF", NUL_ROW("From a\r\nA: b\r\n\r\nc\r\n\r\nFrom d\r\nE: f\r\n"),
	    "<A: b\r\n\r\nc\r\n><E: f\r\n>" },
	{ "not after a full line", NUL_ROW("From a\nA: b\n\nc\nFrom d\n"),
	    "<A: b\n\nc\nFrom d\n>" },
	{ "quoted", NUL_ROW("From a\nA: b\n\n>From d\n"),
	    "<A: b\n\n>From d\n>" },
	{ "no first line", NUL_ROW("A: b\n\nFrom c\nD: e\n"),
	    "<A: b\n><D: e\n>" },
	{ "empty message", NUL_ROW("From a\n\nFrom b\n\nc"), "<><\nc>" },
	{ "final empty line stays", NUL_ROW("From a\nb: c\n\n"), "<b: c\n\n>" },
	{ "nothing", NUL_ROW(""), "" },
	{ "a From line alone", NUL_ROW("From a"), "<>" },
};

static void
show(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '\0'; i++)
		buf_char(b, s.p[i]);
}

static void
run_message(struct buf *b, struct span message)
{
	struct split_field f;
	struct split s;

	split_begin(&s, message);
	while (split_field(&s, &f)) {
		buf_char(b, '<');
		show(b, f.name);
		buf_char(b, '|');
		show(b, f.value);
		buf_puts(b, f.broken ? "!>" : ">");
	}
	if (s.unseparated)
		buf_char(b, '~');
	show(b, s.rest);
}

int
main(void)
{
	struct span rest, message;
	struct buf b;
	size_t i;

	buf_init(&b, 4096);
	for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		buf_reset(&b);
		run_message(&b, span_make(messages[i].input, messages[i].n));
		CHECK_TEXT(messages[i].name, buf_string(&b),
		    messages[i].expected);
	}
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		buf_reset(&b);
		rest = span_make(files[i].input, files[i].n);
		while (mbox_next(&rest, &message)) {
			buf_char(&b, '<');
			show(&b, message);
			buf_char(&b, '>');
		}
		CHECK_TEXT(files[i].name, buf_string(&b), files[i].expected);
	}
	buf_done(&b);
	return test_end();
}
