/* redis - the back end that several hosts share. */
#include "store/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/bridge.h"
#include "store/redis_keeper.h"
#include "store/redis_run.h"
#include "store/redis_walk.h"
#include "store/thread.h"

#define PORT_REDIS 6379
#define PORT_SENTINEL 26379
#define FIGURES_MS 1000		/* how old they may be */
#define FIGURES_WAIT_MS 250	/* for those of one server */

static void
redis_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	struct redis_item items[STORE_CARRY_MAX];
	struct redis *r = state;
	size_t i, n = 0;

	for (i = 0; i < count && n < STORE_CARRY_MAX; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		items[n++] = (struct redis_item){.op = &ops[i],
		    .tag = name_tag(ops[i].key), .asked = -1};
	}
	if (n > 0)
		redis_carry(r, items, n, now, deadline);
}

/* The number behind "name:" in a reply to INFO, or 0. */
static int64_t
info_number(const struct reply *info, const char *name)
{
	struct span rest = info->text, line;
	size_t n = strlen(name);
	int64_t number;

	while (span_cut(&rest, '\n', &line))
		if (span_starts(line, name) && line.n > n &&
		    line.p[n] == ':' &&
		    text_number(span_trim(span_skip(line, n + 1)), &number))
			return number;
	return 0;
}

/* Adds what one server has; the mutex is held, and let go of meanwhile. */
static void
figures_add(struct redis *r, int node, struct store_figures *sum)
{
	int64_t deadline = clock_steady() + FIGURES_WAIT_MS;
	enum redis_kind_of_trouble kind;
	struct wire *w = node_take(r, node, deadline, &kind);

	if (w == NULL)
		return;
	pthread_mutex_unlock(&r->mutex);
	wire_begin(w);
	wire_say(w, (const char *const[]){"DBSIZE", NULL});
	wire_say(w, (const char *const[]){"INFO", "memory", NULL});
	wire_say(w, (const char *const[]){"INFO", "stats", NULL});
	wire_exchange(&w, 1, deadline);
	if (w->state == WIRE_DONE) {
		sum->keys += w->reply[0]->number;
		sum->bytes += info_number(w->reply[1], "used_memory");
		sum->limit += info_number(w->reply[1], "maxmemory");
		sum->swept += info_number(w->reply[2], "expired_keys");
	}
	pthread_mutex_lock(&r->mutex);
	node_give(r, node, w);
}

/* Asked for by people and their graphs, never by a message. */
static void
redis_figures(void *state, struct store_figures *out)
{
	struct redis *r = state;
	struct store_figures sum = {0};
	size_t i;

	pthread_mutex_lock(&r->mutex);
	if (clock_steady() - r->figures_at >= FIGURES_MS) {
		for (i = 0; i < r->node_count; i++)
			if (r->nodes[i].wanted)
				figures_add(r, (int)i, &sum);
		r->figures = sum;
		r->figures_at = clock_steady();
	}
	*out = r->figures;
	pthread_mutex_unlock(&r->mutex);
	out->full = r->counts[SAID_OOM];
	out->late = r->counts[SAID_LATE];
	out->crowded = r->counts[SAID_CROWDED];
	for (i = 0; i < SAIDS; i++) {
		out->troubles[i].kind =
		    said_name((enum redis_kind_of_trouble)i);
		out->troubles[i].count = r->counts[i];
	}
	out->troubles[SAIDS].kind = NULL;
}

static void
redis_health(void *state, struct store_health *out)
{
	struct redis *r = state;
	const char *words;
	size_t i;

	pthread_mutex_lock(&r->mutex);
	words = r->trouble;
	for (i = 0; i < r->node_count && words[0] == '\0'; i++)
		if (r->nodes[i].wanted)
			words = r->nodes[i].policy;
	snprintf(out->trouble, sizeof(out->trouble), "%s", words);
	out->name = "redis";
	out->shared = true;
	out->reached = r->reached;
	out->since = r->since;
	pthread_mutex_unlock(&r->mutex);
}

void
redis_free(struct redis *r)
{
	size_t i;

	for (i = 0; i < r->node_count; i++) {
		node_drop(&r->nodes[i]);
		pthread_cond_destroy(&r->nodes[i].freed);
	}
	pthread_cond_destroy(&r->news);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->mutex);
	free(r->master);
	free(r->user);
	free(r->password);
	free(r->sentinel_password);
	free(r->prefix);
	free(r);
}

static void
redis_close(void *state)
{
	redis_keeper_stop(state);
}

