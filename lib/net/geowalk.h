/*
 * geowalk - every value that lookups in a section can come to, each looked at
 * once.  One thread.
 */
#ifndef NET_GEOWALK_H
#define NET_GEOWALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct geo_walk {
	struct span section;
	uint8_t *begun, *ended;	/* a bit for each offset that was led to */
	size_t budget;		/* values that may still be looked at */
	unsigned keys;		/* of geo_keys, seen so far */
	const char *why;	/* it failed, or NULL */
};

void geowalk_init(struct geo_walk *, struct span section);
void geowalk_done(struct geo_walk *);

/* Walks what a record or pointer leads to; false with why set. */
bool geowalk_entry(struct geo_walk *, size_t at, unsigned depth);

/* Whether geowalk_entry was called for an offset. */
bool geowalk_seen(const struct geo_walk *, size_t at);

/* Walks one value where it stands; behind it, or 0 with why set. */
size_t geowalk_value(struct geo_walk *, size_t at);

#endif
