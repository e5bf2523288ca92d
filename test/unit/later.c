/* later - writes that nobody waits for, and what comes after them. */
#include "test/unit/far.h"

#define BATCHES_MAX 4096
#define SOON_MS 20000		/* slow machines are no fault */

/* A store that takes a round trip, at whose door batches can be held up. */
struct door {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct store_part memory;
	char held;		/* batches with a key that begins so wait */
	int inside;		/* of them */
	int batches;
	size_t count[BATCHES_MAX];	/* operations of each */
	char order[BATCHES_MAX];	/* first letters of keys, in order */
	size_t letters;
	int64_t now;			/* of the last batch */
};

static bool
door_holds(const struct door *d, const struct store_op *ops, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (d->held != '\0' && ops[i].key.p[0] == d->held)
			return true;
	return false;
}

static void
door_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	struct door *d = state;
	size_t i;

	(void)deadline;
	pthread_mutex_lock(&d->mutex);
	d->inside++;
	pthread_cond_broadcast(&d->changed);
	while (door_holds(d, ops, count))
		pthread_cond_wait(&d->changed, &d->mutex);
	d->inside--;
	d->count[d->batches++ % BATCHES_MAX] = count;
	for (i = 0; i < count; i++)
		d->order[d->letters++ % BATCHES_MAX] = ops[i].key.p[0];
	d->now = now;
	d->memory.backend->run(d->memory.state, ops, count, now, 0);
	pthread_mutex_unlock(&d->mutex);
}

static void
door_hold(struct door *d, char letter)
{
	pthread_mutex_lock(&d->mutex);
	d->held = letter;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->mutex);
}

/* Until so many batches wait at the door. */
static bool
door_waits(struct door *d, int inside)
{
	int64_t until = clock_steady() + SOON_MS;
	bool good;

	do {
		usleep(1000);
		pthread_mutex_lock(&d->mutex);
		good = d->inside == inside;
		pthread_mutex_unlock(&d->mutex);
	} while (!good && clock_steady() < until);
	return good;
}

static void
door_figures(void *state, struct store_figures *out)
{
	struct door *d = state;

	d->memory.backend->figures(d->memory.state, out);
}

static int
door_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	struct door *d = state;

	return d->memory.backend->walk(d->memory.state, klass, visit, context,
	    error);
}

static void
door_close(void *state)
{
	struct door *d = state;

	d->memory.backend->close(d->memory.state);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->mutex);
}

static struct store *
door_open(struct door *d)
{
	static const struct store_backend backend = {
	    .name = "door",
	    .later = true,
	    .run = door_run,
	    .figures = door_figures,
	    .close = door_close,
	    .walk = door_walk,
	};

	memset(d, 0, sizeof(*d));
	pthread_mutex_init(&d->mutex, NULL);
	pthread_cond_init(&d->changed, NULL);
	d->memory = memory_part();
	return store_new(&backend, d);
}

static bool
put_by(struct store *s, const char *key, const char *value)
{
	struct store_op op = make(STORE_PUT, key, 0);

	op.value = span_of(value);
	return store_later(s, &op, 1, NOW, WAIT);
}

static bool
add_by(struct store *s, const char *key, int64_t amount)
{
	struct store_op op = make(STORE_ADD, key, amount);

	return store_later(s, &op, 1, NOW, WAIT);
}

/* A number, or the length of a value; -1: absent. */
static int64_t
found(struct store *s, const char *key, uint64_t mark)
{
	struct store_op op = make(STORE_GET, key, 0);
	const struct store_moment at = {NOW, WAIT * 60, mark};

	store_run_since(s, &op, 1, &at);
	return op.answer != STORE_FOUND ? -1 : op.number + (int64_t)op.length;
}

