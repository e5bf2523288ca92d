/* store - what every back end must do alike. */
#include "test/unit/stores.h"

#include <pthread.h>

#include "base/clock.h"

#define THREADS 8
#define DAY INT64_C(86400000)
#define N STORE_NUMBER_MAX

/* One operation and its outcome; a and b are half_life, or rate and burst. */
static const struct step {
	const char *name;
	int64_t at;
	enum store_verb verb;
	const char *key, *value;
	int64_t ttl, amount, a, b;
	enum store_answer answer;
	int64_t number;
	const char *data;
	unsigned schema;
	const char *klass;
} steps[] = {
#define GET STORE_GET, .key
#define PUT STORE_PUT, .key
#define NEW STORE_PUT_NEW, .key
#define DEL STORE_DELETE, .key
#define ADD STORE_ADD, .ttl = DAY, .key
#define DECAY STORE_DECAY, .ttl = DAY, .key
#define TAKE STORE_TAKE, .ttl = DAY, .key
#define FOUND .answer = STORE_FOUND
#define ABSENT .answer = STORE_ABSENT
#define FAILED .answer = STORE_FAILED
	{"nothing there", 1, GET = "a", ABSENT},
	{"delete nothing", 1, DEL = "a", ABSENT},
	{"put", 1, PUT = "a", .value = "one", .ttl = 100, FOUND},
	{"get", 1, GET = "a", FOUND, .data = "one"},
	{"put again", 1, PUT = "a", .value = "second", .ttl = 100, FOUND},
	{"get again", 1, GET = "a", FOUND, .data = "second"},
	{"other class", 1, GET = "a", ABSENT, .klass = "other"},
	{"other schema", 1, GET = "a", ABSENT, .schema = 2},
	{"class and key do not run together", 1, GET = "esta", ABSENT,
	    .klass = "t"},
	{"longer key", 1, GET = "a\1", ABSENT},
	{"delete", 1, DEL = "a", FOUND},
	{"deleted", 1, GET = "a", ABSENT},
	{"empty key and value", 1, PUT = "", .value = "", .ttl = 9, FOUND},
	{"empty key", 1, GET = "", FOUND, .data = ""},

	{"schema 255", 1, PUT = "s", .value = "x", .ttl = 9, FOUND,
	    .schema = 255},
	{"schema 255", 1, GET = "s", FOUND, .data = "x", .schema = 255},
	{"schema 1 new", 1, NEW = "s", .value = "y", .ttl = 9, ABSENT},
	{"schema 255 stays", 1, GET = "s", FOUND, .data = "x",
	    .schema = 255},

	{"expiry", 1000, PUT = "e", .value = "x", .ttl = 500, FOUND},
	{"last moment", 1499, GET = "e", FOUND, .data = "x"},
	{"over", 1500, GET = "e", ABSENT},
	{"delete what is over", 1500, DEL = "e", ABSENT},
	{"sum with expiry", 2000, STORE_ADD, .key = "f", .ttl = 10,
	    .amount = 5, FOUND, .number = 5},
	{"each add renews", 2009, STORE_ADD, .key = "f", .ttl = 10,
	    .amount = 5, FOUND, .number = 10},
	{"renewed", 2018, GET = "f", FOUND, .number = 10},
	{"begins anew", 2019, STORE_ADD, .key = "f", .ttl = 10, .amount = 1,
	    FOUND, .number = 1},
	{"ttl without end", 2019, PUT = "g", .value = "x", .ttl = INT64_MAX,
	    FOUND},
	{"is there in ages", INT64_MAX - 1, GET = "g", FOUND, .data = "x"},

	{"new", 10, NEW = "n", .value = "first", .ttl = 100, ABSENT},
	{"not new", 60, NEW = "n", .value = "2nd", .ttl = 100, FOUND,
	    .data = "first"},
	{"not renewed", 110, NEW = "n", .value = "3", .ttl = 100, ABSENT},
	{"new again", 110, GET = "n", FOUND, .data = "3"},

	{"add", 1, ADD = "c", .amount = 1500, FOUND, .number = 1500},
	{"add negative", 1, ADD = "c", .amount = -2000, FOUND,
	    .number = -500},
	{"add nothing", 1, ADD = "c", FOUND, .number = -500},
	{"get sum", 1, GET = "c", FOUND, .number = -500},
	{"new on a sum", 1, NEW = "c", .value = "x", .ttl = 1, FOUND,
	    .number = -500},
	{"add most", 1, ADD = "d", .amount = N, FOUND, .number = N},
	{"sum stops", 1, ADD = "d", .amount = N, FOUND, .number = N},
	{"and returns", 1, ADD = "d", .amount = -N, FOUND},
	{"least", 1, ADD = "d", .amount = -N, FOUND, .number = -N},
	{"stops below", 1, ADD = "d", .amount = -1, FOUND, .number = -N},

	{"add to bytes", 1, ADD = "g", .amount = 1, FAILED},
	{"decay bytes", 1, DECAY = "g", .a = 5, FAILED},
	{"take bytes", 1, TAKE = "g", FAILED},
	{"bytes stay", 1, GET = "g", FOUND, .data = "x"},
	{"decay a sum", 1, DECAY = "c", .a = 5, FAILED},
	{"take a sum", 1, TAKE = "c", FAILED},

	{"decay", 5000, DECAY = "h", .amount = 8000, .a = 100, FOUND,
	    .number = 8000},
	{"half", 5100, GET = "h", FOUND, .number = 4000},
	{"root of a half", 5050, GET = "h", FOUND, .number = 5657},
	{"then add", 5200, DECAY = "h", .amount = 1, .a = 100, FOUND,
	    .number = 2001},
	{"add between", 5250, DECAY = "h", .amount = 1000, .a = 100, FOUND,
	    .number = 2415},
	{"decays on", 5300, GET = "h", FOUND, .number = 1708},
	{"other half life", 5300, DECAY = "h", .amount = 0, .a = 1000, FOUND,
	    .number = 1708},
	{"slower now", 6300, GET = "h", FOUND, .number = 854},
	{"gone", 5300 + 64 * 1000, GET = "h", FOUND, .number = 0},
	{"negative", 5000, DECAY = "i", .amount = -3000, .a = 10, FOUND,
	    .number = -3000},
	{"negative half", 5010, DECAY = "i", .a = 10, FOUND,
	    .number = -1500},
	{"clock behind a little", 5000, DECAY = "i", .amount = 500, .a = 10,
	    FOUND, .number = -1000},
	{"most", 5000, DECAY = "j", .amount = N, .a = DAY, FOUND,
	    .number = N},
	{"stops at most", 5001, DECAY = "j", .amount = N, .a = DAY, FOUND,
	    .number = N},
	{"least", 5000, DECAY = "l", .amount = -N, .a = DAY, FOUND,
	    .number = -N},
	{"stops at least", 5001, DECAY = "l", .amount = -N, .a = DAY, FOUND,
	    .number = -N},
	{"clock to be set back", 10 * DAY, DECAY = "m", .amount = 4000,
	    .a = DAY / 4, FOUND, .number = 4000},
	{"clock set back", DAY, DECAY = "m", .a = DAY / 4, FOUND,
	    .number = 4000},
	{"decays again", DAY + DAY / 4, GET = "m", FOUND, .number = 2000},
	{"long half life", 1, DECAY = "k", .amount = N, .a = INT64_MAX,
	    FOUND, .number = N},
	{"hardly less", DAY, GET = "k", FOUND, .number = N},

	{"empty batch of tokens", 1, TAKE = "t", .amount = 0, .b = 3000,
	    FOUND, .number = 3000},
	{"asking leaves nothing", 1, GET = "t", ABSENT},
	{"take", 1000, TAKE = "t", .amount = 1000, .a = 1, .b = 3000, FOUND,
	    .number = 2000},
	{"take 2", 1000, TAKE = "t", .amount = 2000, .a = 1, .b = 3000,
	    FOUND, .number = 0},
	{"refused", 1000, TAKE = "t", .amount = 1, .a = 1, .b = 3000, FOUND,
	    .number = -1},
	{"too early", 1999, TAKE = "t", .amount = 1, .a = 1, .b = 3000,
	    FOUND, .number = -1},
	{"again", 2000, TAKE = "t", .amount = 1, .a = 1, .b = 3000, FOUND,
	    .number = 0},
	{"so much short", 2000, TAKE = "t", .amount = 3000, .a = 1,
	    .b = 3000, FOUND, .number = -3000},
	{"clock behind", 1500, TAKE = "t", .amount = 1, .a = 1, .b = 3000,
	    FOUND, .number = -1},
	{"not twice", 2999, TAKE = "t", .amount = 1, .a = 1, .b = 3000,
	    FOUND, .number = -1},
	{"no fuller than full", 10000000, TAKE = "t", .amount = 0, .a = 1,
	    .b = 3000, FOUND, .number = 3000},
	{"less burst", 10000000, TAKE = "t", .amount = 0, .a = 1, .b = 500,
	    FOUND, .number = 500},
	{"never enough", 10000000, TAKE = "t", .amount = 4000, .a = 1,
	    .b = 3000, FOUND, .number = -1000},
	{"get a bucket", 10000000, GET = "t", FAILED},
	{"new on a bucket", 10000000, NEW = "t", .value = "", .ttl = 1,
	    FAILED},
	{"delete a bucket", 10000000, DEL = "t", FOUND},
	{"kept past its ttl", 1, STORE_TAKE, .key = "u", .ttl = 1,
	    .amount = 3000, .a = 1, .b = 3000, FOUND, .number = 0},
	{"because not yet full", 2999001, STORE_TAKE, .key = "u", .ttl = 1,
	    .amount = 3000, .a = 1, .b = 3000, FOUND, .number = -1},
	{"full", 3000001, STORE_TAKE, .key = "u", .ttl = 1, .amount = 3000,
	    .a = 1, .b = 3000, FOUND, .number = 0},
	{"no rate, so ttl", 1, STORE_TAKE, .key = "v", .ttl = 10,
	    .amount = 5, .b = 5, FOUND, .number = 0},
	{"within", 10, STORE_TAKE, .key = "v", .ttl = 10, .amount = 5,
	    .b = 5, FOUND, .number = -5},
	{"new term", 11, STORE_TAKE, .key = "v", .ttl = 10, .amount = 5,
	    .b = 5, FOUND, .number = 0},
	{"largest", 1, TAKE = "w", .amount = N, .a = N, .b = N, FOUND,
	    .number = 0},
	{"largest, later", DAY - 1, TAKE = "w", .amount = N, .a = N, .b = N,
	    FOUND, .number = 0},
	{"far behind", 1, TAKE = "w", .amount = 1, .a = N, .b = N, FOUND,
	    .number = -1},
	{"clock was set", 2, TAKE = "w", .amount = 1, .a = N, .b = N, FOUND,
	    .number = N / 1000 - 1},

	{"full again after no whole number of doubles", 1, TAKE = "y",
	    .amount = N, .a = 59009, .b = N, FOUND, .number = 0},
	{"was taken", 2, TAKE = "y", .amount = 0, .a = 59009, .b = N, FOUND,
	    .number = 59},

	{"ttl 0", 1, PUT = "x", .value = "x", FAILED},
	{"ttl negative", 1, STORE_ADD, .key = "x", .ttl = -1, FAILED},
	{"time negative", -1, GET = "x", FAILED},
	{"no class", 1, GET = "x", .klass = "", FAILED},
	{"longest class", 1, GET = "x", ABSENT,
	    .klass = "12345678901234567890123456789012"},
	{"long class", 1, GET = "x", FAILED,
	    .klass = "123456789012345678901234567890123"},
	{"schema 256", 1, GET = "x", .schema = 256, FAILED},
	{"no such verb", 1, (enum store_verb)99, .key = "x", .ttl = 1,
	    FAILED},
	{"much", 1, ADD = "x", .amount = N + 1, FAILED},
	{"little", 1, DECAY = "x", .amount = -N - 1, .a = 1, FAILED},
	{"half life 0", 1, DECAY = "x", .amount = 1, FAILED},
	{"take negative", 1, TAKE = "x", .amount = -1, .b = 1, FAILED},
	{"rate negative", 1, TAKE = "x", .a = -1, .b = 1, FAILED},
	{"burst negative", 1, TAKE = "x", .b = -1, FAILED},
	{"nothing was written", 1, GET = "x", ABSENT},
#undef PUT
#undef GET
#undef ADD
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static void
step_fill(const struct step *t, struct store_op *op, char *room)
{
	memset(op, 0x55, sizeof(*op));
	op->verb = t->verb;
	op->klass = t->klass != NULL ? t->klass : "test";
	op->schema = t->schema != 0 ? t->schema : 1;
	op->key = span_of(t->key);
	if (t->value != NULL)
		op->value = span_of(t->value);
	op->ttl = t->ttl;
	op->amount = t->amount;
	op->half_life = op->rate = t->a;
	op->burst = t->b;
	op->data = room;
	op->id = (struct store_id){0, 0};
}

static void
step_check(const struct step *t, const struct store_op *op)
{
	const char *data = t->data != NULL ? t->data : "";

	CHECK(t->name, op->answer == t->answer);
	if (!CHECK(t->name, op->number == t->number))
		fprintf(stderr, "  got %lld\n", (long long)op->number);
	CHECK(t->name, span_is(span_make(op->data, op->length), data));
}

/* Runs all steps, up to most of those of one moment in one batch. */
static void
test_steps(struct store *s, size_t most)
{
	static char rooms[STORE_BATCH_MAX][STORE_VALUE_MAX];
	static struct store_op ops[STORE_BATCH_MAX];
	size_t i, j, n, failed;

	for (i = 0; i < STEPS; i += n) {
		failed = 0;
		for (n = 0; n < most && i + n < STEPS &&
		    steps[i + n].at == steps[i].at; n++) {
			step_fill(&steps[i + n], &ops[n], rooms[n]);
			failed += steps[i + n].answer == STORE_FAILED;
		}
		CHECK(steps[i].name, store_run(s, ops, n, steps[i].at, WAIT) ==
		    failed);
		for (j = 0; j < n; j++)
			step_check(&steps[i + j], &ops[j]);
	}
}

static struct store_op
make(enum store_verb verb, const char *key, int64_t amount)
{
	struct store_op op = {.verb = verb, .klass = "test", .schema = 1,
	    .key = span_of(key), .value = span_of("value"), .ttl = DAY,
	    .amount = amount, .half_life = DAY, .burst = N};

	return op;
}

static void
test_limits(struct store *s)
{
	static struct store_op ops[STORE_BATCH_MAX + 2];
	static char bytes[STORE_VALUE_MAX + 1], room[STORE_VALUE_MAX];
	size_t i;

	memset(bytes, 0, sizeof(bytes));
	for (i = 0; i < STORE_BATCH_MAX + 2; i++)
		ops[i] = make(STORE_ADD, "limit", 1);
	CHECK("long batch", store_run(s, ops, STORE_BATCH_MAX + 2, 1, WAIT) ==
	    2);
	for (i = 0; i < STORE_BATCH_MAX + 2; i++)
		CHECK("long batch", i < STORE_BATCH_MAX
		    ? ops[i].answer == STORE_FOUND &&
		    ops[i].number == (int64_t)i + 1
		    : ops[i].answer == STORE_FAILED);
	CHECK("no batch", store_run(s, ops, 0, 1, WAIT) == 0);
	CHECK("no wait", store_run(s, ops, 1, 1, 0) == 1);
	CHECK("negative wait", store_run(s, ops, 1, 1, -1) == 1);
	CHECK("longest wait", store_run(s, ops, 1, 1, INT64_MAX) == 0);

	ops[0] = make(STORE_PUT, "", 0);
	ops[0].key = span_make(bytes, STORE_KEY_MAX);
	ops[0].value = span_make(bytes, STORE_VALUE_MAX);
	ops[0].klass = "12345678901234567890123456789012";
	ops[1] = ops[2] = ops[3] = ops[0];
	ops[1].verb = STORE_GET;
	ops[1].data = room;
	ops[2].key.n++;
	ops[3].value.n++;
	CHECK("long", store_run(s, ops, 4, 1, WAIT) == 2);
	CHECK("longest", ops[0].answer == STORE_FOUND);
	CHECK("longest", ops[1].answer == STORE_FOUND &&
	    ops[1].length == STORE_VALUE_MAX &&
	    memcmp(ops[1].data, bytes, STORE_VALUE_MAX) == 0);
	ops[1].data = NULL;
	CHECK("nobody wants to know", store_run(s, &ops[1], 1, 1, WAIT) == 0 &&
	    ops[1].answer == STORE_FOUND && ops[1].length == STORE_VALUE_MAX);
	CHECK("long key", ops[2].answer == STORE_FAILED);
	CHECK("long value", ops[3].answer == STORE_FAILED);
}

/* 2^-x by the exponential series, in the widest type there is. */
static long double
power(long double x)
{
	long double term = 1, sum = 1, y = -x * 0.693147180559945309417232L;
	int n;

	for (n = 1; n < 200; n++)
		sum += term *= y / n;
	return sum;
}

static void
test_closed_form(struct store *s)
{
	static const struct {
		const char *name;
		int64_t half_life, step;
		int64_t amount;
	} rows[] = {
		{"often", DAY, 1, 1000},
		{"half lives", 1000, 1000, 1000000},
		{"uneven", 86399, 1237, 777},
		{"rarely", 500, 7001, 123456},
		{"negative", 3600000, 977, -250},
		{"long", 90 * DAY, 3600017, 1000000000},
	};
	struct store_op op;
	long double wanted, off;
	size_t i;
	int n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		wanted = 0;
		op = make(STORE_DECAY, rows[i].name, rows[i].amount);
		op.half_life = rows[i].half_life;
		op.ttl = INT64_MAX;
		for (n = 0; n < 300; n++) {
			store_run(s, &op, 1, 1000 + n * rows[i].step, WAIT);
			wanted = wanted * power((long double)rows[i].step /
			    rows[i].half_life) + rows[i].amount;
		}
		off = wanted - op.number;
		/* half a thousandth of rounding, 2^-28 of inexactness */
		wanted = 0.52L + (wanted < 0 ? -wanted : wanted) / (1 << 28);
		CHECK(rows[i].name, off <= wanted && -off <= wanted);
	}
}

