/* address - address lists and envelope paths, clean and hostile. */
#include "base/buf.h"
#include "mail/address.h"
#include "test/unit/test.h"

#define MAX 4

struct row {
	const char *name, *input, *expected;
};

/* Expected: verdict letters, then "[name] local domain whole" each. */
static const struct row lists[] = {
	{ "A.1.1", "John Doe <jdoe@machine.example>",
	    "- [John Doe] jdoe machine.example jdoe@machine.example" },
	{ "A.1.2 comma in quotes", "\"Doe, John\" <a@b.example>, Who? <c@d>",
	    "- [Doe, John] a b.example a@b.example [Who?] c d c@d" },
	{ "A.1.2 quoted pairs", "\"Giant; \\\"Big\\\" Box\" <s@example.net>",
	    "- [Giant; \"Big\" Box] s example.net s@example.net" },
	{ "A.1.3 group", "A Group:Ed <c@a.test>,joe@where.test;",
	    "G [Ed] c a.test c@a.test [] joe where.test joe@where.test" },
	{ "A.1.3 empty group", "Undisclosed recipients:;", "EG" },
	{ "A.5 comments", "Pete(A nice \\) chap) <pete(his)@silly.test(host)>",
	    "L [Pete] pete silly.test pete@silly.test" },
	{ "A.5 comments in a group", "A (Some people)\r\n"
	    "  :Chris <c@(Chris's host.)public.example>; (the end)",
	    "GL [Chris] c public.example c@public.example" },
	{ "A.6.1 obs route and empty elements",
	    "Mary <@node.test:mary@example.net>, , jdoe@test  . example",
	    "RL [Mary] mary example.net mary@example.net "
	    "[] jdoe test.example jdoe@test.example" },
	{ "A.6.3 obs white space", "Joe <jdoe@machine(comment).  example>",
	    "L [Joe] jdoe machine.example jdoe@machine.example" },
	{ "4.1 obs-phrase", "Joe Q. Public <a@b.c>",
	    "- [Joe Q. Public] a b.c a@b.c" },
	{ "4.4 long route", "<@a,@b:c@d.e>", "R [] c d.e c@d.e" },
	{ "3.2.2 folded", "Mary\r\n Smith\r\n\t<a@b.c>",
	    "- [Mary Smith] a b.c a@b.c" },
	{ "3.4.1 literal", "a@[192.0.2.1]",
	    "- [] a [192.0.2.1] a@[192.0.2.1]" },
	{ "3.4.1 quoted local part", "\"joe doe\"@b.c",
	    "- [] joe doe b.c \"joe doe\"@b.c" },
	{ "3.4.1 needless quotes", "<\"joe\".doe@b.c>",
	    "- [] joe.doe b.c joe.doe@b.c" },
	{ "3.4.1 at sign in quotes", "\"evil@x.test\"@b.c",
	    "- [] evil@x.test b.c \"evil@x.test\"@b.c" },
	{ "6532 UTF-8", "J\xc3\xbcrgen <j\xc3\xbcrgen@ex\xc3\xa4mple.de>",
	    "- [J\xc3\xbcrgen] j\xc3\xbcrgen ex\xc3\xa4mple.de "
	    "j\xc3\xbcrgen@ex\xc3\xa4mple.de" },
	{ "raw Latin-1 in the name", "J\xfcrgen <a@b.c>",
	    "L [J\xfcrgen] a b.c a@b.c" },
	{ "raw Latin-1 in the address", "<j\xfcrgen@b.c>",
	    "J [] j\xfcrgen b.c j\xfcrgen@b.c" },
	{ "encoded word stays raw", "=?utf-8?q?a=40b?= <a@b.c>",
	    "- [=?utf-8?q?a=40b?=] a b.c a@b.c" },
	{ "comment as name", "joe@x.y (Joe Doe)",
	    "- [Joe Doe] joe x.y joe@x.y" },
	{ "address as name", "boss@bank.test <evil@x.y>",
	    "L [boss@bank.test] evil x.y evil@x.y" },
	{ "address as quoted name", "\"boss@bank.test\" <evil@x.y>",
	    "- [boss@bank.test] evil x.y evil@x.y" },
	{ "bracket in quotes", "\"<boss@bank.test>\" <evil@x.y>",
	    "- [<boss@bank.test>] evil x.y evil@x.y" },
	{ "bracket in comment", "(<boss@bank.test>) evil@x.y",
	    "- [<boss@bank.test>] evil x.y evil@x.y" },
	{ "two brackets", "<a@bank.test> <b@x.y>",
	    "J [] a bank.test a@bank.test [] b x.y b@x.y" },
	{ "nested brackets", "<<a@b.c>>", "J [] a b.c a@b.c" },
	{ "words after brackets", "<a@b.c> Doe", "J [] a b.c a@b.c" },
	{ "no brackets", "Joe Doe joe@x.y", "J [Joe Doe] joe x.y joe@x.y" },
	{ "words behind", "joe@x.y Joe Doe", "J [] joe x.y joe@x.y" },
	{ "two without comma", "a@b.c d@e.f",
	    "J [] a b.c a@b.c [] d e.f d@e.f" },
	{ "two at signs", "a@b@c.d", "J [] a b a@b [] b c.d b@c.d" },
	{ "no opening bracket", "joe@x.y>", "J [] joe x.y joe@x.y" },
	{ "no closing bracket", "Joe <joe@x.y", "J [Joe] joe x.y joe@x.y" },
	{ "no closing bracket, two", "<a@b.c, <d@e.f>",
	    "J [] a b.c a@b.c [] d e.f d@e.f" },
	{ "words in brackets", "<Joe a@b.c>", "J [] a b.c a@b.c" },
	{ "scheme in brackets", "<mailto:a@b.c>", "J [] a b.c a@b.c" },
	{ "unquoted comma", "Doe, John <a@b.c>",
	    "B [] Doe  Doe [John] a b.c a@b.c" },
	{ "unquoted colon", "Re: you <a@b.c>", "GJ [you] a b.c a@b.c" },
	{ "semicolon for comma", "a@b.c; d@e.f",
	    "J [] a b.c a@b.c [] d e.f d@e.f" },
	{ "open quote", "\"Joe <a@b.c>", "J [\"Joe] a b.c a@b.c" },
	{ "open comment", "(Joe <a@b.c>", "J [(Joe] a b.c a@b.c" },
	{ "stray backslash", "Joe\\ <a@b.c>", "J [Joe\\] a b.c a@b.c" },
	{ "control byte", "Joe\001 <a@b.c>", "J [Joe\001] a b.c a@b.c" },
	{ "brackets in the name", "[list] Joe <a@b.c>",
	    "L [[list] Joe] a b.c a@b.c" },
	{ "dots in the local part", "a..b.@c.d", "L [] a..b. c.d a..b.@c.d" },
	{ "final dot", "a@c.d.", "L [] a c.d a@c.d" },
	{ "double dot in the domain", "a@c..d", "J [] a c..d a@c..d" },
	{ "no domain", "root (Cron)", "B [Cron] root  root" },
	{ "no domain in brackets", "Joe <root>", "B [Joe] root  root" },
	{ "no address", "Joe Doe", "EJ" },
	{ "no local part", "@b.c", "EJ" },
	{ "no domain behind the sign", "a@", "EJ" },
	{ "null", "<>", "EJ" },
	{ "blank", " \r\n ", "E" },
	{ "comment only", "(a@b.c)", "E" },
	{ "too many", "a@b,a@b,a@b,a@b,c@d",
	    "X [] a b a@b [] a b a@b [] a b a@b [] a b a@b" },
};

