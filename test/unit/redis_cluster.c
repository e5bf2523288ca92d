/* redis_cluster - a Cluster, whose slots move and whose nodes die. */
#include "test/unit/redis_test.h"

#include <signal.h>

#include "store/redis_name.h"
#include "store/redis_script.h"

/* Batches of all tags, so that all nodes have a part. */
static void
test_spread(struct store *s, const char *name, uint64_t serial)
{
	static struct store_op ops[STORE_BATCH_MAX];
	static char keys[STORE_BATCH_MAX][16];
	int round, i;
	bool sound = true;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < STORE_BATCH_MAX; i++) {
			snprintf(keys[i], sizeof(keys[i]), "%s-%d", name, i);
			ops[i] = named(STORE_ADD, keys[i], i, serial +
			    (uint64_t)(round * STORE_BATCH_MAX + i));
		}
		CHECK("spread", store_run(s, ops, STORE_BATCH_MAX, NOW,
			WAIT) == 0);
		for (i = 0; i < STORE_BATCH_MAX; i++)
			sound &= ops[i].number == (round + 1) * i;
	}
	CHECK("each has its own answer", sound);
}

struct walked {
	unsigned records, marks, other;
};

static bool
walked_count(void *context, const struct store_record *record)
{
	struct walked *w = context;

	if (span_starts(record->key, "test"))
		w->records++;
	else if (span_starts(record->key, "op"))
		w->marks++;
	else
		w->other++;
	return true;
}

static void
test_walk(struct store *s)
{
	struct walked all = {0}, some = {0};
	struct error error;

	CHECK("walk", store_walk(s, NULL, walked_count, &all, &error) == 0);
	CHECK("walk", all.records >= STORE_BATCH_MAX && all.marks > 0 &&
	    all.other == 0);
	CHECK("class", store_walk(s, "test", walked_count, &some, &error) ==
	    0);
	CHECK("class", some.records == all.records && some.marks == 0);
}

/* A record whose slot is at the node from. */
static const char *
key_at(int first, int from, int nodes, char out[16])
{
	int i, slot;

	(void)first;
	for (i = 0;; i++) {
		snprintf(out, 16, "key-%d", i);
		slot = (int)name_slot(name_tag(span_of(out)));
		if (slot >= REDIS_SLOTS * from / nodes &&
		    slot < REDIS_SLOTS * (from + 1) / nodes)
			return out;
	}
}

static void
set_slot(int server, unsigned slot, const char *what, const char *id)
{
	char words[128];

	snprintf(words, sizeof(words), "CLUSTER SETSLOT %u %s %s", slot, what,
	    id);
	CHECK(words, strcmp(redislab_say(server, words), "OK") == 0);
}

/* Moves all keys of a slot. */
static void
migrate(int from, int to, unsigned slot)
{
	char words[512], names[8192], *name, *save;

	snprintf(words, sizeof(words), "CLUSTER GETKEYSINSLOT %u 100", slot);
	snprintf(names, sizeof(names), "%s", redislab_say(from, words));
	for (name = strtok_r(names, " ", &save); name != NULL;
	    name = strtok_r(NULL, " ", &save)) {
		snprintf(words, sizeof(words), "MIGRATE 127.0.0.1 %d %s 0 5000",
		    redislab_port(to), name);
		CHECK(name, strcmp(redislab_say(from, words), "OK") == 0);
	}
}

/* Redis itself counts the slots as we do. */
static void
test_slots(int server)
{
	char words[64];
	unsigned tag;

	for (tag = 0; tag < REDIS_TAGS; tag += 5) {
		snprintf(words, sizeof(words), "CLUSTER KEYSLOT p:{%02x}t:1:k",
		    tag);
		CHECK(words, (unsigned)atoi(redislab_say(server, words)) ==
		    name_slot(tag));
	}
}

