/* domain - names made fit for the DNS, their labels, and public suffixes. */
#include "mail/domain.h"
#include "mail/suffix.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input, *expected;
};

/* Expected "" is: no host has such a name. */
static const struct row names[] = {
	{ "plain", "Mail.Example.COM", "mail.example.com" },
	{ "final dot", "example.com.", "example.com" },
	{ "two final dots", "example.com..", "" },
	{ "root", ".", "" },
	{ "empty", "", "" },
	{ "empty label", "a..b", "" },
	{ "leading dot", ".example.com", "" },
	{ "underscore", "_dmarc.example.com", "_dmarc.example.com" },
	{ "other bytes", "exa$mple.com", "" },
	{ "blank", "example .com", "" },
	{ "number at the end", "192.0.2.1", "" },
	{ "number elsewhere", "1.2.example", "1.2.example" },
	{ "63 bytes", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaa.b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaa.b" },
	{ "64 bytes", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaa.b", "" },
	{ "5890 U-label", "m\xc3\xbcller.example", "xn--mller-kva.example" },
	{ "5891 sharp s stays", "stra\xc3\x9f\x65.example",
	    "xn--strae-oqa.example" },
	{ "UTS 46 case", "M\xc3\x9cLLER.Example", "xn--mller-kva.example" },
	{ "decomposed", "mu\xcc\x88ller.example", "xn--mller-kva.example" },
	{ "wide full stop", "example\xef\xbc\x8e\x63om", "example.com" },
	{ "U-label that is no letter", "a\xe2\x86\x92.example", "" },
	{ "not UTF-8", "m\xfcller.example", "" },
	{ "bad A-label beside a U-label", "xn--a.m\xc3\xbcller.example", "" },
};

static const struct {
	const char *name;
	size_t labels, n;
	const char *tail;
} tails[] = {
	{ "a.b.c", 3, 0, "" },
	{ "a.b.c", 3, 1, "c" },
	{ "a.b.c", 3, 2, "b.c" },
	{ "a.b.c", 3, 3, "a.b.c" },
	{ "a.b.c", 3, 4, "a.b.c" },
	{ "c", 1, 1, "c" },
	{ "", 0, 1, "" },
};

static const struct {
	const char *domain, *parent;
	bool within;
} pairs[] = {
	{ "a.example.com", "example.com", true },
	{ "A.Example.com", "example.COM", true },
	{ "example.com", "example.com", true },
	{ "evilexample.com", "example.com", false },
	{ "com", "example.com", false },
	{ "example.com", "", false },
};

static const struct {
	const char *domain, *registered;
} suffixes[] = {
	{ "a.b.example.com", "example.com" },
	{ "example.com", "example.com" },
	{ "com", "" },
	{ "a.example.co.uk", "example.co.uk" },
	{ "co.uk", "" },
	{ "b.a.unlisted", "a.unlisted" },
	{ "www.xn--85x722f.xn--fiqs8s", "xn--85x722f.xn--fiqs8s" },
	{ "b.a.anything.ck", "a.anything.ck" },	/* *.ck */
	{ "anything.ck", "" },
	{ "b.www.ck", "www.ck" },	/* !www.ck */
	{ "www.ck", "www.ck" },
	{ "ck", "" },
	{ "unlisted", "" },
	{ "a.b.github.io", "b.github.io" },	/* and io */
	{ "example.com.", "example.com." },	/* no name */
	{ "a..com", "a..com" },
	{ ".com", "" },
	{ ".", "" },
	{ "", "" },
}, tops[] = {
	{ "com", "" }, { "ck", "" }, { "unlisted", NULL }, { "", NULL },
};

static void
run_name(const struct row *row)
{
	struct arena arena;
	struct span got;

	arena_init(&arena);
	got = domain_ascii(&arena, span_of(row->input));
	CHECK_TEXT(row->name, arena_string(&arena, got), row->expected);
	arena_done(&arena);
}

/* Answers are kept, so each is asked for twice. */
static void
ask_suffixes(const struct suffixes *list)
{
	size_t i, n = sizeof(suffixes) / sizeof(suffixes[0]);

	for (i = 0; i < 2 * n; i++)
		CHECK(suffixes[i % n].domain, span_is(suffixes_registered(list,
		    span_of(suffixes[i % n].domain)),
		    suffixes[i % n].registered));
	n = sizeof(tops) / sizeof(tops[0]);
	for (i = 0; i < 2 * n; i++)
		CHECK(tops[i % n].domain, suffixes_top(list,
		    span_of(tops[i % n].domain)) ==
		    (tops[i % n].registered != NULL));
}

static void
run_suffixes(void)
{
	struct error error = { "" };
	struct suffixes *list = suffixes_open("", &error);

	CHECK(error.text, list != NULL);
	if (list != NULL)
		ask_suffixes(list);
	suffixes_close(list);
	CHECK("no file", suffixes_open("/nonexistent/list", &error) == NULL);
	CHECK_TEXT("no file", error.text,
	    "/nonexistent/list: no public suffix list");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		run_name(&names[i]);
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		CHECK(tails[i].name, domain_labels(span_of(tails[i].name)) ==
		    tails[i].labels);
		CHECK(tails[i].name, span_is(domain_tail(
		    span_of(tails[i].name), tails[i].n), tails[i].tail));
	}
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		CHECK(pairs[i].domain, domain_within(span_of(pairs[i].domain),
		    span_of(pairs[i].parent)) == pairs[i].within);
	run_suffixes();
	return test_end();
}
