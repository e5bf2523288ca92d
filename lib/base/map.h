/*
 * map - from bytes to a pointer.  Built once while loading, then only read:
 * reading needs no lock.  Keys are copied; values belong to the caller.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct map_entry;

struct map {
	struct map_entry *entries;	/* in order of insertion */
	size_t count;
	unsigned *slots;		/* index + 1 into entries, 0 is empty */
	size_t room;			/* a power of two */
};

void map_init(struct map *);
void map_done(struct map *);	/* frees the keys, not the values */

/* Stores value unless the key is present; returns false when it was. */
bool map_put(struct map *, struct span key, void *value);
void *map_find(const struct map *, struct span key);	/* NULL when absent */

/* Walks in order of insertion: i counts from 0 to map.count - 1. */
struct span map_key(const struct map *, size_t i);
void *map_value(const struct map *, size_t i);

#endif
