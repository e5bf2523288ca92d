/* redis_test - what the tests of the Redis back end share. */
#ifndef TEST_UNIT_REDIS_TEST_H
#define TEST_UNIT_REDIS_TEST_H

#include "base/clock.h"
#include "store/redis.h"
#include "test/redislab.h"
#include "test/unit/test.h"

#include <time.h>
#include <unistd.h>

#define NOW INT64_C(1700000000000)
#define DAY INT64_C(86400000)
#define WAIT 10000	/* ms; slow machines are no fault */

static inline struct redis_settings
settings_for(const char *const *server, int64_t kind)
{
	return (struct redis_settings){
	    .kind = kind,
	    .servers = server,
	    .server_count = 1,
	    .master = "postern",
	    .user = "",
	    .password = "",
	    .sentinel_password = "",
	    .prefix = "postern:",
	    .connections = 4,
	    .connect_timeout = 500,
	};
}

/* Redis alone, without the bridge over its outages. */
static inline struct store *
store_for(const struct redis_settings *settings)
{
	struct error error = {""};
	struct store_part part = redis_open(settings, &error);

	if (part.backend == NULL) {
		fprintf(stderr, "FAIL: %s\n", error.text);
		exit(2);
	}
	return store_new(part.backend, part.state);
}

static inline struct store *
store_at(const char *server, int64_t kind)
{
	struct redis_settings settings = settings_for(&server, kind);

	return store_for(&settings);
}

static inline struct store_op
make(enum store_verb verb, const char *key, int64_t amount)
{
	return (struct store_op){.verb = verb, .klass = "test", .schema = 1,
	    .key = span_of(key), .value = span_of("value"), .ttl = DAY,
	    .amount = amount, .half_life = DAY, .burst = 1000000};
}

/* A write with a name of its own. */
static inline struct store_op
named(enum store_verb verb, const char *key, int64_t amount, uint64_t serial)
{
	struct store_op op = make(verb, key, amount);

	op.id = (struct store_id){7, serial};
	return op;
}

/* Its trouble; the answer stays in the operation. */
static inline enum store_trouble
run(struct store *s, struct store_op *op, int64_t timeout)
{
	store_run(s, op, 1, NOW, timeout);
	return op->trouble;
}

static inline int64_t
sum_of(struct store *s, const char *key)
{
	struct store_op op = make(STORE_GET, key, 0);

	run(s, &op, WAIT);
	return op.answer == STORE_FOUND ? op.number : -1;
}

/* Whether additions of nothing come to be answered. */
static inline bool
answers_within(struct store *s, int ms)
{
	int64_t until = clock_steady() + ms;
	struct store_op op;

	do {
		op = make(STORE_ADD, "answers", 0);
		if (run(s, &op, 1000) == TROUBLE_NONE)
			return true;
		usleep(10000);
	} while (clock_steady() < until);
	return false;
}

/* Named additions of 1 under one serial until it is told to be done. */
static inline bool
add_surely(struct store *s, const char *key, uint64_t serial, int ms)
{
	int64_t until = clock_steady() + ms;
	struct store_op op;

	do {
		op = named(STORE_ADD, key, 1, serial);
		if (run(s, &op, 500) == TROUBLE_NONE)
			return true;
		usleep(10000);
	} while (clock_steady() < until);
	fprintf(stderr, "  trouble %d\n", op.trouble);
	return false;
}

static inline bool
told(struct store *s, const char *words)
{
	struct store_health h;

	store_health(s, &h);
	if (strstr(h.trouble, words) != NULL)
		return true;
	fprintf(stderr, "  told <%s>\n", h.trouble);
	return false;
}

#endif
