/* list - globs with something behind them. */
#include "rules/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/glob.h"

#define TAIL_MAX 255		/* bytes of an item's end that are looked up */

enum stage { STAGE_EXACT, STAGE_OTHERS, STAGE_TAILS };

struct list *
list_new(void)
{
	struct list *l = mem_alloc(sizeof(*l));

	map_init(&l->by_glob);
	map_init(&l->exact);
	map_init(&l->tails);
	return l;
}

void
list_free(struct list *l)
{
	if (l == NULL)
		return;
	map_done(&l->by_glob);
	map_done(&l->exact);
	map_done(&l->tails);
	free(l->entries);
	free(l);
}

/* Chains begin in maps as numbers + 1, dressed as pointers. */
static size_t
chain_first(const struct map *map, struct span key)
{
	return (size_t)(uintptr_t)map_find(map, key);
}

/* Puts an entry into the chain of its key, behind the first one. */
static void
chain_add(struct list *l, struct map *map, struct span key, size_t entry)
{
	struct list_entry *first;

	if (map_put(map, key, (void *)(uintptr_t)(entry + 1)))
		return;
	first = &l->entries[chain_first(map, key) - 1];
	l->entries[entry].next = first->next;
	first->next = entry + 1;
}

void
list_add(struct list *l, struct span glob, struct span second)
{
	if (l->count == l->room) {
		l->room = l->room != 0 ? l->room * 2 : 16;
		l->entries = mem_array(l->entries, l->room,
		    sizeof(*l->entries));
	}
	l->entries[l->count] = (struct list_entry){glob, second, false, 0};
	chain_add(l, &l->by_glob, glob, l->count++);
}

void
list_drop(struct list *l, struct span glob, const struct span *second)
{
	size_t i = chain_first(&l->by_glob, glob);

	for (; i != 0; i = l->entries[i - 1].next)
		if (second == NULL ||
		    span_eq(l->entries[i - 1].second, *second))
			l->entries[i - 1].gone = true;
}

/* What a glob ends with, from the start of a label; empty when that is less. */
static struct span
tail_of(struct span glob)
{
	size_t i, start = glob.n;

	for (i = glob.n; i > 0; i--) {
		if (glob.p[i - 1] == '*' || glob.p[i - 1] == '?')
			break;
		if (glob.p[i - 1] == '.' || glob.p[i - 1] == '@')
			start = i;
		if (glob.n - i >= TAIL_MAX)
			break;
	}
	return span_skip(glob, start);
}

void
list_ready(struct list *l)
{
	struct span glob, tail;
	size_t i;

	for (i = 0; i < l->count; i++)
		l->entries[i].next = 0;
	for (i = 0; i < l->count; i++) {
		if (l->entries[i].gone)
			continue;
		glob = l->entries[i].glob;
		tail = tail_of(glob);
		if (span_chr(glob, '*') == glob.n &&
		    span_chr(glob, '?') == glob.n) {
			chain_add(l, &l->exact, glob, i);
		} else if (tail.n > 0) {
			chain_add(l, &l->tails, tail, i);
		} else {
			l->entries[i].next = l->others;
			l->others = i + 1;
		}
	}
}

bool
list_empty(const struct list *l)
{
	return l->exact.count == 0 && l->tails.count == 0 && l->others == 0;
}

/* The first entry of the next chain to look into, or 0 when none is left. */
static size_t
next_chain(const struct list *l, struct span item, struct list_walk *walk)
{
	size_t stage, at, first = 0;

	while (first == 0) {
		stage = walk->stage++;
		if (stage == STAGE_EXACT) {
			first = chain_first(&l->exact, item);
		} else if (stage == STAGE_OTHERS) {
			first = l->others;
		} else {
			/* Stages from here on are places in the item. */
			at = stage - STAGE_TAILS;
			if (item.n > TAIL_MAX && at < item.n - TAIL_MAX)
				at = item.n - TAIL_MAX;
			while (at < item.n && (at == 0 ||
			    (item.p[at - 1] != '.' && item.p[at - 1] != '@')))
				at++;
			if (at == item.n)
				return 0;
			walk->stage = STAGE_TAILS + at + 1;
			first = chain_first(&l->tails, span_skip(item, at));
		}
	}
	return first;
}

bool
list_next(const struct list *l, struct span item, struct list_walk *walk,
    struct span *second)
{
	const struct list_entry *e;

	/* walk->entry is the next one of a chain, or 0 between chains. */
	for (;;) {
		if (walk->entry == 0)
			walk->entry = next_chain(l, item, walk);
		if (walk->entry == 0)
			return false;
		e = &l->entries[walk->entry - 1];
		walk->entry = e->next;
		if (glob_match(e->glob, item)) {
			*second = e->second;
			return true;
		}
	}
}

bool
list_has(const struct list *l, struct span item)
{
	struct list_walk walk = {0, 0};
	struct span second;

	return list_next(l, item, &walk, &second);
}
