/* later - writes that nobody waits for, until the next batch. */
#include "store/later.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"
#include "store/record.h"
#include "store/thread.h"

#define LATER_SPARE 4		/* bundles that are kept for reuse */
#define LATER_TURN_MS 1000	/* that a flush of nothing waits for others */

/* Writes that go together; all they point to is in the arena. */
struct bundle {
	struct bundle *next;	/* in the list of spare ones */
	int64_t now;		/* wall time of the first of them */
	int64_t due, timeout;	/* steady: when they go alone; ms */
	size_t count;
	struct arena arena;
	bool ordered;		/* not all are sums */
	struct store_op ops[STORE_LATER_MAX];
	uint32_t hash[STORE_LATER_MAX];	/* of their keys */
	uint64_t number[STORE_LATER_MAX];	/* rising */
};

struct later {
	later_run_fn *run;
	void *context;
	pthread_t thread;

	pthread_mutex_t mutex;		/* guards all below */
	pthread_cond_t work;		/* for our thread */
	bool started, resting, stop;
	uint64_t puts;			/* writes so far */
	struct bundle *waiting;		/* NULL: nothing does */
	struct bundle *spare;
	size_t spares;
	struct flight *away;		/* with bundles */
	struct flight *held;		/* until such a one lands */
};

/* Keys by their hashes; others with the same bit only cost a wait. */
#define KEYSET_BITS 4096

struct keyset {
	uint64_t bits[KEYSET_BITS / 64];
};

/* Somebody on his way to the back end, on his own stack. */
struct flight {
	struct flight *next;		/* of those that are away, or held */
	const struct later_batch *own;	/* or NULL */
	struct bundle *bundle;		/* that he carries, or NULL */
	uint64_t mark;		/* what was put later does not hold him up */
	bool last;		/* waits for all that was put before */
	bool keyed;
	struct keyset keys;	/* of his own, if keyed */
	pthread_cond_t go;	/* nothing holds him up any more */
};

static uint32_t
op_hash(const struct store_op *op)
{
	char key[RECORD_KEY_MAX];

	return (uint32_t)record_hash(span_make(key, record_key(op, key)), 0);
}

static void
keyset_add(struct keyset *set, uint32_t hash)
{
	set->bits[hash % KEYSET_BITS / 64] |= UINT64_C(1) << hash % 64;
}

static bool
keyset_has(const struct keyset *set, uint32_t hash)
{
	return set->bits[hash % KEYSET_BITS / 64] >> hash % 64 & 1;
}

static void
batch_keys(const struct later_batch *batch, struct keyset *set)
{
	size_t i;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < batch->count; i++)
		if (batch->ops[i].answer == STORE_UNASKED)
			keyset_add(set, op_hash(&batch->ops[i]));
}

/* Whether the batch asks for what the bundle brings, and began after it. */
static bool
bundle_answers(const struct bundle *b, const struct keyset *keys,
    uint64_t mark)
{
	size_t i;

	for (i = 0; i < b->count && b->number[i] <= mark; i++)
		if (keyset_has(keys, b->hash[i]))
			return true;
	return false;
}

static bool
verb_sums(enum store_verb verb)
{
	return verb == STORE_ADD || verb == STORE_DECAY;
}

/* Whether a has a write that must not overtake one of b. */
static bool
bundle_follows(const struct bundle *a, const struct bundle *b)
{
	size_t i, k;

	if (!a->ordered && !b->ordered)
		return false;
	for (i = 0; i < a->count; i++)
		for (k = 0; k < b->count; k++)
			if (a->hash[i] == b->hash[k] &&
			    !(verb_sums(a->ops[i].verb) &&
			    verb_sums(b->ops[k].verb)))
				return true;
	return false;
}

/* Whether batches of these times may be one. */
static bool
same_time(int64_t a, int64_t b)
{
	return (a < b ? b - a : a - b) <= RECORD_SKEW;
}

/* Whether he may take along what waits. */
static bool
flight_takes(const struct later *l, const struct flight *f)
{
	const struct flight *other;

	if (l->waiting == NULL || (f->own != NULL &&
	    !same_time(l->waiting->now, f->own->now)))
		return false;
	for (other = l->away; other != NULL; other = other->next)
		if (bundle_follows(l->waiting, other->bundle))
			return false;
	return true;
}

