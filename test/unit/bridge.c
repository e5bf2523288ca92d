/* bridge - outages of a shared store, step by step. */
#include "test/unit/far.h"

/*
 * One thing that happens.  PASS lets .ms go by.  After a step its answer,
 * number and text must be these.
 */
enum deed { RUN, MOOD, PASS, FLUSH, HOSTS, SEEN };

struct step {
	const char *name;
	enum deed deed;
	enum mood mood;
	int64_t ms;
	enum store_verb verb;
	const char *key, *value;
	int64_t amount;
	enum store_answer answer;
	int64_t number;
	const char *data;
	bool far;			/* the answer is not local */
	int64_t ttl;

	/* SEEN: what store_health must tell, and the far store hold */
	bool away, cold;
	int64_t pending, lost;
	const char *text;		/* of key */
	int64_t tokens;			/* of key, + 1 */
};

#define IS(m) MOOD, .mood = m
#define MS(n) PASS, .ms = n
#define ADD(k, n) RUN, .verb = STORE_ADD, .key = k, .amount = n
#define DECAY(k, n) RUN, .verb = STORE_DECAY, .key = k, .amount = n
#define TAKE(k, n) RUN, .verb = STORE_TAKE, .key = k, .amount = n
#define PUT(k, v) RUN, .verb = STORE_PUT, .key = k, .value = v
#define NEW(k, v) RUN, .verb = STORE_PUT_NEW, .key = k, .value = v
#define GET(k) RUN, .verb = STORE_GET, .key = k
#define DEL(k) RUN, .verb = STORE_DELETE, .key = k
#define FOUND .answer = STORE_FOUND
#define ABSENT .answer = STORE_ABSENT
#define FAILED .answer = STORE_FAILED

