/* redis_node - the servers of a back end, and connections to them. */
#include "store/redis_node.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "store/redis_script.h"
#include "store/thread.h"

/* What may fail while connecting in a batch before the keeper is asked. */
#define CONNECTS_MAX 2

bool
cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline)
{
	return thread_cond_wait(cond, mutex, deadline) == 0 ||
	    clock_steady() < deadline;
}

int64_t
redis_pause(struct redis *r, unsigned tries)
{
	int64_t pause = REDIS_PAUSE_FIRST;

	while (tries-- > 1 && pause < REDIS_PAUSE_MAX)
		pause *= 2;
	if (pause > REDIS_PAUSE_MAX)
		pause = REDIS_PAUSE_MAX;
	/* xorshift; hosts that lost a server together come back apart */
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return pause * 3 / 4 + (int64_t)(r->random % (uint64_t)(pause / 2));
}

void
redis_look(struct redis *r)
{
	if (r->kind == REDIS_SINGLE)
		return;
	r->look_at = 0;
	pthread_cond_signal(&r->work);
}

void
redis_trouble(struct redis *r, enum redis_kind_of_trouble kind,
    struct span words, bool refused, int64_t now)
{
	struct buf out;

	r->counts[kind]++;
	buf_init(&out, REDIS_TROUBLE_MAX - 1);
	text_escape(&out, words.n != 0 ? words : span_of(said_name(kind)));
	pthread_mutex_lock(&r->mutex);
	if (words.n != 0 || r->trouble[0] == '\0') {
		memcpy(r->trouble, buf_string(&out), out.n + 1);
		r->refused = refused;
	}
	if (r->reached && !refused && now >= 0) {
		r->reached = false;
		r->since = now;
	}
	pthread_mutex_unlock(&r->mutex);
	buf_done(&out);
}

void
redis_well(struct redis *r, bool wrote, int64_t now)
{
	pthread_mutex_lock(&r->mutex);
	if (!r->reached) {
		r->reached = true;
		r->since = now;
	}
	if (!r->refused || wrote) {
		r->trouble[0] = '\0';
		r->refused = false;
	}
	pthread_mutex_unlock(&r->mutex);
}

int
node_find(struct redis *r, const struct redis_place *place)
{
	struct redis_node *n;
	size_t i, unused = r->node_count;

	for (i = 0; i < r->node_count; i++) {
		n = &r->nodes[i];
		if (n->place.port == place->port &&
		    strcmp(n->place.host, place->host) == 0)
			return (int)i;
		if (!n->wanted && n->open == 0)
			unused = i;
	}
	if (unused == REDIS_NODES_MAX)
		return -1;
	n = &r->nodes[unused];
	if (unused == r->node_count) {
		thread_cond_init(&n->freed);
		r->node_count++;
	}
	n->place = *place;
	n->state = NODE_DOUBTED;
	n->wanted = false;
	n->late = n->probes = 0;
	n->probe_at = 0;
	n->policy[0] = '\0';
	return (int)unused;
}

void
node_drop(struct redis_node *n)
{
	struct wire *w;

	while ((w = n->idle) != NULL) {
		n->idle = w->next;
		n->open--;
		wire_close(w);
	}
	pthread_cond_broadcast(&n->freed);
}

void
node_doubt(struct redis *r, int node)
{
	struct redis_node *n = &r->nodes[node];

	if (n->state != NODE_UP)
		return;
	n->state = NODE_DOUBTED;
	n->probe_at = 0;
	node_drop(n);
	/* A master that is gone has a successor. */
	redis_look(r);
	pthread_cond_signal(&r->work);
}

/* The circuit breaker: a batch had no answer in time, or no connection. */
static void
node_late(struct redis *r, struct redis_node *n)
{
	/*
	 * A master that hangs is replaced, and does not know it when it wakes
	 * up: nobody uses it again before Sentinel has named it.
	 */
	if (r->kind == REDIS_SENTINEL) {
		node_doubt(r, (int)(n - r->nodes));
		return;
	}
	if (n->state != NODE_UP || ++n->late < REDIS_LATE_MAX)
		return;
	n->state = NODE_DOWN;
	n->probes = 1;
	n->probe_at = clock_steady() + redis_pause(r, 1);
	node_drop(n);
	redis_look(r);
	pthread_cond_broadcast(&r->news);
	pthread_cond_signal(&r->work);
}

/* Connects for a batch; the mutex is let go of meanwhile. */
static struct wire *
node_dial(struct redis *r, int node, int64_t deadline,
    enum redis_kind_of_trouble *kind)
{
	struct redis_node *n = &r->nodes[node];
	struct wire_address address = n->address;
	int64_t until = clock_steady() + r->connect_timeout;
	char trouble[REDIS_TROUBLE_MAX];
	struct wire *w;

	n->open++;
	pthread_mutex_unlock(&r->mutex);
	w = node_connect(r, &address, until < deadline ? until : deadline,
	    kind, trouble);
	pthread_mutex_lock(&r->mutex);
	if (w == NULL) {
		n->open--;
		pthread_cond_signal(&n->freed);
	}
	return w;
}

/* One that is idle and still stands. */
static struct wire *
node_idle(struct redis_node *n)
{
	struct wire *w;

	while ((w = n->idle) != NULL) {
		n->idle = w->next;
		if (wire_sound(w))
			return w;
		n->open--;
		wire_close(w);
		pthread_cond_signal(&n->freed);
	}
	return NULL;
}

struct wire *
node_take(struct redis *r, int node, int64_t deadline,
    enum redis_kind_of_trouble *kind)
{
	struct redis_node *n = &r->nodes[node];
	unsigned failed = 0;
	struct wire *w;

	for (;;) {
		*kind = SAID_UNREACHABLE;
		if (r->closing || n->state == NODE_DOWN)
			return NULL;
		*kind = SAID_MOVED;
		if (!n->wanted)
			return NULL;
		*kind = SAID_UNREACHABLE;
		if (n->state == NODE_DOUBTED) {
			if (!cond_wait(&r->news, &r->mutex, deadline))
				return NULL;
			continue;
		}
		w = node_idle(n);
		if (w != NULL)
			return w;
		*kind = SAID_CROWDED;
		if (n->open >= r->connections) {
			if (!cond_wait(&n->freed, &r->mutex, deadline))
				return NULL;
			continue;
		}
		w = node_dial(r, node, deadline, kind);
		if (w != NULL)
			return w;
		if (clock_steady() >= deadline) {
			node_late(r, n);
			return NULL;
		}
		node_doubt(r, node);
		if (++failed == CONNECTS_MAX)
			return NULL;
	}
}

void
node_give(struct redis *r, int node, struct wire *w)
{
	struct redis_node *n = &r->nodes[node];

	if (w->state == WIRE_DONE && n->state == NODE_UP && n->wanted) {
		n->late = 0;
		w->next = n->idle;
		n->idle = w;
		pthread_cond_signal(&n->freed);
		return;
	}
	n->open--;
	pthread_cond_signal(&n->freed);
	if (w->state == WIRE_LOST)
		node_doubt(r, node);
	if (w->state == WIRE_LATE)
		node_late(r, n);
	wire_close(w);
}
