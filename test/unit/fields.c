/* fields - bytes, MIME fields and message identifiers under scrutiny. */
#include "base/buf.h"
#include "mail/fields.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input;
	unsigned faults;
	const char *expected;
};

/* Expected: type/subtype, then name=value each, quoted ones in quotes. */
static const struct row types[] = {
	{ "5.1", "text/plain; charset=us-ascii (Plain text)", 0,
	    "text/plain charset=us-ascii" },
	{ "5.1 quoted", "text/plain; charset=\"us-ascii\"", 0,
	    "text/plain charset=\"us-ascii\"" },
	{ "5.1 CFWS everywhere", " (a) text (b) / (c) plain\r\n ; x (d) = y",
	    0, "text/plain x=y" },
	{ "2231 names", "a/b; x*0*=us-ascii'en'%20; x*1=\"y\"", 0,
	    "a/b x*0*=us-ascii'en'%20 x*1=\"y\"" },
	{ "quoted pairs", "a/b; x=\"\\\"y\\\\\"", 0, "a/b x=\"\"y\\\"" },
	{ "empty", " (x) ", CONTENT_EMPTY, "/" },
	{ "no type", "/plain; a=b", CONTENT_NO_TYPE, "/plain a=b" },
	{ "no subtype", "text", CONTENT_NO_SUBTYPE, "text/" },
	{ "no subtype behind slash", "text/; a=b", CONTENT_NO_SUBTYPE,
	    "text/ a=b" },
	{ "second slash", "text/plain/x; a=b",
	    CONTENT_JUNK | CONTENT_NO_SEMICOLON, "text/plain a=b" },
	{ "final semicolon", "a/b; x=y;", CONTENT_EMPTY_PARAM, "a/b x=y" },
	{ "double semicolon", "a/b;; x=y", CONTENT_EMPTY_PARAM, "a/b x=y" },
	{ "no semicolon", "a/b x=y z=\"1\"", CONTENT_NO_SEMICOLON,
	    "a/b x=y z=\"1\"" },
	{ "name only", "a/b; x; y=z", CONTENT_NO_VALUE, "a/b y=z" },
	{ "no value", "a/b; x=; y=z", CONTENT_NO_VALUE, "a/b x= y=z" },
	{ "no name", "a/b; =x; y=z", CONTENT_JUNK, "a/b y=z" },
	{ "comma", "a/b, x=y; z=1", CONTENT_JUNK | CONTENT_NO_SEMICOLON,
	    "a/b z=1" },
	{ "tspecials unquoted", "a/b; x=y:z=?; z=1", CONTENT_UNQUOTED,
	    "a/b x=y:z=? z=1" },
	{ "quote inside", "a/b; x=y\"z\"", CONTENT_UNQUOTED, "a/b x=y\"z\"" },
	{ "duplicate", "a/b; x=y; X=z", CONTENT_DUPLICATE, "a/b x=y X=z" },
	{ "open quote", "a/b; x=\"y; z=1", CONTENT_OPEN,
	    "a/b x=\"y; z=1\"" },
	{ "open comment", "a/b; x=y (z", CONTENT_OPEN | CONTENT_JUNK |
	    CONTENT_NO_SEMICOLON, "a/b x=y" },
	{ "control", "a/b; x=\"\001\"", CONTENT_BYTES, "a/b x=\"\001\"" },
	{ "8-bit", "a/b; x=\xc3\xa4", CONTENT_BYTES, "a/b x=\xc3\xa4" },
};

static const struct row dispositions[] = {
	{ "2183", "attachment; filename=\"a b.txt\"", 0,
	    "attachment/ filename=\"a b.txt\"" },
	{ "unquoted space", "attachment; filename=a b.txt",
	    CONTENT_NO_SEMICOLON | CONTENT_NO_VALUE,
	    "attachment/ filename=a" },
	{ "parameter only", "filename=x", CONTENT_NO_SEMICOLON | CONTENT_JUNK,
	    "filename/" },
};

static const struct row encodings[] = {
	{ "6.1", "base64", 0, "base64" },
	{ "comment", "(x) 7bit (y)", 0, "7bit" },
	{ "empty", "", CONTENT_EMPTY, "" },
	{ "charset", "8bit; charset=x", CONTENT_JUNK, "8bit" },
	{ "two", "base64 base64", CONTENT_JUNK, "base64" },
	{ "quoted", "\"base64\"", CONTENT_NO_TYPE, "" },
};

