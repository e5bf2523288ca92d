/*
 * redis_walk - all records, one after the other, and back again.
 *
 * SCAN tells names, some of them more than once; the records are then fetched
 * as any batch is.  In a Cluster every master is asked.  A slot that moves from
 * one that is yet to be asked to one that was would be overlooked, so the map
 * has to be the same at the end.
 */
#include "store/redis_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/redis_run.h"

/* Records that are fetched, or put, at once. */
struct load {
	struct redis *redis;
	size_t count;
	struct redis_item item[STORE_BATCH_MAX];
	struct store_op op[STORE_BATCH_MAX];
	struct redis_parsed name[STORE_BATCH_MAX];
	struct record record[STORE_BATCH_MAX];

	bool (*visit)(void *context, const struct store_record *);
	void *context;
	bool ended;
};

static void
load_add(struct load *l, enum store_verb verb)
{
	struct redis_parsed *name = &l->name[l->count];
	struct store_op *op = &l->op[l->count];

	memset(op, 0, sizeof(*op));
	op->verb = verb;
	op->klass = name->klass;
	op->schema = name->schema;
	op->key = span_make(name->key, name->key_n);
	l->item[l->count] = (struct redis_item){.op = op, .tag = name->tag,
	    .asked = -1};
	if (verb == STORE_GET)
		l->item[l->count].got = &l->record[l->count];
	l->count++;
}

/* Fetches what was collected, and shows it; false when that failed. */
static bool
load_fetch(struct load *l)
{
	char key[RECORD_KEY_MAX];
	struct store_record record;
	bool sound = true;
	size_t i;

	redis_carry(l->redis, l->item, l->count, 0,
	    clock_steady() + WALK_STEP_MS);
	for (i = 0; i < l->count && !l->ended; i++) {
		/* What is no record at all was put there by somebody else. */
		sound &= l->op[i].answer != STORE_FAILED ||
		    l->op[i].trouble == TROUBLE_ARGUMENT;
		if (l->op[i].answer != STORE_FOUND)
			continue;
		record.key = span_make(key, record_key(&l->op[i], key));
		record.bytes = span_make(l->record[i].bytes, l->record[i].n);
		l->ended = !l->visit(l->context, &record);
	}
	l->count = 0;
	return sound;
}

/* One step of SCAN; cursor becomes the next one.  False when it failed. */
static bool
scan_step(struct load *l, struct wire *w, const char *pattern, char cursor[32])
{
	char step[16];
	const struct reply *reply, *names;
	struct redis *r = l->redis;
	size_t i;

	snprintf(step, sizeof(step), "%d", WALK_STEP);
	wire_begin(w);
	wire_say(w, (const char *const[]){"SCAN", cursor, "MATCH", pattern,
			"COUNT", step, NULL});
	wire_exchange(&w, 1, clock_steady() + WALK_STEP_MS);
	reply = w->answered > 0 ? w->reply[0] : NULL;
	if (reply == NULL || reply->kind != REPLY_LIST || reply->count != 2 ||
	    reply->item[1]->kind != REPLY_LIST || reply->item[0]->text.n > 31)
		return false;
	snprintf(cursor, 32, "%.*s", SPAN_ARG(reply->item[0]->text));
	names = reply->item[1];
	for (i = 0; i < names->count && !l->ended; i++) {
		if (!name_parse(span_of(r->prefix), names->item[i]->text,
			&l->name[l->count]))
			continue;
		load_add(l, STORE_GET);
		if (l->count == STORE_BATCH_MAX && !load_fetch(l))
			return false;
	}
	return l->ended || l->count == 0 || load_fetch(l);
}

static bool
scan_node(struct load *l, const struct wire_address *address,
    const char *pattern, char trouble[REDIS_TROUBLE_MAX])
{
	struct redis *r = l->redis;
	enum redis_kind_of_trouble kind;
	struct wire *w = node_connect(r, address,
	    clock_steady() + r->connect_timeout, &kind, trouble);
	char cursor[32] = "0";
	bool sound;

	if (w == NULL)
		return false;
	do
		sound = scan_step(l, w, pattern, cursor);
	while (sound && !l->ended && strcmp(cursor, "0") != 0 && !r->closing);
	if (!sound)
		snprintf(trouble, REDIS_TROUBLE_MAX, "a step was not answered");
	wire_close(w);
	return sound;
}