static void
test_slot_moves(struct store *s, int from, int to)
{
	char key[16], from_id[64], to_id[64];
	const char *old = key_at(from, 0, 3, key);
	unsigned tag = name_tag(span_of(old)), slot = name_slot(tag);
	char other[16] = "";
	struct store_op op;
	int i;

	snprintf(from_id, sizeof(from_id), "%s",
	    redislab_say(from, "CLUSTER MYID"));
	snprintf(to_id, sizeof(to_id), "%s", redislab_say(to, "CLUSTER MYID"));
	/* Another key of the same slot. */
	for (i = 0; name_tag(span_of(other)) != tag; i++)
		snprintf(other, sizeof(other), "new%d", i);
	CHECK("old", add_surely(s, old, 5000, WAIT));
	set_slot(to, slot, "IMPORTING", from_id);
	set_slot(from, slot, "MIGRATING", to_id);

	op = make(STORE_ADD, old, 1);
	CHECK("what is there is served", run(s, &op, WAIT) == TROUBLE_NONE &&
	    op.number == 2);
	op = make(STORE_GET, other, 0);
	CHECK("what is not is asked for elsewhere", run(s, &op, WAIT) ==
	    TROUBLE_NONE && op.answer == STORE_ABSENT);
	op = make(STORE_ADD, other, 1);
	CHECK("and made there", run(s, &op, WAIT) == TROUBLE_NONE);
	op = named(STORE_ADD, old, 1, 5000 + 2 * SCRIPT_MARK_SPAN);
	CHECK("record and mark apart: not done, rather than twice",
	    run(s, &op, WAIT) == TROUBLE_UNREACHED);

	migrate(from, to, slot);
	set_slot(to, slot, "NODE", to_id);
	set_slot(from, slot, "NODE", to_id);
	op = make(STORE_GET, old, 0);
	CHECK("moved", run(s, &op, WAIT) == TROUBLE_NONE && op.number == 2);
	CHECK("with its mark", add_surely(s, old, 5000, WAIT) &&
	    sum_of(s, old) == 2);
	CHECK("now it is done", add_surely(s, old, 5000 + 2 * SCRIPT_MARK_SPAN,
	    WAIT) && sum_of(s, old) == 3);
	CHECK("the other", sum_of(s, other) == 1);
}

static void
test_node_dies(struct store *s, int first)
{
	struct store_op ops[2];
	char lost[16], kept[16];
	int64_t start;

	key_at(first, 2, 3, lost);
	key_at(first, 1, 3, kept);
	redislab_signal(first + 2, SIGSTOP);
	ops[0] = make(STORE_ADD, lost, 1);
	ops[1] = make(STORE_ADD, kept, 1);
	store_run(s, ops, 2, NOW, 300);
	CHECK("stopped", ops[0].trouble == TROUBLE_UNKNOWN);
	CHECK("the other does not wait for it", ops[1].trouble ==
	    TROUBLE_NONE);
	redislab_signal(first + 2, SIGKILL);
	store_run(s, ops, 2, NOW, 300);
	start = clock_steady();
	store_run(s, ops, 2, NOW, 300);
	CHECK("dead", ops[0].trouble == TROUBLE_UNREACHED);
	CHECK("fast", clock_steady() - start < 200);
	CHECK("again", redislab_again(first + 2));
	CHECK("together", redislab_until(first, "CLUSTER INFO",
	    "cluster_state:ok", WAIT));
	CHECK("mends", add_surely(s, lost, 7000, WAIT));
}

static void
test_wrong_kind(int first)
{
	struct store *s = store_at(redislab_address(first), REDIS_SINGLE);
	struct store_op ops[2];
	char here[16], there[16];

	ops[0] = make(STORE_GET, key_at(first, 0, 3, here), 0);
	ops[1] = make(STORE_GET, key_at(first, 2, 3, there), 0);
	CHECK("not a single server", store_run(s, ops, 2, NOW, WAIT) == 2);
	CHECK("says so", told(s, "redis.kind"));
	store_close(s);
}

int
main(void)
{
	struct store *s;
	int first;

	first = redislab_cluster(3, "");
	s = store_at(redislab_address(first + 1), REDIS_CLUSTER);
	test_slots(first);
	test_spread(s, "before", 1000);
	test_walk(s);
	test_slot_moves(s, first, first + 1);
	test_spread(s, "after", 2000);
	test_wrong_kind(first);
	test_node_dies(s, first);
	store_close(s);
	return test_end();
}
