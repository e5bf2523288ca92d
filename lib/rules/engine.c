/* engine - thousands of regular expressions at once. */
#include "rules/engine.h"

#include <stdlib.h>

#include "rules/engine_state.h"
#include "rules/engine_strings.h"

static void
class_done(struct engine_class *c)
{
	size_t i;

	for (i = 0; i < c->shard_count; i++) {
		shard_put(c->shards[i].shard);
		free(c->shards[i].patterns);
	}
	free(c->shards);
	engine_strings_free(c->strings);
	free(c->gates);
	free(c->stringed);
	sketches_free(c->sketches);
	free(c->sketched);
	free(c->direct);
}

void
engine_free(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->class_count; i++)
		class_done(&e->classes[i]);
	for (i = 0; i < e->n; i++)
		item_put(e->slots[i].item);
	for (i = 0; i < e->shards.count; i++)
		shard_put(map_value(&e->shards, i));
	free(e->classes);
	free(e->slots);
	map_done(&e->items);
	map_done(&e->shards);
	free(e);
}

struct engine *
engine_get(struct engine *e)
{
	atomic_fetch_add(&e->uses, 1);
	return e;
}

void
engine_put(struct engine *e)
{
	if (e != NULL && atomic_fetch_sub(&e->uses, 1) == 1)
		engine_free(e);
}

enum engine_way
engine_way(const struct engine *e, size_t position)
{
	return e->slots[position].way;
}

void
engine_figures(const struct engine *e, struct engine_figures *out)
{
	*out = e->figures;
}
