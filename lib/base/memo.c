/* memo - what was found out about short names lately. */
#include "base/memo.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORDS (MEMO_NAME_MAX / sizeof(uint64_t) + 1)
#define ANSWER UINT64_C(1)	/* beside the length, in the last word */

/*
 * A name is written in several steps, and whoever reads it meanwhile must see
 * that.  All of its words are read before the turn is read again, and written
 * after it was made odd: acquire and release say so.
 */
struct place {
	_Atomic uint64_t turn;	/* odd while somebody writes */
	_Atomic uint64_t words[WORDS];
};

struct memo {
	size_t room;
	struct place places[];
};

struct memo *
memo_new(size_t places)
{
	struct memo *m = mem_alloc(sizeof(*m) + places * sizeof(m->places[0]));

	m->room = places;
	return m;
}

void
memo_free(struct memo *m)
{
	free(m);
}

/* The name as words, and the number of its place. */
static size_t
pack(const struct memo *m, struct span name, uint64_t words[WORDS])
{
	uint64_t h = 0;
	size_t i;

	memset(words, 0, WORDS * sizeof(words[0]));
	memcpy(words, name.p, name.n);
	words[WORDS - 1] = (name.n + 1) << 1;	/* an empty place has none */
	for (i = 0; i < WORDS; i++) {
		h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return h & (m->room - 1);
}

bool
memo_find(const struct memo *m, struct span name, bool *answer)
{
	uint64_t words[WORDS], turn, held, other = 0, last = 0;
	const struct place *place;
	size_t i;

	if (name.n > MEMO_NAME_MAX)
		return false;
	place = &m->places[pack(m, name, words)];
	turn = atomic_load_explicit(&place->turn, memory_order_acquire);
	for (i = 0; i < WORDS; i++) {
		held = atomic_load_explicit(&place->words[i],
		    memory_order_acquire);
		last = held ^ words[i];
		other |= i < WORDS - 1 ? last : last & ~ANSWER;
	}
	if (other != 0 || (turn & 1) != 0 ||
	    atomic_load_explicit(&place->turn, memory_order_relaxed) != turn)
		return false;
	*answer = (last & ANSWER) != 0;
	return true;
}

void
memo_put(struct memo *m, struct span name, bool answer)
{
	uint64_t words[WORDS], turn;
	struct place *place;
	size_t i;

	if (name.n > MEMO_NAME_MAX)
		return;
	place = &m->places[pack(m, name, words)];
	words[WORDS - 1] |= answer ? ANSWER : 0;
	turn = atomic_load_explicit(&place->turn, memory_order_relaxed);
	if ((turn & 1) != 0 || !atomic_compare_exchange_strong(&place->turn,
	    &turn, turn + 1))
		return;
	for (i = 0; i < WORDS; i++)
		atomic_store_explicit(&place->words[i], words[i],
		    memory_order_release);
	atomic_store_explicit(&place->turn, turn + 2, memory_order_release);
}
