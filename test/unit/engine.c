/*
 * engine - thousands of patterns at once: the same hits whichever way each
 * goes, in any thread, and limits.
 */
#include <pthread.h>
#include <time.h>

#include "test/unit/engine_lab.h"

#define THREADS 4
#define STRINGS_MAX 5000
#define STRING_TEXT_MAX 300

static void
test_agreement(void)
{
	struct engine_pool *pool = engine_pool_new();
	struct engine_options alone = {.no_worker = true};
	struct engine *with, *without;
	struct buf plain, got;
	struct notes notes;
	struct set s;
	uint32_t seed;

	for (seed = 1; seed <= 2; seed++) {
		make_patterns(&s, seed, PATTERNS);
		with = load(&s, NULL, NULL, &notes);
		without = engine_load(s.patterns, s.n, NULL, &alone, NULL);
		CHECK("no trouble", notes.count[ENGINE_WORKER] == 0);
		buf_init(&plain, 16 << 20);
		buf_init(&got, 16 << 20);
		put_plain_hits(&s, &plain);
		put_all_hits(with, pool, &got);
		CHECK("some hit", plain.n > 3000);
		CHECK_TEXT("with strings", buf_string(&got),
		    buf_string(&plain));
		buf_reset(&got);
		put_all_hits(without, pool, &got);
		CHECK_TEXT("without", buf_string(&got), buf_string(&plain));
		buf_done(&plain);
		buf_done(&got);
		engine_put(with);
		engine_put(without);
		set_done(&s);
	}
	engine_pool_free(pool);
}

#define GAPS "(?!viagra)(?:v|\\xc5)\\W?(?:[i1!]|\\xc3[\\xac-\\xaf])\\W?" \
    "(?:[a@]|\\xc3[\\xa0-\\xa5])\\W?g\\W?r\\W?(?:[a@]|\\xc3[\\xa0-\\xa5])"

