/*
 * dkim_keys - public keys as they were lately read from records of the DNS.
 *
 * A record has one place, by its end, where the digits of the key are; whoever
 * comes there last has it.  Who makes others' keys go away costs what reading
 * them again costs.
 */
#include "auth/dkim_keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define KEYS_KEPT 256		/* some 3 kB each */
#define RECORD_KEPT 1500	/* bytes; 8192 bits of RSA take 1400 */
#define END_BYTES 64		/* that tell where a record's place is */

struct kept_key {
	struct dkim_key key;	/* first: users know nothing else */
	atomic_uint refs;
	size_t n;
	char record[];
};

struct dkim_keys {
	pthread_mutex_t mutex;		/* guards which is where */
	struct kept_key *kept[KEYS_KEPT];
};

struct dkim_keys *
dkim_keys_new(void)
{
	struct dkim_keys *keys = mem_alloc(sizeof(*keys));

	pthread_mutex_init(&keys->mutex, NULL);
	return keys;
}

static void
let_go(struct kept_key *k)
{
	if (k == NULL || atomic_fetch_sub(&k->refs, 1) != 1)
		return;
	dkim_key_done(&k->key);
	free(k);
}

void
dkim_keys_put(const struct dkim_key *key)
{
	/* Constant for those who use it, not here. */
	let_go((struct kept_key *)(uintptr_t)key);
}

void
dkim_keys_free(struct dkim_keys *keys)
{
	size_t i;

	if (keys == NULL)
		return;
	for (i = 0; i < KEYS_KEPT; i++)
		let_go(keys->kept[i]);
	pthread_mutex_destroy(&keys->mutex);
	free(keys);
}

/* FNV-1a: others may know it, for what they make of it harms nobody. */
static size_t
place_of(struct span record)
{
	uint32_t h = 2166136261u;
	size_t i = record.n > END_BYTES ? record.n - END_BYTES : 0;

	for (; i < record.n; i++)
		h = (h ^ (unsigned char)record.p[i]) * 16777619u;
	return (h ^ h >> 16) % KEYS_KEPT;
}

static struct kept_key *
find(struct dkim_keys *keys, struct span record)
{
	size_t place = place_of(record);
	struct kept_key *k;

	pthread_mutex_lock(&keys->mutex);
	k = keys->kept[place];
	if (k != NULL && span_eq(span_make(k->record, k->n), record))
		atomic_fetch_add(&k->refs, 1);
	else
		k = NULL;
	pthread_mutex_unlock(&keys->mutex);
	return k;
}

static void
keep(struct dkim_keys *keys, struct kept_key *k)
{
	size_t place = place_of(span_make(k->record, k->n));
	struct kept_key *old;

	atomic_fetch_add(&k->refs, 1);
	pthread_mutex_lock(&keys->mutex);
	old = keys->kept[place];
	keys->kept[place] = k;
	pthread_mutex_unlock(&keys->mutex);
	let_go(old);
}

const struct dkim_key *
dkim_keys_get(struct dkim_keys *keys, struct arena *arena, struct span record,
    const char **why)
{
	struct kept_key *k = find(keys, record);

	if (k != NULL)
		return &k->key;
	k = mem_alloc(sizeof(*k) + record.n);
	*why = dkim_key_parse(arena, record, &k->key);
	if (*why != NULL) {
		free(k);
		return NULL;
	}
	atomic_init(&k->refs, 1);
	k->n = record.n;
	memcpy(k->record, record.p, record.n);
	if (record.n <= RECORD_KEPT)
		keep(keys, k);
	return &k->key;
}
