/* replace - tags inside regular expressions, as ReplaceTags has them. */
#include "base/buf.h"
#include "rules/replace.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	enum replace_kind kind;
	const char *name, *text;
} tags[] = {
	{ REPLACE_TAG, "A", "old" }, { REPLACE_TAG, "A", "[a4]" },
	{ REPLACE_TAG, "B", "b" }, { REPLACE_TAG, "ZERO", "0" },
	{ REPLACE_TAG, "OUT", "x<IN>y" }, { REPLACE_TAG, "IN", "<A>" },
	{ REPLACE_TAG, "LOOP", "l<LOOP>" }, { REPLACE_TAG, "ANGLE", "<>" },
	{ REPLACE_TAG, "MIX", "(?:a|><|b)" },
	{ REPLACE_PRE, "P", "(?:^|p)" }, { REPLACE_INTER, "I", "\\W?" },
	{ REPLACE_POST, "Q", "{1,2}" },
};

static const struct {
	const char *name, *text, *expected;
} rows[] = {
	{ "none", "abc", "abc" },
	{ "last definition", "<A>", "[a4]" },
	{ "several", "x<A>y<B>z", "x[a4]ybz" },
	{ "unknown", "<C>", "<C>" },
	{ "case", "<a>", "<a>" },
	{ "0 is nothing", "<ZERO>", "<ZERO>" },
	{ "empty", "a<>b", "a<>b" },
	{ "look-behind", "(?<!x)<A>", "(?<!x)[a4]" },
	{ "look-behind that holds one", "(?<=<A>)", "(?<=[a4])" },
	{ "unclosed", "<A", "<A" },
	{ "named group", "(?<NAME>x)<A>", "(?<NAME>x)[a4]" },
	{ "post", "<post Q><A>x<B>", "[a4]{1,2}xb{1,2}" },
	{ "pre", "<pre P><A>x<B>", "(?:^|p)[a4]x(?:^|p)b" },
	{ "inter", "<inter I><A><B>x<A>", "[a4]\\W?bx[a4]" },
	{ "all", "<inter I><post Q><pre P><A><B>",
	    "(?:^|p)[a4]{1,2}\\W?(?:^|p)b{1,2}" },
	{ "modifier behind", "<A><B><inter I>", "[a4]\\W?b" },
	{ "unknown modifier", "<post NONE><A>", "[a4]" },
	{ "second modifier of a kind", "<post Q><post Q><A>",
	    "<post Q>{1,2}[a4]{1,2}" },
	{ "unknown tags too", "<post Q><C><A>", "<C>{1,2}[a4]{1,2}" },
	{ "within one another", "<OUT>", "x[a4]y" },
	{ "modifiers serve once", "<post Q><OUT>", "x[a4]y{1,2}" },
	{ "six passes", "<LOOP>", "llllll<LOOP>" },
	{ "angles", "<ANGLE><A>", "<>[a4]" },
	{ "alternative with angles", "<post Q><MIX><A>",
	    "(?:a|><|b){1,2}[a4]{1,2}" },
};

static struct replace *
filled(void)
{
	struct replace *r = replace_new();
	size_t i;

	for (i = 0; i < ROWS(tags); i++)
		replace_put(r, tags[i].kind, span_of(tags[i].name),
		    span_of(tags[i].text));
	return r;
}

static void
check(const struct replace *r, const char *name, const char *text,
    const char *expected)
{
	struct arena arena;
	struct error e;
	struct span out = span_of("");

	arena_init(&arena);
	if (replace_apply(r, &arena, span_of(text), &out, &e) != 0)
		CHECK_TEXT(name, e.text, expected);
	else
		CHECK_TEXT(name, arena_string(&arena, out), expected);
	arena_done(&arena);
}

static void
test_delimiters(void)
{
	struct replace *r = filled();

	replace_delimit(r, span_of("<"), span_of(""));
	check(r, "nothing changes nothing", "<A>", "[a4]");
	replace_delimit(r, span_of("%%"), span_of("$"));
	check(r, "others", "x%%A$y<A>%%B$", "x[a4]y<A>b");
	replace_free(r);
}

/* Six passes over a tag that brings ten of its own kind. */
static void
test_growth(void)
{
	struct replace *r = replace_new();

	replace_put(r, REPLACE_TAG, span_of("X"), span_of("<X><X><X><X><X>"
	    "<X><X><X><X><X>"));
	check(r, "growth", "<X><X>", "with its tags replaced the pattern has "
	    "more than 1048576 bytes");
	replace_free(r);
}

int
main(void)
{
	struct replace *r = filled();
	size_t i;

	for (i = 0; i < ROWS(rows); i++)
		check(r, rows[i].name, rows[i].text, rows[i].expected);
	replace_free(r);
	test_delimiters();
	test_growth();
	return test_end();
}
