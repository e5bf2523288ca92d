/* meta_watch - which metas may hit. */
#include "rules/meta_watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/meta_state.h"

#define WORD 64			/* bits of one */

struct meta_watch {
	size_t count, words;	/* of metas */
	uint64_t *always;	/* awake whatever the rules say */
	unsigned *first;	/* by rule.index: its first place in metas, */
	unsigned *metas;	/* whose places these are */
	unsigned *watching;	/* rules that wake somebody, in order */
	size_t watching_count;
	unsigned *asks;		/* by place: its first one in required; these */
	unsigned *required;	/* stand together, as most metas end there */
};

static void
set_bit(uint64_t *bits, size_t i)
{
	bits[i / WORD] |= UINT64_C(1) << i % WORD;
}

/* By rule.index: how many metas ask for it. */
static unsigned *
count_wanted(const struct ruleset *rules)
{
	unsigned *wanted = mem_alloc((rules->count + 1) * sizeof(*wanted));
	const struct meta *meta;
	size_t i, k;

	for (i = 0; i < rules->meta_count; i++) {
		meta = rules->metas[i]->meta;
		for (k = 0; k < meta->required_count; k++)
			wanted[meta->required[k]]++;
	}
	for (i = 0; i < rules->meta_count; i++)
		if (!rules->metas[i]->meta->idle)
			wanted[rules->metas[i]->index] = UINT_MAX;
	return wanted;
}

/* By whom it is watched. */
static const unsigned *
watchers(const struct meta *meta, const unsigned *wanted, size_t *n)
{
	const unsigned *least = meta->required;
	size_t i;

	*n = meta->operand_count;
	if (meta->required_count == 0)
		return meta->operands;
	for (i = 1; i < meta->required_count; i++)
		if (wanted[meta->required[i]] < wanted[*least])
			least = &meta->required[i];
	*n = 1;
	return least;
}

/* A check may have raised a symbol of that name: the meta replaces it. */
static bool
is_always(const struct rule *rule)
{
	return !rule->meta->idle || rule->raised;
}

/* Counts in first, one place further on, or fills with these counts summed. */
static void
enter(struct meta_watch *w, const struct ruleset *rules,
    const unsigned *wanted, bool fill)
{
	const unsigned *watcher;
	size_t i, k, n;

	for (i = 0; i < rules->meta_count; i++) {
		if (is_always(rules->metas[i])) {
			set_bit(w->always, i);
			continue;
		}
		watcher = watchers(rules->metas[i]->meta, wanted, &n);
		for (k = 0; k < n; k++) {
			if (fill)
				w->metas[w->first[watcher[k]]] = (unsigned)i;
			w->first[watcher[k] + !fill]++;
		}
	}
}

/* Those that are awake always ask for nothing. */
static void
copy_required(struct meta_watch *w, const struct ruleset *rules)
{
	const struct meta *meta;
	size_t i, k, n = 0;

	for (i = 0; i < w->count; i++)
		n += rules->metas[i]->meta->required_count;
	w->asks = mem_alloc((w->count + 1) * sizeof(*w->asks));
	w->required = mem_alloc((n + 1) * sizeof(*w->required));
	for (i = n = 0; i < w->count; i++) {
		meta = rules->metas[i]->meta;
		for (k = 0; k < meta->required_count &&
		    !is_always(rules->metas[i]); k++)
			w->required[n++] = meta->required[k];
		w->asks[i + 1] = (unsigned)n;
	}
}

struct meta_watch *
meta_watch_new(const struct ruleset *rules)
{
	struct meta_watch *w = mem_alloc(sizeof(*w));
	unsigned *wanted = count_wanted(rules);
	size_t i, n = rules->count;

	w->count = rules->meta_count;
	w->words = w->count / WORD + 1;
	w->always = mem_alloc(w->words * sizeof(*w->always));
	w->first = mem_alloc((n + 1) * sizeof(*w->first));
	w->watching = mem_alloc((n + 1) * sizeof(*w->watching));
	enter(w, rules, wanted, false);
	for (i = 0; i < n; i++) {
		if (w->first[i + 1] > 0)
			w->watching[w->watching_count++] = (unsigned)i;
		w->first[i + 1] += w->first[i];
	}
	w->metas = mem_array(NULL, w->first[n] + (size_t)1,
	    sizeof(*w->metas));
	enter(w, rules, wanted, true);
	copy_required(w, rules);
	/* Filling has moved each to where the next one begins. */
	memmove(w->first + 1, w->first, n * sizeof(*w->first));
	w->first[0] = 0;
	free(wanted);
	return w;
}

void
meta_watch_free(struct meta_watch *w)
{
	if (w == NULL)
		return;
	free(w->always);
	free(w->first);
	free(w->metas);
	free(w->watching);
	free(w->asks);
	free(w->required);
	free(w);
}

uint64_t *
meta_watch_begin(const struct meta_watch *w, struct arena *arena)
{
	uint64_t *awake = arena_raw(arena, w->words * sizeof(*awake));

	memcpy(awake, w->always, w->words * sizeof(*awake));
	return awake;
}

void
meta_watch_wake(const struct meta_watch *w, uint64_t *awake, unsigned rule)
{
	unsigned i;

	for (i = w->first[rule]; i < w->first[rule + 1]; i++)
		set_bit(awake, w->metas[i]);
}

void
meta_watch_wake_some(const struct meta_watch *w, uint64_t *awake,
    const double *high)
{
	size_t i;

	for (i = 0; i < w->watching_count; i++)
		if (high[w->watching[i]] != 0)
			meta_watch_wake(w, awake, w->watching[i]);
}

void
meta_watch_wake_all(const struct meta_watch *w, uint64_t *awake)
{
	memset(awake, UCHAR_MAX, w->words * sizeof(*awake));
}

static size_t
next_bit(const struct meta_watch *w, const uint64_t *awake, size_t from)
{
	size_t word = from / WORD;
	uint64_t bits;

	if (from >= w->count)
		return w->count;
	bits = awake[word] & UINT64_MAX << from % WORD;
	while (bits == 0 && ++word < w->words)
		bits = awake[word];
	if (bits == 0)
		return w->count;
	from = word * WORD + (size_t)__builtin_ctzll(bits);
	return from < w->count ? from : w->count;
}

static bool
may_hit(const struct meta_watch *w, const double *high, size_t place)
{
	unsigned i;

	for (i = w->asks[place]; i < w->asks[place + 1]; i++)
		if (high[w->required[i]] == 0)
			return false;
	return true;
}

size_t
meta_watch_next(const struct meta_watch *w, const uint64_t *awake,
    const double *high, size_t from)
{
	while ((from = next_bit(w, awake, from)) < w->count &&
	    high != NULL && !may_hit(w, high, from))
		from++;
	return from;
}
