/* redis_run - carries a batch out. */
#include "store/redis_run.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"

/* One server in a round. */
struct lane {
	int node;
	struct wire *wire;		/* NULL: there is none */
	enum redis_kind_of_trouble kind;	/* why */
};

struct round {
	struct redis *redis;
	struct redis_item *items;
	size_t count;
	int64_t now, deadline;
	size_t groups, lanes;
	bool pause;			/* before the next round */
	/* what to tell the operator */
	enum redis_kind_of_trouble kind;
	struct span words;
	bool troubled, refused;
	char words_of[REDIS_TROUBLE_MAX];
	/* the first of them are in use, the others not even zeroed */
	struct redis_group group[STORE_CARRY_MAX];
	struct lane lane[STORE_CARRY_MAX];
};

static void
round_trouble(struct round *t, enum redis_kind_of_trouble kind,
    struct span words, bool refused)
{
	if (t->troubled && !(t->refused && !refused)) {
		t->redis->counts[kind]++;
		return;
	}
	words = span_head(words, sizeof(t->words_of));
	if (words.n != 0)
		memcpy(t->words_of, words.p, words.n);
	if (t->troubled)
		t->redis->counts[t->kind]++;
	t->words = span_make(t->words_of, words.n);
	t->kind = kind;
	t->troubled = true;
	t->refused = refused;
}

static bool
group_takes(const struct round *t, const struct redis_group *g,
    const struct redis_item *item, int node)
{
	const struct redis_item *first = group_item(g, 0);

	if (g->node != node || g->asking != (item->asked >= 0) ||
	    g->whole != item->whole || g->plain != item->plain ||
	    item->alone || first->alone)
		return false;
	return t->redis->kind != REDIS_CLUSTER || first->tag == item->tag;
}

static void
group_add(struct round *t, struct redis_item *item, int node)
{
	struct redis_group *g;
	size_t i;

	for (i = 0; i < t->groups; i++)
		if (group_takes(t, &t->group[i], item, node))
			break;
	g = &t->group[i];
	if (i == t->groups) {
		t->groups++;
		g->node = node;
		g->items = t->items;
		g->count = 0;
		g->asking = item->asked >= 0;
		g->whole = item->whole;
		g->plain = item->plain;
	}
	g->number[g->count++] = (unsigned char)(item - t->items);
}

static void
lane_add(struct round *t, int node)
{
	size_t i, at = 0;

	/* All take connections in the order of the nodes, so that no two wait
	 * for each other. */
	while (at < t->lanes && t->lane[at].node < node)
		at++;
	if (at < t->lanes && t->lane[at].node == node)
		return;
	for (i = t->lanes++; i > at; i--)
		t->lane[i] = t->lane[i - 1];
	t->lane[at] = (struct lane){.node = node};
}

/* Waits for the keeper's first word of who has what; the mutex is held. */
static int
node_for(struct round *t, const struct redis_item *item)
{
	struct redis *r = t->redis;

	if (item->asked >= 0)
		return item->asked;
	while (r->node_of[item->tag] < 0 && r->looking && !r->closing)
		if (!cond_wait(&r->news, &r->mutex, t->deadline))
			break;
	return r->node_of[item->tag];
}

/* Sorts what is left to do; the mutex is held. */
static void
round_plan(struct round *t)
{
	size_t i;
	int node;

	t->groups = t->lanes = 0;
	for (i = 0; i < t->count; i++) {
		if (t->items[i].done)
			continue;
		node = node_for(t, &t->items[i]);
		if (node < 0) {
			item_fail(&t->items[i], TROUBLE_UNREACHED);
			round_trouble(t, SAID_UNREACHABLE,
			    span_make(NULL, 0), false);
			continue;
		}
		group_add(t, &t->items[i], node);
		lane_add(t, node);
	}
}

static struct lane *
lane_of(struct round *t, int node)
{
	size_t i = 0;

	while (t->lane[i].node != node)
		i++;
	return &t->lane[i];
}

/* Takes connections, writes the commands, sends and waits. */
static void
round_exchange(struct round *t)
{
	struct wire *wires[STORE_CARRY_MAX];
	struct redis *r = t->redis;
	struct redis_group *g;
	struct lane *lane;
	size_t i, n = 0;

	pthread_mutex_lock(&r->mutex);
	round_plan(t);
	for (i = 0; i < t->lanes; i++) {
		lane = &t->lane[i];
		lane->wire = node_take(r, lane->node, t->deadline, &lane->kind);
		if (lane->wire == NULL)
			continue;
		wire_begin(lane->wire);
		wires[n++] = lane->wire;
	}
	pthread_mutex_unlock(&r->mutex);
	for (i = 0; i < t->groups; i++) {
		g = &t->group[i];
		lane = lane_of(t, g->node);
		if (lane->wire == NULL)
			continue;
		group_write(r, g, lane->wire, t->now);
		g->reply = lane->wire->asked - 1;
	}
	wire_exchange(wires, n, t->deadline);
}

