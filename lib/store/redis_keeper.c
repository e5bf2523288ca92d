/* redis_keeper - where the servers are and whether they answer. */
#include "store/redis_keeper.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/thread.h"

/*
 * The design needs noeviction.  All that is kept has an expiry, so volatile-*
 * would evict too, and first what is over soonest: buckets, and the marks that
 * keep writes from counting twice.  Losing these unseen is worse than writes
 * that fail when the memory is full, which the bridge keeps and tells.
 */
static const char good_policy[] = "noeviction";

/* What CONFIG GET or INFO memory say of the policy; the empty span: nothing. */
static struct span
policy_read(const struct wire *w)
{
	static const char label[] = "\nmaxmemory_policy:";
	const struct reply *config = w->reply[0], *info = w->reply[1];
	struct span rest, line = {NULL, 0};

	if (config->kind == REPLY_LIST && config->count == 2)
		return config->item[1]->text;
	if (info->kind != REPLY_TEXT)
		return line;
	rest = span_skip(info->text, span_find(info->text,
	    span_make(label, sizeof(label) - 1)));
	rest = span_skip(rest, sizeof(label) - 1);
	span_cut(&rest, '\n', &line);
	return span_trim(line);
}

static void
policy_check(struct wire *w, int64_t deadline, const char *where,
    char out[REDIS_TROUBLE_MAX])
{
	struct span policy;

	out[0] = '\0';
	wire_begin(w);
	wire_say(w, (const char *const[]){"CONFIG", "GET", "maxmemory-policy",
			NULL});
	wire_say(w, (const char *const[]){"INFO", "memory", NULL});
	wire_exchange(&w, 1, deadline);
	if (w->state != WIRE_DONE)
		return;
	policy = policy_read(w);
	if (policy.n == 0)
		snprintf(out, REDIS_TROUBLE_MAX, "%.60s does not tell its "
		    "maxmemory-policy, which has to be %s: allow us "
		    "+config|get or +info", where, good_policy);
	else if (!span_is(policy, good_policy))
		snprintf(out, REDIS_TROUBLE_MAX, "%.60s has maxmemory-policy "
		    "%.*s, which loses counters when memory is full: set %s",
		    where, SPAN_ARG(span_head(policy, 20)), good_policy);
}

/* What one probe found. */
struct probe {
	struct redis_place place;
	struct wire_address address;
	struct wire *wire;		/* NULL: it failed */
	enum redis_kind_of_trouble kind;
	char words[REDIS_TROUBLE_MAX];
	char policy[REDIS_TROUBLE_MAX];
};

static void
probe_run(struct redis *r, struct probe *p)
{
	struct wire_address addresses[REDIS_ADDRESSES_MAX];
	size_t n = place_resolve(&p->place, addresses), i;
	char said[REDIS_TROUBLE_MAX] = "unknown host";
	char where[REDIS_PLACE_TEXT];
	int64_t deadline = clock_steady();

	place_text(&p->place, where);
	p->kind = SAID_UNREACHABLE;
	for (i = 0; i < n && p->wire == NULL; i++) {
		deadline = clock_steady() + r->connect_timeout;
		p->address = addresses[i];
		p->wire = node_connect(r, &addresses[i], deadline, &p->kind,
		    said);
	}
	if (p->wire != NULL)
		policy_check(p->wire, deadline, where, p->policy);
	else
		snprintf(p->words, sizeof(p->words), "%.80s: %.70s", where,
		    said);
}

static void
probe_passed(struct redis *r, struct redis_node *n, struct probe *p)
{
	n->state = NODE_UP;
	n->address = p->address;
	n->late = n->probes = 0;
	memcpy(n->policy, p->policy, sizeof(n->policy));
	n->probe_at = clock_steady() + KEEPER_POLICY_MS;
	if (p->wire->state == WIRE_DONE && n->open < r->connections) {
		n->open++;
		p->wire->next = n->idle;
		n->idle = p->wire;
		p->wire = NULL;
	}
}

/* Probes a node; the mutex is held, and let go of meanwhile. */
static void
keeper_probe(struct redis *r, struct redis_node *n)
{
	struct probe p = {.place = n->place};

	pthread_mutex_unlock(&r->mutex);
	probe_run(r, &p);
	if (p.wire == NULL)
		redis_trouble(r, p.kind, span_of(p.words), false, -1);
	else if (r->kind == REDIS_SENTINEL)
		/* While it took its time another may have become master. */
		sentinel_look(r);
	pthread_mutex_lock(&r->mutex);
	/* Its place in the table may be another's by now. */
	if (strcmp(n->place.host, p.place.host) == 0 &&
	    n->place.port == p.place.port) {
		if (p.wire != NULL) {
			if (n->wanted)
				probe_passed(r, n, &p);
		} else if (n->state == NODE_UP) {
			node_doubt(r, (int)(n - r->nodes));
		} else {
			n->state = NODE_DOWN;
			n->probe_at = clock_steady() +
			    redis_pause(r, ++n->probes);
			/* Whoever was a master may be one no more. */
			if (r->look_at > n->probe_at &&
			    r->kind != REDIS_SINGLE)
				r->look_at = n->probe_at;
		}
	}
	pthread_cond_broadcast(&r->news);
	wire_close(p.wire);
}

