/* engine_scratch - lent from message to message. */
#include "rules/engine_scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LIST_MIN 32	/* room in lists that grow */

#define POOL_MAX 64		/* scratches that are kept for later */

struct engine_pool {
	pthread_mutex_t lock;
	struct engine_scratch *free;
	size_t count;
};

struct engine_pool *
engine_pool_new(void)
{
	struct engine_pool *pool = mem_alloc(sizeof(*pool));

	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

static void
scratch_free(struct engine_scratch *s)
{
	hs_free_scratch(s->hs);
	regex_scratch_free(s->regex);
	free(s->seen);
	free(s->steps);
	free(s->waits);
	free(s->waiting);
	free(s->waiters);
	free(s->touched);
	free(s->limited);
	free(s->candidates);
	free(s->hits);
	free(s);
}

void
engine_pool_free(struct engine_pool *pool)
{
	struct engine_scratch *s;

	if (pool == NULL)
		return;
	while ((s = pool->free) != NULL) {
		pool->free = s->next;
		scratch_free(s);
	}
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Room for an engine of so many patterns; it never shrinks. */
static void
scratch_grow(struct engine_scratch *s, size_t n)
{
	if (n <= s->room)
		return;
	s->seen = mem_array(s->seen, n, sizeof(*s->seen));
	s->steps = mem_array(s->steps, n, sizeof(*s->steps));
	s->waits = mem_array(s->waits, n, sizeof(*s->waits));
	s->candidates = mem_array(s->candidates, n, sizeof(*s->candidates));
	memset(s->seen + s->room, 0, (n - s->room) * sizeof(*s->seen));
	memset(s->steps + s->room, 0, (n - s->room) * sizeof(*s->steps));
	memset(s->waits + s->room, 0, (n - s->room) * sizeof(*s->waits));
	s->room = n;
}

/* It is a matter of nothing where the scratch is large enough already. */
static void
scratch_suit(struct engine_scratch *s, const struct engine *e)
{
	size_t i, k;

	scratch_grow(s, e->n);
	for (i = 0; i < e->class_count; i++)
		for (k = 0; k < e->classes[i].shard_count; k++)
			if (hs_alloc_scratch(e->classes[i].shards[k].shard->db,
			    &s->hs) != HS_SUCCESS)
				/* Out of memory, with mem's ending. */
				mem_alloc(SIZE_MAX);
}

static struct engine_scratch *
take(struct engine_pool *pool)
{
	struct engine_scratch *s;

	pthread_mutex_lock(&pool->lock);
	s = pool->free;
	if (s != NULL) {
		pool->free = s->next;
		pool->count--;
	}
	pthread_mutex_unlock(&pool->lock);
	return s;
}

struct engine_scratch *
engine_borrow(struct engine_pool *pool, struct engine *e)
{
	struct engine_scratch *s = take(pool);

	if (s == NULL) {
		s = mem_alloc(sizeof(*s));
		s->regex = regex_scratch_new();
	}
	scratch_suit(s, e);
	return s;
}

void
engine_return(struct engine_pool *pool, struct engine_scratch *s)
{
	bool keep;

	if (s == NULL)
		return;
	while (s->touched_count > 0)
		s->steps[s->touched[--s->touched_count]] = 0;
	while (s->waiting_count > 0)
		s->waits[s->waiting[--s->waiting_count].slot] = 0;
	s->waiter_count = 0;
	s->all_steps = 0;
	s->limited_count = 0;
	regex_scratch_reset(s->regex);
	pthread_mutex_lock(&pool->lock);
	keep = pool->count < POOL_MAX;
	if (keep) {
		s->next = pool->free;
		pool->free = s;
		pool->count++;
	}
	pthread_mutex_unlock(&pool->lock);
	if (!keep)
		scratch_free(s);
}

void *
scratch_fit(void *list, size_t *room, size_t count, size_t size)
{
	if (count < *room)
		return list;
	*room = *room > 0 ? 2 * *room : LIST_MIN;
	return mem_array(list, *room, size);
}

const struct engine_capture *
engine_captures(const struct engine_scratch *s)
{
	return s->captures;
}

size_t
engine_limited(const struct engine_scratch *s, const unsigned **ids)
{
	*ids = s->limited;
	return s->limited_count;
}

struct regex_scratch *
engine_regexes(struct engine_scratch *s)
{
	return s->regex;
}
