/* received - fuzz entry of the Received field. */
#include "mail/received.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct received out;

	received_parse(value, &out);
	return 0;
}
