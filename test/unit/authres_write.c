/*
 * authres_write - fields as written, and that any bytes give a field that our
 * own parser finds good.  With the argument "print" it prints fields that
 * test/conformance/authres_read.py has another implementation read.
 */
#include "auth/authres.h"
#include "auth/authres_write.h"
#include "base/text.h"
#include "test/unit/test.h"

#define STEPS 6
#define FIELDS_RANDOM 4000
#define FIELDS_PRINTED 300
#define VALUE_RANDOM 24		/* short enough for lines of 78 columns */

/* Method, Reason, Property or Comment. */
struct step {
	char kind;
	const char *a, *b, *value;
};

struct row {
	const char *name, *id;
	bool utf8;
	struct step steps[STEPS];
	const char *expected;
	unsigned left_out;
};

static const struct row rows[] = {
	{ "8601 2.2 no-result", "mx.example", false, { { 0 } },
	    "mx.example; none", 0 },
	{ "one result", "mx.example", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "a@b.example" } },
	    "mx.example;\n\tspf=pass smtp.mailfrom=a@b.example", 0 },
	{ "everything", "mx.example", false, {
	    { 'm', "dkim", "fail", NULL }, { 'r', NULL, NULL, "bad hash" },
	    { 'c', NULL, NULL, "2048-bit key" },
	    { 'p', "header", "d", "b.example" },
	    { 'm', "dmarc", "fail", NULL },
	    { 'p', "header", "from", "b.example" } },
	    "mx.example;\n\tdkim=fail reason=\"bad hash\" (2048-bit key) "
	    "header.d=b.example;\n\tdmarc=fail header.from=b.example", 0 },
	{ "8601 2.2 quoted authserv-id", "my \"host\"", false, { { 0 } },
	    "\"my \\\"host\\\"\"; none", 0 },
	{ "token as reason", "a", false, { { 'm', "x", "y", NULL },
	    { 'r', NULL, NULL, "timeout" } }, "a;\n\tx=y reason=timeout", 0 },
	{ "address as reason", "a", false, { { 'm', "x", "y", NULL },
	    { 'r', NULL, NULL, "b@c.d" } }, "a;\n\tx=y reason=\"b@c.d\"", 0 },
	{ "empty reason", "a", false, { { 'm', "x", "y", NULL },
	    { 'r', NULL, NULL, "" } }, "a;\n\tx=y", 0 },
	{ "null sender", "a", false, { { 'm', "spf", "none", NULL },
	    { 'p', "smtp", "mailfrom", "" } },
	    "a;\n\tspf=none smtp.mailfrom=\"\"", 0 },
	{ "2045 5.1 tspecials: IPv6", "a", false, {
	    { 'm', "iprev", "pass", NULL },
	    { 'p', "policy", "iprev", "2001:db8::1" } },
	    "a;\n\tiprev=pass policy.iprev=\"2001:db8::1\"", 0 },
	{ "2045 5.1 tspecials: base64", "a", false, {
	    { 'm', "dkim", "pass", NULL },
	    { 'p', "header", "b", "x/+y=" } },
	    "a;\n\tdkim=pass header.b=\"x/+y=\"", 0 },
	{ "SRS address", "a", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "SRS0=x=y=c.d=e@f.example" } },
	    "a;\n\tspf=pass smtp.mailfrom=\"SRS0=x=y=c.d=e\"@f.example", 0 },
	{ "no local part", "a", false, { { 'm', "dkim", "pass", NULL },
	    { 'p', "header", "i", "@b.example" } },
	    "a;\n\tdkim=pass header.i=@b.example", 0 },
	{ "quoted local part", "a", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "\"x y\"@b.c" } },
	    "a;\n\tspf=pass smtp.mailfrom=\"\\\"x y\\\"@b.c\"", 0 },
	{ "two @", "a", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "x@y@b.c" } },
	    "a;\n\tspf=pass smtp.mailfrom=\"x@y\"@b.c", 0 },
	{ "5322 3.4.1: no dot-atom", "a", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "x..y@b..c" } },
	    "a;\n\tspf=pass smtp.mailfrom=\"x..y@b..c\"", 0 },
	{ "forged result", "a", false, { { 'm', "spf", "fail", NULL },
	    { 'p', "smtp", "helo", "x; dkim=pass header.d=b.c" } },
	    "a;\n\tspf=fail smtp.helo=\"x; dkim=pass header.d=b.c\"", 0 },
	{ "forged comment end", "a", false, { { 'm', "spf", "fail", NULL },
	    { 'c', NULL, NULL, "x); dkim=pass (\\" } },
	    "a;\n\tspf=fail (x\\); dkim=pass \\(\\\\)", 0 },
	{ "forged field", "a", false, { { 'm', "spf", "fail", NULL },
	    { 'p', "smtp", "helo", "x\r\nFrom: y" },
	    { 'p', "smtp", "mailfrom", "b" } },
	    "a;\n\tspf=fail (smtp.helo left out) smtp.mailfrom=b", 1 },
	{ "forged field in a comment", "a", false, { { 'm', "spf", "fail",
	    NULL }, { 'c', NULL, NULL, "x\nFrom:\ty\x7f" } },
	    "a;\n\tspf=fail (x?From:?y?)", 0 },
	{ "reason that cannot be", "a", false, { { 'm', "spf", "fail", NULL },
	    { 'r', NULL, NULL, "\001" } },
	    "a;\n\tspf=fail (reason left out)", 1 },
	{ "UTF-8 not allowed", "a", false, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "m\xc3\xbcll@b.c" },
	    { 'c', NULL, NULL, "m\xc3\xbcll" } },
	    "a;\n\tspf=pass (smtp.mailfrom left out) (m?ll)", 1 },
	{ "6532 UTF-8 allowed", "m\xc3\xbcll.example", true, {
	    { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "m\xc3\xbcll@b.c" },
	    { 'c', NULL, NULL, "m\xc3\xbcll" } },
	    "\"m\xc3\xbcll.example\";\n\tspf=pass "
	    "smtp.mailfrom=\"m\xc3\xbcll\"@b.c (m\xc3\xbcll)", 0 },
	{ "no UTF-8", "a", true, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "m\xfcll" },
	    { 'c', NULL, NULL, "m\xfcll" } },
	    "a;\n\tspf=pass (smtp.mailfrom left out) (m?ll)", 1 },
	{ "control in UTF-8", "a", true, { { 'm', "spf", "pass", NULL },
	    { 'p', "smtp", "mailfrom", "x\xc2\x85y" },
	    { 'c', NULL, NULL, "x\xc2\x85y" } },
	    "a;\n\tspf=pass (smtp.mailfrom left out) (x?y)", 1 },
	{ "5322 2.1.1 folded between properties", "mx.example", false, {
	    { 'm', "spf", "softfail", NULL },
	    { 'p', "smtp", "mailfrom", "somebody@a-rather-long.example" },
	    { 'p', "smtp", "helo", "mail.a-rather-long.example" } },
	    "mx.example;\n\tspf=softfail "
	    "smtp.mailfrom=somebody@a-rather-long.example\n\t"
	    "smtp.helo=mail.a-rather-long.example", 0 },
	{ "5322 3.2.4 folded within quotes", "mx.example", false, {
	    { 'm', "dmarc", "fail", NULL },
	    { 'r', NULL, NULL, "a reason that says at great length what "
	    "other systems could have said in a word or two, or three" } },
	    "mx.example;\n\tdmarc=fail\n\t"
	    "reason=\"a reason that says at great length what other systems "
	    "could\n have said in a word or two, or three\"", 0 },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool
