/* address - fuzz entry of the address list and envelope path. */
#include "mail/address.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct address out[8];
	struct arena arena;
	size_t count;

	arena_init(&arena);
	address_list(&arena, value, out, 8, &count);
	address_path(&arena, value, out);
	arena_done(&arena);
	return 0;
}
