/* meta - fuzz entry: an expression, whose value is finite and not below 0. */
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
	static const struct meta_names names = {NULL, true, find, match};
	struct arena arena;
	const struct meta *meta;

	arena_init(&arena);
	meta = meta_parse(&arena, span_make((const char *)bytes, n), &names,
	    NULL);
	if (meta != NULL && !(meta_eval(meta, values) >= 0 &&
	    meta_eval(meta, values) <= 1e15))
		abort();
	arena_done(&arena);
	return 0;
}
