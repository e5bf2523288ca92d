/* redis_look - who has what: the Sentinels' master, or a Cluster's map. */
#include "store/redis_keeper.h"

#include <stdio.h>
#include <string.h>

/* The master of a reply to get-master-addr-by-name. */
static bool
master_read(const struct reply *reply, struct redis_place *out)
{
	char text[REDIS_HOST_MAX + 16];
	struct span host, port;

	if (reply->kind != REPLY_LIST || reply->count != 2)
		return false;
	host = reply->item[0]->text;
	port = reply->item[1]->text;
	if (host.n == 0 || host.n >= REDIS_HOST_MAX || port.n > 5)
		return false;
	/* An IPv6 address comes without brackets. */
	snprintf(text, sizeof(text),
	    span_chr(host, ':') != host.n ? "[%.*s]:%.*s" : "%.*s:%.*s",
	    SPAN_ARG(host), SPAN_ARG(port));
	return place_parse(span_of(text), 0, out);
}

/* All records are at one place. */
static bool
master_assign(struct redis *r, const struct redis_place *place)
{
	short node_of[REDIS_TAGS];
	size_t i;
	int node;

	pthread_mutex_lock(&r->mutex);
	node = node_find(r, place);
	pthread_mutex_unlock(&r->mutex);
	if (node < 0)
		return false;
	for (i = 0; i < REDIS_TAGS; i++)
		node_of[i] = (short)node;
	keeper_assign(r, node_of);
	return true;
}

bool
sentinel_look(struct redis *r)
{
	const char *const question[] = {"SENTINEL", "get-master-addr-by-name",
	    r->master, NULL};
	struct redis_place place;
	struct wire *w;
	size_t i, at;
	bool found = false;

	for (i = 0; i < r->server_count && !found && !r->closing; i++) {
		at = (r->guide + i) % r->server_count;
		w = keeper_ask(r, &r->servers[at], r->sentinel_password,
		    question);
		if (w == NULL)
			continue;
		found = master_read(w->reply[w->asked - 1], &place);
		wire_close(w);
		if (found)
			r->guide = at;
	}
	if (found)
		return master_assign(r, &place);
	redis_trouble(r, SAID_UNREACHABLE,
	    span_of("no Sentinel names the master"), false, -1);
	return false;
}

struct map {
	struct redis *redis;
	const char *asked;		/* host that gave the map */
	short node_of[REDIS_TAGS];
	bool whole;
};

static void
map_range(void *context, unsigned first, unsigned last, struct span host,
    unsigned port)
{
	struct map *m = context;
	struct redis_place place = {.port = port};
	unsigned tag, slot;
	int node = -1;

	if (host.n == 0)
		host = span_of(m->asked);
	if (host.n >= sizeof(place.host)) {
		m->whole = false;
		return;
	}
	memcpy(place.host, host.p, host.n);
	for (tag = 0; tag < REDIS_TAGS; tag++) {
		slot = name_slot(tag);
		if (slot < first || slot > last)
			continue;
		if (node < 0)
			node = node_find(m->redis, &place);
		m->node_of[tag] = (short)node;
		m->whole &= node >= 0;
		if (node >= 0)
			m->redis->nodes[node].wanted = true;
	}
}

/* Asks one node for the map. */
static bool
map_look(struct redis *r, const struct redis_place *place)
{
	const char *const question[] = {"CLUSTER", "SLOTS", NULL};
	struct map m = {.redis = r, .asked = place->host, .whole = true};
	struct wire *w = keeper_ask(r, place, r->password, question);
	bool sound;
	size_t i;

	if (w == NULL)
		return false;
	for (i = 0; i < REDIS_TAGS; i++)
		m.node_of[i] = -1;
	pthread_mutex_lock(&r->mutex);
	sound = said_slots(w->reply[w->asked - 1], map_range, &m);
	pthread_mutex_unlock(&r->mutex);
	wire_close(w);
	if (!sound || !m.whole)
		return false;
	keeper_assign(r, m.node_of);
	return true;
}

/* Nodes that answered lately are asked first, then those of the settings. */
bool
cluster_look(struct redis *r)
{
	struct redis_place places[REDIS_NODES_MAX + REDIS_SERVERS_MAX];
	size_t count = 0, i;

	pthread_mutex_lock(&r->mutex);
	for (i = 0; i < r->node_count; i++)
		if (r->nodes[i].wanted && r->nodes[i].state == NODE_UP)
			places[count++] = r->nodes[i].place;
	pthread_mutex_unlock(&r->mutex);
	memcpy(places + count, r->servers,
	    r->server_count * sizeof(places[0]));
	count += r->server_count;
	for (i = 0; i < count && !r->closing; i++)
		if (map_look(r, &places[i]))
			return true;
	redis_trouble(r, SAID_UNREACHABLE,
	    span_of("no node of the Cluster tells its map"), false, -1);
	return false;
}
