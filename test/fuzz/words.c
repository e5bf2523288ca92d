/* words - fuzz entry of encoded words. */
#include <stdlib.h>

#include "base/text.h"
#include "mail/words.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct arena arena;
	unsigned faults = 0;

	arena_init(&arena);
	if (!text_utf8(words_decode(&arena, value, &faults)))
		abort();
	arena_done(&arena);
	return 0;
}
