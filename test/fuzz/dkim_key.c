/* dkim_key - fuzz entry of key records; a good key knows no signature. */
#include <stdlib.h>

#include "auth/dkim_key.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span record = span_make((const char *)bytes, n);
	struct span digest = span_of("0123456789abcdef0123456789abcdef");
	struct dkim_key key;
	struct arena arena;

	arena_init(&arena);
	if (dkim_key_parse(&arena, record, &key) == NULL) {
		if (key.public != NULL && dkim_key_made(&key, DKIM_SHA256,
		    digest, span_head(record, 256)))
			abort();
		dkim_key_done(&key);
	}
	arena_done(&arena);
	return 0;
}