struct crew {
	struct store *store;
	int number;
	int won, taken, failed;
};

#define ROUNDS 60

static void *
crew_main(void *argument)
{
	struct crew *c = argument;
	struct store_op ops[5];
	char key[32];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(key, sizeof(key), "race %d", i);
		ops[0] = make(STORE_ADD, "one", 1);
		ops[1] = make(STORE_ADD, i % 2 ? "odd" : "even", c->number);
		ops[2] = make(STORE_PUT_NEW, key, 0);
		ops[3] = make(STORE_TAKE, "tokens", 1000);
		ops[3].burst = 100 * 1000;
		ops[4] = make(STORE_GET, "one", 0);
		c->failed += (int)store_run(c->store, ops, 5, 1000, WAIT);
		c->won += ops[2].answer == STORE_ABSENT;
		c->taken += ops[3].number >= 0;
		c->failed += ops[4].number < ops[0].number;
		c->failed += (int)store_run(c->store, &ops[4], 1, 1000, WAIT);
	}
	return NULL;
}

static void
test_threads(struct store *s)
{
	struct crew crew[THREADS];
	pthread_t threads[THREADS];
	struct store_op ops[3] = {make(STORE_GET, "one", 0),
	    make(STORE_GET, "odd", 0), make(STORE_GET, "even", 0)};
	int i, won = 0, taken = 0, failed = 0;

	for (i = 0; i < THREADS; i++) {
		crew[i] = (struct crew){.store = s, .number = i};
		pthread_create(&threads[i], NULL, crew_main, &crew[i]);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		won += crew[i].won;
		taken += crew[i].taken;
		failed += crew[i].failed;
	}
	store_run(s, ops, 3, 1000, WAIT);
	CHECK("threads", failed == 0);
	CHECK("exactly one is new", won == ROUNDS);
	CHECK("no token twice", taken == 100);
	CHECK("sum", ops[0].number == THREADS * ROUNDS);
	CHECK("sum", ops[1].number == 28 * ROUNDS / 2);
	CHECK("sum", ops[2].number == 28 * ROUNDS / 2);
}

