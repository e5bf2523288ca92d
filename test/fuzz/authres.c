/* authres - fuzz entry of Authentication-Results. */
#include "auth/authres.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct arena arena;
	struct span id;

	arena_init(&arena);
	authres_parse(&arena, value, &id);
	arena_done(&arena);
	return 0;
}
