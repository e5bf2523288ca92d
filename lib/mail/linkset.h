/*
 * linkset - different byte strings, numbered in order, in an arena.  The bytes
 * are strangers', so where they are kept depends on a number they cannot know.
 * One thread at a time.
 */
#ifndef MAIL_LINKSET_H
#define MAIL_LINKSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

struct link_slot {
	uint32_t hash;
	uint32_t number;	/* + 1, 0 is empty */
};

struct link_set {
	struct arena *arena;
	struct span *items;	/* the strings; they live as long as given */
	size_t count;
	struct link_slot *slots;
	size_t room;		/* of slots, a power of two */
	uint64_t seed;
};

struct link_set *linkset_new(struct arena *);

/* The number of s, which is put in when it is new: *fresh tells. */
size_t linkset_put(struct link_set *, struct span s, bool *fresh);

/* False when it is not there. */
bool linkset_find(const struct link_set *, struct span s, size_t *number);

#endif
