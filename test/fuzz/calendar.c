/* calendar - fuzz entry of invitations and visiting cards. */
#include <assert.h>

#include "base/text.h"
#include "mail/calendar.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n), out;
	struct arena arena;

	arena_init(&arena);
	out = calendar_text(&arena, text);
	assert(out.n <= n);
	assert(text_utf8(out) || !text_utf8(text));
	arena_done(&arena);
	return 0;
}