/* Whether he must find done what the bundle brings. */
static bool
flight_needs(struct flight *f, const struct bundle *b)
{
	if (b->number[0] > f->mark)
		return false;
	if (f->own == NULL)
		return f->last;
	if (!f->keyed)
		batch_keys(f->own, &f->keys);
	f->keyed = true;
	return bundle_answers(b, &f->keys, f->mark);
}

/* The mutex is held.  Who is away waits for nobody, so there is no circle. */
static bool
flight_hindered(const struct later *l, struct flight *f)
{
	const struct flight *other;

	for (other = l->away; other != NULL; other = other->next)
		if (flight_needs(f, other->bundle))
			return true;
	if (l->waiting == NULL || flight_takes(l, f))
		return false;
	return f->own == NULL || flight_needs(f, l->waiting);
}

/* In one batch: what waited, then what is asked. */
static void
flight_combine(const struct later *l, const struct bundle *b,
    const struct later_batch *own)
{
	struct store_op ops[STORE_CARRY_MAX];

	memcpy(ops, b->ops, b->count * sizeof(ops[0]));
	memcpy(ops + b->count, own->ops, own->count * sizeof(ops[0]));
	l->run(l->context, ops, b->count + own->count, own->now,
	    own->deadline);
	memcpy(own->ops, ops + b->count, own->count * sizeof(ops[0]));
}

static void
flight_carry(const struct later *l, const struct flight *f, int64_t deadline)
{
	const struct later_batch *own = f->own;

	if (f->bundle != NULL && own != NULL)
		flight_combine(l, f->bundle, own);
	else if (f->bundle != NULL)
		l->run(l->context, f->bundle->ops, f->bundle->count,
		    f->bundle->now, deadline);
	else if (own != NULL)
		l->run(l->context, own->ops, own->count, own->now, deadline);
}

static struct bundle *
bundle_new(struct later *l)
{
	struct bundle *b = l->spare;

	if (b == NULL) {
		b = mem_alloc(sizeof(*b));
		arena_init(&b->arena);
		return b;
	}
	l->spare = b->next;
	l->spares--;
	return b;
}

static void
bundle_free(struct bundle *b)
{
	arena_done(&b->arena);
	free(b);
}

static void
bundle_give(struct later *l, struct bundle *b)
{
	if (l->spares == LATER_SPARE) {
		bundle_free(b);
		return;
	}
	b->count = 0;
	b->ordered = false;
	arena_reset(&b->arena);
	b->next = l->spare;
	l->spare = b;
	l->spares++;
}

static void
flight_unlink(struct flight **list, const struct flight *f)
{
	while (*list != f)
		list = &(*list)->next;
	*list = f->next;
}

/* False: there is no more time. */
static bool
flight_wait(struct later *l, struct flight *f, int64_t deadline)
{
	int status;

	if (!flight_hindered(l, f))
		return true;
	thread_cond_init(&f->go);
	f->next = l->held;
	l->held = f;
	do
		status = thread_cond_wait(&f->go, &l->mutex, deadline);
	while (status == 0 && flight_hindered(l, f));
	flight_unlink(&l->held, f);
	pthread_cond_destroy(&f->go);
	return status == 0;
}

static void
flight_land(struct later *l, const struct flight *f)
{
	struct flight *other;

	flight_unlink(&l->away, f);
	bundle_give(l, f->bundle);
	for (other = l->held; other != NULL; other = other->next)
		if (!flight_hindered(l, other))
			pthread_cond_signal(&other->go);
}

/*
 * Takes along what waits then, not what waits now: whoever is not held up may
 * go with it meanwhile, and nobody waits for him who waits.  The mutex is held,
 * and let go of on the way.
 */
static void
flight_go(struct later *l, struct flight *f, int64_t deadline)
{
	bool in_time = flight_wait(l, f, deadline);

	if (f->own == NULL || (in_time && flight_takes(l, f))) {
		f->bundle = l->waiting;
		l->waiting = NULL;
	}
	if (f->bundle != NULL) {
		f->next = l->away;
		l->away = f;
	}
	pthread_mutex_unlock(&l->mutex);
	flight_carry(l, f, deadline);
	pthread_mutex_lock(&l->mutex);
	if (f->bundle != NULL)
		flight_land(l, f);
}