/* They go in front of the next batch, whose answers are its own. */
static void
test_order(void)
{
	struct store_op ops[3] = {make(STORE_PUT, "a", 0),
	    make(STORE_ADD, "b", 7), make(STORE_PUT, "c", 0)};
	static struct door d;
	struct store *s = door_open(&d);
	char value[8] = "one", room[STORE_VALUE_MAX];

	/* Nobody but us takes them: our thread waits at the door. */
	door_hold(&d, 'z');
	CHECK("not a wait", !add_by(s, "z", 1) && door_waits(&d, 1));
	ops[0].value = span_of(value);
	ops[2].ttl = 0;
	CHECK("not a wait", !store_later(s, ops, 3, NOW, WAIT));
	CHECK("unasked", ops[0].answer == STORE_UNASKED &&
	    ops[1].answer == STORE_UNASKED);
	CHECK("out of bounds", ops[2].answer == STORE_FAILED &&
	    ops[2].trouble == TROUBLE_ARGUMENT);
	memset(value, 'x', sizeof(value));	/* it was copied */
	ops[0] = make(STORE_GET, "a", 0);
	ops[0].data = room;
	ops[1] = make(STORE_ADD, "b", 1);
	CHECK("both", store_run(s, ops, 2, NOW, WAIT) == 0);
	CHECK("one batch", d.batches == 1 && d.count[0] == 4);
	CHECK("in order", memcmp(d.order, "abab", 4) == 0);
	CHECK("value", ops[0].answer == STORE_FOUND &&
	    span_is(span_make(room, ops[0].length), "one"));
	CHECK("sum", ops[1].number == 8);
	CHECK("no later", found(s, "a", UINT64_MAX) == 3 && d.count[1] == 1);
	door_hold(&d, '\0');
	store_close(s);
}

/* Where nobody comes they go by themselves, and a walk comes after them. */
static bool
count_one(void *context, const struct store_record *record)
{
	(void)record;
	++*(int *)context;
	return true;
}

static void
test_alone(void)
{
	int64_t until = clock_steady() + SOON_MS;
	static struct door d;
	struct store *s = door_open(&d);
	struct error error;
	int n = 0;

	add_by(s, "a", 1);
	while (n == 0 && clock_steady() < until) {
		usleep(1000);
		pthread_mutex_lock(&d.mutex);
		n = d.batches;
		pthread_mutex_unlock(&d.mutex);
	}
	CHECK("by themselves", n == 1 && d.count[0] == 1 && d.now == NOW);
	n = 0;
	add_by(s, "b", 1);
	CHECK("walk", store_walk(s, NULL, count_one, &n, &error) == 0);
	CHECK("walk", n == 2);
	add_by(s, "c", 1);
	CHECK("a question", found(s, "c", UINT64_MAX) == 1);
	store_close(s);
}

/* Who finds no room waits, and takes the others along. */
static void
test_full(void)
{
	struct store_op ops[STORE_LATER_MAX + 1], one;
	static struct door d;
	struct store *s = door_open(&d);
	size_t i;

	door_hold(&d, 'z');
	CHECK("thread", !add_by(s, "z", 1) && door_waits(&d, 1));
	for (i = 0; i < STORE_LATER_MAX + 1; i++)
		ops[i] = make(STORE_ADD, "a", 1);
	CHECK("room", !store_later(s, ops, STORE_LATER_MAX, NOW, WAIT));
	one = make(STORE_ADD, "a", 1);
	CHECK("no room", store_later(s, &one, 1, NOW, WAIT));
	CHECK("in order", one.answer == STORE_FOUND &&
	    one.number == STORE_LATER_MAX + 1);
	CHECK("together", d.batches == 1 &&
	    d.count[0] == STORE_LATER_MAX + 1);
	CHECK("room", !store_later(s, ops, STORE_LATER_MAX, NOW, WAIT));
	for (i = 0; i < STORE_BATCH_MAX; i++)
		ops[i] = make(STORE_GET, "a", 0);
	CHECK("all", store_run(s, ops, STORE_BATCH_MAX, NOW, WAIT) == 0);
	CHECK("as many as can be", d.count[1] == STORE_LATER_MAX +
	    STORE_BATCH_MAX);
	for (i = 0; i < STORE_LATER_MAX + 1; i++)
		ops[i] = make(STORE_ADD, "b", 1);
	CHECK("never room", store_later(s, ops, STORE_LATER_MAX + 1, NOW,
	    WAIT) && ops[0].answer == STORE_FOUND);
	/* Another day is another batch. */
	add_by(s, "a", 1);
	one = make(STORE_GET, "a", 0);
	store_run(s, &one, 1, NOW + DAY / 2, WAIT);
	CHECK("two batches", d.count[3] == 1 && d.count[4] == 1 &&
	    one.number == 2 * STORE_LATER_MAX + 2);
	door_hold(&d, '\0');
	store_close(s);
}

