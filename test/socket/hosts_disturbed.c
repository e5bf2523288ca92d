/*
 * hosts_disturbed - one Redis that three daemons share, and everything that
 * can happen to it while mail flows to all of them.
 */
#include "test/socket/hosts.h"

#include <signal.h>

#include "base/mem.h"

static int server;
static struct proxy *ways[HOSTS];

static void
say(const char *words)
{
	const char *reply = redislab_say(server, words);

	if (strcmp(reply, "OK") != 0)
		fprintf(stderr, "  %s: %s\n", words, reply);
}

static void
nothing(void)
{
}

static void
stop(void)
{
	redislab_signal(server, SIGSTOP);
}

static void
go_on(void)
{
	redislab_signal(server, SIGCONT);
}

static void
die(void)
{
	redislab_signal(server, SIGKILL);
}

static void
again(void)
{
	CHECK("again", redislab_again(server));
}

static void
die_and_restart(void)
{
	die();
	again();
}

static void
flush(void)
{
	say("FLUSHALL");
}

static void
fill(void)
{
	say("CONFIG SET maxmemory 1");
}

static void
make_room(void)
{
	say("CONFIG SET maxmemory 0");
}

static void
become_replica(void)
{
	say("REPLICAOF 127.0.0.1 1");
}

static void
become_master(void)
{
	say("REPLICAOF NO ONE");
}

static void
sleep_below_deadline(void)
{
	redislab_say(server, "DEBUG SLEEP 0.15");
}

static void
hang_up(void)
{
	redislab_say(server, "CLIENT KILL TYPE normal");
}

static void
delay_all(int ms)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		proxy_delay(ways[i], ms);
}

static void
slow(void)
{
	delay_all(HOSTS_DEADLINE / 10);
}

static void
too_slow(void)
{
	delay_all(HOSTS_DEADLINE);
}

static void
fast(void)
{
	delay_all(0);
}

static void
cut_one(void)
{
	proxy_drop(ways[2], true);
}

static void
cut_all(void)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		proxy_drop(ways[i], true);
}

static void
mend(void)
{
	int i;

	for (i = 0; i < HOSTS; i++)
		proxy_drop(ways[i], false);
}

static const struct disturbance rows[] = {
	{"nothing", nothing, nothing, 300, 0},
	{"slow", slow, fast, 1000, 0},
	{"asleep for a moment", sleep_below_deadline, nothing, 300, 0},
	{"connections cut", hang_up, nothing, 300, 0},
	{"stopped", stop, go_on, 2000, DEGRADES | LATE},
	{"too slow", too_slow, fast, 1000, DEGRADES | LATE},
	{"one host cut off", cut_one, mend, 1000, DEGRADES | LATE},
	{"all hosts cut off", cut_all, mend, 1000, DEGRADES | LATE},
	{"full", fill, make_room, 1000, DEGRADES},
	{"a replica", become_replica, become_master, 1000, DEGRADES},
	{"flushed", flush, nothing, 500, LOSES | PASSES},
	{"killed", die, again, 1000, LOSES | PASSES | DEGRADES},
	{"killed and back at once", die_and_restart, nothing, 500,
	    LOSES | PASSES | DEGRADES},
};

int
main(int argc, char **argv)
{
	static const char *const settings[] = {NULL};
	char *servers[HOSTS];
	struct hosts h;
	size_t i;

	server = redislab_start("--enable-debug-command yes");
	for (i = 0; i < HOSTS; i++) {
		ways[i] = proxy_new(redislab_port(server));
		servers[i] = mem_printf("\"127.0.0.1:%d\"",
		    proxy_port(ways[i]));
	}
	if (hosts_start(&h, "single", (const char *const *)servers, settings) &&
	    hosts_introduce(&h))
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (argc < 2 || strcmp(argv[1], rows[i].name) == 0)
				hosts_disturb(&h, &rows[i]);
	hosts_stop(&h, "stop");
	for (i = 0; i < HOSTS; i++)
		free(servers[i]);
	return test_end();
}
