/* words - header text with encoded words of all kinds. */
#include "base/buf.h"
#include "mail/words.h"
#include "test/unit/test.h"

struct row {
	const char *name, *value, *expected;
	unsigned faults;
};

static const struct row rows[] = {
	{ "plain", " Hi you ", "Hi you", 0 },
	{ "empty", "", "", 0 },
	{ "folded", " Hi\r\n\t  you\n there\r\n", "Hi you there", 0 },
	{ "line end without a blank", "Hi\nyou", "Hiyou", 0 },
	{ "raw UTF-8", "\xc3\xa4", "\xc3\xa4", WORDS_8BIT },
	{ "raw, not UTF-8", "\xe4", "\xc3\xa4", WORDS_NOT_UTF8 },
	{ "RFC 2047 section 8, Q", "=?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <p>",
	  "Patrik F\xc3\xa4ltstr\xc3\xb6m <p>", WORDS_ENCODED },
	{ "RFC 2047 section 8, B", "=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRo"
	  "aXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg"
	  "==?=", "If you can read this you understand the example.",
	  WORDS_ENCODED },
	{ "section 8, (a)", "(=?ISO-8859-1?Q?a?=)", "(a)", WORDS_ENCODED },
	{ "section 8, (a b)", "(=?ISO-8859-1?Q?a?= b)", "(a b)",
	  WORDS_ENCODED },
	{ "section 8, (ab)", "(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)",
	  "(ab)", WORDS_ENCODED },
	{ "section 8, (a b) again", "(=?ISO-8859-1?Q?a_b?=)", "(a b)",
	  WORDS_ENCODED },
	{ "RFC 2231 section 5", "=?US-ASCII*EN?Q?Keith_Moore?=",
	  "Keith Moore", WORDS_ENCODED },
	{ "character cut in two", "=?utf-8?Q?=C3?= =?UTF-8?B?pA==?=",
	  "\xc3\xa4", WORDS_ENCODED },
	{ "and across charsets not", "=?utf-8?Q?=C3?= =?latin1?Q?=A4?=",
	  "\xef\xbf\xbd\xc2\xa4", WORDS_ENCODED | WORDS_WRONG },
	{ "glued", "x=?utf-8?q?y?=z=?utf-8?q?w?=", "xyzw", WORDS_ENCODED },
	{ "blanks inside", "=?utf-8?Q?a b=\t?=", "a b=\t", WORDS_ENCODED },
	{ "question marks inside", "=?utf-8?Q?what?\?=", "what?",
	  WORDS_ENCODED },
	{ "one without an end before another",
	  "=?utf-8?Q?a =?utf-8?Q?b?=", "=?utf-8?Q?a b", WORDS_ENCODED },
	{ "within quotes", "\"=?utf-8?Q?a?=\"", "\"a\"", WORDS_ENCODED },
	{ "empty text", "a =?utf-8?Q?\?= b", "a  b", WORDS_ENCODED },
	{ "no padding", "=?utf-8?B?SGk?=", "Hi", WORDS_ENCODED },
	{ "unknown charset", "=?nonsense?Q?=E4?=", "\xc3\xa4",
	  WORDS_ENCODED | WORDS_UNKNOWN },
	{ "us-ascii with high bytes", "=?us-ascii?Q?=E4?=", "\xc3\xa4",
	  WORDS_ENCODED },
	{ "no charset", "=?\?Q?a?=", "=?\?Q?a?=", 0 },
	{ "no such encoding", "=?utf-8?X?a?=", "=?utf-8?X?a?=", 0 },
	{ "no end", "=?utf-8?Q?a?", "=?utf-8?Q?a?", 0 },
	{ "cut in the middle", "=?utf-8?", "=?utf-8?", 0 },
	{ "equals signs", "a==?b=", "a==?b=", 0 },
};

static void
rows_run(void)
{
	const struct row *row;
	struct arena arena;
	unsigned faults;

	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		arena_init(&arena);
		faults = 0;
		CHECK_TEXT(row->name, arena_string(&arena, words_decode(&arena,
		    span_of(row->value), &faults)), row->expected);
		if (!CHECK(row->name, faults == row->faults))
			fprintf(stderr, "  %x\n", faults);
		arena_done(&arena);
	}
}

/* Values that would take long if anything were read twice. */
static void
floods_run(void)
{
	static const char *const pieces[] = {
		"=?a?q?", "=?a?q?x ", "=?a?q?x? ", "=?a?b?QUE=?= ", "=?", "=",
		"\n ", "=?a?q?=C3?=", "=?utf-7?q?+AOQ?= =?utf-8?q?x?= ",
	};
	struct arena arena;
	struct buf value;
	size_t i, k;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		arena_init(&arena);
		buf_init(&value, 4 << 20);
		for (k = 0; k < 20000; k++)
			buf_puts(&value, pieces[i]);
		CHECK(pieces[i], words_decode(&arena, buf_contents(&value),
		    NULL).n <= value.n * 3);
		buf_done(&value);
		arena_done(&arena);
	}
}

int
main(void)
{
	struct arena arena;

	rows_run();
	floods_run();
	arena_init(&arena);
	CHECK("line", span_is(words_line(&arena, span_of(" a\n =?a?q?b?=\xe4")),
	    "a =?a?q?b?=\xe4"));
	CHECK("unfold", span_is(words_unfold(&arena,
	    span_of(" a\n =?a?q?b?=\xe4"), NULL), "a =?a?q?b?=\xc3\xa4"));
	arena_done(&arena);
	CHECK("Subject", words_allowed(span_of("Subject")));
	CHECK("List-Id", !words_allowed(span_of("list-id")));
	CHECK("Received", !words_allowed(span_of("RECEIVED")));
	return test_end();
}