/* One pattern among others enough for a large class. */
static const struct {
	const char *name, *pattern;
	unsigned flags, most;
	enum engine_way way;
	const char *subject;
	unsigned count;
	size_t from, to;
} ways[] = {
	{"strings", "cheap (?:pills|meds)", REGEX_CASELESS, 1, ENGINE_STRINGS,
	    "x Cheap Meds", 1, 2, 12},
	{"counted", "pil+s", 0, 9, ENGINE_STRINGS, "pils pills pilll pils",
	    3, 0, 4},
	{"counted up to a limit", "pil+s", 0, 2, ENGINE_STRINGS,
	    "pils pills pilll pils", 2, 0, 4},
	{"look around", "(?<!no )refund(?!s)", 0, 1, ENGINE_STRINGS,
	    "no refund, refunds, refund", 1, 20, 26},
	{"back reference", "lottery (\\d)\\1", 0, 1, ENGINE_STRINGS,
	    "lottery 12 lottery 22", 1, 11, 21},
	{"disguise", GAPS, REGEX_CASELESS, 1, ENGINE_SKETCHED,
	    "viagra \xc5-1a g\xc3\xa0 v!@gr\xc3\xa1", 1, 16, 23},
	{"neither", "(?=a)\\w+(?<=e)\\s\\w", 0, 1, ENGINE_DIRECT,
	    "x alone 3", 1, 2, 9},
	{"may be empty", "^(?!.*unsubscribe)", 0, 1, ENGINE_DIRECT,
	    "nothing", 1, 0, 0},
	{"just long enough", "^[b-y]{4}(?!x)", 0, 1, ENGINE_DIRECT, "best",
	    1, 0, 4},
	{"refused", "(unbalanced", 0, 1, ENGINE_NEVER, "(unbalanced", 0, 0, 0},
	{"empty subject", "^$", 0, 1, ENGINE_DIRECT, "", 1, 0, 0},
	{"empty subject, lines", "^\\s*$", REGEX_LINES, 1, ENGINE_DIRECT, "",
	    1, 0, 0},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static void
test_ways(void)
{
	struct engine_pattern patterns[WAYS];
	struct notes notes = {{0}, 0};
	struct engine_options options = {.report = take_note, .arg = &notes};
	struct engine_pool *pool = engine_pool_new();
	const struct engine_hit *hits, *hit;
	struct engine_scratch *scratch;
	struct engine *engine;
	size_t i, k, n;

	for (i = 0; i < WAYS; i++)
		patterns[i] = (struct engine_pattern){.id = (unsigned)i,
		    .text = span_of(ways[i].pattern), .flags = ways[i].flags,
		    .most = ways[i].most};
	engine = engine_load(patterns, WAYS, NULL, &options, NULL);
	CHECK("refused", notes.count[ENGINE_REFUSED] == 1);
	CHECK("ungated", notes.count[ENGINE_UNGATED] == 5);
	scratch = engine_borrow(pool, engine);
	for (i = 0; i < WAYS; i++) {
		n = engine_scan(engine, scratch, 0, span_of(ways[i].subject),
		    &hits);
		for (hit = NULL, k = 0; k < n; k++)
			if (hits[k].id == i)
				hit = &hits[k];
		CHECK(ways[i].name, engine_way(engine, i) == ways[i].way);
		CHECK(ways[i].name, (hit != NULL ? hit->count : 0) ==
		    ways[i].count);
		CHECK(ways[i].name, hit == NULL ||
		    (hit->from == ways[i].from && hit->to == ways[i].to));
	}
	engine_return(pool, scratch);
	engine_put(engine);
	engine_pool_free(pool);
}

/* The library that looks for strings: at every place of texts of all sizes. */
static void
check_places(struct engine *engine, struct engine_scratch *scratch,
    const struct engine_pattern *p)
{
	const struct engine_hit *hits;
	char text[STRING_TEXT_MAX];
	size_t n, at, missed = 0;

	memset(text, 'x', sizeof(text));
	for (n = p->text.n; n < sizeof(text); n++) {
		at = n % 7 == 0 ? n / 2 : n - p->text.n;
		if (at + p->text.n > n)
			continue;
		memcpy(text + at, p->text.p, p->text.n);
		if (engine_scan(engine, scratch, 0, span_make(text, n),
		    &hits) != 1 || hits[0].id != p->id)
			missed++;
		memset(text + at, 'x', p->text.n);
	}
	CHECK("found everywhere", missed == 0);
}

static void
test_places(void)
{
	struct engine_pattern *all = mem_alloc(STRINGS_MAX * sizeof(*all));
	struct engine_pool *pool = engine_pool_new();
	struct engine_scratch *scratch;
	struct engine *engine;
	size_t n, i;

	for (i = 0; i < STRINGS_MAX; i++) {
		all[i].id = (unsigned)i;
		all[i].text = span_of(mem_printf("q%zuz%c%zuj", i * 7919,
		    (int)('b' + i % 20), i));
	}
	for (n = 5; n <= STRINGS_MAX; n *= 10) {
		engine = engine_load(all, n, NULL, NULL, NULL);
		CHECK("by strings", engine_way(engine, 0) == ENGINE_STRINGS);
		scratch = engine_borrow(pool, engine);
		for (i = 0; i < n; i += n / 5)
			check_places(engine, scratch, &all[i]);
		engine_return(pool, scratch);
		engine_put(engine);
	}
	for (i = 0; i < STRINGS_MAX; i++)
		free((char *)(uintptr_t)all[i].text.p);
	free(all);
	engine_pool_free(pool);
}

/* One scratch lent to one engine after another, of any size. */
static void
test_generations(void)
{
	struct engine_pool *pool = engine_pool_new();
	const struct engine_hit *hits;
	struct engine_scratch *scratch;
	struct engine_pattern *p;
	struct engine *engine;
	size_t n, i, wrong = 0;

	for (n = 1; n < 300; n = n * 3 - n / 2) {
		p = mem_alloc(n * sizeof(*p));
		for (i = 0; i < n; i++) {
			p[i].id = (unsigned)i;
			p[i].text = span_of("cheap (?:meds|pills)");
		}
		engine = engine_load(p, n, NULL, NULL, NULL);
		free(p);
		scratch = engine_borrow(pool, engine);
		wrong += engine_scan(engine, scratch, 0,
		    span_of("cheap pills"), &hits) != n;
		engine_return(pool, scratch);
		engine_put(engine);
	}
	CHECK("every generation", wrong == 0);
	engine_pool_free(pool);
}

static void
test_captures(void)
{
	struct engine_pattern p = {.id = 5, .text =
	    span_of("(?<WHO>[a-z]+)@(?<WHERE>[a-z]+)(?<REST>x)?"), .most = 9,
	    .captures = true};
	struct engine_pool *pool = engine_pool_new();
	struct engine *engine = engine_load(&p, 1, NULL, NULL, NULL);
	struct engine_scratch *scratch = engine_borrow(pool, engine);
	const struct engine_capture *captures;
	const struct engine_hit *hits;
	struct buf got;
	unsigned i;
	size_t n;

	n = engine_scan(engine, scratch, 0, span_of("joe@here ann@there"),
	    &hits);
	captures = engine_captures(scratch);
	buf_init(&got, 1000);
	CHECK("one hit", n == 1 && hits[0].count == 2 && hits[0].to == 8);
	for (i = 0; n == 1 && i < hits[0].captures; i++) {
		buf_printf(&got, "%s=", captures[hits[0].capture + i].name);
		buf_span(&got, captures[hits[0].capture + i].value);
		buf_char(&got, ' ');
	}
	CHECK_TEXT("named groups", buf_string(&got),
	    "WHERE=here WHO=joe WHERE=there WHO=ann ");
	CHECK("a class without patterns", engine_scan(engine, scratch, 77,
	    span_of("joe@here"), &hits) == 0);
	buf_done(&got);
	engine_return(pool, scratch);
	engine_put(engine);
	engine_pool_free(pool);
}

static void
test_catastrophe(void)
{
	struct engine_pattern p[2] = {
	    {.id = 1, .text = span_of("(?:a+)+(?<!aa)[bc]")},
	    {.id = 2, .text = span_of("aaaa")}};
	struct engine_pool *pool = engine_pool_new();
	struct engine *engine = engine_load(p, 2, NULL, NULL, NULL);
	struct engine_scratch *scratch = engine_borrow(pool, engine);
	const struct engine_hit *hits;
	const unsigned *ids;
	struct timespec begin, end;
	char subject[4000];
	size_t n = 0;
	int i;

	memset(subject, 'a', sizeof(subject));
	/* Without the look-behind it would match. */
	subject[sizeof(subject) - 1] = 'b';
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (i = 0; i < 300; i++)
		n += engine_scan(engine, scratch, 0,
		    span_make(subject, sizeof(subject)), &hits);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	CHECK("the other one always hits", n == 300);
	CHECK("bounded in a message", end.tv_sec - begin.tv_sec < 3);
	CHECK("by name", engine_limited(scratch, &ids) == 1 && ids[0] == 1);
	engine_return(pool, scratch);
	scratch = engine_borrow(pool, engine);
	CHECK("another message", engine_limited(scratch, &ids) == 0 &&
	    engine_scan(engine, scratch, 0, span_of("aaaa ab"), &hits) == 2);
	engine_return(pool, scratch);
	engine_put(engine);
	engine_pool_free(pool);
}

/* The hits of a pattern that was put off, as "AT:COUNT ...". */
static const char *
settle(struct engine *engine, struct engine_scratch *scratch, size_t position)
{
	static char out[200];
	const struct engine_hit *hits;
	size_t i, n, at = 0;

	out[0] = '\0';
	n = engine_settle(engine, scratch, position, &hits);
	for (i = 0; i < n && at < sizeof(out) - 40; i++)
		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%zu:%u",
		    i > 0 ? " " : "", hits[i].from, hits[i].count);
	return out;
}

