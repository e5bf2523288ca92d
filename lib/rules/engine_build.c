/* engine_build - the databases and gates of every class. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/engine_cache.h"
#include "rules/compile.h"
#include "rules/engine_load.h"
#include "rules/engine_strings.h"

/* Databases of a class, by the number of patterns in them. */
static const struct {
	size_t patterns, shards;
} sizes[] = {{1000, 1}, {4000, 2}, {16000, 4}, {SIZE_MAX, 8}};

struct wishes {
	struct shard_wish *all;
	size_t n;
};

static void
add_wish(struct wishes *w, unsigned class, const unsigned *patterns, size_t n)
{
	struct shard_wish *wish;

	w->all = mem_array(w->all, w->n + 1, sizeof(*w->all));
	wish = &w->all[w->n++];
	memset(wish, 0, sizeof(*wish));
	wish->class = class;
	wish->n = n;
	wish->patterns = mem_array(NULL, n, sizeof(*patterns));
	memcpy(wish->patterns, patterns, n * sizeof(*patterns));
}

/* A pattern's place in the order of classes, shards and keys. */
struct place {
	unsigned class, shard, pattern;
	const char *key;
};

static int
compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return strcmp(x->key, y->key);
}

/* By the key alone, so that another pattern changes one shard only. */
static unsigned
choose_shard(const char *key, size_t patterns)
{
	char head[9];
	size_t i = 0;

	while (patterns > sizes[i].patterns)
		i++;
	memcpy(head, key, 8);
	head[8] = '\0';
	return (unsigned)(strtoul(head, NULL, 16) % sizes[i].shards);
}

static struct place *
find_places(const struct engine *e, size_t *n)
{
	struct place *places = mem_alloc(e->n * sizeof(*places));
	size_t *counts = mem_alloc(e->class_count * sizeof(*counts)), i;
	const struct engine_slot *slot;

	for (i = 0; i < e->n; i++)
		if (e->slots[i].item->needs.n > 0)
			counts[e->slots[i].class]++;
	*n = 0;
	for (i = 0; i < e->n; i++) {
		slot = &e->slots[i];
		if (slot->item->needs.n == 0)
			continue;
		places[*n].class = slot->class;
		places[*n].pattern = (unsigned)i;
		places[*n].key = slot->item->key;
		places[*n].shard = choose_shard(slot->item->key,
		    counts[slot->class]);
		++*n;
	}
	free(counts);
	qsort(places, *n, sizeof(*places), compare);
	return places;
}

static void
make_wishes(const struct engine *e, struct wishes *w)
{
	size_t n, i, k, end;
	struct place *places = find_places(e, &n);
	unsigned *patterns = mem_array(NULL, n, sizeof(*patterns));

	for (i = 0; i < n; i = end) {
		for (end = i; end < n && places[end].class ==
		    places[i].class && places[end].shard == places[i].shard;
		    end++)
			;
		for (k = i; k < end; k++)
			patterns[k - i] = places[k].pattern;
		add_wish(w, places[i].class, patterns, end - i);
	}
	free(patterns);
	free(places);
}

static const struct literals **
wish_sets(const struct engine *e, const struct shard_wish *w)
{
	const struct literals **all = mem_array(NULL, w->n, sizeof(*all));
	size_t i;

	for (i = 0; i < w->n; i++)
		all[i] = &e->slots[w->patterns[i]].item->needs.all[0];
	return all;
}

static struct shard *
read_shard(struct load *l, const char *key)
{
	struct shard *shard;
	struct error error;
	struct buf file;

	if (l->cache == NULL)
		return NULL;
	switch (cache_read(l->cache, key, &file, &error)) {
	case CACHE_FAILED:
		load_report(l, ENGINE_CACHE, SIZE_MAX, error.text);
		l->cache = NULL;
		return NULL;
	case CACHE_ABSENT:
		return NULL;
	case CACHE_FOUND:
		break;
	}
	shard = shard_new(key, buf_contents(&file));
	buf_done(&file);
	if (shard != NULL)
		l->engine->figures.shards_cached++;
	return shard;
}

/* From this generation, the previous one, or the cache. */
static struct shard *
find_shard(struct load *l, const char *key)
{
	struct shard *shard = map_find(&l->engine->shards, span_of(key));

	if (shard == NULL && l->previous != NULL)
		shard = map_find(&l->previous->shards, span_of(key));
	if (shard != NULL) {
		l->engine->figures.shards_shared++;
		return shard_get(shard);
	}
	return read_shard(l, key);
}

static void
take_shard(struct load *l, struct shard_wish *w, struct shard *shard)
{
	w->shard = shard;
	if (map_put(&l->engine->shards, span_of(w->key), shard))
		shard_get(shard);
}

/* What a job brought: a shard of this generation, and a file of the cache. */
static void
take_result(struct load *l, struct shard_wish *w, struct span database)
{
	struct shard *shard = shard_new(w->key, database);
	struct error error;

	if (shard == NULL)
		return;
	l->engine->figures.shards_compiled++;
	take_shard(l, w, shard);
	if (l->cache == NULL ||
	    cache_write(l->cache, w->key, database, &error) == 0)
		return;
	load_report(l, ENGINE_CACHE, SIZE_MAX, error.text);
	l->cache = NULL;
}