/* The value of a line of the statistics; -1 when there is none. */
static long long
figure(struct store *s, const char *name, const char *labels)
{
	struct store_health h;
	struct buf out;
	char line[256];
	const char *p;
	long long n = -1;

	store_health(s, &h);
	buf_init(&out, 1 << 16);
	store_stats(s, &out);
	snprintf(line, sizeof(line), "\npostern_store_%s{backend=\"%s\"%s} ",
	    name, h.name, labels);
	p = strstr(buf_string(&out), line);
	if (p != NULL)
		n = atoll(p + strlen(line));
	buf_done(&out);
	return n;
}

static void
test_stats(struct store *s)
{
	static const struct {
		const char *name, *labels;
		long long number;
	} rows[] = {
		{"keys", "", 2},
		{"failures_total", "", 1},
		{"operations_total", ",verb=\"put\",result=\"found\"", 2},
		{"operations_total", ",verb=\"put\",result=\"failed\"", 1},
		{"operations_total", ",verb=\"get\",result=\"absent\"", 1},
		{"operations_total", ",verb=\"take\",result=\"found\"", 0},
		{"late_total", "", 0},
		{"full_total", "", 0},
		{"crowded_total", "", 0},
	};
	struct store_op ops[4] = {make(STORE_PUT, "a", 0),
	    make(STORE_PUT, "b", 0), make(STORE_PUT, "c", 0),
	    make(STORE_GET, "d", 0)};
	size_t i;

	ops[2].ttl = 0;
	store_run(s, ops, 4, 1, WAIT);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK(rows[i].name, figure(s, rows[i].name,
			rows[i].labels) == rows[i].number);
	CHECK("bytes", figure(s, "bytes", "") >= 30);
}

