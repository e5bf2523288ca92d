/* outbound - fuzz entry: records of a user, as any host may have left them. */
#include <stdlib.h>
#include <string.h>

#include "check/outbound_account.h"
#include "check/outbound_level.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span s = span_make((const char *)bytes, n);
	const struct place place = {.asn = 7};
	char out[ACCOUNT_BYTES_MAX], again[ACCOUNT_BYTES_MAX];
	struct account a, b;
	struct hold hold;
	struct ip ip = {{1}};

	/* A country of odd bytes is not kept; all else is. */
	if (account_read(s, &a) && (account_write(&a, out) != n ||
	    !account_read(span_make(out, n), &b) ||
	    account_write(&b, again) != n || memcmp(out, again, n) != 0))
		abort();
	account_visit(&a, &ip, &place, 1704110400000);
	account_linked(&a, span_of("a.test"), 7, 1704110400000);
	if (account_travels(&a, 0, 1704110400000).networks > ACCOUNT_PLACES)
		abort();
	if (hold_read(s, &hold))
		hold_expire(&hold, 1704110400000);
	return hold.level >= LEVELS;
}
