/* engine_gates - what keeps single texts from PCRE2. */
#include <string.h>

#include "base/mem.h"
#include "rules/engine_brief.h"
#include "rules/engine_filter.h"
#include "rules/engine_run.h"
#include "rules/regex.h"
#include "test/unit/test.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static const struct {
	const char *name, *pattern;
	unsigned flags;
	const char *subject;
	bool passes;
} filters[] = {
	{"in it", "cat|dog", 0, "hot dogs", true},
	{"not in it", "cat|dog", 0, "cot dig", false},
	{"at the end", "dog", 0, "a very hot dog", true},
	{"just not", "dog", 0, "a very hot do", false},
	{"case", "dog", REGEX_CASELESS, "A DOG", true},
	{"optional", "do?g", 0, "dg", true},
	{"loop", "b[a-z]*e;", 0, "beetle beetle;", true},
	{"loop that breaks", "b[a-z]*e;", 0, "beetle beetle ;", false},
	{"counted", "(?:[a-z]{3,} ){4}", 0, "one two three four five", true},
	{"too few", "(?:[a-z]{3,} ){4}", 0, "one two a three four five",
	    false},
	{"wide range", "a.{2,30}b", 0, "a1234567890b", true},
	{"too near", "a.{2,30}b", 0, "a1b", false},
	{"narrow range", "a.{1,2}b", 0, "a12b", true},
	{"too far", "a.{1,2}b", 0, "a123b", false},
	{"high minimum is rounded", "a{1000}", 0, A10 A10 A10 A10 A10, true},
	{"back reference is anything", "(a)x\\1y", 0, "ax---y", true},
	{"look-around is nothing", "(?<!no )refund", 0, "no refund", true},
	{"start", "^dog", 0, "dog", true},
	{"not at the start", "^dog", 0, "a dog", false},
	{"not at a line's start", "^dog", 0, "a\ndog", false},
	{"a line's start", "^dog", REGEX_LINES, "a\ndog", true},
	{"no line's start", "^dog", REGEX_LINES, "a\na dog\n", false},
	{"modifier inside", "(?m)^dog", 0, "a\ndog", true},
	{"a branch with a start", "^dog|cat", 0, "a cat", true},
	{"repeated start", "^*dog", 0, "a dog", true},
	{"start that is hidden", "^ *dog", REGEX_EXTENDED, "a dog", true},
	{"group that is no modifier", "(?s:.)^dog", REGEX_LINES, "a\ndog",
	    true},
	{"one way out", "<[^>]*>x", 0, "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>x",
	    true},
	{"far in a long text", "dog", 0, A60 A60 "do" A60 "dog" A60, true},
	{"not in a long text", "dog", 0, A60 A60 "do" A60 "do" A60, false},
	{"past lines that failed", "^b[0-9]a", REGEX_LINES,
	    "b" A60 A60 "\nb0c" A60 "\nb1" A60, true},
	{"lines that failed", "^b[0-9]a", REGEX_LINES,
	    "b" A60 A60 "\nb0c" A60 "\nb" A60 "b1a", false},
	{"right after the line", "^[0-9]a", REGEX_LINES, A60 "\n1a", true},
	{"end", "dog$", 0, "a hot dog", true},
	{"not at the end", "dog$", 0, "a dog sat", false},
	{"last newline", "dog$", 0, "a dog\n", true},
	{"which may be taken", "dog$\\n", 0, "a dog\n", true},
	{"not the last one", "dog$", 0, "a dog\n\n", false},
	{"whole end", "dog\\z", REGEX_LINES, "a dog", true},
	{"no whole end", "dog\\z", REGEX_LINES, "a dog\n", false},
	{"end but for a newline", "dog\\Z", REGEX_LINES, "a dog\n", true},
	{"no such end", "dog\\Z", REGEX_LINES, "a dog\nsat", false},
	{"a line's end", "dog$", REGEX_LINES, "a dog\nsat", true},
	{"no line's end", "dog$", REGEX_LINES, "a dog sat\n", false},
	{"modifier for the end", "(?m:dog$)", 0, "a dog\nsat", true},
	{"optional end", "dog$?s", 0, "dogs", true},
	{"a branch with an end", "(?:dog$|cat)s", 0, "cats", true},
	{"nothing", "^a*$", 0, "", true},
	{"a word alone", "^\\s?\\S+\\s?$", 0, "word ", true},
	{"two words", "^\\s?\\S+\\s?$", 0, "two words", false},
	{"far end", "dog\\s*$", 0, A60 "dog" A60 "dog  ", true},
	{"not at the far end", "dog\\s*$", 0, A60 "dog " A60, false},
	{"none", "<[^>]*>x", 0, "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaax",
	    false},
};