/* All are played on one bridge that answers by itself. */
static const struct step local_steps[] = {
	{"well: through", ADD("s", 1000), FOUND, .number = 1000, .far = 1},
	{"and told", SEEN, .key = "s", .number = 1000},
	{"goes away", IS(AWAY)},
	{"first failure", ADD("s", 10), FOUND, .number = 10},
	{"kept", SEEN, .key = "s", .number = 1000, .away = 1, .pending = 1},
	{"again", ADD("s", 10), FOUND, .number = 20},
	{"a read of it", GET("s"), FOUND, .number = 20},
	{"nothing known", GET("other"), ABSENT},
	{"a value", PUT("v", "one"), FOUND},
	{"read", GET("v"), FOUND, .data = "one"},
	{"new", NEW("n", "first"), ABSENT},
	{"not new", NEW("n", "second"), FOUND, .data = "first"},
	{"back, unnoticed", IS(WELL)},
	{"local still", GET("n"), FOUND, .data = "first"},
	{"kept", SEEN, .key = "s", .number = 1000, .away = 1, .pending = 4},
	{"noticed", MS(BRIDGE_LOOK_MS * 20)},
	{"sum", SEEN, .key = "s", .number = 1020},
	{"value", SEEN, .key = "v", .text = "one"},
	{"first stays", SEEN, .key = "n", .text = "first"},
	{"all far again", GET("s"), FOUND, .number = 1020, .far = 1},

	{"mute: carried out", IS(MUTE)},
	{"unknown", ADD("m", 5), FOUND, .number = 5},
	{"it did happen", SEEN, .key = "m", .number = 5, .away = 1,
	    .pending = 1},
	{"more", ADD("m", 2), FOUND, .number = 7},
	{"well", IS(WELL)},
	{"resent", MS(10000)},
	{"counted once", SEEN, .key = "m", .number = 7},
	{"deaf: lost on its way", IS(DEAF)},
	{"unknown", ADD("d", 5), FOUND, .number = 5},
	{"it did not", SEEN, .key = "d", .number = -1, .away = 1,
	    .pending = 1},
	{"well", IS(WELL)},
	{"resent", MS(10000)},
	{"counted", SEEN, .key = "d", .number = 5},
	{"mute", IS(MUTE)},
	{"unknown", ADD("late", 5), FOUND, .number = 5},
	{"unknown value", PUT("value", "x"), FOUND},
	{"names are forgotten", MS(STORE_ID_TTL)},
	{"well", IS(WELL)},
	{"too late", MS(10000)},
	{"at most what was sent", SEEN, .key = "late", .number = 5,
	    .lost = 1},
	{"a value may come twice", SEEN, .key = "value", .text = "x",
	    .lost = 1},

	{"full", IS(FULL)},
	{"reads go on", GET("s"), FOUND, .number = 1020, .far = 1},
	{"refused", ADD("s", 1), FOUND, .number = 1},
	{"not away", SEEN, .key = "s", .number = 1020, .pending = 1,
	    .lost = 1},
	{"a value", PUT("v", "two"), FOUND},
	{"read here", GET("v"), FOUND, .data = "two"},
	{"gone here", DEL("n"), ABSENT},
	{"gone", GET("n"), ABSENT},
	{"not there", SEEN, .key = "v", .text = "one", .pending = 3,
	    .lost = 1},
	{"room again", IS(WELL)},
	{"must not overtake", PUT("v", "three"), FOUND},
	{"but sums may", ADD("s", 1), FOUND, .number = 1021, .far = 1},
	{"sent", MS(10000)},
	{"last value", SEEN, .key = "v", .text = "three", .lost = 1},
	{"sum", SEEN, .key = "s", .number = 1022, .lost = 1},
	{"deleted", SEEN, .key = "n", .text = "-", .lost = 1},

	{"a part away", IS(HALF)},
	{"that part", ADD("PART", 3), FOUND, .number = 3},
	{"it was alone, so all are asked again later", MS(10000)},
	{"the other", ADD("s", 1), FOUND, .number = 1023, .far = 1},
	{"kept", SEEN, .key = "PART", .number = -1, .pending = 1,
	    .lost = 1},
	{"whole", IS(WELL)},
	{"sent", MS(10000)},
	{"sum", SEEN, .key = "PART", .number = 3, .lost = 1},

	{"decay", DECAY("h", 8000), FOUND, .number = 8000, .far = 1},
	{"away", IS(AWAY)},
	{"decay", DECAY("h", 4000), FOUND, .number = 4000},
	{"an hour", MS(HOUR)},
	{"half", GET("h"), FOUND, .number = 2000},
	{"more", DECAY("h", 1000), FOUND, .number = 3000},
	{"an hour", MS(HOUR)},
	{"back", IS(WELL)},
	{"one is enough", MS(3600000 * 2)},
	{"as if it had come in time", SEEN, .key = "h", .number = 875,
	    .lost = 1},

	{"a bucket", TAKE("b", 20000), FOUND, .number = 80000, .far = 1},
	{"four hosts", HOSTS, .ms = 4},
	{"away", IS(AWAY)},
	{"a quarter", TAKE("b", 20000), FOUND, .number = 5000},
	{"no more", TAKE("b", 10000), FOUND, .number = -5000},
	{"one more", TAKE("b", 5000), FOUND, .number = 0},
	{"a small one gives what it must", TAKE("c", 100000), FOUND},
	{"empty", TAKE("c", 1000), FOUND, .number = -1000},
	{"back", IS(WELL)},
	{"taken", MS(3000)},
	{"together, and refilled", SEEN, .key = "b", .tokens = 55006 + 1,
	    .lost = 1},
	{"empty, but for that", SEEN, .key = "c", .tokens = 0 + 3 + 1,
	    .lost = 1},
	{"another host empties it", TAKE("e", 90000), FOUND,
	    .number = 10000, .far = 1},
	{"away", IS(AWAY)},
	{"two hosts", HOSTS, .ms = 2},
	{"from here", TAKE("e", 30000), FOUND, .number = 20000},
	{"back", IS(WELL)},
	{"never below nothing", MS(3000)},
	{"what it has", MS(BRIDGE_LOOK_MS)},
	{"never below nothing", SEEN, .key = "e", .tokens = 0 + 1,
	    .lost = 1},

	{"away", IS(AWAY)},
	{"short", PUT("short", "x"), .ttl = 1000, FOUND},
	{"over", MS(2000)},
	{"over", GET("short"), ABSENT},
	{"back", IS(WELL)},
	{"over", MS(20000)},
	{"never sent", SEEN, .key = "short", .text = "-", .lost = 1},

	{"away", IS(AWAY)},
	{"other verb's", ADD("v", 1), FOUND, .number = 1},
	{"back", IS(WELL)},
	{"cannot be", MS(10000)},
	{"lost", SEEN, .key = "v", .text = "three", .lost = 2},
	{"bad", ADD("v", 1), FAILED, .far = 1},
	{"not kept", SEEN, .key = "v", .text = "three", .lost = 2},

	{"flushed", FLUSH, .ms = 0},
	{"is noticed", MS(BRIDGE_LOOK_MS)},
	{"cold", SEEN, .key = "v", .text = "-", .lost = 2, .cold = 1},
	{"in use", ADD("x", 1), FOUND, .number = 1, .far = 1},
	{"cold", MS(6 * HOUR - 1000)},
	{"cold", SEEN, .key = "x", .number = 1, .lost = 2, .cold = 1},
	{"warm", MS(1000)},
	{"warm", SEEN, .key = "x", .number = 1, .lost = 2},
	{"away", IS(AWAY)},
	{"kept", ADD("x", 1), FOUND, .number = 1},
	{"replaced by an empty one", FLUSH, .ms = 0},
	{"back", IS(WELL)},
	{"noticed", MS(10000)},
	{"cold, and what waited is there", SEEN, .key = "x", .number = 1,
	    .lost = 2, .cold = 1},
};