/* What waits, and nothing else; the mutex is held. */
static void
later_send(struct later *l, struct flight *f)
{
	int64_t steady = clock_steady();

	f->mark = l->puts;
	if (l->waiting != NULL)
		flight_go(l, f, steady + l->waiting->timeout);
	else if (f->last)
		flight_go(l, f, steady + LATER_TURN_MS);
}

static void *
later_main(void *argument)
{
	struct later *l = argument;

	pthread_mutex_lock(&l->mutex);
	while (!l->stop) {
		struct flight f = {.own = NULL};

		if (l->waiting == NULL) {
			l->resting = true;
			pthread_cond_wait(&l->work, &l->mutex);
			l->resting = false;
		} else if (clock_steady() < l->waiting->due) {
			thread_cond_wait(&l->work, &l->mutex, l->waiting->due);
		} else {
			later_send(l, &f);
		}
	}
	pthread_mutex_unlock(&l->mutex);
	return NULL;
}

struct later *
later_new(later_run_fn *run, void *context)
{
	struct later *l = mem_alloc(sizeof(*l));

	l->run = run;
	l->context = context;
	pthread_mutex_init(&l->mutex, NULL);
	thread_cond_init(&l->work);
	return l;
}

void
later_close(struct later *l)
{
	struct bundle *b;

	if (l == NULL)
		return;
	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->mutex);
	if (l->started)
		pthread_join(l->thread, NULL);
	later_flush(l);
	while ((b = l->spare) != NULL) {
		l->spare = b->next;
		bundle_free(b);
	}
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

static void
bundle_add(struct bundle *b, const struct store_op *from, uint64_t number)
{
	struct store_op *op = &b->ops[b->count];

	*op = *from;
	op->klass = arena_string(&b->arena, span_of(from->klass));
	op->key = arena_span(&b->arena, from->key);
	if (from->verb == STORE_PUT || from->verb == STORE_PUT_NEW)
		op->value = arena_span(&b->arena, from->value);
	else
		op->value = span_make(NULL, 0);
	op->data = NULL;
	b->ordered |= !verb_sums(op->verb);
	b->number[b->count] = number;
	b->hash[b->count++] = op_hash(op);
}

/* The bundle to put writes into, or NULL; the mutex is held. */
static struct bundle *
later_open(struct later *l, size_t count, int64_t now)
{
	struct bundle *b = l->waiting;

	if (count > STORE_LATER_MAX || (b != NULL &&
	    (b->count + count > STORE_LATER_MAX || !same_time(b->now, now))))
		return NULL;
	if (!l->started)
		l->started = thread_start(&l->thread, later_main, l) == 0;
	if (b != NULL || !l->started)
		return b;
	l->waiting = b = bundle_new(l);
	b->now = now;
	b->due = clock_steady() + STORE_LATER_MS;
	/* It looks again by itself while it waits for an earlier one. */
	if (l->resting)
		pthread_cond_signal(&l->work);
	return b;
}

bool
later_put(struct later *l, const struct store_op *ops, size_t count,
    int64_t now, int64_t timeout)
{
	struct bundle *b;
	size_t i;

	pthread_mutex_lock(&l->mutex);
	b = later_open(l, count, now);
	for (i = 0; b != NULL && i < count; i++)
		if (ops[i].answer == STORE_UNASKED)
			bundle_add(b, &ops[i], ++l->puts);
	if (b != NULL)
		b->timeout = timeout;
	pthread_mutex_unlock(&l->mutex);
	return b != NULL;
}

uint64_t
later_mark(struct later *l)
{
	uint64_t mark;

	pthread_mutex_lock(&l->mutex);
	mark = l->puts;
	pthread_mutex_unlock(&l->mutex);
	return mark;
}

void
later_run(struct later *l, const struct later_batch *batch)
{
	struct flight before = {.own = NULL};
	struct flight f = {.own = batch, .mark = batch->mark};

	pthread_mutex_lock(&l->mutex);
	if (l->waiting != NULL && !same_time(l->waiting->now, batch->now))
		flight_go(l, &before, batch->deadline);
	flight_go(l, &f, batch->deadline);
	pthread_mutex_unlock(&l->mutex);
}

void
later_flush(struct later *l)
{
	struct flight f = {.last = true};

	pthread_mutex_lock(&l->mutex);
	later_send(l, &f);
	pthread_mutex_unlock(&l->mutex);
}