static const struct tree *
parse(struct arena *arena, const char *pattern, unsigned flags)
{
	return tree_parse(arena, span_of(pattern), flags, NULL);
}

static bool
passes(struct filter *f, const char *text)
{
	struct filter_job job = {.filter = f, .text = span_of(text)};

	filters_run(&job, 1);
	return job.passes;
}

#define FILTERS (sizeof(filters) / sizeof(filters[0]))

/* Each by itself, and all at once. */
static void
test_filters(void)
{
	struct filter_job jobs[FILTERS] = {{0}};
	struct filter *made[FILTERS], *f;
	const struct tree *t;
	struct arena arena;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < FILTERS; i++) {
		t = parse(&arena, filters[i].pattern, filters[i].flags);
		f = filter_new(t, work_begins(t, span_of(filters[i].pattern),
		    filters[i].flags), FILTER_CELLS_MAX);
		made[i] = f;
		if (!CHECK(filters[i].name, f != NULL && filter_size(f) > 0))
			return;
		CHECK(filters[i].name, passes(f, filters[i].subject) ==
		    filters[i].passes);
		jobs[i].filter = f;
		jobs[i].text = span_of(filters[i].subject);
	}
	filters_run(jobs, FILTERS);
	for (i = 0; i < FILTERS; i++) {
		CHECK(filters[i].name, jobs[i].passes == filters[i].passes);
		filter_free(made[i]);
	}
	arena_done(&arena);
}

/* Whatever the room, a match is never stopped. */
static void
test_room(void)
{
	static const char pattern[] = "x(?:[ab]{1,9}c|[bc]{3}d){2,4}e";
	static const size_t rooms[] = {0, 20, 100, 1000, FILTER_CELLS_MAX};
	const struct tree *t;
	struct arena arena;
	struct filter *f;
	size_t i, size = 0;

	arena_init(&arena);
	t = parse(&arena, pattern, 0);
	for (i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		f = filter_new(t, WORK_ANYWHERE, rooms[i]);
		CHECK("passes", f == NULL || passes(f,
		    "..xababcbbbde.."));
		CHECK("grows", filter_size(f) >= size);
		size = filter_size(f);
		filter_free(f);
	}
	CHECK("nothing to go by", filter_new(parse(&arena, "a*", 0),
	    WORK_ANYWHERE, FILTER_CELLS_MAX) == NULL);
	arena_done(&arena);
}

/* A text made to come to ever new states ends, and stops no match either. */
static void
test_hostile(void)
{
	static const char pattern[] =
	    "(?:[a-m][^q]{0,7}[n-z]?){30}(?:[a-z].{0,8}){30}!";
	const size_t n = 200000;
	char *text = mem_alloc(n + 1);
	struct arena arena;
	struct filter *f;
	unsigned state = 1;
	size_t i;

	arena_init(&arena);
	f = filter_new(parse(&arena, pattern, 0), WORK_ANYWHERE,
	    FILTER_CELLS_MAX);
	for (i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		text[i] = (char)('a' + (state >> 16) % (i / 4096 % 26 + 1));
	}
	passes(f, text);
	memset(text, 'a', n);
	text[n - 1] = '!';
	CHECK("a match after it", passes(f, text));
	CHECK("bounded", filter_size(f) < 1 << 20);
	filter_free(f);
	arena_done(&arena);
	free(text);
}