struct asker {
	struct store *store;
	const char *key;
	uint64_t mark;
	int64_t got;
	atomic_bool done;
};

static void *
asker_main(void *argument)
{
	struct asker *a = argument;

	a->got = found(a->store, a->key, a->mark);
	a->done = true;
	return NULL;
}

/* What became of a question while what it asks for is under way. */
enum fate { WAITS, AT_THE_DOOR, ANSWERED };

static bool
asker_has(struct asker *a, struct door *d, enum fate fate)
{
	int64_t until = clock_steady() + SOON_MS;

	if (fate == AT_THE_DOOR)
		return door_waits(d, 2);
	if (fate == WAITS) {
		usleep(50000);
		return !a->done && door_waits(d, 1);
	}
	while (!a->done && clock_steady() < until)
		usleep(1000);
	return a->done && a->got == -1;
}

static void
test_overtake(void)
{
	static const struct {
		const char *name, *key;
		bool before;	/* he began before it was learned */
		enum fate fate;
	} rows[] = {
		{"its own process's write", "hot", false, WAITS},
		{"a message that began before", "hot", true, AT_THE_DOOR},
		{"another key", "cold", false, ANSWERED},
	};
	static struct door d;
	struct store *s;
	struct asker a;
	pthread_t thread;
	size_t i;

	for (i = 0; i < AMONG(rows); i++) {
		s = door_open(&d);
		a = (struct asker){.store = s, .key = rows[i].key,
		    .mark = rows[i].before ? store_mark(s) : UINT64_MAX};
		door_hold(&d, 'h');
		add_by(s, "hot", 5);
		CHECK(rows[i].name, door_waits(&d, 1) && store_mark(s) == 1);
		pthread_create(&thread, NULL, asker_main, &a);
		CHECK(rows[i].name, asker_has(&a, &d, rows[i].fate));
		door_hold(&d, '\0');
		pthread_join(thread, NULL);
		CHECK(rows[i].name, rows[i].fate != WAITS || a.got == 5);
		store_close(s);
	}
}

/*
 * A later value of a key does not overtake an earlier one: who asks for others
 * leaves it behind, who asks for it waits and takes it along.
 */
static void
test_values(void)
{
	static struct door d;
	struct store *s = door_open(&d);
	struct asker a = {.store = s, .key = "v", .mark = UINT64_MAX};
	pthread_t thread;

	door_hold(&d, 'v');
	put_by(s, "v", "1");
	CHECK("under way", door_waits(&d, 1));
	put_by(s, "v", "22");
	CHECK("without it", found(s, "other", UINT64_MAX) == -1 &&
	    d.batches == 1 && d.count[0] == 1);
	pthread_create(&thread, NULL, asker_main, &a);
	CHECK("behind it", asker_has(&a, &d, WAITS));
	door_hold(&d, '\0');
	pthread_join(thread, NULL);
	CHECK("the last", a.got == 2 && found(s, "v", UINT64_MAX) == 2);
	CHECK("in order", d.count[1] == 1 && d.letters >= 4);
	store_close(s);
}

/* Who is held up does not keep what waits from going with somebody else. */
static void
test_held(void)
{
	static struct door d;
	struct store *s = door_open(&d);
	struct asker a = {.store = s, .key = "hot", .mark = UINT64_MAX};
	pthread_t thread;

	door_hold(&d, 'h');
	add_by(s, "hot", 5);
	CHECK("under way", door_waits(&d, 1));
	pthread_create(&thread, NULL, asker_main, &a);
	CHECK("held", asker_has(&a, &d, WAITS));
	add_by(s, "sum", 3);
	CHECK("another takes it", found(s, "other", UINT64_MAX) == -1 &&
	    d.batches >= 1 && d.order[0] == 's');
	CHECK("nor is he held up by it", found(s, "sum", UINT64_MAX) == 3);
	CHECK("still held", !a.done);
	door_hold(&d, '\0');
	pthread_join(thread, NULL);
	CHECK("found", a.got == 5);
	store_close(s);
}

