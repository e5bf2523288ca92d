/* engine_strings - every string, at every place, and nothing else. */
#include "rules/engine_strings.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/span.h"
#include "test/unit/test.h"

#define TEXT_MAX 1600		/* some pieces of the search */
#define SETS 40
#define RANDOM_SETS 300
#define RANDOM_TEXTS 50

/* What was told, and where: a number and a sum that order does not change. */
struct told {
	size_t n;
	uint64_t sum;
};

static void
add_told(void *arg, unsigned set, size_t at)
{
	struct told *t = arg;

	t->n++;
	t->sum += (at + 1) * (at + 7) * (set + 3);
}

static struct literal
literal(struct span text)
{
	struct literal l = {.n = (uint8_t)text.n};

	memcpy(l.p, text.p, text.n);
	return l;
}

static struct literals
literals(struct literal *all, size_t n)
{
	struct literals l = {.all = all, .n = n, .times = 1};

	return l;
}

/* The same, byte by byte. */
static struct told
find_plain(const struct literals *sets, size_t n, struct span subject)
{
	struct told told = {0, 0};
	size_t i, k, at;
	struct literal *l;

	for (i = 0; i < n; i++)
		for (k = 0; k < sets[i].n; k++) {
			l = &sets[i].all[k];
			for (at = 0; at + l->n <= subject.n; at++)
				if (span_folds(subject.p + at, l->p, l->n))
					add_told(&told, (unsigned)i, at);
		}
	return told;
}

static bool
agrees(const struct engine_strings *s, const struct literals *sets, size_t n,
    struct span subject)
{
	/* No byte more than there is, so that sanitizers see it. */
	char *copy = mem_copy(subject.p, subject.n);
	struct told wanted, got = {0, 0};

	subject = span_make(copy, subject.n);
	wanted = find_plain(sets, n, subject);
	engine_strings_scan(s, subject, add_told, &got);
	free(copy);
	return got.n == wanted.n && got.sum == wanted.sum;
}

static struct engine_strings *
make(const struct literals *sets, size_t n)
{
	const struct literals **all = mem_alloc(n * sizeof(*all));
	struct engine_strings *s;
	size_t i;

	for (i = 0; i < n; i++)
		all[i] = &sets[i];
	s = engine_strings_new(all, n);
	free(all);
	return s;
}

static const struct {
	const char *name;
	struct span string, subject;
	size_t told;
} rows[] = {
	{"three bytes", SPAN("abc"), SPAN("abc"), 1},
	{"at the end", SPAN("abc"), SPAN("xabc"), 1},
	{"any byte after it", SPAN("abc"), SPAN("abcxabc\xff" "abc@"), 3},
	{"overlapping", SPAN("aaa"), SPAN("aaaaa"), 3},
	{"too short", SPAN("abc"), SPAN("ab"), 0},
	{"nothing", SPAN("abc"), SPAN(""), 0},
	{"case", SPAN("viagra"), SPAN("VIAgra"), 1},
	{"letters only", SPAN("[abc"), SPAN("{ABC"), 0},
	{"nor other bytes", SPAN("\xe1zzz"), SPAN("\xc1zzz\xe1zzz"), 1},
	{"same class", SPAN("zqjx"), SPAN("zqj8 zqj\x18 zqjx"), 1},
	{"same class beside it", SPAN("ezqjxe"), SPAN("ezqjx% %zqjxe ezqjxe"),
	    1},
	{"long", SPAN("zqjxkvzqjxkvzqjxkvzqjxk"),
	    SPAN("zqjxkvzqjxkvzqjxkvzqjxk"), 1},
	{"long, but the last", SPAN("zqjxaaaaaaaaaaaaaaaaaaz"),
	    SPAN("zqjxaaaaaaaaaaaaaaaaaaa zqjxaaaaaaaaaaaaaaaaaaz"), 1},
	{"long, but the first", SPAN("zaaaaaaaaaaaaaaaaaazqjx"),
	    SPAN("aaaaaaaaaaaaaaaaaaazqjx zaaaaaaaaaaaaaaaaaazqjx"), 1},
	{"no bytes after the end", SPAN("abc\0"), SPAN("abc"), 0},
	{"zero at the end", SPAN("abc\0"), SPAN("abc\0"), 1},
	{"no bytes before the start", SPAN("\0zqjx"), SPAN("zqjx"), 0},
	{"zero at the start", SPAN("\0zqjx"), SPAN("\0zqjx"), 1},
};

