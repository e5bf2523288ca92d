/* param - fuzz entry of MIME parameters and the encodings of their fields. */
#include <stdlib.h>

#include "base/text.h"
#include "mail/param.h"
#include "mail/transfer.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n), out;
	enum transfer transfer;
	struct params params;
	struct arena arena;

	arena_init(&arena);
	transfer_parse(value, &transfer);
	params_parse(&arena, value, &params);
	if (params_text(&arena, &params, "name", &out) && !text_utf8(out))
		abort();
	arena_done(&arena);
	return 0;
}