/* Patterns that are tried when they are asked for, over all texts so far. */
static void
test_later(void)
{
	static const char *const texts[] = {"xx", "bee b", "bad", "been", ""};
	struct engine_pattern p[] = {
	    {.id = 7, .text = span_of("b(?!a)"), .later = true},
	    {.id = 8, .text = span_of("b(?!a)"), .most = 3, .later = true},
	    {.id = 9, .text = span_of("bad")},
	    {.id = 10, .text = span_of("zz+"), .later = true}};
	struct engine_pool *pool = engine_pool_new();
	struct engine *engine = engine_load(p, 4, NULL, NULL, NULL);
	struct engine_scratch *scratch = engine_borrow(pool, engine);
	const struct engine_hit *hits;
	const unsigned *ids;
	size_t i, n = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		n += engine_scan(engine, scratch, 0, span_of(texts[i]), &hits);
	CHECK("only one is tried at once", n == 1 && hits != NULL);
	n = engine_waiting(scratch, &ids);
	CHECK("those that may hit wait", n >= 2 && n <= 3 &&
	    engine_waits(scratch, 0) && engine_waits(scratch, 1));
	CHECK_TEXT("the first is enough", settle(engine, scratch, 0), "0:1");
	CHECK_TEXT("all texts", settle(engine, scratch, 1), "0:2 0:1");
	CHECK_TEXT("none", settle(engine, scratch, 3), "");
	CHECK("nobody waits twice", !engine_waits(scratch, 0) &&
	    !engine_waits(scratch, 1) && !engine_waits(scratch, 3));
	CHECK_TEXT("nor hits twice", settle(engine, scratch, 1), "");
	for (i = 0, n = 0; i < 10000; i++)
		n += engine_scan(engine, scratch, 0, span_of("bee"), &hits);
	CHECK("too many to wait are tried at once", n > 0 && n < 20000);
	engine_return(pool, scratch);
	scratch = engine_borrow(pool, engine);
	CHECK("another message", engine_waiting(scratch, &ids) == 0 &&
	    !engine_waits(scratch, 0));
	engine_return(pool, scratch);
	engine_put(engine);
	engine_pool_free(pool);
}

