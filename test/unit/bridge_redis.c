/*
 * bridge_redis - the bridge over a real Redis, which is stopped, killed and
 * filled while threads count: what it has in the end is what was sent, and
 * nobody waits longer than the deadline.
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/bridge.h"
#include "store/redis.h"
#include "test/redislab.h"
#include "test/unit/test.h"

#define THREADS 4
#define DAY INT64_C(86400000)
#define DEADLINE 200		/* ms */
#define SLACK 300		/* of a machine that is busy */

static struct store *
open_store(int server)
{
	const char *address = redislab_address(server);
	const struct redis_settings settings = {
	    .kind = REDIS_SINGLE,
	    .servers = &address,
	    .server_count = 1,
	    .master = "",
	    .user = "",
	    .password = "",
	    .sentinel_password = "",
	    .prefix = "test:",
	    .connections = 4,
	    .connect_timeout = 100,
	};
	const struct bridge_settings bridge = {true, "", DAY};
	struct error error = {""};
	struct store *s = store_redis(&settings, &bridge, &error);

	if (s == NULL) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	return s;
}

static struct store_op
make(enum store_verb verb, const char *key, int64_t amount)
{
	struct store_op op = {.verb = verb, .klass = "test", .schema = 1,
	    .key = span_of(key), .ttl = DAY, .amount = amount};

	return op;
}

struct crew {
	struct store *store;
	_Atomic bool *stop;
	int64_t sent, failed, slowest;
};

static void *
crew_main(void *argument)
{
	struct crew *c = argument;
	struct store_op ops[3];
	int64_t took;
	char key[16];

	while (!*c->stop) {
		snprintf(key, sizeof(key), "k%d", (int)(c->sent % 20));
		ops[0] = make(STORE_ADD, "all", 1000);
		ops[1] = make(STORE_ADD, key, 1000);
		ops[2] = make(STORE_GET, "all", 0);
		took = clock_steady();
		c->failed += (int64_t)store_run(c->store, ops, 3,
		    clock_wall(), DEADLINE);
		took = clock_steady() - took;
		c->slowest = took > c->slowest ? took : c->slowest;
		c->sent++;
		usleep(500);
	}
	return NULL;
}

static void
stop_and_go(int server)
{
	redislab_signal(server, SIGSTOP);
	usleep(700000);
	redislab_signal(server, SIGCONT);
}

static void
kill_and_start(int server)
{
	redislab_signal(server, SIGKILL);
	usleep(300000);
	CHECK("starts again", redislab_again(server));
}

static void
flush(int server)
{
	redislab_say(server, "FLUSHALL");
}

static void
fill(int server)
{
	redislab_say(server, "CONFIG SET maxmemory 1");
	usleep(400000);
	redislab_say(server, "CONFIG SET maxmemory 0");
}

static int64_t
number(struct store *s, const char *key)
{
	struct store_op op = make(STORE_GET, key, 0);

	store_run(s, &op, 1, clock_wall(), 5000);
	return op.answer == STORE_FOUND && !op.local ? op.number : -1;
}

static void
settle(struct store *s, struct store_health *h)
{
	int64_t until = clock_steady() + 20000;

	do {
		usleep(20000);
		store_health(s, h);
	} while ((h->pending > 0 || !h->reached) && clock_steady() < until);
}

static const struct row {
	const char *name;
	void (*disturb)(int server);
	bool exact;		/* not only never too much */
	bool cold;
} rows[] = {
	{"stopped for a while", stop_and_go, true, false},
	{"full for a while", fill, true, false},
	{"killed", kill_and_start, false, true},
	{"flushed", flush, false, true},
};

static void
test_row(const struct row *row)
{
	_Atomic bool stop = false;
	struct crew crew[THREADS];
	pthread_t threads[THREADS];
	int server = redislab_start("--save \"\"");
	struct store *s = open_store(server);
	struct store_health h;
	int64_t sent = 0, slowest = 0, got;
	int i;

	for (i = 0; i < THREADS; i++) {
		crew[i] = (struct crew){.store = s, .stop = &stop};
		pthread_create(&threads[i], NULL, crew_main, &crew[i]);
	}
	usleep(200000);
	row->disturb(server);
	usleep(200000);
	stop = true;
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(row->name, crew[i].failed == 0);
		sent += crew[i].sent;
		if (crew[i].slowest > slowest)
			slowest = crew[i].slowest;
	}
	settle(s, &h);
	CHECK(row->name, h.reached && h.pending == 0 && h.lost == 0);
	CHECK(row->name, h.cold == row->cold);
	got = number(s, "all");
	if (!CHECK(row->name, row->exact ? got == sent * 1000 :
	    got > 0 && got <= sent * 1000))
		fprintf(stderr, "  %lld of %lld\n", (long long)got,
		    (long long)sent * 1000);
	if (!CHECK(row->name, slowest <= DEADLINE + SLACK))
		fprintf(stderr, "  %lld ms\n", (long long)slowest);
	store_close(s);
	redislab_signal(server, SIGKILL);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(&rows[i]);
	return test_end();
}