#define CREW 6
#define ROUNDS 2000

struct crew {
	struct store *store;
	int number;
	int64_t wrong;
};

/* What a thread wrote it finds, whoever carried it. */
static void *
crew_main(void *argument)
{
	struct crew *c = argument;
	char sum[16], value[16], text[32];
	struct store_op ops[3];
	int64_t i;

	snprintf(sum, sizeof(sum), "s%d", c->number);
	snprintf(value, sizeof(value), "v%d", c->number);
	for (i = 1; i <= ROUNDS; i++) {
		snprintf(text, sizeof(text), "%0*d", (int)(i % 20) + 1, 1);
		ops[0] = make(STORE_ADD, sum, 1);
		ops[1] = make(STORE_PUT, value, 0);
		ops[1].value = span_of(text);
		ops[2] = make(STORE_ADD, "all", 1);
		store_later(c->store, ops, 3, NOW, WAIT);
		if (i % 3 == 0)
			continue;
		ops[0] = make(STORE_GET, sum, 0);
		ops[1] = make(STORE_GET, value, 0);
		store_run(c->store, ops, 2, NOW, 60 * WAIT);
		c->wrong += ops[0].number != i;
		c->wrong += ops[1].length != strlen(text);
	}
	return NULL;
}

static void
test_threads(void)
{
	static struct door d;
	struct store *s = door_open(&d);
	struct crew crew[CREW];
	pthread_t threads[CREW];
	int i;

	for (i = 0; i < CREW; i++) {
		crew[i] = (struct crew){s, i, 0};
		pthread_create(&threads[i], NULL, crew_main, &crew[i]);
	}
	for (i = 0; i < CREW; i++) {
		pthread_join(threads[i], NULL);
		CHECK("reads its own writes", crew[i].wrong == 0);
	}
	CHECK("all", found(s, "all", UINT64_MAX) == CREW * ROUNDS);
	CHECK("few batches", d.batches <= CREW * ROUNDS);
	store_close(s);
}

/* A bridge keeps them in an outage; the end sends what waits. */
static void
test_outage(void)
{
	struct bridge_settings settings = {true, "", HOUR};
	struct store_backend late;
	struct store_part part;
	struct store_health h;
	static struct far f;
	struct store *s;
	int64_t now = NOW, steady = clock_steady();
	int i;

	part = bridge_part(far_open(&f), &settings);
	late = *part.backend;
	late.later = true;
	s = store_new(&late, part.state);
	bridge_tick(part.state, now, steady);
	f.mood = MUTE;
	for (i = 0; i < 10; i++)
		add_by(s, "s", 1);
	CHECK("here at once", found(s, "s", UINT64_MAX) == 10);
	store_health(s, &h);
	CHECK("kept", h.pending > 0 && h.local);
	for (i = 0; i < 10; i++)
		add_by(s, "s", 1);
	CHECK("here", found(s, "s", UINT64_MAX) == 20);
	f.mood = WELL;
	/* Those of one key go one after the other. */
	for (i = 0; i < 50; i++)
		bridge_tick(part.state, now, steady += 4 * BRIDGE_LOOK_MS);
	CHECK("once each", far_number(&f, "s", now) == 20);
	f.mood = SINK;
	add_by(s, "s", 1);
	store_close(s);
	CHECK("sent at the end", f.sunk == 1);
}

/* Nothing to be gained: it is a batch like others. */
static void
test_at_once(void)
{
	struct store *s = store_memory();

	CHECK("waits", add_by(s, "a", 3));
	CHECK("done", found(s, "a", 0) == 3 && store_mark(s) == 0);
	store_close(s);
}

int
main(void)
{
	test_order();
	test_alone();
	test_full();
	test_overtake();
	test_values();
	test_held();
	test_threads();
	test_outage();
	test_at_once();
	return test_end();
}
