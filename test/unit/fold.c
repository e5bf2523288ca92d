/* fold - white space of rendered text, as SpamAssassin's body rules see it. */
#include "mail/fold.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Parts are parted by "|". */
static const struct {
	const char *name, *parts;
	bool wide;
	const char *expected;
} rows[] = {
	{ "nothing", "", false, "" },
	{ "blanks", "a  b\t\tc \t d", false, "a b c d" },
	{ "all of ASCII's", "a\r\v\f b", false, "a b" },
	{ "line end", "a\nb \n c", false, "a b c" },
	{ "empty line", "a\n\nb", false, "a\nb" },
	{ "many of them", "a\n\n\n\n\nb", false, "a\nb" },
	{ "with blanks in them", "a\n \t\n\r\nb", false, "a\nb" },
	{ "blanks before", "a \t\n\nb", false, "a \nb" },
	{ "blanks behind", "a\n\n \tb", false, "a\n b" },
	{ "both", " \n\n ", false, " \n " },
	{ "at the ends", "\na\n", false, " a " },
	{ "blank line between", "a\nb\n\nc\nd", false, "a b\nc d" },
	{ "parts", "a|b", false, "a b" },
	{ "part with a line end", "a\n|b", false, "a\nb" },
	{ "line end before", "a|\nb", false, "a\nb" },
	{ "empty parts", "||a", false, "a" },
	{ "empty part between", "a||b", false, "a\nb" },
	{ "empty parts behind", "a||", false, "a\n" },
	{ "Latin-1", "\xc3\xbc\xc2\xa9x", false, "\xfc\xa9x" },
	{ "wide", "\xc3\xbc\xc2\xa9x", true, "\xc3\xbc\xc2\xa9x" },
	{ "beyond Latin-1 stays", "\xe2\x82\xac", false, "\xe2\x82\xac" },
	{ "no white space in Latin-1", "a\xc2\xa0\xc2\x85" "b", false,
	    "a\xa0\x85" "b" },
	{ "Unicode's White_Space", "a\xc2\xa0\xc2\x85\xe1\x9a\x80\xe2\x80\x80"
	    "\xe2\x80\x8a\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\x9f"
	    "\xe3\x80\x80" "b", true, "a b" },
	{ "nearly", "a\xe2\x80\x8b\xe2\x80\xaa\xc2\x86\xe1\xa0\x8e" "b", true,
	    "a\xe2\x80\x8b\xe2\x80\xaa\xc2\x86\xe1\xa0\x8e" "b" },
	{ "between line ends", "a\n\xc2\xa0\n" "b", true, "a\nb" },
	{ "cut short", "a\xc3", false, "a\xc3" },
	{ "cut short", "a\xe2\x80", true, "a\xe2\x80" },
	{ "other controls", "a\001\177 b", false, "a\001\177 b" },
	{ "words and what ends them", "some words \xc3\xbc " "a word\n and"
	    " more  words\001 x\t", false,
	    "some words \xfc a word and more words\001 x " },
	{ "single blanks", "a b c\n d \ne  f ", false, "a b c d e f " },
};

static void
run(struct arena *arena, size_t row)
{
	struct span rest = span_of(rows[row].parts), part;
	struct fold fold;
	size_t bar;

	fold_begin(&fold, rows[row].wide);
	for (;;) {
		bar = span_chr(rest, '|');
		part = span_head(rest, bar);
		fold_part(&fold);
		fold_add(&fold, part);
		if (bar == rest.n)
			break;
		rest = span_skip(rest, bar + 1);
	}
	CHECK_TEXT(rows[row].name, arena_string(arena,
	    fold_end(&fold, arena)), rows[row].expected);
}

/* Cut anywhere into texts of one part, the result is the same. */
static void
run_cut(struct arena *arena, size_t row)
{
	struct span all = span_of(rows[row].parts), out;
	struct fold fold;
	size_t i;

	if (span_chr(all, '|') < all.n || !span_ascii(all))
		return;
	for (i = 0; i <= all.n; i++) {
		fold_begin(&fold, rows[row].wide);
		fold_add(&fold, span_head(all, i));
		fold_add(&fold, span_skip(all, i));
		out = fold_end(&fold, arena);
		CHECK(rows[row].name, span_is(out, rows[row].expected));
	}
}

int
main(void)
{
	struct arena arena;
	struct fold fold;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < ROWS(rows); i++) {
		run(&arena, i);
		run_cut(&arena, i);
	}
	/* It marks where paragraphs end. */
	fold_begin(&fold, false);
	fold_add(&fold, span_make("a\0b", 3));
	CHECK("zero", span_is(fold_end(&fold, &arena), "a\nb"));
	arena_done(&arena);
	return test_end();
}