write_row(struct authres_writer *w, struct buf *out, const struct row *row)
{
	const struct step *s;
	size_t i;

	if (!authres_begin(w, out, span_of(row->id), row->utf8))
		return false;
	for (i = 0; i < STEPS && row->steps[i].kind != 0; i++) {
		s = &row->steps[i];
		if (s->kind == 'm')
			authres_method(w, s->a, s->b);
		else if (s->kind == 'r')
			authres_reason(w, span_of(s->value));
		else if (s->kind == 'p')
			authres_property(w, s->a, s->b, span_of(s->value));
		else
			authres_comment(w, span_of(s->value));
	}
	return authres_end(w);
}

static void
check_good(struct arena *arena, const char *name, struct span field,
    struct span wanted)
{
	struct span id = span_of("");

	CHECK(name, authres_parse(arena, field, &id) == AUTHRES_GOOD);
	CHECK(name, span_eq(id, wanted));
}

/* Columns of the longest line, behind the field's name; 0 when one is blank. */
static size_t
longest(struct span field)
{
	size_t max = 0, n = sizeof("Authentication-Results: ") - 1;
	struct span line;

	for (; span_cut(&field, '\n', &line); n = 0) {
		if (span_trim(line).n == 0)
			return 0;
		n += line.n + (line.p[0] == '\t' ? 7 : 0);
		max = n > max ? n : max;
	}
	return max;
}

static void
test_rows(struct arena *arena)
{
	struct authres_writer w;
	struct buf out;
	size_t i;

	buf_init(&out, AUTHRES_FIELD_MAX);
	for (i = 0; i < ROWS; i++) {
		buf_reset(&out);
		CHECK(rows[i].name, write_row(&w, &out, &rows[i]));
		CHECK_TEXT(rows[i].name, buf_string(&out), rows[i].expected);
		CHECK(rows[i].name, w.left_out == rows[i].left_out);
		CHECK(rows[i].name, longest(buf_contents(&out)) <= 78);
		check_good(arena, rows[i].name, buf_contents(&out),
		    span_of(rows[i].id));
	}
	buf_done(&out);
}