static void
build_shards(struct load *l, struct shard_wish **wishes, size_t n)
{
	struct compile_job *jobs = mem_alloc(n * sizeof(*jobs));
	struct error error;
	size_t i;

	for (i = 0; i < n; i++) {
		jobs[i].n = wishes[i]->n;
		jobs[i].sets = wish_sets(l->engine, wishes[i]);
	}
	if (compile_run(jobs, n, l->deadline, &error) != 0)
		load_report(l, ENGINE_WORKER, SIZE_MAX, error.text);
	for (i = 0; i < n; i++) {
		if (jobs[i].done)
			take_result(l, wishes[i],
			    buf_contents(&jobs[i].result));
		buf_done(&jobs[i].result);
		free((void *)(uintptr_t)jobs[i].sets);
	}
	free(jobs);
}

/* Finds the shards, or has them built. */
static void
fulfil(struct load *l, struct wishes *w)
{
	struct shard_wish **missing = mem_alloc(w->n * sizeof(*missing));
	const struct literals **sets;
	struct shard *shard;
	size_t i, n = 0;

	for (i = 0; i < w->n; i++) {
		sets = wish_sets(l->engine, &w->all[i]);
		shard_key(sets, w->all[i].n, l->platform, w->all[i].key);
		free(sets);
		shard = find_shard(l, w->all[i].key);
		if (shard != NULL)
			take_shard(l, &w->all[i], shard);
		else
			missing[n++] = &w->all[i];
	}
	if (n > 0)
		build_shards(l, missing, n);
	free(missing);
}

static void
keep(struct load *l, struct shard_wish *w)
{
	struct engine_class *c = &l->engine->classes[w->class];
	struct engine_shard *s;

	c->shards = mem_array(c->shards, c->shard_count + 1,
	    sizeof(*c->shards));
	s = &c->shards[c->shard_count++];
	s->shard = w->shard;
	s->patterns = w->patterns;
	s->n = w->n;
	w->patterns = NULL;
}

static void
add(unsigned **list, size_t *n, size_t slot)
{
	*list = mem_array(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = (unsigned)slot;
}

/* Our own search does for those that no database was built for. */
static void
add_strings(struct engine *e, const struct shard_wish *w)
{
	struct engine_class *c = &e->classes[w->class];
	size_t i;

	for (i = 0; i < w->n; i++)
		add(&c->stringed, &c->stringed_count, w->patterns[i]);
}

void
load_shards(struct load *l)
{
	struct wishes w = {NULL, 0};
	size_t i;

	if (!l->vectorscan)
		return;
	make_wishes(l->engine, &w);
	fulfil(l, &w);
	for (i = 0; i < w.n; i++) {
		if (w.all[i].shard != NULL)
			keep(l, &w.all[i]);
		else
			add_strings(l->engine, &w.all[i]);
		free(w.all[i].patterns);
	}
	free(w.all);
}

static void
make_gate(const struct engine *e, unsigned slot, size_t need,
    struct engine_gate *out)
{
	const struct item *item = e->slots[slot].item;

	out->slot = slot;
	out->before = item_before(item, need);
	out->need = (uint8_t)need;
	out->needs = (uint8_t)item->needs.n;
	out->times = (uint8_t)item->needs.all[need].times;
}

static void
make_strings(const struct engine *e, struct engine_class *c)
{
	size_t i, k, n = 0, room = c->stringed_count * NEEDS_MAX;
	const struct literals **all;
	const struct needs *needs;

	if (c->stringed_count == 0)
		return;
	all = mem_alloc(room * sizeof(*all));
	c->gates = mem_alloc(room * sizeof(*c->gates));
	for (i = 0; i < c->stringed_count; i++) {
		needs = &e->slots[c->stringed[i]].item->needs;
		for (k = 0; k < needs->n; k++) {
			all[n] = &needs->all[k];
			make_gate(e, c->stringed[i], k, &c->gates[n++]);
		}
	}
	c->strings = engine_strings_new(all, n);
	free(all);
}

static void
make_sketches(const struct engine *e, struct engine_class *c)
{
	const struct sketch **all;
	size_t i;

	if (c->sketched_count == 0)
		return;
	all = mem_alloc(c->sketched_count * sizeof(*all));
	for (i = 0; i < c->sketched_count; i++)
		all[i] = &e->slots[c->sketched[i]].item->sketch;
	c->sketches = sketches_new(all, c->sketched_count);
	free(all);
}

void
load_gates(struct load *l)
{
	struct engine *e = l->engine;
	struct engine_class *c;
	size_t i;

	for (i = 0; i < e->n; i++) {
		c = &e->classes[e->slots[i].class];
		if (e->slots[i].way == ENGINE_DIRECT)
			add(&c->direct, &c->direct_count, i);
		else if (e->slots[i].way == ENGINE_STRINGS && !l->vectorscan)
			add(&c->stringed, &c->stringed_count, i);
		else if (e->slots[i].way == ENGINE_SKETCHED)
			add(&c->sketched, &c->sketched_count, i);
	}
	for (i = 0; i < e->class_count; i++) {
		make_strings(e, &e->classes[i]);
		make_sketches(e, &e->classes[i]);
	}
}
