/* linkset - different byte strings, numbered in order. */
#include "mail/linkset.h"

#include <string.h>

#define FIRST_ROOM 64

struct link_set *
linkset_new(struct arena *arena)
{
	struct link_set *set = arena_alloc(arena, sizeof(*set));

	set->arena = arena;
	/* Where the kernel put us is no secret of note, but no stranger to a
	 * message knows it. */
	set->seed = (uint64_t)(uintptr_t)set * 0x9e3779b97f4a7c15u;
	return set;
}

/* What each half does depends on all of the other: nobody knows either. */
static uint64_t
stirred(uint64_t h)
{
	return (h >> 32) * (h & UINT32_MAX) ^ (h << 17 | h >> 47);
}

/* From the seed on, stirred with every eight bytes. */
static uint64_t
hash_of(const struct link_set *set, struct span s)
{
	uint64_t h = set->seed ^ s.n, word = 0;
	size_t i, n = s.n < sizeof(word) ? 0 : s.n - sizeof(word);

	for (i = 0; i < n; i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		h = stirred(h ^ word);
	}
	/* The last ones overlap those before. */
	if (s.n >= sizeof(word))
		memcpy(&word, s.p + n, sizeof(word));
	for (i = 0; s.n < sizeof(word) && i < s.n; i++)
		word = word << 8 | (unsigned char)s.p[i];
	h = stirred(h ^ word) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static uint32_t *
slot_of(const struct link_set *set, struct span s)
{
	size_t i = hash_of(set, s) & (set->room - 1);

	while (set->slots[i] != 0 &&
	    !span_eq(set->items[set->slots[i] - 1], s))
		i = (i + 1) & (set->room - 1);
	return &set->slots[i];
}

static void
grow(struct link_set *set)
{
	struct span *items;
	size_t i;

	set->room = set->room != 0 ? 2 * set->room : FIRST_ROOM;
	set->slots = arena_alloc(set->arena, set->room * sizeof(*set->slots));
	items = arena_alloc(set->arena, set->room / 2 * sizeof(*items));
	if (set->count != 0)
		memcpy(items, set->items, set->count * sizeof(*items));
	set->items = items;
	for (i = 0; i < set->count; i++)
		*slot_of(set, items[i]) = (uint32_t)i + 1;
}

size_t
linkset_put(struct link_set *set, struct span s, bool *fresh)
{
	uint32_t *slot;

	if (set->count >= set->room / 2)
		grow(set);
	slot = slot_of(set, s);
	*fresh = *slot == 0;
	if (*fresh) {
		set->items[set->count++] = s;
		*slot = (uint32_t)set->count;
	}
	return *slot - 1;
}

bool
linkset_find(const struct link_set *set, struct span s, size_t *number)
{
	uint32_t *slot;

	if (set->count == 0)
		return false;
	slot = slot_of(set, s);
	if (*slot == 0)
		return false;
	*number = *slot - 1;
	return true;
}
