/* mime - fuzz entry of the message tree, its decodings and texts. */
#include <stdlib.h>

#include "base/text.h"
#include "mail/mime.h"
#include "mail/split.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct header headers[100];
	struct split_field field;
	struct split split;
	struct arena arena;
	struct mime mime;
	size_t i, count = 0;

	arena_init(&arena);
	split_begin(&split, span_make((const char *)bytes, n));
	while (count < 100 && split_field(&split, &field))
		headers[count++] = (struct header) {field.name, field.value};
	mime_parse(&arena, headers, count, split.rest, &mime);
	for (i = 0; i < mime.count; i++)
		if (!text_utf8(part_text(&arena, &mime.parts[i])) ||
		    mime.parts[i].end <= i || mime.parts[i].end > mime.count)
			abort();
	arena_done(&arena);
	return 0;
}
