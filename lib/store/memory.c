/*
 * memory - a store that is gone with the process, for tests and scans.
 *
 * A table of chains under one mutex.  The table has a fixed size, since the
 * number of entries has: past it new records fail, as with a full disk.  Each
 * batch that writes also clears a few chains of what has expired, more of them
 * while the table is full; so no batch pays for all.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "store/backend.h"
#include "store/record.h"

#define MEMORY_ENTRIES_MAX 100000
#define MEMORY_CHAINS (1u << 16)	/* a power of two */
#define MEMORY_SWEEP 16		/* chains a batch clears */
#define MEMORY_SWEEP_FULL 1024	/* the same while the table is full */

struct entry {
	struct entry *next;
	size_t key_n, record_n;
	char bytes[];	/* key, record */
};

struct memory {
	pthread_mutex_t mutex;
	struct entry **chains;
	uint64_t secret;	/* strangers choose keys, and must not aim */
	unsigned place;		/* chain that is cleared next */
	struct store_figures figures;
};

static struct span
entry_record(const struct entry *e)
{
	return span_make(e->bytes + e->key_n, e->record_n);
}

static struct entry *
entry_new(struct span key, const struct record *r)
{
	struct entry *e = mem_alloc(sizeof(*e) + key.n + r->n);

	e->key_n = key.n;
	e->record_n = r->n;
	memcpy(e->bytes, key.p, key.n);
	memcpy(e->bytes + key.n, r->bytes, r->n);
	return e;
}

/* Puts e, or nothing if it is NULL, in the place of what link points to. */
static void
entry_replace(struct memory *m, struct entry **link, struct entry *e)
{
	struct entry *old = *link;
	struct entry *next = old != NULL ? old->next : NULL;

	if (old != NULL) {
		m->figures.keys--;
		m->figures.bytes -= (int64_t)(old->key_n + old->record_n);
		free(old);
	}
	if (e == NULL) {
		*link = next;
		return;
	}
	e->next = next;
	*link = e;
	m->figures.keys++;
	m->figures.bytes += (int64_t)(e->key_n + e->record_n);
}

/* What points to the entry of key, or to the end of its chain. */
static struct entry **
memory_find(struct memory *m, struct span key)
{
	struct entry **link;

	link = &m->chains[record_hash(key, m->secret) & (MEMORY_CHAINS - 1)];
	while (*link != NULL &&
	    !span_eq(span_make((*link)->bytes, (*link)->key_n), key))
		link = &(*link)->next;
	return link;
}

static void
memory_apply(struct memory *m, struct store_op *op, int64_t now)
{
	char bytes[RECORD_KEY_MAX];
	struct span key = {bytes, record_key(op, bytes)}, old = {NULL, 0};
	struct entry **link = memory_find(m, key);
	struct record r;

	if (*link != NULL)
		old = entry_record(*link);
	switch (record_apply(op, old, now, &r)) {
	case RECORD_KEEP:
		break;
	case RECORD_REMOVE:
		entry_replace(m, link, NULL);
		break;
	case RECORD_WRITE:
		if (*link == NULL && m->figures.keys >= MEMORY_ENTRIES_MAX) {
			op->answer = STORE_FAILED;
			op->trouble = TROUBLE_REFUSED;
			m->figures.full++;
			break;
		}
		entry_replace(m, link, entry_new(key, &r));
		break;
	}
}

static void
memory_sweep(struct memory *m, int64_t now)
{
	unsigned n = m->figures.keys < MEMORY_ENTRIES_MAX ? MEMORY_SWEEP
	    : MEMORY_SWEEP_FULL;
	struct entry **link;

	for (; n > 0; n--) {
		link = &m->chains[m->place++ & (MEMORY_CHAINS - 1)];
		while (*link != NULL) {
			if (!record_expired(entry_record(*link), now)) {
				link = &(*link)->next;
				continue;
			}
			entry_replace(m, link, NULL);
			m->figures.swept++;
		}
	}
}

static void
memory_run(void *state, struct store_op *ops, size_t count, int64_t now,
    int64_t deadline)
{
	struct memory *m = state;
	bool writes = false;
	size_t i;

	(void)deadline;		/* nothing here takes long */
	pthread_mutex_lock(&m->mutex);
	for (i = 0; i < count; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		memory_apply(m, &ops[i], now);
		writes |= ops[i].verb != STORE_GET;
	}
	if (writes)
		memory_sweep(m, now);
	pthread_mutex_unlock(&m->mutex);
}

