/*
 * geoitem - one value of MaxMind's format: its type, its size, where the next
 * one begins.  Pure functions.
 */
#ifndef NET_GEOITEM_H
#define NET_GEOITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum geo_type {
	TYPE_POINTER = 1, TYPE_STRING, TYPE_DOUBLE, TYPE_BYTES, TYPE_UINT16,
	TYPE_UINT32, TYPE_MAP, TYPE_INT32, TYPE_UINT64, TYPE_UINT128,
	TYPE_ARRAY, TYPE_CONTAINER, TYPE_END, TYPE_BOOL, TYPE_FLOAT, GEO_TYPES
};

struct geo_item {
	enum geo_type type;
	size_t count;	/* of members; of a pointer, where it points to */
	struct span payload;	/* of neither containers nor pointers */
	size_t next;	/* behind it; of a container, its first member */
};

/* Reads the value at an offset; false for what no reader should take. */
bool geoitem_read(struct span section, size_t at, struct geo_item *out);

/* The value behind a pointer, or the item itself; false as above. */
bool geoitem_follow(struct span section, size_t at, struct geo_item *out);

/* A number of up to 8 bytes, the highest one first. */
uint64_t geoitem_number(struct span payload);

#endif
