/* dkim_field - fuzz entry of DKIM-Signature fields. */
#include "auth/dkim_field.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	enum dkim_result result;
	struct dkim_field field;
	struct arena arena;

	arena_init(&arena);
	dkim_field_parse(&arena, value, &field, &result);
	arena_done(&arena);
	return 0;
}
