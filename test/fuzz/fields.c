/* fields - fuzz entry of MIME fields and message identifiers. */
#include "mail/fields.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct content content;
	struct arena arena;
	struct span out;

	arena_init(&arena);
	field_bytes(value);
	content_type_parse(&arena, value, &content);
	content_disposition_parse(&arena, value, &content);
	content_encoding_parse(value, &out);
	msgid_parse(value, &out);
	arena_done(&arena);
	return 0;
}
