/*
 * engine_load - from patterns to an engine: what can be shared with the
 * previous one or read from the cache is not compiled again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rules/engine_cache.h"
#include "rules/engine_load.h"
#include "rules/engine_strings.h"

/* Up to so many patterns of a class PCRE2 is as fast by itself (measured). */
#define FEW 4

#define SECONDS 120		/* for all compiling, unless the caller says */

void
load_report(const struct load *l, enum engine_note note, size_t position,
    const char *text)
{
	if (l->options->report != NULL)
		l->options->report(l->options->arg, note,
		    position < l->n ? &l->patterns[position] : NULL, text);
}

static int
check_limits(const struct engine_pattern *p, size_t n, struct error *error)
{
	size_t i;

	if (n > ENGINE_PATTERNS_MAX)
		return error_set(error, "more than %d patterns",
		    ENGINE_PATTERNS_MAX);
	for (i = 0; i < n; i++) {
		if (p[i].class >= ENGINE_CLASSES_MAX)
			return error_set(error, "more than %d kinds of "
			    "patterns", ENGINE_CLASSES_MAX);
		if (p[i].text.n > REGEX_PATTERN_MAX)
			return error_set(error, "a pattern is longer than %d "
			    "bytes", REGEX_PATTERN_MAX);
	}
	return 0;
}

/* Classes with the number of their patterns. */
static void
make_classes(struct load *l)
{
	struct engine *e = l->engine;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->patterns[i].class >= e->class_count)
			e->class_count = l->patterns[i].class + 1;
	e->classes = mem_alloc(e->class_count * sizeof(*e->classes));
	for (i = 0; i < l->n; i++)
		e->classes[l->patterns[i].class].patterns++;
}

static struct item *
find_item(struct load *l, const struct engine_pattern *p, bool few)
{
	struct item *item;
	char key[ITEM_KEY_MAX];
	struct span name;

	item_key(p, few, key);
	name = span_of(key);
	item = map_find(&l->engine->items, name);
	if (item != NULL)
		return item_get(item);
	if (l->previous != NULL)
		item = map_find(&l->previous->items, name);
	if (item != NULL)
		item_get(item);
	else
		item = item_new(p, few, key);
	map_put(&l->engine->items, name, item);
	return item;
}

static void
make_slots(struct load *l)
{
	struct engine *e = l->engine;
	const struct engine_pattern *p;
	struct engine_slot *slot;

	e->slots = mem_alloc(l->n * sizeof(*e->slots));
	for (e->n = 0; e->n < l->n; e->n++) {
		p = &l->patterns[e->n];
		slot = &e->slots[e->n];
		slot->id = p->id;
		slot->class = p->class;
		slot->captures = p->captures;
		slot->once = p->once;
		slot->later = p->later && !p->captures;
		slot->most = p->most > 1 ? p->most : 1;
		if (slot->most > ENGINE_COUNT_MAX)
			slot->most = ENGINE_COUNT_MAX;
		slot->item = find_item(l, p,
		    e->classes[p->class].patterns <= FEW);
		slot->run = slot->item->run.n > 0 ? &slot->item->run : NULL;
		slot->filter = slot->item->filter;
		slot->least = slot->item->run.least;
		slot->way = slot->item->way;
	}
}

static void
report_ways(struct load *l)
{
	const struct engine_slot *slot;
	size_t i;

	for (i = 0; i < l->n; i++) {
		slot = &l->engine->slots[i];
		if (slot->way == ENGINE_NEVER)
			load_report(l, ENGINE_REFUSED, i, slot->item->refused);
		if (slot->way == ENGINE_DIRECT && !slot->item->few)
			load_report(l, ENGINE_UNGATED, i,
			    "is tried on every text");
	}
}

static void
count_figures(struct load *l)
{
	struct engine *e = l->engine;
	const struct item *item;
	size_t i;

	for (i = 0; i < e->n; i++)
		e->figures.ways[e->slots[i].way]++;
	for (i = 0; i < e->items.count; i++) {
		item = map_value(&e->items, i);
		if (item->regex != NULL)
			e->figures.regex_bytes += regex_size(item->regex) +
			    filter_size(item->filter) +
			    brief_size(item->brief);
	}
	for (i = 0; i < e->class_count; i++) {
		e->figures.shards += e->classes[i].shard_count;
		if (e->classes[i].strings != NULL)
			e->figures.database_bytes +=
			    engine_strings_size(e->classes[i].strings);
		if (e->classes[i].sketches != NULL)
			e->figures.database_bytes +=
			    sketches_size(e->classes[i].sketches);
	}
	for (i = 0; i < e->shards.count; i++)
		e->figures.database_bytes += ((const struct shard *)
		    map_value(&e->shards, i))->bytes;
}

/* The previous engine may know what this library is worth. */
static void
choose_library(struct load *l)
{
	enum engine_trust *trust = &l->engine->trust;

	if (l->options->no_worker)
		return;
	if (l->previous != NULL)
		*trust = l->previous->trust;
	if (*trust == TRUST_UNKNOWN)
		*trust = shard_probe() ? TRUST_GOOD : TRUST_NONE;
	l->vectorscan = *trust == TRUST_GOOD;
	if (!l->vectorscan)
		load_report(l, ENGINE_LIBRARY, SIZE_MAX, "this version of "
		    "Vectorscan overlooks strings, or the processor is too "
		    "old for it: our own search does its work");
}

static void
load_start(struct load *l, int64_t now)
{
	l->engine = mem_alloc(sizeof(*l->engine));
	l->engine->uses = 1;
	map_init(&l->engine->items);
	map_init(&l->engine->shards);
	l->deadline = now + 1000 * (int64_t)(l->options->seconds != 0 ?
	    l->options->seconds : SECONDS);
	choose_library(l);
	if (!l->vectorscan)
		return;
	shard_platform(l->platform);
	if (l->options->cache != NULL && l->options->cache[0] != '\0')
		l->cache = l->options->cache;
}

struct engine *
engine_load(const struct engine_pattern *patterns, size_t n,
    struct engine *previous, const struct engine_options *options,
    struct error *error)
{
	static const struct engine_options defaults = {.cache = NULL};
	struct load l = {.patterns = patterns, .n = n, .previous = previous,
	    .options = options != NULL ? options : &defaults};
	int64_t begin = clock_steady();

	if (check_limits(patterns, n, error) != 0)
		return NULL;
	load_start(&l, begin);
	make_classes(&l);
	make_slots(&l);
	load_shards(&l);
	load_gates(&l);
	report_ways(&l);
	count_figures(&l);
	if (l.cache != NULL && l.engine->figures.shards_compiled > 0)
		cache_clean(l.cache, clock_wall());
	l.engine->figures.ms = clock_steady() - begin;
	return l.engine;
}
