/* author - the author domain of From fields, good, sloppy and forged. */
#include "auth/author.h"
#include "base/buf.h"
#include "test/unit/test.h"

#define FIELDS 4
#define TEXT_MAX 1024

struct row {
	const char *name;
	const char *fields;	/* separated by "|" */
	const char *expected;	/* kind, domains, reason in brackets */
};

static const struct row rows[] = {
	{ "one", "Joe <joe@example.com>", "one example.com" },
	{ "A-labels and case", "joe@EXAMPLE.Com.", "one example.com" },
	{ "3.6.2 several addresses of one domain",
	    "a@example.com, B <b@Example.COM>", "one example.com" },
	{ "5.3.1 U-label", "a@b\xc3\xbc\x63her.example",
	    "one xn--bcher-kva.example" },
	{ "U-label in capitals", "a@B\xc3\x9c\x43HER.example",
	    "one xn--bcher-kva.example" },
	{ "U-label and its A-label", "a@b\xc3\xbc\x63her.example, "
	    "b@xn--bcher-kva.example", "one xn--bcher-kva.example" },
	{ "UTS 46 soft hyphen", "a@exam\xc2\xadple.com", "one example.com" },
	{ "UTS 46 wide letters and dot",
	    "a@\xef\xbd\x85xample\xe3\x80\x82\x63om", "one example.com" },
	{ "A.5 comments", "(x@evil.test) joe (y) @ (z) example.com (w)",
	    "one example.com" },
	{ "quoted name with comma and address",
	    "\"Bank, x@bank.test\" <joe@example.com>", "one example.com" },
	{ "at sign in the local part", "\"x@bank.test\"@example.com",
	    "one example.com" },
	{ "encoded word as name",
	    "=?utf-8?q?x=40bank.test_=3Cy=40bank.test=3E?= <a@example.com>",
	    "one example.com" },
	{ "source route", "<@bank.test:joe@example.com>", "one example.com" },
	{ "6854 group of one", "Team: joe@example.com;", "one example.com" },
	{ "6854 group of several", "Team: a@example.com, b@example.net;",
	    "several example.com example.net (From with several domains)" },
	{ "6854 empty group", "Undisclosed:;",
	    "none (From without address)" },
	{ "several domains", "a@example.com, b@example.net, c@example.com",
	    "several example.com example.net (From with several domains)" },
	{ "4.4 two fields", "a@example.com|b@example.net",
	    "broken example.com example.net (several From fields)" },
	{ "4.4 two fields alike", "a@example.com|a@example.com",
	    "broken example.com (several From fields)" },
	{ "two fields, one empty", "|a@example.com",
	    "broken example.com (several From fields)" },
	{ "no field", NULL, "none (no From field)" },
	{ "empty field", " ", "none (From without address)" },
	{ "no domain", "root", "none (From address without domain)" },
	{ "one of two without domain", "root, a@example.com",
	    "broken example.com (From address without domain)" },
	{ "5321 4.1.3 literal", "a@[192.0.2.1]",
	    "none (From address with an IP literal)" },
	{ "literal beside a domain", "a@[IPv6:2001:db8::1], b@example.com",
	    "broken example.com (From address with an IP literal)" },
	{ "address without brackets", "a@192.0.2.1",
	    "none (From address with an impossible domain)" },
	{ "encoded word as domain", "a@=?utf-8?q?bank.test?=",
	    "none (From address with an impossible domain)" },
	{ "label too long", "a@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxx.example",
	    "none (From address with an impossible domain)" },
	{ "not UTF-8", "a@b\xfc\x63her.example",
	    "none (From is not in the grammar of addresses)" },
	{ "trailing junk", "joe@example.com>",
	    "broken example.com (From is not in the grammar of addresses)" },
	{ "two in brackets", "<a@example.com> <b@bank.test>",
	    "broken example.com bank.test "
	    "(From is not in the grammar of addresses)" },
	{ "open quote", "\"Bank <a@example.com>",
	    "broken example.com (From is not in the grammar of addresses)" },
	{ "more than are checked", "a@a.test, a@b.test, a@c.test, a@d.test, "
	    "a@e.test, a@f.test, a@g.test, a@h.test, a@i.test",
	    "broken a.test b.test c.test d.test e.test f.test g.test h.test "
	    "(more domains in From than are checked)" },
};

static void
run(const struct row *row)
{
	static const char *const kinds[] = { "one", "several", "broken",
		"none" };
	struct span fields[FIELDS], rest = span_of(row->fields);
	struct author author;
	struct arena arena;
	struct buf out;
	size_t count = 0, i;

	arena_init(&arena);
	buf_init(&out, TEXT_MAX);
	while (row->fields != NULL && count < FIELDS &&
	    span_cut(&rest, '|', &fields[count]))
		count++;
	author_find(&arena, fields, count, &author);
	buf_puts(&out, kinds[author.kind]);
	for (i = 0; i < author.count; i++)
		buf_printf(&out, " %.*s", SPAN_ARG(author.domains[i]));
	if (author.reason != NULL)
		buf_printf(&out, " (%s)", author.reason);
	CHECK_TEXT(row->name, buf_string(&out), row->expected);
	buf_done(&out);
	arena_done(&arena);
}

/* More addresses than are read: what follows might be another domain. */
static void
check_limit(void)
{
	struct buf text;
	struct author author;
	struct arena arena;
	struct span field;
	size_t i;

	arena_init(&arena);
	buf_init(&text, 1 << 16);
	for (i = 0; i < AUTHOR_ADDRESSES_MAX; i++)
		buf_puts(&text, "a@example.com, ");
	buf_puts(&text, "a@bank.test");
	field = buf_contents(&text);
	author_find(&arena, &field, 1, &author);
	CHECK("many addresses", author.kind == AUTHOR_BROKEN);
	CHECK("many addresses", author.count == 1);
	buf_done(&text);
	arena_done(&arena);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run(&rows[i]);
	check_limit();
	return test_end();
}