static void
memory_figures(void *state, struct store_figures *out)
{
	struct memory *m = state;

	pthread_mutex_lock(&m->mutex);
	*out = m->figures;
	pthread_mutex_unlock(&m->mutex);
}

static void
memory_close(void *state)
{
	struct memory *m = state;
	unsigned i;

	for (i = 0; i < MEMORY_CHAINS; i++)
		while (m->chains[i] != NULL)
			entry_replace(m, &m->chains[i], NULL);
	free(m->chains);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}

/*
 * A copy of what a chain holds, from malloc, so that nobody waits for who looks
 * at it: *count pairs of key and record, their bytes behind them.
 */
static struct store_record *
chain_copy(struct memory *m, unsigned chain, size_t *count)
{
	struct store_record *copy = NULL, *r;
	const struct entry *e;
	size_t bytes = 0, n = 0;
	char *p;

	pthread_mutex_lock(&m->mutex);
	for (e = m->chains[chain]; e != NULL; e = e->next, n++)
		bytes += e->key_n + e->record_n;
	if (n > 0)
		copy = mem_alloc(n * sizeof(*copy) + bytes);
	r = copy;
	p = (char *)(copy + n);
	for (e = m->chains[chain]; e != NULL; e = e->next, r++) {
		memcpy(p, e->bytes, e->key_n + e->record_n);
		r->key = span_make(p, e->key_n);
		r->bytes = span_make(p + e->key_n, e->record_n);
		p += e->key_n + e->record_n;
	}
	pthread_mutex_unlock(&m->mutex);
	*count = n;
	return copy;
}

static int
memory_walk(void *state, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error)
{
	struct store_record *copy;
	unsigned chain;
	size_t i, n;
	bool more = true;

	(void)error;
	for (chain = 0; chain < MEMORY_CHAINS && more; chain++) {
		copy = chain_copy(state, chain, &n);
		for (i = 0; i < n && more; i++)
			if (klass == NULL ||
			    span_is(record_class(copy[i].key), klass))
				more = visit(context, &copy[i]);
		free(copy);
	}
	return 0;
}

static bool
restore_one(struct memory *m, const struct store_record *from, int64_t now)
{
	struct entry **link;
	struct record r;

	if (!record_key_sound(from->key) || record_expiry(from->bytes) < 0)
		return false;
	if (record_expired(from->bytes, now))
		return true;
	link = memory_find(m, from->key);
	if (*link == NULL && m->figures.keys >= MEMORY_ENTRIES_MAX) {
		m->figures.full++;
		return false;
	}
	r.n = from->bytes.n;
	memcpy(r.bytes, from->bytes.p, r.n);
	entry_replace(m, link, entry_new(from->key, &r));
	return true;
}

static size_t
memory_restore(void *state, const struct store_record *records, size_t count,
    int64_t now, int64_t deadline)
{
	struct memory *m = state;
	size_t i, failed = 0;

	(void)deadline;
	pthread_mutex_lock(&m->mutex);
	for (i = 0; i < count; i++)
		failed += !restore_one(m, &records[i], now);
	pthread_mutex_unlock(&m->mutex);
	return failed;
}

struct store_part
memory_part(void)
{
	static const struct store_backend backend = {
	    .name = "memory",
	    .run = memory_run,
	    .figures = memory_figures,
	    .close = memory_close,
	    .walk = memory_walk,
	    .restore = memory_restore,
	};
	struct memory *m = mem_alloc(sizeof(*m));

	pthread_mutex_init(&m->mutex, NULL);
	m->chains = mem_alloc(MEMORY_CHAINS * sizeof(m->chains[0]));
	/* Without a secret, as early in boot, only speed is at risk. */
	if (getrandom(&m->secret, sizeof(m->secret), GRND_NONBLOCK) < 0)
		m->secret = (uintptr_t)m;
	return (struct store_part){&backend, m};
}

struct store *
store_memory(void)
{
	struct store_part part = memory_part();

	return store_new(part.backend, part.state);
}