/* "MOVED" or "ASK" to a node; false when there is nothing to follow. */
static bool
item_redirect(struct round *t, struct redis_item *item, const char *host,
    struct span error, bool ask)
{
	struct redis *r = t->redis;
	struct redis_place place = {.port = 0};
	struct redis_redirect to;
	int node;

	if (r->kind != REDIS_CLUSTER || !said_redirect(error, &to))
		return false;
	if (to.host.n == 0)
		to.host = span_of(host);
	if (to.host.n >= sizeof(place.host))
		return false;
	memcpy(place.host, to.host.p, to.host.n);
	place.port = to.port;
	pthread_mutex_lock(&r->mutex);
	node = node_find(r, &place);
	if (node >= 0) {
		r->nodes[node].wanted = true;
		item->asked = ask ? node : -1;
		if (!ask && to.slot == name_slot(item->tag))
			r->node_of[item->tag] = (short)node;
		if (r->nodes[node].state != NODE_UP)
			pthread_cond_signal(&r->work);
	}
	if (!ask)
		redis_look(r);
	pthread_mutex_unlock(&r->mutex);
	return node >= 0;
}

/* An error of a whole script: it was not run.  True: it will be, later. */
static bool
item_retry(struct round *t, struct redis_item *item, int node,
    enum redis_kind_of_trouble kind, struct span error)
{
	const char *host = t->redis->nodes[node].place.host;

	switch (kind) {
	case SAID_NOSCRIPT:
		/* In full it is left there as well. */
		return !item->whole && (item->whole = true);
	case SAID_MOVED:
		return item_redirect(t, item, host, error, false);
	case SAID_ASK:
		return item_redirect(t, item, host, error, true);
	case SAID_TRYAGAIN:
		/* Keys of it are on two nodes; what has but one gets through.
		 * A mark stays with its record: counting twice is worse. */
		item->alone = t->pause = true;
		item->asked = -1;
		return item->again++ < REDIS_AGAIN_MAX;
	default:
		return false;
	}
}

static void
group_error(struct round *t, struct redis_group *g, struct span error)
{
	enum redis_kind_of_trouble kind = said_find(error);
	bool failed = false;
	size_t i;

	if (kind == SAID_MOVED && t->redis->kind != REDIS_CLUSTER)
		error = span_of("the server is part of a Cluster: "
		    "redis.kind must say so");
	for (i = 0; i < g->count; i++) {
		if (item_retry(t, group_item(g, i), g->node, kind, error))
			continue;
		item_fail(group_item(g, i), said_trouble(kind));
		failed = true;
	}
	if (failed)
		round_trouble(t, kind, error,
		    said_trouble(kind) == TROUBLE_REFUSED);
	else
		t->redis->counts[kind]++;
	if (kind == SAID_CLUSTERDOWN) {
		pthread_mutex_lock(&t->redis->mutex);
		redis_look(t->redis);
		pthread_mutex_unlock(&t->redis->mutex);
	}
}

/* The connection gave no reply: late, or lost. */
static void
group_unanswered(struct round *t, struct redis_group *g, const struct wire *w)
{
	bool lost = w->state == WIRE_LOST, again, failed = false;
	struct redis_item *item;
	size_t i;

	for (i = 0; i < g->count; i++) {
		item = group_item(g, i);
		again = w->sent == 0 || op_repeatable(item->op);
		item->maybe |= w->sent != 0 && item->op->verb != STORE_GET;
		item->asked = -1;
		if (lost && again && item->lost++ < REDIS_LOST_MAX)
			continue;
		item_fail(item, w->sent == 0 ? TROUBLE_UNREACHED
					      : TROUBLE_UNKNOWN);
		failed = true;
	}
	if (failed)
		round_trouble(t, lost ? SAID_LOST : SAID_LATE,
		    span_of(lost ? "the connection was lost"
				 : "no answer in time"), false);
	else
		t->redis->counts[SAID_LOST]++;
}

