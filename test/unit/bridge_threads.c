/* bridge_threads - many threads at a shared store that comes and goes. */
#include "test/unit/far.h"

/* Threads count while the store comes and goes. */
struct crew {
	struct store *store;
	const char *sum;
	int64_t refused, failed;
};

#define THREADS 6
#define ROUNDS 500

static void *
crew_main(void *argument)
{
	struct crew *c = argument;
	struct store_op ops[5];
	char key[32];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		snprintf(key, sizeof(key), "%s%d", c->sum, i % 50);
		ops[0] = make(STORE_ADD, "all", 1);
		ops[1] = make(STORE_ADD, key, 1);
		ops[2] = make(STORE_PUT, key + 1, 0);
		ops[2].value = span_of("x");
		ops[3] = make(STORE_GET, "all", 0);
		ops[4] = make(STORE_TAKE, "bucket", 1);
		ops[4].burst = STORE_NUMBER_MAX;
		ops[2].klass = "value";
		c->failed += (int64_t)store_run(c->store, ops, 5,
		    clock_wall(), WAIT);
		c->refused += ops[4].number < 0;
		if (i % 4 == 0)
			usleep(5000);
	}
	return NULL;
}

static void
test_threads(void)
{
	static const char *const sums[THREADS] = {"a", "b", "c", "D", "E",
	    "F"};
	struct bridge_settings settings = {true, "", HOUR};
	struct crew crew[THREADS];
	pthread_t threads[THREADS];
	struct store_health h;
	struct store *s;
	static struct far f;
	int64_t until, one = 0;
	char key[32];
	int i;

	s = bridge_open(far_open(&f), &settings, NULL);
	f.flaps = true;
	for (i = 0; i < THREADS; i++) {
		crew[i] = (struct crew){s, sums[i], 0, 0};
		pthread_create(&threads[i], NULL, crew_main, &crew[i]);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_lock(&f.mutex);
	f.flaps = false;
	f.mood = WELL;
	pthread_mutex_unlock(&f.mutex);
	until = clock_steady() + 20000;
	do {
		usleep(20000);
		store_health(s, &h);
	} while ((h.pending > 0 || !h.reached) && clock_steady() < until);
	CHECK("all sent", h.pending == 0 && h.lost == 0 && h.reached);
	CHECK("exact", far_number(&f, "all", clock_wall()) ==
	    THREADS * ROUNDS);
	for (i = 0; i < THREADS * 50; i++) {
		snprintf(key, sizeof(key), "%s%d", sums[i / 50], i % 50);
		one += far_number(&f, key, clock_wall()) != ROUNDS / 50;
	}
	CHECK("each exact", one == 0);
	for (i = 0; i < THREADS; i++)
		CHECK("all answered", crew[i].failed == 0 &&
		    crew[i].refused == 0);
	CHECK("came and went", f.batches > 10);
	store_close(s);
}

/* The end sends what waits, if the store is there. */
static void
test_close(void)
{
	struct bridge_settings settings = {true, "", HOUR};
	struct store_op op = make(STORE_ADD, "s", 3);
	static struct far f;
	struct store *s = bridge_open(far_open(&f), &settings, NULL);

	f.mood = FULL;
	store_run(s, &op, 1, clock_wall(), WAIT);
	f.mood = SINK;
	store_close(s);
	CHECK("sent", f.sunk == 3);
}

/* But it does not wait for all that, where the store is slow. */
static void
test_close_slow(void)
{
	struct bridge_settings settings = {true, "", HOUR};
	static struct far f;
	struct store *s = bridge_open(far_open(&f), &settings, NULL);
	struct store_op op;
	int64_t began;
	char key[32];
	int i;

	f.mood = FULL;
	for (i = 0; i < 100 * STORE_BATCH_MAX; i++) {
		snprintf(key, sizeof(key), "s%d", i);
		op = make(STORE_ADD, key, 1);
		store_run(s, &op, 1, clock_wall(), WAIT);
	}
	f.slow = 60000;
	f.mood = SINK;
	usleep(2 * BRIDGE_LOOK_MS * 1000);
	began = clock_steady();
	store_close(s);
	CHECK("in time", clock_steady() - began < 3000);
	CHECK("as much as there was time for", f.sunk > 20 * STORE_BATCH_MAX);
}

int
main(void)
{
	test_threads();
	test_close();
	test_close_slow();
	return test_end();
}
