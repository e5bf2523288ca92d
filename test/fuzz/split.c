/* split - fuzz entry of message and mbox splitting. */
#include "mail/split.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct split_field field;
	struct span message;
	struct split split;

	while (mbox_next(&value, &message)) {
		split_begin(&split, message);
		while (split_field(&split, &field))
			continue;
	}
	return 0;
}