static void
test_limits(void)
{
	size_t n = ENGINE_PATTERNS_MAX + 1;
	struct engine_pattern *many = mem_alloc(n * sizeof(*many));
	struct engine_pool *pool = engine_pool_new();
	const struct engine_hit *hits;
	struct engine_scratch *scratch;
	struct engine *engine;
	struct error error;

	CHECK("too many", engine_load(many, n, NULL, NULL, &error) == NULL);
	many[0].class = ENGINE_CLASSES_MAX;
	CHECK("too many classes", engine_load(many, 1, NULL, NULL, &error) ==
	    NULL);
	many[0].class = 0;
	many[0].text.n = REGEX_PATTERN_MAX + 1;
	CHECK("too long", engine_load(many, 1, NULL, NULL, &error) == NULL);
	engine = engine_load(NULL, 0, NULL, NULL, &error);
	scratch = engine_borrow(pool, engine);
	CHECK("none at all", engine_scan(engine, scratch, 0, span_of("a"),
	    &hits) == 0);
	engine_return(pool, scratch);
	engine_return(pool, NULL);
	engine_put(engine_get(engine));
	engine_put(engine);
	engine_put(NULL);
	engine_pool_free(pool);
	engine_pool_free(NULL);
	free(many);
}

struct shared {
	struct engine *engine;
	struct engine_pool *pool;
	const char *wanted;
	bool same;
};

static void *
scan_all(void *arg)
{
	struct shared *s = arg;
	struct buf got;
	int i;

	buf_init(&got, 16 << 20);
	for (i = 0; i < 2; i++) {
		buf_reset(&got);
		put_all_hits(s->engine, s->pool, &got);
		s->same = strcmp(buf_string(&got), s->wanted) == 0;
	}
	buf_done(&got);
	return NULL;
}

/* One engine, many scratches, and another generation loaded meanwhile. */
static void
test_threads(void)
{
	struct engine_pool *pool = engine_pool_new();
	struct shared shared[THREADS];
	pthread_t threads[THREADS];
	struct engine *engine;
	struct notes notes;
	struct buf wanted;
	struct set s;
	int i;

	make_patterns(&s, 3, PATTERNS);
	engine = load(&s, NULL, NULL, &notes);
	buf_init(&wanted, 16 << 20);
	put_all_hits(engine, pool, &wanted);
	buf_string(&wanted);
	for (i = 0; i < THREADS; i++) {
		shared[i] = (struct shared){engine, pool, wanted.p, false};
		pthread_create(&threads[i], NULL, scan_all, &shared[i]);
	}
	engine_put(load(&s, engine, NULL, &notes));
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK("in every thread", shared[i].same);
	}
	buf_done(&wanted);
	engine_put(engine);
	set_done(&s);
	engine_pool_free(pool);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	test_agreement();
	test_ways();
	test_places();
	test_generations();
	test_captures();
	test_catastrophe();
	test_later();
	test_limits();
	test_threads();
	return test_end();
}
