/* dns_cache - questions found by name, and forgotten in order of use. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "net/dns_backend.h"

#define CACHE_CHAINS_MIN 64
#define CACHE_CHAINS_MAX (1u << 18)
#define CACHE_CHAIN_BYTES 512	/* of the limit for one chain */

struct dns_question *
dns_question_new(const struct dns_key *key)
{
	struct dns_question *q = mem_alloc(sizeof(*q) + key->n + 1);

	q->refs = 1;
	q->type = key->type;
	q->n = key->n;
	memcpy(q->name, key->name, key->n);
	return q;
}

void
dns_question_put(struct dns_question *q)
{
	if (--q->refs > 0)
		return;
	free(q->answer);
	free(q);
}

bool
dns_question_is(const struct dns_question *q, const struct dns_key *key)
{
	return q->type == key->type && q->n == key->n &&
	    memcmp(q->name, key->name, key->n) == 0;
}

void
dns_cache_init(struct dns_cache *c, size_t limit)
{
	size_t chains = CACHE_CHAINS_MIN;

	memset(c, 0, sizeof(*c));
	while (chains < CACHE_CHAINS_MAX && chains < limit / CACHE_CHAIN_BYTES)
		chains *= 2;
	c->chains = mem_alloc(chains * sizeof(c->chains[0]));
	c->mask = chains - 1;
	c->limit = limit;
	/* Without a secret, as early in boot, only speed is at risk. */
	if (getrandom(&c->secret, sizeof(c->secret), GRND_NONBLOCK) < 0)
		c->secret = (uintptr_t)c;
}

void
dns_cache_done(struct dns_cache *c)
{
	size_t i;

	for (i = 0; c->chains != NULL && i <= c->mask; i++)
		while (c->chains[i] != NULL)
			dns_cache_remove(c, c->chains[i]);
	free(c->chains);
	c->chains = NULL;
}

static uint64_t
cache_hash(const struct dns_cache *c, const char *name, size_t n,
    enum dns_type type)
{
	uint64_t h = c->secret ^ (uint64_t)type << 32;
	size_t i;

	for (i = 0; i < n; i++) {
		h = (h ^ (unsigned char)name[i]) * 1099511628211u;
		h ^= h >> 29;
	}
	return h;
}

/* What an entry costs, with what the heap adds. */
static size_t
cache_cost(const struct dns_question *q)
{
	return sizeof(*q) + q->n + 1 + q->bytes + 2 * sizeof(size_t);
}

static void
cache_unkeep(struct dns_cache *c, struct dns_question *q)
{
	if (!q->kept)
		return;
	*(q->newer != NULL ? &q->newer->older : &c->newest) = q->older;
	*(q->older != NULL ? &q->older->newer : &c->oldest) = q->newer;
	q->newer = q->older = NULL;
	q->kept = false;
	c->count--;
	c->bytes -= cache_cost(q);
}

static void
cache_front(struct dns_cache *c, struct dns_question *q)
{
	q->older = c->newest;
	q->newer = NULL;
	*(c->newest != NULL ? &c->newest->newer : &c->oldest) = q;
	c->newest = q;
	q->kept = true;
	c->count++;
	c->bytes += cache_cost(q);
}

struct dns_question *
dns_cache_find(struct dns_cache *c, const struct dns_key *key, int64_t now)
{
	uint64_t hash = cache_hash(c, key->name, key->n, key->type);
	struct dns_question *q;

	for (q = c->chains[hash & c->mask]; q != NULL; q = q->chain)
		if (q->hash == hash && dns_question_is(q, key))
			break;
	if (q == NULL || !q->kept)
		return q;
	if (now >= q->expires) {
		dns_cache_remove(c, q);
		return NULL;
	}
	if (q->newer != NULL) {
		cache_unkeep(c, q);
		cache_front(c, q);
	}
	return q;
}

void
dns_cache_put(struct dns_cache *c, struct dns_question *q)
{
	struct dns_question **chain;

	q->hash = cache_hash(c, q->name, q->n, q->type);
	chain = &c->chains[q->hash & c->mask];
	q->chain = *chain;
	*chain = q;
	q->cached = true;
	q->refs++;
}

void
dns_cache_keep(struct dns_cache *c, struct dns_question *q, int64_t expires)
{
	q->expires = expires;
	cache_front(c, q);
	while (c->bytes > c->limit)
		dns_cache_remove(c, c->oldest);
}

void
dns_cache_remove(struct dns_cache *c, struct dns_question *q)
{
	struct dns_question **link = &c->chains[q->hash & c->mask];

	if (!q->cached)
		return;
	cache_unkeep(c, q);
	while (*link != q)
		link = &(*link)->chain;
	*link = q->chain;
	q->chain = NULL;
	q->cached = false;
	dns_question_put(q);
}
