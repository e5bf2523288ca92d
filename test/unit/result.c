/* result - contributions add up exactly, whatever is raised how often. */
#include "test/unit/test.h"
#include "verdict/result.h"

#define WEIGHTS 500
#define RESULTS 100000
#define SCORE_MAX 1000000

static unsigned
next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
make_weights(struct weights *w, unsigned *seed)
{
	char name[24];
	unsigned i;

	weights_init(w);
	for (i = 0; i < WEIGHTS; i++) {
		snprintf(name, sizeof(name), "S%u", i);
		weights_put(w, span_of(name))->score =
		    (int64_t)(next(seed) % (2 * SCORE_MAX + 1)) - SCORE_MAX;
	}
}

static void __attribute__((format(printf, 4, 5)))
raise_part(struct result *r, const char *name, int64_t milli, const char *fmt,
    ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_vraise_part(r, name, milli, fmt, ap);
	va_end(ap);
}

/* Parts of a weight are exact where they can be, else nearer to 0. */
static void
test_parts(void)
{
	static const struct {
		const char *name;
		int64_t weight, milli, expected;
	} rows[] = {
		{ "WHOLE", -1000, 1000, -1000 }, { "MORE", -1000, 2500, -2500 },
		{ "LESS", -500, 1500, -750 }, { "NONE", -1000, 0, 0 },
		{ "ROUNDED", -7, 500, -3 }, { "OFF", 0, 5000, 0 },
		{ "LARGE", 1000000000, 1000000, 1000000000000 },
	};
	struct weights w;
	struct result r;
	struct arena arena;
	int64_t sum = 0;
	size_t i;

	arena_init(&arena);
	weights_init(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		weights_put(&w, span_of(rows[i].name))->score =
		    rows[i].weight;
	result_init(&r, &arena, &w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		raise_part(&r, rows[i].name, rows[i].milli, "%d", 1);
		CHECK(rows[i].name, result_find(&r, rows[i].name)->score ==
		    rows[i].expected);
		sum += rows[i].expected;
	}
	CHECK("sum", r.score == sum);
	weights_done(&w);
	arena_done(&arena);
}

static bool
sorted_well(const struct result *r)
{
	const struct symbol **s = result_sorted(r);
	int64_t a, b;
	size_t i;

	for (i = 1; i < r->count; i++) {
		a = llabs(s[i - 1]->score);
		b = llabs(s[i]->score);
		if (a < b || (a == b && strcmp(s[i - 1]->weight->name,
		    s[i]->weight->name) >= 0))
			return false;
	}
	return true;
}

static void
test_sums(void)
{
	unsigned seed = 1, i, k, n, wrong = 0, disorder = 0;
	struct weights w;
	struct result r;
	struct arena arena;
	char name[24];
	int64_t sum;

	arena_init(&arena);
	make_weights(&w, &seed);
	for (i = 0; i < RESULTS; i++) {
		arena_reset(&arena);
		result_init(&r, &arena, &w);
		n = i % 1000 == 0 ? 2 * WEIGHTS : next(&seed) % 20;
		for (k = 0; k < n; k++) {
			snprintf(name, sizeof(name), "S%u",
			    next(&seed) % WEIGHTS);
			result_raise(&r, name, "%u", k);
		}
		for (sum = 0, k = 0; k < r.count; k++)
			sum += r.symbols[k].score;
		wrong += sum != r.score || r.count > n;
		disorder += !sorted_well(&r);
	}
	CHECK("contributions add up", wrong == 0);
	CHECK("sorted by magnitude, then name", disorder == 0);
	weights_done(&w);
	arena_done(&arena);
}

static void
test_once(void)
{
	struct weights w;
	struct result r;
	struct arena arena;

	arena_init(&arena);
	weights_init(&w);
	weights_put(&w, span_of("TWICE"))->score = 1500;
	weights_put(&w, span_of("ONCE"))->score = -1500;
	result_init(&r, &arena, &w);
	CHECK("nothing yet", result_find(&r, "TWICE") == NULL);
	result_raise(&r, "TWICE", "%s", "first");
	result_raise(&r, "TWICE", "%s", "second");
	CHECK("counted once", r.count == 1 && r.score == 1500);
	CHECK("first evidence", span_is(result_find(&r, "TWICE")->evidence,
	    "first"));
	result_raise(&r, "ONCE", "%0500d", 1);
	CHECK("sum", r.score == 0 && r.count == 2);
	CHECK("evidence is bounded", result_find(&r, "ONCE")->evidence.n ==
	    RESULT_EVIDENCE_MAX);
	CHECK("same magnitude: by name", strcmp(
	    result_sorted(&r)[0]->weight->name, "ONCE") == 0);
	weights_done(&w);
	arena_done(&arena);
}

static void
test_most(void)
{
	unsigned seed = 2, i;
	struct weights w;
	struct result r;
	struct arena arena;
	char name[24];
	int64_t sum = 0;

	arena_init(&arena);
	make_weights(&w, &seed);
	result_init(&r, &arena, &w);
	for (i = 0; i < WEIGHTS; i++) {
		snprintf(name, sizeof(name), "S%u", i);
		result_raise(&r, name, "%s", "");
		if (i < RESULT_SYMBOLS_MAX)
			sum += weights_find(&w, span_of(name))->score;
	}
	CHECK("no more than the most", r.count == RESULT_SYMBOLS_MAX);
	CHECK("what is left out does not count", r.score == sum);
	weights_done(&w);
	arena_done(&arena);
}

static void
test_degraded(void)
{
	static const char *const services[RESULT_DEGRADED_MAX + 2] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
	};
	struct result r;
	size_t i;

	result_init(&r, NULL, NULL);
	result_degraded(&r, "a");
	result_degraded(&r, "a");
	CHECK("named once", r.degraded_count == 1);
	for (i = 0; i < RESULT_DEGRADED_MAX + 2; i++)
		result_degraded(&r, services[i]);
	CHECK("bounded", r.degraded_count == RESULT_DEGRADED_MAX);
}

static void
test_weights(void)
{
	struct weights w;
	struct weight *a, *b;

	weights_init(&w);
	a = weights_put(&w, span_of("A"));
	b = weights_put(&w, span_of("B"));
	CHECK("made once", weights_put(&w, span_of("A")) == a && a != b);
	CHECK("numbered", a->index == 0 && b->index == 1);
	CHECK("unknown", weights_find(&w, span_of("C")) == NULL);
	CHECK("case counts", weights_find(&w, span_of("a")) == NULL);
	CHECK("not scored", !a->scored && a->score == 0 &&
	    a->describe == NULL);
	weights_done(&w);
}

int
main(void)
{
	test_sums();
	test_parts();
	test_once();
	test_most();
	test_degraded();
	test_weights();
	return test_end();
}