/* Expired records leave without being asked for, however that is done. */
static void
test_sweep(struct store *s)
{
	struct store_op op = make(STORE_PUT, "stays", 0), again = op;
	char key[32];
	int64_t until = clock_steady() + WAIT;
	int i;

	store_run(s, &op, 1, 1, WAIT);
	for (i = 0; i < 300; i++) {
		snprintf(key, sizeof(key), "sweep %d", i);
		op = make(STORE_PUT, key, 0);
		op.ttl = 10;
		store_run(s, &op, 1, 1, WAIT);
	}
	CHECK("before", figure(s, "keys", "") == 301);
	while (figure(s, "keys", "") > 1 && clock_steady() < until)
		store_run(s, &again, 1, 11, WAIT);
	CHECK("after", figure(s, "keys", "") == 1);
	CHECK("after", figure(s, "swept_total", "") == 300);
	op = make(STORE_GET, "stays", 0);
	store_run(s, &op, 1, 11, WAIT);
	CHECK("the living stay", op.answer == STORE_FOUND);
}

static void
test_backend(const struct backend *b)
{
	char dir[64];
	struct store *s = backend_open(b, dir);

	fprintf(stderr, "%s\n", b->name);
	test_stats(s);
	backend_close(s, dir);
	s = backend_open(b, dir);
	test_sweep(s);
	backend_close(s, dir);
	s = backend_open(b, dir);
	test_steps(s, 1);
	test_limits(s);
	test_closed_form(s);
	backend_close(s, dir);
	s = backend_open(b, dir);
	test_steps(s, STORE_BATCH_MAX);
	test_threads(s);
	backend_close(s, dir);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		test_backend(&backends[i]);
	return test_end();
}