static char *
string_copy(const char *s)
{
	struct span copy = span_of(s);

	return mem_copy(copy.p, copy.n);
}

static struct redis *
redis_new(const struct redis_settings *s)
{
	struct redis *r = mem_alloc(sizeof(*r));
	size_t i;

	r->kind = s->kind;
	r->master = string_copy(s->master);
	r->user = string_copy(s->user);
	r->password = string_copy(s->password);
	r->sentinel_password = string_copy(s->sentinel_password);
	r->prefix = string_copy(s->prefix);
	r->database = s->database;
	r->connect_timeout = s->connect_timeout;
	r->connections = (size_t)s->connections;
	pthread_mutex_init(&r->mutex, NULL);
	thread_cond_init(&r->news);
	thread_cond_init(&r->work);
	for (i = 0; i < REDIS_TAGS; i++)
		r->node_of[i] = -1;
	r->looking = s->kind != REDIS_SINGLE;
	r->look_at = r->looking ? 0 : INT64_MAX;
	r->figures_at = -FIGURES_MS;
	/* Without chance hosts come back at the same time, and no worse. */
	if (getrandom(&r->random, sizeof(r->random), GRND_NONBLOCK) < 0)
		r->random = (uintptr_t)r;
	r->random |= 1;
	return r;
}

static int
settings_check(const struct redis_settings *s, struct error *error)
{
	if (s->tls && reply_no_tls() != NULL)
		return error_set(error, "redis.tls: %s", reply_no_tls());
	if (s->server_count == 0)
		return error_set(error, "redis.servers: name at least one");
	if (s->server_count > REDIS_SERVERS_MAX)
		return error_set(error, "redis.servers: more than %d",
		    REDIS_SERVERS_MAX);
	if (s->kind == REDIS_SINGLE && s->server_count != 1)
		return error_set(error, "redis.servers: kind single has one "
		    "server; several are for Sentinel or a Cluster");
	if (!name_prefix_good(span_of(s->prefix)))
		return error_set(error, "redis.prefix: 1 to %d printable "
		    "characters without braces", REDIS_PREFIX_MAX);
	if (s->kind == REDIS_CLUSTER && s->database != 0)
		return error_set(error, "redis.database: a Cluster has but 0");
	if (s->user[0] != '\0' &&
	    span_of(s->password).n == 0)
		return error_set(error, "redis.user: needs a password");
	if (s->connections < 1 || s->connect_timeout < 1)
		return error_set(error, "redis.connections, connect_timeout: "
		    "must be positive");
	return 0;
}

static int
servers_read(struct redis *r, const struct redis_settings *s,
    struct error *error)
{
	unsigned port = s->kind == REDIS_SENTINEL ? PORT_SENTINEL : PORT_REDIS;
	size_t i;
	int node;

	for (i = 0; i < s->server_count; i++)
		if (!place_parse(span_of(s->servers[i]), port, &r->servers[i]))
			return error_set(error, "redis.servers: \"%s\" is not "
			    "host:port, [ip6]:port or unix:/path",
			    s->servers[i]);
	r->server_count = s->server_count;
	if (s->kind != REDIS_SINGLE)
		return 0;
	node = node_find(r, &r->servers[0]);
	for (i = 0; i < REDIS_TAGS; i++)
		r->node_of[i] = (short)node;
	r->nodes[node].wanted = true;
	return 0;
}

struct store_part
redis_open(const struct redis_settings *settings, struct error *error)
{
	static const struct store_backend backend = {
	    .name = "redis",
	    .later = true,
	    .run = redis_run,
	    .figures = redis_figures,
	    .close = redis_close,
	    .health = redis_health,
	    .walk = redis_walk,
	    .restore = redis_restore,
	};
	struct redis *r;

	if (settings_check(settings, error) < 0)
		return (struct store_part){NULL, NULL};
	r = redis_new(settings);
	if (servers_read(r, settings, error) == 0) {
		if (redis_keeper_start(r))
			return (struct store_part){&backend, r};
		error_set(error, "redis: no thread could be started");
	}
	redis_free(r);
	return (struct store_part){NULL, NULL};
}

struct store *
store_redis(const struct redis_settings *settings,
    const struct bridge_settings *bridge, struct error *error)
{
	struct store_part part = redis_open(settings, error);

	if (part.backend == NULL)
		return NULL;
	return bridge != NULL ? bridge_open(part, bridge, error)
	    : store_new(part.backend, part.state);
}