static void
test_limits(struct arena *arena)
{
	struct authres_writer w;
	struct buf out;
	char text[AUTHRES_VALUE_MAX + 1];
	size_t i;

	memset(text, 'x', sizeof(text));
	buf_init(&out, AUTHRES_FIELD_MAX);
	CHECK("empty id", !authres_begin(&w, &out, span_of(""), true));
	CHECK("id with a line end", !authres_begin(&w, &out, span_of("a\nb"),
	    true));
	CHECK("nothing written", out.n == 0);
	authres_begin(&w, &out, span_of("a"), false);
	for (i = 0; i < AUTHRES_RESULTS_MAX + 1; i++) {
		authres_method(&w, "x", "y");
		authres_reason(&w, span_of("z"));
	}
	CHECK("too many results", authres_end(&w));
	check_good(arena, "too many results", buf_contents(&out),
	    span_of("a"));
	buf_reset(&out);
	authres_begin(&w, &out, span_of("a"), false);
	authres_method(&w, "x", "y");
	authres_property(&w, "z", "z", span_make(text, sizeof(text) - 1));
	CHECK("longest value", w.left_out == 0);
	authres_property(&w, "z", "z", span_make(text, sizeof(text)));
	CHECK("too long a value", w.left_out == 1);
	CHECK("in the line", longest(buf_contents(&out)) < 998);
	buf_done(&out);
	buf_init(&out, 20);
	CHECK("no room", !write_row(&w, &out, &rows[2]));
	buf_done(&out);
}

/* The next of a fixed row of numbers. */
static unsigned
number(unsigned *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static struct span
hostile(unsigned *state, char out[VALUE_RANDOM])
{
	static const char bytes[] =
	    "abcxyz019.-@\"\\();:,<>=/ \t\r\n\0\x7f\xc3\xbc\xc2\x85\xff\x1b[]?";
	bool plain = number(state) % 2;
	size_t n = number(state) % VALUE_RANDOM, i;

	for (i = 0; i < n; i++)
		out[i] = bytes[number(state) % (plain ? 25 : sizeof(bytes))];
	return span_make(out, n);
}

static void
write_random(struct authres_writer *w, unsigned *state)
{
	char text[VALUE_RANDOM];
	unsigned results = number(state) % 4, properties;

	while (results-- != 0) {
		authres_method(w, "dkim", "pass");
		if (number(state) % 2)
			authres_reason(w, hostile(state, text));
		for (properties = number(state) % 3; properties-- != 0;)
			if (number(state) % 2)
				authres_comment(w, hostile(state, text));
			else
				authres_property(w, "header", "d",
				    hostile(state, text));
	}
}

static void
test_random(struct arena *arena)
{
	struct authres_writer w;
	struct buf out;
	char text[VALUE_RANDOM];
	unsigned i, state = 1, before;

	buf_init(&out, AUTHRES_FIELD_MAX);
	for (i = 0; i < FIELDS_RANDOM; i++) {
		before = test_count.failed;
		buf_reset(&out);
		authres_begin(&w, &out, span_of("mx.example"), i % 2);
		write_random(&w, &state);
		CHECK("random", authres_end(&w));
		check_good(arena, "random", buf_contents(&out),
		    span_of("mx.example"));
		CHECK("random", longest(buf_contents(&out)) - 1 < 78);
		if (test_count.failed != before)
			fprintf(stderr, "  <%s>\n", buf_string(&out));
		buf_reset(&out);
		if (!authres_begin(&w, &out, hostile(&state, text), i % 2))
			continue;
		authres_end(&w);
		CHECK("random id", authres_parse(arena, buf_contents(&out),
		    &(struct span){ 0 }) == AUTHRES_GOOD);
	}
	buf_done(&out);
}

/* One JSON object a line: the field, and the single value that is in it. */
static void
print_field(unsigned *state)
{
	char text[VALUE_RANDOM];
	struct span value = hostile(state, text);
	struct authres_writer w;
	struct buf out, json;
	bool reason = number(state) % 2;

	buf_init(&out, AUTHRES_FIELD_MAX);
	buf_init(&json, AUTHRES_FIELD_MAX);
	authres_begin(&w, &out, span_of("mx.example"), false);
	authres_method(&w, "spf", "pass");
	authres_comment(&w, value);
	authres_method(&w, "dkim", "fail");
	if (reason)
		authres_reason(&w, value);
	authres_property(&w, "header", "d",
	    reason ? span_of("b.example") : value);
	authres_method(&w, "dmarc", "none");
	authres_end(&w);
	buf_puts(&json, "{\"field\":");
	text_json(&json, buf_contents(&out));
	buf_printf(&json, ",\"what\":\"%s\",\"value\":",
	    reason ? "reason" : "header.d");
	if (w.left_out != 0 || (reason && value.n == 0))
		buf_puts(&json, "null");
	else
		text_json(&json, value);
	printf("%s}\n", buf_string(&json));
	buf_done(&json);
	buf_done(&out);
}

int
main(int argc, char **argv)
{
	struct arena arena;
	unsigned i, state = 7;

	if (argc == 2 && strcmp(argv[1], "print") == 0) {
		for (i = 0; i < FIELDS_PRINTED; i++)
			print_field(&state);
		return 0;
	}
	arena_init(&arena);
	test_rows(&arena);
	test_limits(&arena);
	test_random(&arena);
	arena_done(&arena);
	return test_end();
}
