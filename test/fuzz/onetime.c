/* onetime - fuzz entry: the subject and text of mail that may hold a code. */
#include "check/onetime.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest = span_make((const char *)bytes, n), pieces[16];
	size_t count = 0;

	while (count < 16 && span_cut(&rest, '\n', &pieces[count]))
		count++;
	onetime_code(pieces, count);
	return 0;
}
