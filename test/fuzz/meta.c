/* meta - fuzz entry: an expression, whose value stays within its bounds. */
#include <stdlib.h>
#include "rules/meta.h"
#include "test/fuzz/fuzz.h"

static int
find(void *context, struct span name)
{
	return context == NULL ? name.p[0] % 4 : -1;
}

static size_t
match(void *context, struct span glob, unsigned *out, size_t max)
{
	out[0] = 2;
	return context == NULL && glob.n < max;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const double values[4] = {0, 1, 0.25, 1e15};
	static const double low[4] = {0, 0, 0.25, 0};
	static const struct meta_names names = {NULL, true, find, match};
	struct arena arena;
	const struct meta *meta;
	double value, least, most;

	arena_init(&arena);
	meta = meta_parse(&arena, span_make((const char *)bytes, n), &names,
	    NULL);
	if (meta != NULL) {
		value = meta_eval(meta, values);
		meta_bounds(meta, low, values, &least, &most);
		if (!(least >= 0 && value >= least && value <= most &&
		    most <= 1e15))
			abort();
	}
	arena_done(&arena);
	return 0;
}
