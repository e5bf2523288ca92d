/* memo - what was found out about short names lately. */
#include "base/memo.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define WORDS (MEMO_NAME_MAX / sizeof(uint64_t) + 1)
#define ANSWER UINT64_C(1)	/* beside the length, in the first word */

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

/*
 * The name as words, of which the first says its length, and the number of its
 * place.  Returns how many words there are.
 */
static size_t
pack(const struct memo *m, struct span name, uint64_t words[WORDS],
    size_t *place)
{
	size_t i, n = 1 + (name.n + sizeof(words[0]) - 1) / sizeof(words[0]);
	uint64_t h = 0;

	words[n - 1] = 0;
	words[0] = (name.n + 1) << 1;	/* an empty place has none */
	if (name.n != 0)
		memcpy(words + 1, name.p, name.n);
	for (i = 0; i < n; i++) {
		h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	*place = h & (m->room - 1);
	return n;
}

bool
memo_find(const struct memo *m, struct span name, bool *answer)
{
	uint64_t words[WORDS], turn, first, other;
	const struct place *place;
	size_t i, n, at;

	if (name.n > MEMO_NAME_MAX)
		return false;
	n = pack(m, name, words, &at);
	place = &m->places[at];
	turn = atomic_load_explicit(&place->turn, memory_order_acquire);
	first = atomic_load_explicit(&place->words[0], memory_order_acquire);
	other = (first ^ words[0]) & ~ANSWER;
	for (i = 1; i < n; i++)
		other |= words[i] ^ atomic_load_explicit(&place->words[i],
		    memory_order_acquire);
	if (other != 0 || (turn & 1) != 0 ||
	    atomic_load_explicit(&place->turn, memory_order_relaxed) != turn)
		return false;
	*answer = (first & ANSWER) != 0;
	return true;
}

void
memo_put(struct memo *m, struct span name, bool answer)
{
	uint64_t words[WORDS], turn;
	struct place *place;
	size_t i, n, at;

	if (name.n > MEMO_NAME_MAX)
		return;
	n = pack(m, name, words, &at);
	place = &m->places[at];
	words[0] |= answer ? ANSWER : 0;
	turn = atomic_load_explicit(&place->turn, memory_order_relaxed);
	if ((turn & 1) != 0 || !atomic_compare_exchange_strong(&place->turn,
	    &turn, turn + 1))
		return;
	for (i = 0; i < n; i++)
		atomic_store_explicit(&place->words[i], words[i],
		    memory_order_release);
	atomic_store_explicit(&place->turn, turn + 2, memory_order_release);
}