static const struct step open_steps[] = {
	{"well", PUT("v", "one"), FOUND, .far = 1},
	{"away", IS(AWAY)},
	{"fails", ADD("s", 1), FAILED, .far = 1},
	{"all fail", GET("s"), FAILED, .far = 1},
	{"fails", PUT("v", "two"), FAILED, .far = 1},
	{"fails", NEW("n", "a"), FAILED, .far = 1},
	{"fails", NEW("n", "b"), FAILED, .far = 1},
	{"fails", TAKE("b", 1000), FAILED, .far = 1},
	{"fails", TAKE("b", 0), FAILED, .far = 1},
	{"kept all the same", SEEN, .key = "v", .text = "one", .away = 1,
	    .pending = 5},
	{"back", IS(WELL)},
	{"sent", MS(10000)},
	{"sent", SEEN, .key = "s", .number = 1},
	{"sent", SEEN, .key = "v", .text = "two"},
	{"sent", SEEN, .key = "n", .text = "a"},
	{"sent", SEEN, .key = "b", .tokens = 99000 + 10 + 1},
	{"full", IS(FULL)},
	{"fails", PUT("v", "three"), FAILED, .far = 1},
	{"what is there", GET("v"), FOUND, .data = "two", .far = 1},
};

static void
step_run(struct lab *l, const struct step *t)
{
	struct store_op op = make(t->verb, t->key, t->amount);
	char room[STORE_VALUE_MAX];

	op.data = room;
	if (t->value != NULL)
		op.value = span_of(t->value);
	if (t->ttl != 0)
		op.ttl = t->ttl;
	store_run(l->store, &op, 1, l->now, WAIT);
	CHECK(t->name, op.answer == t->answer);
	CHECK(t->name, op.local == !t->far);
	if (!CHECK(t->name, op.number == t->number))
		fprintf(stderr, "  got %lld\n", (long long)op.number);
	CHECK(t->name, span_is(span_make(op.data, op.length),
	    t->data != NULL ? t->data : ""));
}

static void
step_seen(struct lab *l, const struct step *t, bool local)
{
	struct store_health h = lab_health(l);
	int64_t got;

	CHECK(t->name, h.reached == !t->away);
	CHECK(t->name, h.local == (t->away && local));
	CHECK(t->name, h.cold == t->cold);
	if (!CHECK(t->name, h.pending == t->pending && h.lost == t->lost))
		fprintf(stderr, "  got %lld pending, %lld lost\n",
		    (long long)h.pending, (long long)h.lost);
	if (t->text != NULL) {
		CHECK_TEXT(t->name, far_text(&l->far, t->key, l->now),
		    t->text);
		return;
	}
	got = t->tokens != 0 ? far_tokens(&l->far, t->key, l->now) + 1 :
	    far_number(&l->far, t->key, l->now);
	if (!CHECK(t->name, got == (t->tokens != 0 ? t->tokens : t->number)))
		fprintf(stderr, "  got %lld\n", (long long)got);
}

static void
test_steps(const struct step *steps, size_t count, bool local)
{
	struct lab l;
	size_t i;

	lab_open(&l, local, "");
	for (i = 0; i < count; i++)
		switch (steps[i].deed) {
		case RUN:
			step_run(&l, &steps[i]);
			break;
		case MOOD:
			l.far.mood = (int)steps[i].mood;
			break;
		case PASS:
			lab_pass(&l, steps[i].ms);
			break;
		case FLUSH:
			far_flush(&l.far);
			break;
		case HOSTS:
			store_hosts(l.store, (unsigned)steps[i].ms);
			break;
		case SEEN:
			step_seen(&l, &steps[i], local);
			break;
		}
	store_close(l.store);
}