static const struct {
	const char *name, *pattern;
	unsigned n, least;
	const char *subject;
	bool occurs;
} runs[] = {
	{"long", "x[a-z]{20}", 21, 21, A10 A10 "a", true},
	{"too short", "x[a-z]{20}", 21, 21, A10 A10 ".", false},
	{"later", "[a-z]{20}", 20, 20, A10 "." A10 A10, true},
	{"broken", "[a-z]{20}", 20, 20, A10 "." A10 "." A10 "." A10, false},
	{"part", "[0-9][^x](?:.|\n)[a-z]{20,}", 20, 23, A10 A10, true},
	{"alternatives", "[a-z]{30}|[0-9]{20}", 20, 20, A10 "1234567890", true},
	{"groups", "(?:[a-z]{8}-?){3}", 24, 24, A10 "-" A10 "-" A10, true},
	{"words are no run", "(?:[a-z]{8} ?){3}", 0, 24, "", true},
	{"but a line", "[^\n]{200}", 200, 200, "short", false},
	{"not worth it", "[a-z]{15}", 0, 15, "", true},
	{"back reference", "([a-z])\\1{40}", 0, 1, "", true},
	{"optional", "(?:[a-z]{40})?", 0, 0, "", true},
};

static void
test_runs(void)
{
	struct arena arena;
	struct run run;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		run_find(parse(&arena, runs[i].pattern, 0), &run);
		CHECK(runs[i].name, run.n == runs[i].n &&
		    run.least == runs[i].least);
		CHECK(runs[i].name, run_occurs(&run,
		    span_of(runs[i].subject)) == runs[i].occurs);
	}
	arena_done(&arena);
}

static const struct {
	const char *name, *pattern, *subject;
	unsigned most, count, from, to;	/* the first one's place */
} briefs[] = {
	{"byte", "e", "every letter e", 9, 5, 0, 1},
	{"as many as there may be", "e", "every letter e", 5, 5, 0, 1},
	{"more than that", "e", "every letter e", 4, 4, 0, 1},
	{"bytes", "[el]", "very letter e", 9, 5, 1, 2},
	{"two bytes, or one", "[el]|te", "a tee", 9, 2, 2, 4},
	{"one is enough", "e", "one more", 1, 1, 2, 3},
	{"none is wanted", "e", "one more", 0, 0, 0, 0},
	{"none", "e", "q", 9, 0, 0, 0},
	{"row", "[a-c]x", "xx axx cxa bx", 9, 3, 3, 5},
	{"some rows", "[a-c]x", "xx axx cxa bx", 2, 2, 3, 5},
	{"the first one goes", "a|ab", "ab", 9, 1, 0, 1},
	{"however long", "ab|a", "ab", 9, 1, 0, 2},
	{"nested", "x(?:a|bc)|xb", "xbxbc", 9, 2, 0, 2},
	{"branches in a row", "(?:a|b)(?:c|dd)", "ad bdd ac", 9, 2, 3, 6},
	{"next to each other", "aa", "aaaaa", 9, 2, 0, 2},
	{"cut off", "abc", "ab", 9, 0, 0, 0},
};

static const char *const not_brief[] = {"", "a*", "\\ba", "a|", "abcde",
    "a(?=b)", "(a)\\1", "(?:[ab][ab]|c|d|e|f)(?:a|b|c|d|e|f|g|h|i|j|k|l|m)"};

static void
test_briefs(void)
{
	size_t i, from, to;
	struct arena arena;
	struct brief *b;
	unsigned count;

	arena_init(&arena);
	for (i = 0; i < sizeof(briefs) / sizeof(briefs[0]); i++) {
		b = brief_new(parse(&arena, briefs[i].pattern, 0));
		CHECK(briefs[i].name, b != NULL && brief_size(b) > 0);
		from = to = 0;
		count = brief_count(b, span_of(briefs[i].subject),
		    briefs[i].most, &from, &to);
		CHECK(briefs[i].name, count == briefs[i].count);
		CHECK(briefs[i].name, from == briefs[i].from &&
		    to == briefs[i].to);
		brief_free(b);
	}
	for (i = 0; i < sizeof(not_brief) / sizeof(not_brief[0]); i++)
		CHECK(not_brief[i],
		    brief_new(parse(&arena, not_brief[i], 0)) == NULL);
	arena_done(&arena);
}

int
main(void)
{
	test_filters();
	test_room();
	test_hostile();
	test_runs();
	test_briefs();
	return test_end();
}
