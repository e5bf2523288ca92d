/* redis_sentinel - a master that Sentinel names, and replaces. */
#include "test/unit/redis_test.h"

#include <signal.h>

/* Whether a replica comes to have all that its master has. */
static bool
caught_up(int master, int replica)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (redislab_info(master, "replication", "master_repl_offset")
		    == redislab_info(replica, "replication",
			"slave_repl_offset"))
			return true;
		usleep(10000);
	}
	return false;
}

static void
test_sentinel(void)
{
	char words[64], port[16];
	int master = redislab_start(""), replica, sentinel, i;
	struct store *s;

	snprintf(words, sizeof(words), "--replicaof 127.0.0.1 %d "
	    "--repl-diskless-sync-delay 0", redislab_port(master));
	redislab_say(master, "CONFIG SET repl-diskless-sync-delay 0");
	replica = redislab_start(words);
	CHECK("replicates", redislab_until(replica, "INFO replication",
	    "master_link_status:up", WAIT));
	sentinel = redislab_sentinel(master);
	snprintf(port, sizeof(port), " %d ", redislab_port(replica));
	CHECK("is watched", redislab_until(sentinel,
	    "SENTINEL replicas postern", port, WAIT));

	s = store_at(redislab_address(sentinel), REDIS_SENTINEL);
	for (i = 0; i < 10; i++)
		CHECK("well", add_surely(s, "sum", 100 + (uint64_t)i, WAIT));
	CHECK("at the master", redislab_info(master, "commandstats",
	    "cmdstat_evalsha:calls") > 0);
	CHECK("handed on", caught_up(master, replica));

	redislab_signal(master, SIGKILL);
	for (i = 5; i < 15; i++)
		CHECK("after", add_surely(s, "sum", 100 + (uint64_t)i, WAIT));
	CHECK("each once, marks are handed on too", sum_of(s, "sum") == 15);

	/* The old one comes back as a replica, and takes over again while
	 * batches are under way: a master refuses what it may not take. */
	CHECK("again", redislab_again(master));
	snprintf(words, sizeof(words), "REPLICAOF 127.0.0.1 %d",
	    redislab_port(replica));
	redislab_say(master, words);
	CHECK("as a replica", redislab_until(master, "INFO replication",
	    "master_link_status:up", WAIT));
	CHECK("is asked to", redislab_until(sentinel,
	    "SENTINEL FAILOVER postern", "OK", WAIT));
	for (i = 15; i < 200; i++)
		CHECK("meanwhile", add_surely(s, "sum", 100 + (uint64_t)i,
		    WAIT));
	CHECK("has", redislab_until(master, "ROLE", "master", WAIT));
	for (i = 200; i < 210; i++)
		CHECK("then", add_surely(s, "sum", 100 + (uint64_t)i, WAIT));
	CHECK("never more than was sent", sum_of(s, "sum") <= 210);
	fprintf(stderr, "sum %d of 210\n", (int)sum_of(s, "sum"));
	store_close(s);
	redislab_signal(sentinel, SIGKILL);
	redislab_signal(master, SIGKILL);
	redislab_signal(replica, SIGKILL);
}

static void
test_sentinel_faults(void)
{
	int server = redislab_start(""), sentinel = redislab_sentinel(server);
	const char *address = redislab_address(sentinel);
	struct redis_settings settings = settings_for(&address,
	    REDIS_SENTINEL);
	struct store_op op = make(STORE_GET, "a", 0);
	struct store *s;

	settings.master = "nobody";
	s = store_for(&settings);
	CHECK("unknown", run(s, &op, WAIT) == TROUBLE_UNREACHED);
	CHECK("unknown", told(s, "Sentinel"));
	store_close(s);
	settings.master = "postern";
	s = store_for(&settings);
	CHECK("well", answers_within(s, WAIT));
	redislab_say(server, "REPLICAOF 127.0.0.1 1");
	op = make(STORE_ADD, "a", 1);
	CHECK("a master that is none", run(s, &op, WAIT) ==
	    TROUBLE_UNREACHED);
	CHECK("a master that is none", told(s, "replica"));
	redislab_say(server, "REPLICAOF NO ONE");
	CHECK("mends", answers_within(s, WAIT));
	store_close(s);
	address = redislab_address(server);
	s = store_for(&settings);
	CHECK("no Sentinel", run(s, &op, WAIT) == TROUBLE_UNREACHED);
	store_close(s);
	redislab_signal(sentinel, SIGKILL);
	redislab_signal(server, SIGKILL);
}

int
main(void)
{
	test_sentinel();
	test_sentinel_faults();
	return test_end();
}