void
keeper_assign(struct redis *r, const short node_of[REDIS_TAGS])
{
	size_t i;

	pthread_mutex_lock(&r->mutex);
	for (i = 0; i < r->node_count; i++)
		r->nodes[i].wanted = false;
	for (i = 0; i < REDIS_TAGS; i++) {
		r->node_of[i] = node_of[i];
		if (node_of[i] >= 0)
			r->nodes[node_of[i]].wanted = true;
	}
	for (i = 0; i < r->node_count; i++) {
		if (r->nodes[i].wanted)
			continue;
		node_drop(&r->nodes[i]);
		if (r->nodes[i].state == NODE_UP)
			r->nodes[i].state = NODE_DOUBTED;
	}
	pthread_mutex_unlock(&r->mutex);
}

struct wire *
keeper_ask(struct redis *r, const struct redis_place *place,
    const char *password, const char *const *question)
{
	struct wire_address addresses[REDIS_ADDRESSES_MAX];
	size_t n = place_resolve(place, addresses), i;
	int64_t deadline = 0;
	struct wire *w = NULL;

	for (i = 0; i < n && w == NULL; i++) {
		deadline = clock_steady() + r->connect_timeout;
		w = wire_open(&addresses[i], deadline);
	}
	if (w == NULL)
		return NULL;
	wire_begin(w);
	if (password[0] != '\0' && r->kind != REDIS_SENTINEL &&
	    r->user[0] != '\0')
		wire_say(w, (const char *const[]){"AUTH", r->user, password,
				NULL});
	else if (password[0] != '\0')
		wire_say(w, (const char *const[]){"AUTH", password, NULL});
	wire_say(w, question);
	wire_exchange(&w, 1, deadline);
	if (w->state == WIRE_DONE &&
	    w->reply[w->asked - 1]->kind != REPLY_ERROR)
		return w;
	if (w->state == WIRE_DONE)
		redis_trouble(r, said_find(w->reply[w->asked - 1]->text),
		    w->reply[w->asked - 1]->text, false, -1);
	wire_close(w);
	return NULL;
}

/* Looks for who has what; the mutex is held, and let go of meanwhile. */
static void
keeper_look(struct redis *r)
{
	int64_t period = r->kind == REDIS_SENTINEL ? KEEPER_SENTINEL_MS
	    : KEEPER_CLUSTER_MS;
	bool found;

	r->look_at = INT64_MAX;
	pthread_mutex_unlock(&r->mutex);
	found = r->kind == REDIS_SENTINEL ? sentinel_look(r) : cluster_look(r);
	pthread_mutex_lock(&r->mutex);
	r->looks = found ? 0 : r->looks + 1;
	r->looking = false;
	/* An error meanwhile may have asked for another look, but not at once:
	 * a Cluster takes its time as well. */
	if (!found)
		r->look_at = clock_steady() + redis_pause(r, r->looks);
	else if (r->look_at == 0)
		r->look_at = clock_steady() + REDIS_PAUSE_FIRST;
	else
		r->look_at = clock_steady() + period;
	pthread_cond_broadcast(&r->news);
}

/* The node that is to be probed first, or NULL. */
static struct redis_node *
keeper_next(struct redis *r)
{
	struct redis_node *n, *first = NULL;
	size_t i;

	for (i = 0; i < r->node_count; i++) {
		n = &r->nodes[i];
		if (n->wanted &&
		    (n->state != NODE_UP || n->policy[0] != '\0') &&
		    (first == NULL || n->probe_at < first->probe_at))
			first = n;
	}
	return first;
}

static void *
keeper_main(void *argument)
{
	struct redis *r = argument;
	struct redis_node *n;
	int64_t now, until;
	bool left;

	pthread_mutex_lock(&r->mutex);
	while (!r->closing) {
		now = clock_steady();
		if (r->look_at <= now) {
			keeper_look(r);
			continue;
		}
		n = keeper_next(r);
		if (n != NULL && n->probe_at <= now) {
			keeper_probe(r, n);
			continue;
		}
		until = n != NULL && n->probe_at < r->look_at ? n->probe_at
		    : r->look_at;
		if (until == INT64_MAX)
			pthread_cond_wait(&r->work, &r->mutex);
		else
			cond_wait(&r->work, &r->mutex, until);
	}
	r->ended = true;
	left = r->left;
	pthread_cond_broadcast(&r->news);
	pthread_mutex_unlock(&r->mutex);
	if (left)
		redis_free(r);
	return NULL;
}

bool
redis_keeper_start(struct redis *r)
{
	return thread_start(&r->keeper, keeper_main, r) == 0;
}

void
redis_keeper_stop(struct redis *r)
{
	int64_t until = clock_steady() + KEEPER_STOP_MS;
	pthread_t keeper = r->keeper;
	bool left;

	pthread_mutex_lock(&r->mutex);
	r->closing = true;
	pthread_cond_signal(&r->work);
	pthread_cond_broadcast(&r->news);
	while (!r->ended && cond_wait(&r->news, &r->mutex, until))
		;
	left = r->left = !r->ended;
	pthread_mutex_unlock(&r->mutex);
	if (left) {
		pthread_detach(keeper);
		return;
	}
	pthread_join(keeper, NULL);
	redis_free(r);
}