/* While it is away nobody asks it but the bridge's thread, ever more seldom. */
static void
test_quiet(void)
{
	struct store_op op = make(STORE_ADD, "s", 1);
	struct lab l;
	int i, before;

	lab_open(&l, true, "");
	before = l.far.batches;
	for (i = 0; i < 100; i++)
		store_run(l.store, &op, 1, l.now, WAIT);
	CHECK("no round trip is added", l.far.batches == before + 100);
	l.far.mood = AWAY;
	store_run(l.store, &op, 1, l.now, WAIT);
	before = l.far.batches;
	for (i = 0; i < 100; i++)
		store_run(l.store, &op, 1, l.now, WAIT);
	CHECK("nobody asks", l.far.batches == before);
	CHECK("exact", lab_health(&l).pending == 101);
	for (i = 0; i < 600; i++)
		lab_pass(&l, 100);
	CHECK("one look in three seconds", l.far.batches >= before + 20 &&
	    l.far.batches <= before + 30);
	l.far.mood = WELL;
	for (i = 0; i < 40; i++)
		lab_pass(&l, 100);
	CHECK("all is there", far_number(&l.far, "s", l.now) == 201);
	CHECK("none waits", lab_health(&l).pending == 0);
	store_close(l.store);
}

/* More keys than are kept: the first stay, the others are counted. */
static void
test_bound(void)
{
	static struct store_op ops[STORE_BATCH_MAX];
	static char keys[STORE_BATCH_MAX][32];
	const int64_t all = BRIDGE_PENDING_MAX + 1000;
	struct store_health h;
	struct lab l;
	int64_t i;
	size_t k;

	lab_open(&l, false, "");
	l.far.mood = AWAY;
	for (i = 0; i < all;) {
		for (k = 0; k < STORE_BATCH_MAX && i < all; k++, i++) {
			snprintf(keys[k], sizeof(keys[k]), "k%lld",
			    (long long)i);
			ops[k] = make(STORE_ADD, keys[k], 1);
		}
		store_run(l.store, ops, k, l.now, WAIT);
	}
	h = lab_health(&l);
	CHECK("kept", h.pending == BRIDGE_PENDING_MAX);
	CHECK("lost", h.lost == 1000);
	ops[0] = make(STORE_ADD, "k0", 1);
	store_run(l.store, ops, 1, l.now, WAIT);
	CHECK("what joins another needs no room",
	    lab_health(&l).lost == 1000);
	l.far.mood = SINK;
	for (i = 0; i < 1000 && lab_health(&l).pending > 0; i++)
		lab_pass(&l, i == 0 ? 10000 : 1);
	CHECK("sent", lab_health(&l).pending == 0);
	CHECK("each once", l.far.sunk == BRIDGE_PENDING_MAX + 1);
	store_close(l.store);
}

/* Figures for Prometheus tell an outage. */
static void
test_figures(void)
{
	struct store_op op = make(STORE_ADD, "s", 1);
	struct buf out;
	struct lab l;

	lab_open(&l, true, "");
	l.far.mood = AWAY;
	store_run(l.store, &op, 1, l.now, WAIT);
	buf_init(&out, 1 << 16);
	store_stats(l.store, &out);
	buf_string(&out);
	CHECK("away", strstr(out.p, "\npostern_store_reached"
	    "{backend=\"far\"} 0\n") != NULL);
	CHECK("local", strstr(out.p, "\npostern_store_local"
	    "{backend=\"far\"} 1\n") != NULL);
	CHECK("pending", strstr(out.p, "\npostern_store_pending"
	    "{backend=\"far\"} 1\n") != NULL);
	CHECK("lost", strstr(out.p, "\npostern_store_lost_total"
	    "{backend=\"far\"} 0\n") != NULL);
	buf_done(&out);
	store_close(l.store);
}

int
main(void)
{
	test_steps(local_steps, AMONG(local_steps), true);
	test_steps(open_steps, AMONG(open_steps), false);
	test_quiet();
	test_bound();
	test_figures();
	return test_end();
}
