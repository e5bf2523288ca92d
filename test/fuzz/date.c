/* date - fuzz entry of date-time. */
#include "mail/date.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	int64_t out;

	date_parse(value, &out);
	return 0;
}
