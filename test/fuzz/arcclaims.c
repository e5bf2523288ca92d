/* arcclaims - fuzz entry of ARC-Authentication-Results and what they claim. */
#include "auth/arcclaims.h"
#include "auth/arcset.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span payload, value = span_make((const char *)bytes, n);
	struct arc_claims claims;
	struct arena arena;

	arena_init(&arena);
	if (arcsets_payload(value, &payload) != 0) {
		arcclaims_parse(&arena, payload, &claims);
		if (claims.count > ARCCLAIMS_MAX)
			__builtin_trap();
		arcclaims_has(&claims, "dkim", "pass", span_of("a.test"));
	}
	arena_done(&arena);
	return 0;
}
