/* redis_agree - the script that Redis runs, beside record_apply. */
#include "test/unit/redis_test.h"

static uint64_t
chance(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 8;
}

/* Numbers of all sizes, up to one in the middle of nowhere. */
static int64_t
number(uint64_t *seed, int64_t most)
{
	int64_t n = (int64_t)(chance(seed) >> 8 >> chance(seed) % 48);

	return n > most ? most - (int64_t)(chance(seed) % 3) : n;
}

static struct store_op
random_op(uint64_t *seed, const char *key)
{
	static const int64_t half_lives[] = {1000, 86399, DAY, 3, 777777777};
	struct store_op op = make((enum store_verb)(chance(seed) % 7), key,
	    number(seed, STORE_NUMBER_MAX));

	if (key[0] == 'd' && key[1] == '1')
		op.amount %= 1000000;
	if (op.verb < STORE_TAKE && chance(seed) % 4 == 0)
		op.amount = -op.amount;
	op.half_life = half_lives[chance(seed) % 5];
	op.rate = number(seed, STORE_NUMBER_MAX);
	op.burst = number(seed, STORE_NUMBER_MAX);
	op.ttl = 1 + number(seed, 2 * DAY);
	if (key[0] == 't' && key[1] == '1')
		op.burst %= 9000000000000;
	/* Mostly one verb for each key. */
	if (chance(seed) % 16 != 0)
		op.verb = key[0] == 'a' ? STORE_ADD : key[0] == 'd'
		    ? STORE_DECAY : key[0] == 't' ? STORE_TAKE : op.verb;
	return op;
}

/*
 * How far both may differ on a key.  spread is all that was added to a decaying
 * sum, whatever its sign: each addition is off by what record_decayed and the
 * script are, 2^-29 and 2^-31 of it.
 */
struct allowed {
	int64_t spread;
	bool decays;
};

static int64_t
allow(struct allowed *a, const char *key, const struct store_op *op)
{
	if (op->verb == STORE_PUT || op->verb == STORE_DELETE)
		*a = (struct allowed){0, false};
	if (op->verb == STORE_DECAY && op->answer == STORE_FOUND) {
		a->decays = true;
		a->spread += op->amount < 0 ? -op->amount : op->amount;
	}
	if (a->decays)
		return (a->spread >> 28) + 1;
	/* Only the other buckets are larger than a double counts. */
	return key[0] == 't' && key[1] == '1' ? 0
	    : op->verb == STORE_TAKE ? 2 : 0;
}

/* The script and record_apply say the same; see redis_script.h. */
static void
test_agreement(uint64_t seed)
{
	static const char *const keys[] = {"a1", "a2", "d1", "d2", "d3", "t1",
	    "t2", "t3", "x1"};
	struct allowed allowed[sizeof(keys) / sizeof(keys[0])] = {{0, false}};
	struct store *redis = store_at(redislab_socket(0), REDIS_SINGLE);
	struct store *memory = store_memory();
	struct store_op one, two;
	int64_t now = NOW, off, slack;
	size_t i, k;

	redislab_say(0, "FLUSHALL");
	for (i = 0; i < 3000; i++) {
		k = chance(&seed) % (sizeof(keys) / sizeof(keys[0]));
		now += number(&seed, DAY / 4) - number(&seed, 90000);
		one = two = random_op(&seed, keys[k]);
		store_run(memory, &one, 1, now, WAIT);
		store_run(redis, &two, 1, now, WAIT);
		slack = allow(&allowed[k], keys[k], &one);
		off = one.number - two.number;
		if (!CHECK(keys[k], one.answer == two.answer &&
			off <= slack && -off <= slack))
			fprintf(stderr, "  step %d verb %d: %lld, got %lld, "
			    "slack %lld\n", (int)i, one.verb,
			    (long long)one.number, (long long)two.number,
			    (long long)slack);
		CHECK(keys[k], one.length == two.length);
	}
	store_close(redis);
	store_close(memory);
}

int
main(void)
{
	uint64_t seed;

	redislab_start("");
	for (seed = 1; seed <= 8; seed++)
		test_agreement(seed * 88172645463325252u);
	return test_end();
}
