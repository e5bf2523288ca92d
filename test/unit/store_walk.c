/* store_walk - all records of a store, listed and restored, by any back end. */
#include "test/unit/stores.h"

#include "store/record.h"

#define DAY INT64_C(86400000)
#define N STORE_NUMBER_MAX

static struct store_op
make(enum store_verb verb, const char *key, int64_t amount)
{
	struct store_op op = {.verb = verb, .klass = "test", .schema = 1,
	    .key = span_of(key), .value = span_of("value"), .ttl = DAY,
	    .amount = amount, .half_life = DAY, .burst = N};

	return op;
}

/* What a walk has shown, copied. */
struct shown {
	struct store *store;
	size_t count, most;
	struct store_record records[16];
	char bytes[16][RECORD_KEY_MAX + RECORD_MAX];
};

static bool
show(void *context, const struct store_record *r)
{
	struct shown *w = context;
	char *p = w->bytes[w->count];
	struct store_op op = make(STORE_GET, "whatever", 0);

	if (w->count == w->most)
		return false;
	CHECK("a visit may use the store", store_run(w->store, &op, 1, 1000,
	    WAIT) == 0);
	memcpy(p, r->key.p, r->key.n);
	memcpy(p + r->key.n, r->bytes.p, r->bytes.n);
	w->records[w->count].key = span_make(p, r->key.n);
	w->records[w->count].bytes = span_make(p + r->key.n, r->bytes.n);
	return ++w->count < w->most;
}

static void
walk(struct shown *w, struct store *s, const char *klass, size_t most)
{
	struct error error = {""};

	w->store = s;
	w->count = 0;
	w->most = most;
	CHECK("walk", store_walk(s, klass, show, w, &error) == 0);
}

/* Records of all kinds. */
static const struct {
	const char *klass;
	enum store_verb verb;
	const char *key;
	int64_t ttl;
} rows[] = {
	{"one", STORE_PUT, "bytes", DAY},
	{"one", STORE_ADD, "sum", DAY},
	{"one", STORE_DECAY, "decays", DAY},
	{"one", STORE_TAKE, "tokens", DAY},
	{"on", STORE_PUT, "e", DAY},
	{"onee", STORE_PUT, "\n% \xff", DAY},
	{"one", STORE_PUT, "brief", 500},
	{"zero", STORE_PUT, "", INT64_MAX - 2000},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define OVER 6		/* that row's time is the first to be over */

/* The operation that reads a row. */
static struct store_op
row_op(size_t i, enum store_verb verb)
{
	struct store_op op = make(verb, rows[i].key, 0);

	op.klass = rows[i].klass;
	op.ttl = rows[i].ttl;
	if (verb == STORE_GET && rows[i].verb == STORE_TAKE)
		op.verb = STORE_TAKE;
	return op;
}

static void
test_list(struct store *s)
{
	static struct shown some;
	struct store_op op;
	size_t i;

	walk(&some, s, NULL, 16);
	CHECK("empty", some.count == 0);
	for (i = 0; i < ROWS; i++) {
		op = row_op(i, rows[i].verb);
		op.amount = 1500;
		CHECK(rows[i].key, store_run(s, &op, 1, 1000, WAIT) == 0);
	}
	walk(&some, s, "one", 16);
	CHECK("a class", some.count == 5);
	walk(&some, s, "on", 16);
	CHECK("not what begins like it", some.count == 1);
	walk(&some, s, "tw", 16);
	CHECK("no such class", some.count == 0);
	walk(&some, s, NULL, 3);
	CHECK("ended early", some.count == 3);
	walk(&some, s, NULL, 16);
	CHECK("all", some.count == ROWS);
}

/* What is there is listed, taken away, and put back as it was. */
static void
test_restore(struct store *s)
{
	static struct shown all;
	struct store_op op, before[ROWS];
	struct store_record bad[3];
	size_t i;

	walk(&all, s, NULL, 16);
	for (i = 0; i < ROWS; i++)
		before[i] = row_op(i, STORE_GET);
	CHECK("before", store_run(s, before, ROWS, 1400, WAIT) == 0);
	for (i = 0; i < ROWS; i++) {
		op = row_op(i, STORE_DELETE);
		store_run(s, &op, 1, 1400, WAIT);
	}
	memcpy(bad, all.records, sizeof(bad));
	bad[0].key = span_make("\0x", 2);
	bad[1].bytes.n = 8;
	CHECK("what is none is refused", store_restore(s, bad, 3, 1600,
	    WAIT) == 2);
	CHECK("restored", store_restore(s, all.records, all.count, 1600,
	    WAIT) == 0);
	CHECK("twice", store_restore(s, all.records, all.count, 1600,
	    WAIT) == 0);
	for (i = 0; i < ROWS; i++) {
		op = row_op(i, STORE_GET);
		store_run(s, &op, 1, 1400, WAIT);
		if (i == OVER)
			CHECK("not what is over", op.answer == STORE_ABSENT);
		else
			CHECK(rows[i].key, op.answer == STORE_FOUND &&
			    op.number == before[i].number &&
			    op.length == before[i].length);
	}
}

int
main(void)
{
	char dir[64];
	struct store *s;
	size_t i;

	for (i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		s = backend_open(&backends[i], dir);
		fprintf(stderr, "%s\n", backends[i].name);
		test_list(s);
		test_restore(s);
		backend_close(s, dir);
	}
	return test_end();
}
