/* param - parameters of MIME fields, written well and badly. */
#include <time.h>

#include "base/buf.h"
#include "mail/param.h"
#include "test/unit/test.h"

#define VALUE_BYTES 4000000	/* would take minutes if that was squared */
#define SECONDS_MAX 5

enum { BROKEN = 1, DOUBLED = 2 };

struct row {
	const char *name, *value;
	const char *expected;	/* head, then each as name=<value> */
	unsigned faults;
};

static const struct row rows[] = {
	{ "RFC 2045 section 5.1", "text/plain; charset=us-ascii (Plain text)",
	  "text/plain charset=<us-ascii>", 0 },
	{ "quotes", "text/plain; charset=\"us-ascii\"",
	  "text/plain charset=<us-ascii>", 0 },
	{ "blanks and comments", " (a) text (b) / (c) plain\r\n ; x (d) = y",
	  "text/plain x=<y>", 0 },
	{ "empty", "", "", 0 },
	{ "no head", "; a=b", " a=<b>", 0 },
	{ "parameter for head", "charset=utf-8", " charset=<utf-8>", 0 },
	{ "no semicolons", "a/b c=d e=\"f\"g=h", "a/b c=<d> e=<f> g=<h>", 0 },
	{ "commas", "a/b, c=d, e=f", "a/b c=<d,> e=<f>", 0 },
	{ "semicolons", "a/b;;; c=d;;", "a/b c=<d>", 0 },
	{ "unquoted specials", "a/b; c=--=_x/y:z?; d=e",
	  "a/b c=<--=_x/y:z?> d=<e>", 0 },
	{ "file name with blanks", "attachment; filename=my file.txt; a=b",
	  "attachment filename=<my file.txt> a=<b>", 0 },
	{ "file name before another", "attachment; filename=a.txt size=1",
	  "attachment filename=<a.txt> size=<1>", 0 },
	{ "others end at the blank", "a/b; boundary=c d",
	  "a/b boundary=<c>", BROKEN },
	{ "escapes", "a/b; c=\"\\\"d\\\\e\\f\"", "a/b c=<\"d\\e\\f>", 0 },
	{ "path", "a/b; name=\"C:\\x\\y.exe\"", "a/b name=<C:\\x\\y.exe>",
	  0 },
	{ "open quote", "a/b; c=\"d; e=f", "a/b c=<d; e=f>", BROKEN },
	{ "ends with a backslash", "a/b; c=\"d\\", "a/b c=<d\\>", BROKEN },
	{ "open comment", "a/b; (c; d=e", "a/b d=<e>", BROKEN },
	{ "name alone", "a/b; c; d=e", "a/b d=<e>", BROKEN },
	{ "value alone", "a/b; =c; d=e", "a/b d=<e>", BROKEN },
	{ "no value", "a/b; c=; d=e", "a/b c=<> d=<e>", 0 },
	{ "folded value", "a/b; c=\"d\r\n\te\"", "a/b c=<d e>", 0 },
	{ "twice", "a/b; c=d; C=e", "a/b c=<d> C=<e>", DOUBLED },
};

static void
rows_run(void)
{
	struct params params;
	const struct row *row;
	struct arena arena;
	struct buf got;
	size_t i;

	for (row = rows; row < rows + sizeof(rows) / sizeof(rows[0]); row++) {
		arena_init(&arena);
		buf_init(&got, 1000);
		params_parse(&arena, span_of(row->value), &params);
		buf_span(&got, params.head);
		for (i = 0; i < params.count; i++)
			buf_printf(&got, " %.*s=<%.*s>",
			    SPAN_ARG(params.list[i].name),
			    SPAN_ARG(params.list[i].value));
		CHECK_TEXT(row->name, buf_string(&got), row->expected);
		CHECK(row->name, params.broken == (row->faults & BROKEN));
		CHECK(row->name, params.doubled == (row->faults >> 1));
		buf_done(&got);
		arena_done(&arena);
	}
}

