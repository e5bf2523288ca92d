/* weights - what each symbol counts and means. */
#include "verdict/weights.h"

#include <stdlib.h>

#include "base/mem.h"

void
weights_init(struct weights *w)
{
	map_init(&w->map);
}

void
weights_done(struct weights *w)
{
	struct weight *weight;
	size_t i;

	for (i = 0; i < w->map.count; i++) {
		weight = map_value(&w->map, i);
		free(weight->name);
		free(weight->describe);
		free(weight->file);
		free(weight);
	}
	map_done(&w->map);
}

struct weight *
weights_put(struct weights *w, struct span name)
{
	struct weight *weight = map_find(&w->map, name);

	if (weight != NULL)
		return weight;
	weight = mem_alloc(sizeof(*weight));
	weight->name = mem_copy(name.p, name.n);
	weight->index = (unsigned)w->map.count;
	map_put(&w->map, name, weight);
	return weight;
}

const struct weight *
weights_find(const struct weights *w, struct span name)
{
	return map_find(&w->map, name);
}