static const struct row paths[] = {
	{ "5321 4.1.2", "<user@example.org>",
	    "- [] user example.org user@example.org" },
	{ "5321 4.5.5 null", "<>", "E []   " },
	{ "without brackets", "user@example.org",
	    "- [] user example.org user@example.org" },
	{ "5321 4.1.2 quoted", "<\"a b\\\"c\"@x.y>",
	    "- [] a b\"c x.y \"a b\\\"c\"@x.y" },
	{ "5321 C route", "<@a.b,@c.d:e@f.g>", "R [] e f.g e@f.g" },
	{ "5321 4.1.1.3 postmaster", "<Postmaster>",
	    "B [] Postmaster  Postmaster" },
	{ "literal", "<a@[IPv6:::1]>", "- [] a [IPv6:::1] a@[IPv6:::1]" },
	{ "dots", "<a.@x.y>", "L [] a. x.y a.@x.y" },
	{ "SRS", "<SRS0=a=b=x.y=c@z.w>",
	    "- [] SRS0=a=b=x.y=c z.w SRS0=a=b=x.y=c@z.w" },
	{ "two signs", "<a@b@c.d>", "J [] a@b c.d a@b@c.d" },
	{ "space", "<a b@c.d>", "J [] a b c.d a b@c.d" },
	{ "no end", "<a@c.d", "J [] a c.d a@c.d" },
	{ "words", "<a@c.d> SIZE=1", "J [] a c.d> SIZE=1 a@c.d> SIZE=1" },
	{ "open quote", "<\"a@c.d>", "J [] \"a c.d \"a@c.d" },
	{ "domain only", "<@c.d>", "EJ []  c.d @c.d" },
};