static void
test_rows(void)
{
	struct engine_strings *s;
	struct literals set;
	struct literal l;
	struct told told;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		l = literal(rows[i].string);
		set = literals(&l, 1);
		s = make(&set, 1);
		told.n = 0;
		engine_strings_scan(s, rows[i].subject, add_told, &told);
		CHECK(rows[i].name, told.n == rows[i].told);
		CHECK(rows[i].name, agrees(s, &set, 1, rows[i].subject));
		CHECK(rows[i].name, engine_strings_size(s) > 0);
		engine_strings_free(s);
	}
	engine_strings_free(NULL);
}

/* A string of each length at each place of a text, also cut off by its end. */
static void
test_places(void)
{
	static const char string[] = "yazqjxkbyazqjxkbyazqjxk";
	struct literals sets[LITERAL_BYTES_MAX - LITERAL_LEAST + 1];
	struct literal all[LITERAL_BYTES_MAX - LITERAL_LEAST + 1];
	const size_t n = sizeof(all) / sizeof(all[0]);
	struct engine_strings *s;
	char text[TEXT_MAX];
	size_t i, at, wrong = 0;

	for (i = 0; i < n; i++) {
		all[i] = literal(span_make(string + i % 5 * (i < n - 5),
		    i + LITERAL_LEAST));
		sets[i] = literals(&all[i], 1);
	}
	s = make(sets, n);
	memset(text, '.', sizeof(text));
	for (at = 0; at + sizeof(string) - 1 <= sizeof(text); at++) {
		memcpy(text + at, string, sizeof(string) - 1);
		wrong += !agrees(s, sets, n, span_make(text, sizeof(text)));
		wrong += !agrees(s, sets, n, span_make(text,
		    at + at % sizeof(string)));
		memset(text + at, '.', sizeof(string) - 1);
	}
	CHECK("every place", wrong == 0);
	engine_strings_free(s);
}

static unsigned
pick(unsigned *state, unsigned n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

static void
fill(unsigned *state, const char *bytes, unsigned kinds, char *out, size_t n)
{
	while (n-- > 0)
		*out++ = bytes[pick(state, kinds)];
}

/* Many strings that share keys, in texts of all lengths. */
static void
test_random(void)
{
	static const char lower[] = "ab \0z.:x\xe1", any[] = "abABZ \0z.:x\xe1";
	struct literals sets[RANDOM_SETS];
	struct literal *all = mem_alloc(RANDOM_SETS * sizeof(*all));
	struct engine_strings *s;
	unsigned state = 5, kinds;
	char text[TEXT_MAX];
	size_t i, n, wrong = 0;

	for (kinds = 2; kinds < sizeof(lower); kinds++) {
		for (i = 0; i < RANDOM_SETS; i++) {
			all[i].n = (uint8_t)(LITERAL_LEAST + pick(&state,
			    LITERAL_BYTES_MAX - LITERAL_LEAST + 1) /
			    (1 + pick(&state, 6)));
			fill(&state, lower, kinds, all[i].p, all[i].n);
			sets[i] = literals(&all[i], 1);
		}
		s = make(sets, RANDOM_SETS);
		for (i = 0; i < RANDOM_TEXTS; i++) {
			n = i < 30 ? i : pick(&state, TEXT_MAX);
			fill(&state, any, kinds + 3, text, n);
			wrong += !agrees(s, sets, RANDOM_SETS,
			    span_make(text, n));
		}
		engine_strings_free(s);
	}
	CHECK("as byte by byte", wrong == 0);
	free(all);
}

/* One string of several sets is told for each, and once of a set. */
static void
test_sets(void)
{
	struct literal twice[2] = {literal(span_of("zqjx")),
	    literal(span_of("kv "))};
	struct literals sets[SETS];
	struct told told = {0, 0};
	struct engine_strings *s;
	size_t i;

	for (i = 0; i < SETS; i++)
		sets[i] = literals(twice, 1 + i % 2);
	s = make(sets, SETS);
	engine_strings_scan(s, span_of("a zqjx, kv zqj"), add_told, &told);
	CHECK("for each set", told.n == SETS + SETS / 2);
	CHECK("those sets", agrees(s, sets, SETS, span_of("kv zqjx, zqjx")));
	engine_strings_free(s);
	s = make(NULL, 0);
	CHECK("no sets", agrees(s, NULL, 0, span_of("zqjx")));
	engine_strings_free(s);
}

int
main(void)
{
	test_rows();
	test_places();
	test_random();
	test_sets();
	return test_end();
}
