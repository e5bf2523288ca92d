/* charset - fuzz entry of text in any charset: its label is the first line. */
#include <stdlib.h>

#include "base/text.h"
#include "mail/charset.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n), label;
	struct arena arena;

	arena_init(&arena);
	if (!span_cut(&text, '\n', &label) || text.p == NULL)
		text = span_of(NULL);
	if (!text_utf8(charset_utf8(&arena, text, label, CHARSET_BODY, NULL)) ||
	    !text_utf8(charset_utf8(&arena, text, label, CHARSET_WORD, NULL)))
		abort();
	arena_done(&arena);
	return 0;
}