static void
describe_flags(struct buf *b, unsigned flags)
{
	static const char letters[] = "EGRBLJX";
	unsigned i;

	for (i = 0; letters[i] != '\0'; i++)
		if ((flags & 1U << i) != 0)
			buf_char(b, letters[i]);
	if (flags == 0)
		buf_char(b, '-');
}

static void
describe(struct buf *b, const struct address *a)
{
	buf_puts(b, " [");
	buf_span(b, a->name);
	buf_puts(b, "] ");
	buf_span(b, a->local);
	buf_char(b, ' ');
	buf_span(b, a->domain);
	buf_char(b, ' ');
	buf_span(b, a->whole);
}

/* One maximum of comment depth, found by counting brackets. */
static void
test_depth(struct arena *arena, struct buf *b)
{
	struct address out[MAX];
	unsigned depth, i, flags;
	size_t count;

	for (depth = 32; depth <= 33; depth++) {
		buf_reset(b);
		for (i = 0; i < depth; i++)
			buf_char(b, '(');
		for (i = 0; i < depth; i++)
			buf_char(b, ')');
		buf_puts(b, "a@b.c");
		flags = address_list(arena, buf_contents(b), out, MAX, &count);
		CHECK("depth", count == 1);
		CHECK("depth", (flags & ADDRESS_LIMIT) ==
		    (depth == 33 ? ADDRESS_LIMIT : 0));
	}
}

/* A hostile field of 256 kB must not take quadratic time or memory. */
static void
test_long(struct arena *arena, struct buf *b)
{
	static const char *const pieces[] = { "<", "\"", "\\\"", "(", "[", "@",
	    "a@", "<@a,", "\"a\"", ".", "a.", ":", "()", "a ", ";<" };
	struct address out[MAX];
	size_t i, n, count;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		buf_reset(b);
		for (n = 0; n < 256 * 1024; n += strlen(pieces[i]))
			buf_puts(b, pieces[i]);
		arena_reset(arena);
		address_list(arena, buf_contents(b), out, MAX, &count);
		CHECK(pieces[i], arena->used < (2 << 20));
		address_path(arena, buf_contents(b), out);
		CHECK(pieces[i], arena->used < (3 << 20));
	}
}

int
main(void)
{
	struct address out[MAX];
	struct arena arena;
	struct buf b;
	size_t i, k, count;

	arena_init(&arena);
	buf_init(&b, 1 << 20);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		buf_reset(&b);
		describe_flags(&b, address_list(&arena,
		    span_of(lists[i].input), out, MAX, &count));
		for (k = 0; k < count; k++)
			describe(&b, &out[k]);
		CHECK_TEXT(lists[i].name, buf_string(&b), lists[i].expected);
	}
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		buf_reset(&b);
		describe_flags(&b, address_path(&arena,
		    span_of(paths[i].input), out));
		describe(&b, out);
		CHECK_TEXT(paths[i].name, buf_string(&b), paths[i].expected);
	}
	CHECK("NUL", (address_list(&arena, span_make("<a@b\0.c>", 8), out, MAX,
	    &count) & ADDRESS_JUNK) != 0);
	CHECK("lower", span_is(domain_lower(&arena, span_of("ExAmple.ORG.")),
	    "example.org"));
	test_depth(&arena, &b);
	test_long(&arena, &b);
	buf_done(&b);
	arena_done(&arena);
	return test_end();
}