/* The masters there are, once the keeper knows; their number. */
static size_t
walk_masters(struct redis *r, short node_of[REDIS_TAGS],
    struct wire_address out[REDIS_NODES_MAX])
{
	int64_t deadline = clock_steady() + WALK_STEP_MS;
	size_t i, n, doubted;

	pthread_mutex_lock(&r->mutex);
	do {
		for (i = n = doubted = 0; i < r->node_count; i++) {
			if (!r->nodes[i].wanted)
				continue;
			doubted += r->nodes[i].state == NODE_DOUBTED;
			out[n++] = r->nodes[i].address;
			if (r->nodes[i].state == NODE_DOWN)
				n = 0;
		}
	} while ((r->looking || doubted > 0) && !r->closing &&
	    cond_wait(&r->news, &r->mutex, deadline));
	for (i = 0; i < REDIS_TAGS; i++) {
		node_of[i] = r->node_of[i];
		if (node_of[i] < 0 ||
		    r->nodes[node_of[i]].state != NODE_UP)
			n = 0;
	}
	pthread_mutex_unlock(&r->mutex);
	return n;
}

int
redis_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	struct wire_address *masters = mem_alloc(REDIS_NODES_MAX *
	    sizeof(masters[0]));
	struct load *l = mem_alloc(sizeof(*l));
	short before[REDIS_TAGS], after[REDIS_TAGS];
	char pattern[REDIS_PATTERN_MAX + 1], trouble[REDIS_TROUBLE_MAX];
	struct redis *r = state;
	size_t n = walk_masters(r, before, masters), i;
	int result = 0;

	*l = (struct load){.redis = r, .visit = visit, .context = context};
	pattern[name_pattern(span_of(r->prefix), klass, pattern)] = '\0';
	if (n == 0) {
		pthread_mutex_lock(&r->mutex);
		result = error_set(error, "redis: not all of it answers: %s",
		    r->trouble);
		pthread_mutex_unlock(&r->mutex);
	}
	for (i = 0; i < n && result == 0 && !l->ended; i++)
		if (!scan_node(l, &masters[i], pattern, trouble))
			result = error_set(error, "redis: %s", trouble);
	if (result == 0 && !l->ended &&
	    (walk_masters(r, after, masters) != n ||
	    memcmp(before, after, sizeof(before)) != 0))
		result = error_set(error, "redis: records moved between "
		    "servers meanwhile, try again");
	free(masters);
	free(l);
	return result;
}

/* False for a key that record_key never made. */
static bool
load_name(struct span key, struct redis_parsed *out)
{
	struct span klass = record_class(key);

	if (!record_key_sound(key))
		return false;
	memcpy(out->klass, klass.p, klass.n);
	out->klass[klass.n] = '\0';
	out->schema = (unsigned char)key.p[klass.n + 1];
	key = span_skip(key, klass.n + 2);
	if (key.n != 0)
		memcpy(out->key, key.p, key.n);
	out->key_n = key.n;
	out->tag = name_tag(key);
	return true;
}

static size_t
load_put(struct load *l, int64_t now, int64_t deadline)
{
	size_t i, failed = 0;

	redis_carry(l->redis, l->item, l->count, now, deadline);
	for (i = 0; i < l->count; i++)
		failed += l->op[i].answer == STORE_FAILED;
	l->count = 0;
	return failed;
}

size_t
redis_restore(void *state, const struct store_record *records, size_t count,
    int64_t now, int64_t deadline)
{
	struct load *l = mem_alloc(sizeof(*l));
	size_t i, failed = 0;

	l->redis = state;
	for (i = 0; i < count; i++) {
		if (record_expiry(records[i].bytes) < 0 ||
		    !load_name(records[i].key, &l->name[l->count])) {
			failed++;
			continue;
		}
		if (record_expiry(records[i].bytes) <= now)
			continue;
		load_add(l, STORE_PUT);
		l->item[l->count - 1].raw = records[i].bytes;
		if (l->count == STORE_BATCH_MAX)
			failed += load_put(l, now, deadline);
	}
	if (l->count > 0)
		failed += load_put(l, now, deadline);
	free(l);
	return failed;
}
