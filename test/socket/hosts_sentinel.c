/*
 * hosts_sentinel - three daemons that share what Sentinels call the master,
 * while it fails over under load.
 */
#include "test/socket/hosts.h"

#include <signal.h>

#include "base/mem.h"

#define SENTINELS 3	/* one of which is dead */
#define PATIENT 30000	/* ms, see below */
#define HASTY 300

static int servers[2];	/* now master and replica, in turn */
static int sentinels[SENTINELS];

/* Whichever of them is the master now; a dead one answers nothing. */
static int
master(void)
{
	return strncmp(redislab_say(servers[0], "ROLE"), "master", 6) == 0 ?
	    0 : 1;
}

static void
follow(int replica, int of)
{
	char words[64];

	snprintf(words, sizeof(words), "REPLICAOF 127.0.0.1 %d",
	    redislab_port(servers[of]));
	redislab_say(servers[replica], words);
}

static bool
follows(int replica)
{
	return CHECK("replicates", redislab_until(servers[replica],
	    "INFO replication", "master_link_status:up", LAB_WAIT));
}

/* Sentinels, too, know of the replica. */
static void
seen(int replica)
{
	char port[16];
	int i;

	snprintf(port, sizeof(port), " %d ", redislab_port(servers[replica]));
	for (i = 1; i < SENTINELS; i++)
		CHECK("is watched", redislab_until(sentinels[i],
		    "SENTINEL replicas postern", port, LAB_WAIT));
}

/*
 * How long a master may be silent.  Except where one is to be replaced, a busy
 * machine must not look like that.
 */
static void
patience(int ms)
{
	char words[80];
	int i;

	snprintf(words, sizeof(words),
	    "SENTINEL SET postern down-after-milliseconds %d", ms);
	for (i = 1; i < SENTINELS; i++)
		CHECK(words, strcmp(redislab_say(sentinels[i], words), "OK")
		    == 0);
}

/*
 * The other one is master, and all Sentinels say so.  They would tell the old
 * one so themselves, but take ten seconds and more for it.
 */
static void
replaced(int old)
{
	char port[16];
	int i;

	CHECK("replaced", redislab_until(servers[1 - old], "ROLE", "master",
	    LAB_WAIT));
	snprintf(port, sizeof(port), " %d",
	    redislab_port(servers[1 - old]));
	for (i = 1; i < SENTINELS; i++)
		CHECK("replaced", redislab_until(sentinels[i],
		    "SENTINEL GET-MASTER-ADDR-BY-NAME postern", port,
		    LAB_WAIT));
	patience(PATIENT);
}

static int old;		/* the master before the row */

static void
die(void)
{
	old = master();
	redislab_signal(servers[old], SIGKILL);
	patience(HASTY);
}

/* The one that died comes back with nothing, and copies the other. */
static void
revive(void)
{
	replaced(old);
	CHECK("again", redislab_again(servers[old]));
	follow(old, 1 - old);
	follows(old);
	seen(old);
}

/* Asked for by the operator; over when the old master obeys the new one. */
static void
hand_over(void)
{
	int tries;

	old = master();
	for (tries = 0; tries < 200 && !redislab_until(sentinels[1],
	    "SENTINEL FAILOVER postern", "OK", 20); tries++)
		lab_sleep(50);
	replaced(old);
	follow(old, 1 - old);
}

static void
let_settle(void)
{
	follows(old);
	seen(old);
}

static void
hang(void)
{
	old = master();
	redislab_signal(servers[old], SIGSTOP);
	patience(HASTY);
}

/* Another is master by now; for a while there are two. */
static void
wake(void)
{
	replaced(old);
	redislab_signal(servers[old], SIGCONT);
	lab_sleep(500);
	follow(old, 1 - old);
	follows(old);
}

static const struct disturbance rows[] = {
	{"master killed", die, revive, 500, LAGS | DEGRADES},
	{"handed over", hand_over, let_settle, 500, LAGS | EITHER},
	{"master hangs", hang, wake, 500, LAGS | DEGRADES | LATE},
};

static void
start(void)
{
	int i;

	servers[0] = redislab_start("--repl-diskless-sync-delay 0");
	servers[1] = redislab_start("--repl-diskless-sync-delay 0");
	follow(1, 0);
	follows(1);
	for (i = 0; i < SENTINELS; i++)
		sentinels[i] = redislab_sentinel(servers[0]);
	seen(1);
	/* A majority of those that are known has to be there. */
	for (i = 1; i < SENTINELS; i++)
		CHECK("know each other", redislab_until(sentinels[i],
		    "SENTINEL MASTER postern", "num-other-sentinels 2",
		    LAB_WAIT));
	redislab_signal(sentinels[0], SIGKILL);
	patience(PATIENT);
}

int
main(int argc, char **argv)
{
	static const char *const settings[] = {NULL};
	struct hosts h;
	char *all;
	size_t i;

	start();
	all = mem_printf("{ \"%s\", \"%s\", \"%s\" }",
	    redislab_address(sentinels[0]), redislab_address(sentinels[1]),
	    redislab_address(sentinels[2]));
	if (hosts_start(&h, "sentinel", (const char *const[]){all, all, all},
	    settings) && hosts_introduce(&h))
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (argc < 2 || strcmp(argv[1], rows[i].name) == 0)
				hosts_disturb(&h, &rows[i]);
	hosts_stop(&h, "stop");
	free(all);
	return test_end();
}
