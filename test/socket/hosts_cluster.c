/*
 * hosts_cluster - three daemons that share a Cluster of three nodes, of which
 * some stop, restart or die, and whose slots move, under load.
 */
#include "test/socket/hosts.h"

#include <hiredis/hiredis.h>
#include <signal.h>

#include "base/mem.h"
#include "store/redis_name.h"

#define NODES 3

static int first;	/* of the nodes */
static int victim;	/* which of them a row is about */

static void
next(void)
{
	victim = first + (victim - first + 1) % NODES;
}

static bool
together(void)
{
	int i;

	for (i = 0; i < NODES; i++)
		if (!CHECK("together", redislab_until(first + i,
		    "CLUSTER INFO", "cluster_state:ok", LAB_WAIT)))
			return false;
	return true;
}

static void
stop(void)
{
	next();
	redislab_signal(victim, SIGSTOP);
}

static void
go_on(void)
{
	redislab_signal(victim, SIGCONT);
	together();
}

/* It writes its file before it ends. */
static void
shut_down(void)
{
	next();
	redislab_say(victim, "SHUTDOWN SAVE");
	redislab_signal(victim, SIGTERM);
}

static void
again(void)
{
	CHECK("again", redislab_again(victim));
	together();
}

/* With a file that is some moments old. */
static void
die(void)
{
	next();
	CHECK("saves", strcmp(redislab_say(victim, "SAVE"), "OK") == 0);
	lab_sleep(300);
	redislab_signal(victim, SIGKILL);
}

static void
set_slot(int server, unsigned slot, const char *what, const char *id)
{
	char words[128];

	snprintf(words, sizeof(words), "CLUSTER SETSLOT %u %s %s", slot, what,
	    id);
	CHECK(words, strcmp(redislab_say(server, words), "OK") == 0);
}

/* Some keys of a slot; how many there were, or -1. */
static int
migrate_some(redisContext *c, int to, unsigned slot)
{
	redisReply *keys, *done;
	int n = -1;
	size_t i;

	keys = redisCommand(c, "CLUSTER GETKEYSINSLOT %u 50", slot);
	if (keys != NULL && keys->type == REDIS_REPLY_ARRAY)
		n = (int)keys->elements;
	for (i = 0; n > 0 && i < keys->elements; i++) {
		done = redisCommand(c, "MIGRATE 127.0.0.1 %d %b 0 5000",
		    redislab_port(to), keys->element[i]->str,
		    keys->element[i]->len);
		if (done == NULL || done->type == REDIS_REPLY_ERROR)
			n = -1;
		freeReplyObject(done);
	}
	freeReplyObject(keys);
	return n;
}

/* All keys of a slot: new ones are made elsewhere already. */
static void
migrate(int from, int to, unsigned slot)
{
	redisContext *c = redisConnect("127.0.0.1", redislab_port(from));
	int n = -1;

	while (c != NULL && c->err == 0 &&
	    (n = migrate_some(c, to, slot)) > 0)
		;
	CHECK("migrated", n == 0);
	redisFree(c);
}

/* The slots of our tags that the first node has, and no others. */
static void
move_slots(void)
{
	int from = first, to = first + 1, i, moved = 0;
	char from_id[64], to_id[64];
	unsigned tag, slot;

	snprintf(from_id, sizeof(from_id), "%s",
	    redislab_say(from, "CLUSTER MYID"));
	snprintf(to_id, sizeof(to_id), "%s", redislab_say(to, "CLUSTER MYID"));
	for (tag = 0; tag < REDIS_TAGS; tag++) {
		slot = name_slot(tag);
		if (slot >= REDIS_SLOTS / NODES)
			continue;
		set_slot(to, slot, "IMPORTING", from_id);
		set_slot(from, slot, "MIGRATING", to_id);
		migrate(from, to, slot);
		for (i = 0; i < NODES; i++)
			set_slot(first + (i + 1) % NODES, slot, "NODE",
			    to_id);
		moved++;
	}
	CHECK("moved", moved > REDIS_TAGS / NODES / 2);
}

static void
nothing(void)
{
}

static const struct disturbance rows[] = {
	{"nothing", nothing, nothing, 300, 0},
	{"node stopped", stop, go_on, 1000, DEGRADES | LATE},
	{"node restarted", shut_down, again, 500, DEGRADES},
	{"node killed", die, again, 500, LAGS | DEGRADES},
	{"slots moved", move_slots, nothing, 300, EITHER},
};

int
main(int argc, char **argv)
{
	static const char *const settings[] = {NULL};
	struct hosts h;
	char *all;
	size_t i;

	victim = first = redislab_cluster(NODES, "");
	all = mem_printf("{ \"%s\", \"%s\" }", redislab_address(first),
	    redislab_address(first + 1));
	if (hosts_start(&h, "cluster", (const char *const[]){all, all, all},
	    settings) && hosts_introduce(&h))
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (argc < 2 || strcmp(argv[1], rows[i].name) == 0)
				hosts_disturb(&h, &rows[i]);
	hosts_stop(&h, "stop");
	free(all);
	return test_end();
}
