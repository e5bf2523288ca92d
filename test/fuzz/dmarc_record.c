/* dmarc_record - fuzz entry of the DMARC record. */
#include <stdlib.h>

#include "auth/dmarc_record.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct dmarc_record r;

	if (!dmarc_record_parse(span_make((const char *)bytes, n), &r))
		return 0;
	/* Nothing broken may ask for more than none (4.10.1). */
	if (r.p == DMARC_UNSET || ((r.faults & DMARC_FAULT_POLICY) != 0 &&
	    (r.p | r.sp | r.np) != DMARC_NONE))
		abort();
	return 0;
}