/* There was no connection. */
static void
group_unsent(struct round *t, struct redis_group *g,
    enum redis_kind_of_trouble kind)
{
	size_t i;

	for (i = 0; i < g->count; i++) {
		if (kind == SAID_MOVED)
			group_item(g, i)->asked = -1;
		else
			item_fail(group_item(g, i), TROUBLE_UNREACHED);
	}
	if (kind != SAID_MOVED)
		round_trouble(t, kind, span_make(NULL, 0), false);
}

/* A master that Sentinel has dismissed refuses writes: ask who is one now. */
static bool
item_dismissed(struct round *t, struct redis_item *item, int node,
    enum redis_kind_of_trouble kind)
{
	if (kind != SAID_READONLY || t->redis->kind == REDIS_SINGLE ||
	    item->lost++ >= REDIS_LOST_MAX)
		return false;
	item->done = false;
	item->op->answer = STORE_UNASKED;
	pthread_mutex_lock(&t->redis->mutex);
	node_doubt(t->redis, node);
	pthread_mutex_unlock(&t->redis->mutex);
	return true;
}

static void
group_answers(struct round *t, struct redis_group *g, const struct reply *reply)
{
	enum redis_kind_of_trouble kind;
	size_t i;

	if (reply->kind == REPLY_ERROR) {
		group_error(t, g, reply->text);
		return;
	}
	for (i = 0; i < g->count; i++) {
		if (reply->kind != REPLY_LIST || i >= reply->count) {
			item_fail(group_item(g, i), TROUBLE_UNKNOWN);
			continue;
		}
		if (item_answer(group_item(g, i), reply->item[i], t->now,
			&kind))
			continue;
		if (item_dismissed(t, group_item(g, i), g->node, kind))
			t->redis->counts[kind]++;
		else
			round_trouble(t, kind, reply->item[i]->text, true);
	}
}

static void
round_answers(struct round *t)
{
	struct redis_group *g;
	struct lane *lane;
	size_t i;

	for (i = 0; i < t->groups; i++) {
		g = &t->group[i];
		lane = lane_of(t, g->node);
		if (lane->wire != NULL && g->reply < lane->wire->answered) {
			group_answers(t, g, lane->wire->reply[g->reply]);
		} else if (lane->wire != NULL) {
			group_unanswered(t, g, lane->wire);
		} else {
			group_unsent(t, g, lane->kind);
		}
	}
	pthread_mutex_lock(&t->redis->mutex);
	for (i = 0; i < t->lanes; i++)
		if (t->lane[i].wire != NULL)
			node_give(t->redis, t->lane[i].node, t->lane[i].wire);
	pthread_mutex_unlock(&t->redis->mutex);
}

static bool
round_over(const struct round *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!t->items[i].done)
			return false;
	return true;
}

/* What the rounds left is not answered. */
static void
round_close(struct round *t)
{
	bool wrote = false;
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (!t->items[i].done) {
			item_fail(&t->items[i], TROUBLE_UNREACHED);
			round_trouble(t, SAID_LATE,
			    span_of("no time left for another try"), false);
		}
		wrote |= t->items[i].op->verb != STORE_GET;
	}
	if (t->troubled)
		redis_trouble(t->redis, t->kind, t->words, t->refused, t->now);
	else
		redis_well(t->redis, wrote, t->now);
}

/*
 * Most of a batch is reads, and the script costs several times what MGET does.
 * A read stays in its place among the writes of its key, or tag.
 */
static void
find_plain(struct redis_item *items, size_t count)
{
	bool written[REDIS_TAGS] = {false};
	size_t i;

	for (i = 0; i < count; i++)
		if (items[i].op->verb != STORE_GET)
			written[items[i].tag] = true;
	for (i = 0; i < count; i++)
		items[i].plain = !written[items[i].tag];
}

void
redis_carry(struct redis *r, struct redis_item *items, size_t count,
    int64_t now, int64_t deadline)
{
	unsigned rounds = 0;
	struct round t;

	memset(&t, 0, offsetof(struct round, group));
	t.redis = r;
	t.items = items;
	t.count = count;
	t.now = now;
	t.deadline = deadline;
	find_plain(items, count);
	while (!round_over(&t) && rounds++ < REDIS_ROUNDS_MAX) {
		if (rounds > 1 && clock_steady() >= deadline)
			break;
		if (t.pause)
			poll(NULL, 0, REDIS_AGAIN_MS);
		t.pause = false;
		round_exchange(&t);
		round_answers(&t);
	}
	round_close(&t);
}
