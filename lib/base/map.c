/*
 * map - from bytes to a pointer, open addressing over a dense table.
 *
 * Keys come from the operator's files; strangers only look them up.  So the
 * hash needs no secret.
 */
#include "base/map.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MAP_FIRST 16

struct map_entry {
	char *key;
	size_t length;
	void *value;
};

/* FNV-1a, 64 bits. */
static uint64_t
map_hash(struct span key)
{
	uint64_t h = 14695981039346656037u;
	size_t i;

	for (i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 1099511628211u;
	return h ^ (h >> 32);
}

void
map_init(struct map *m)
{
	memset(m, 0, sizeof(*m));
}

void
map_done(struct map *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		free(m->entries[i].key);
	free(m->entries);
	free(m->slots);
	map_init(m);
}

/* The slot that holds key, or the empty one where it belongs. */
static unsigned *
map_slot(const struct map *m, struct span key)
{
	size_t i = map_hash(key) & (m->room - 1);
	const struct map_entry *e;

	while (m->slots[i] != 0) {
		e = &m->entries[m->slots[i] - 1];
		if (span_eq(span_make(e->key, e->length), key))
			break;
		i = (i + 1) & (m->room - 1);
	}
	return &m->slots[i];
}

static void
map_grow(struct map *m)
{
	size_t i;

	m->room = m->room != 0 ? m->room * 2 : MAP_FIRST;
	free(m->slots);
	m->slots = mem_alloc(m->room * sizeof(*m->slots));
	m->entries = mem_array(m->entries, m->room / 2, sizeof(*m->entries));
	for (i = 0; i < m->count; i++)
		*map_slot(m, map_key(m, i)) = (unsigned)i + 1;
}

bool
map_put(struct map *m, struct span key, void *value)
{
	struct map_entry *e;
	unsigned *slot;

	if (m->count == m->room / 2)
		map_grow(m);
	slot = map_slot(m, key);
	if (*slot != 0)
		return false;
	e = &m->entries[m->count++];
	e->key = mem_copy(key.p, key.n);
	e->length = key.n;
	e->value = value;
	*slot = (unsigned)m->count;
	return true;
}

void *
map_find(const struct map *m, struct span key)
{
	unsigned slot = m->count != 0 ? *map_slot(m, key) : 0;

	return slot != 0 ? m->entries[slot - 1].value : NULL;
}

struct span
map_key(const struct map *m, size_t i)
{
	return span_make(m->entries[i].key, m->entries[i].length);
}

void *
map_value(const struct map *m, size_t i)
{
	return m->entries[i].value;
}