/* The text of "name", or NULL where there is none. */
static const struct {
	const char *name, *value, *expected;
} texts[] = {
	{ "plain", "a; name=b", "b" },
	{ "none", "a; filename=b", NULL },
	{ "RFC 2231 section 3", "a; name*0=\"ftp://\"; name*1=\"cs.utk\"",
	  "ftp://cs.utk" },
	{ "out of order", "a; name*1=b; name*0=a", "ab" },
	{ "a gap", "a; name*0=a; name*2=c", "ac" },
	{ "RFC 2231 section 4", "a; name*=us-ascii'en-us'This%20is",
	  "This is" },
	{ "RFC 2231 section 4.1", "a; name*0*=us-ascii'en'This%20is%20even"
	  "%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; name*2=\"isn't it!\"",
	  "This is even more ***fun*** isn't it!" },
	{ "charset", "a; name*=iso-8859-1''%E4", "\xc3\xa4" },
	{ "character cut in two", "a; name*0*=utf-8''%C3; name*1*=%A4",
	  "\xc3\xa4" },
	{ "no charset", "a; name*=%C3%A4", "\xc3\xa4" },
	{ "quoted all the same", "a; name*=\"utf-8''%C3%A4\"", "\xc3\xa4" },
	{ "bad escapes", "a; name*=utf-8''%zz%4", "%zz%4" },
	{ "extended before plain", "a; name=b; name*=utf-8''c", "c" },
	{ "pieces before plain", "a; name=b; name*0=c", "c" },
	{ "encoded word", "a; name=\"=?utf-8?B?w6Q=?=\"", "\xc3\xa4" },
	{ "encoded word unquoted", "a; name==?utf-8?Q?=C3=A4?=", "\xc3\xa4" },
	{ "encoded word in pieces", "a; name*0=\"=?utf-8?B?\"; "
	  "name*1=\"w6Q=?=\"", "\xc3\xa4" },
	{ "raw bytes", "a; name=\"\xe4\"", "\xc3\xa4" },
	{ "no percent in a plain one", "a; name=%41", "%41" },
	{ "huge number", "a; name*99999999999=b; name=c", "c" },
	{ "not a piece", "a; name*x=b; name=c", "c" },
};

static void
texts_run(void)
{
	struct params params;
	struct arena arena;
	struct span out;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		arena_init(&arena);
		params_parse(&arena, span_of(texts[i].value), &params);
		if (!params_text(&arena, &params, "name", &out))
			CHECK(texts[i].name, texts[i].expected == NULL);
		else if (CHECK(texts[i].name, texts[i].expected != NULL))
			CHECK_TEXT(texts[i].name, arena_string(&arena, out),
			    texts[i].expected);
		arena_done(&arena);
	}
}

static void
limits_run(void)
{
	struct params params;
	struct arena arena;
	struct buf value;
	size_t i;

	arena_init(&arena);
	buf_init(&value, 1 << 20);
	buf_puts(&value, "a/b");
	for (i = 0; i <= PARAMS_MAX; i++)
		buf_printf(&value, "; p%zu=x", i);
	params_parse(&arena, buf_contents(&value), &params);
	CHECK("parameters", params.count == PARAMS_MAX);
	CHECK("parameters", params.broken);
	CHECK("find", params_find(&params, "P7") == &params.list[7]);
	buf_done(&value);
	arena_done(&arena);
}

/* Values without a name are no parameters, so that nothing counts them. */
static void
linear_run(void)
{
	static char value[VALUE_BYTES];
	struct timespec begin, end;
	struct params params;
	struct arena arena;
	size_t i;

	for (i = 0; i < sizeof(value); i++)
		value[i] = "=a "[i % 3];
	arena_init(&arena);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	params_parse(&arena, span_make(value, sizeof(value)), &params);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	CHECK("nameless", params.count == 0 && params.broken);
	CHECK("nameless", end.tv_sec - begin.tv_sec <= SECONDS_MAX);
	arena_done(&arena);
}

int
main(void)
{
	rows_run();
	texts_run();
	limits_run();
	linear_run();
	return test_end();
}
