/* rate_limit - fuzz entry: a limit; what is read reads the same again. */
#include <stdlib.h>
#include <string.h>

#include "check/rate_limit.h"
#include "store/store.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span line = span_make((const char *)bytes, n);
	struct rate_limit limit, again;
	struct error e = { "" };
	struct arena arena;

	arena_init(&arena);
	if (rate_limit_parse(&arena, line, "f", 1, &limit, &e) != 0) {
		if (strncmp(e.text, "f:1: ", 5) != 0)
			abort();
	} else if (rate_limit_parse(&arena, span_of(limit.text), "f", 1,
	    &again, &e) != 0 || strcmp(again.name, limit.name) != 0 ||
	    (!limit.unlimited && limit.burst > STORE_NUMBER_MAX /
	    rate_limit_scale(&limit))) {
		abort();
	}
	arena_done(&arena);
	return 0;
}
