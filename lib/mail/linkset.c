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

/* All bytes of less than eight. */
static uint64_t
short_word(const char *p, size_t n)
{
	const unsigned char *s = (const unsigned char *)p;
	uint32_t first, last;

	if (n < sizeof(first))
		return n == 0 ? 0 : s[0] | (unsigned)s[n / 2] << 8 |
		    (unsigned)s[n - 1] << 16;
	/* These may overlap. */
	memcpy(&first, p, sizeof(first));
	memcpy(&last, p + n - sizeof(last), sizeof(last));
	return (uint64_t)first << 32 | last;
}

/* From the seed on, stirred with every eight bytes. */
static inline uint32_t
hash_of(const struct link_set *set, struct span s)
{
	uint64_t h = set->seed ^ s.n, word;
	size_t i, n = s.n < sizeof(word) ? 0 : s.n - sizeof(word);

	for (i = 0; i < n; i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		h = stirred(h ^ word);
	}
	/* The last ones overlap those before. */
	if (s.n >= sizeof(word))
		memcpy(&word, s.p + n, sizeof(word));
	else
		word = short_word(s.p, s.n);
	h = stirred(h ^ word) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(h >> 32);
}

/* Where s is, or may be put. */
static inline struct link_slot *
slot_of(const struct link_set *set, struct span s, uint32_t hash)
{
	size_t i = hash & (set->room - 1);

	while (set->slots[i].number != 0 && (set->slots[i].hash != hash ||
	    !span_eq(set->items[set->slots[i].number - 1], s)))
		i = (i + 1) & (set->room - 1);
	return &set->slots[i];
}

/* Puts in what is not there yet. */
static void
move(struct link_set *set, const struct link_slot *old)
{
	size_t i = old->hash & (set->room - 1);

	while (set->slots[i].number != 0)
		i = (i + 1) & (set->room - 1);
	set->slots[i] = *old;
}

static void
grow(struct link_set *set)
{
	struct link_slot *old = set->slots;
	size_t i, n = set->room;
	struct span *items;

	set->room = n != 0 ? 2 * n : FIRST_ROOM;
	set->slots = arena_alloc(set->arena, set->room * sizeof(*set->slots));
	items = arena_raw(set->arena, set->room / 2 * sizeof(*items));
	if (set->count != 0)
		memcpy(items, set->items, set->count * sizeof(*items));
	set->items = items;
	for (i = 0; i < n; i++)
		if (old[i].number != 0)
			move(set, &old[i]);
}

size_t
linkset_put(struct link_set *set, struct span s, bool *fresh)
{
	uint32_t hash = hash_of(set, s);
	struct link_slot *slot;

	if (set->count >= set->room / 2)
		grow(set);
	slot = slot_of(set, s, hash);
	*fresh = slot->number == 0;
	if (*fresh) {
		set->items[set->count++] = s;
		slot->hash = hash;
		slot->number = (uint32_t)set->count;
	}
	return slot->number - 1;
}

bool
linkset_find(const struct link_set *set, struct span s, size_t *number)
{
	struct link_slot *slot;

	if (set->count == 0)
		return false;
	slot = slot_of(set, s, hash_of(set, s));
	if (slot->number == 0)
		return false;
	*number = slot->number - 1;
	return true;
}