static const struct {
	const char *input;
	enum msgid verdict;
	const char *id;
} ids[] = {
	{ "<a.b$c@d.e>", MSGID_GOOD, "a.b$c@d.e" },
	{ " (x) <a@[192.0.2.1]> (y)", MSGID_GOOD, "a@[192.0.2.1]" },
	{ "<a@b@c.d>", MSGID_LOOSE, "a@b@c.d" },
	{ "<abc>", MSGID_LOOSE, "abc" },
	{ "<a b@c>", MSGID_LOOSE, "a b@c" },
	{ "<a..b@c>", MSGID_LOOSE, "a..b@c" },
	{ "<\"a\"@c>", MSGID_LOOSE, "\"a\"@c" },	/* obs-id-left */
	{ "<\xc3\xa4@c>", MSGID_LOOSE, "\xc3\xa4@c" },
	{ "<a@[b]c]>", MSGID_LOOSE, "a@[b]c]" },
	{ "<<a@b>>", MSGID_LOOSE, "<a@b" },
	{ "<@b>", MSGID_LOOSE, "@b" },
	{ "a@b", MSGID_BROKEN, "a@b" },
	{ "<>", MSGID_BROKEN, "<>" },
	{ "<a@b", MSGID_BROKEN, "<a@b" },
	{ "<a@b> <c@d>", MSGID_BROKEN, "<a@b> <c@d>" },
	{ "<a@b> x", MSGID_BROKEN, "<a@b> x" },
	{ "<a<b@c>", MSGID_BROKEN, "a<b@c" },
	{ "<a\001@c>", MSGID_BROKEN, "<a\001@c>" },
	{ "", MSGID_BROKEN, "" },
};

static const struct {
	const char *input;
	size_t n;
	unsigned flags;
} values[] = {
	{ "plain\tand\r\n folded", 18, 0 },
	{ "a\0b", 3, FIELD_NUL },
	{ "a\033b", 3, FIELD_CONTROL },
	{ "\x7f", 1, FIELD_CONTROL },
	{ "\xc3\xa4", 2, FIELD_8BIT },
	{ "\xe4", 1, FIELD_8BIT | FIELD_NOT_UTF8 },
	{ "a\rb", 3, FIELD_BARE_CR },
	{ "a\r", 2, FIELD_BARE_CR },
	{ "a\nb", 3, FIELD_BAD_FOLD },
	{ "a\n \n b", 6, FIELD_BAD_FOLD },
	{ "a\n ", 3, FIELD_BAD_FOLD },
	/* Each behind more than a word of what is printable. */
	{ "~ 0123456789\n\t ~0123456789\x7f", 27, FIELD_CONTROL },
	{ "0123456789\n 0123456789\nx", 24, FIELD_BAD_FOLD },
	{ "0123456789\xc3\xa4" "0123456789\0", 23, FIELD_8BIT | FIELD_NUL },
	{ "0123456789\r0123456789\033x", 23, FIELD_BARE_CR | FIELD_CONTROL },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void
describe(struct buf *b, const struct content *c)
{
	size_t i;

	buf_reset(b);
	buf_span(b, c->type);
	buf_char(b, '/');
	buf_span(b, c->subtype);
	for (i = 0; i < c->count; i++) {
		buf_char(b, ' ');
		buf_span(b, c->params[i].name);
		buf_puts(b, c->params[i].quoted ? "=\"" : "=");
		buf_span(b, c->params[i].value);
		buf_puts(b, c->params[i].quoted ? "\"" : "");
	}
}

static void
check_faults(const struct row *row, unsigned faults)
{
	if (!CHECK(row->name, faults == row->faults))
		fprintf(stderr, "  got %x wanted %x\n", faults, row->faults);
}

static void
test_limit(struct arena *arena, struct buf *b)
{
	struct content c;
	unsigned i;

	buf_reset(b);
	buf_puts(b, "a/b");
	for (i = 0; i < CONTENT_PARAMS_MAX; i++)
		buf_printf(b, ";x%u=y", i);
	CHECK("at the limit", content_type_parse(arena, buf_contents(b), &c) ==
	    0 && c.count == CONTENT_PARAMS_MAX);
	buf_puts(b, ";z=y");
	CHECK("above the limit", content_type_parse(arena, buf_contents(b),
	    &c) == CONTENT_LIMIT && c.count == CONTENT_PARAMS_MAX);
	CHECK("find", content_find(&c, "X31") == &c.params[31]);
	CHECK("find", content_find(&c, "z") == NULL);
}

int
main(void)
{
	struct arena arena;
	struct content c;
	struct span s;
	struct buf b;
	size_t i;

	arena_init(&arena);
	buf_init(&b, 4096);
	for (i = 0; i < COUNT(types); i++) {
		check_faults(&types[i], content_type_parse(&arena,
		    span_of(types[i].input), &c));
		describe(&b, &c);
		CHECK_TEXT(types[i].name, buf_string(&b), types[i].expected);
	}
	for (i = 0; i < COUNT(dispositions); i++) {
		check_faults(&dispositions[i], content_disposition_parse(
		    &arena, span_of(dispositions[i].input), &c));
		describe(&b, &c);
		CHECK_TEXT(dispositions[i].name, buf_string(&b),
		    dispositions[i].expected);
	}
	for (i = 0; i < COUNT(encodings); i++) {
		check_faults(&encodings[i], content_encoding_parse(
		    span_of(encodings[i].input), &s));
		CHECK(encodings[i].name, span_is(s, encodings[i].expected));
	}
	for (i = 0; i < COUNT(ids); i++) {
		CHECK(ids[i].input, msgid_parse(span_of(ids[i].input), &s) ==
		    ids[i].verdict);
		CHECK(ids[i].input, span_is(s, ids[i].id));
	}
	for (i = 0; i < COUNT(values); i++)
		CHECK(values[i].input, field_bytes(span_make(values[i].input,
		    values[i].n)) == values[i].flags);
	test_limit(&arena, &b);
	buf_done(&b);
	arena_done(&arena);
	return test_end();
}
