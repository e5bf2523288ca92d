/* store - stored bytes, which a disk may have changed, before every verb. */
#include <assert.h>

#include "store/record.h"
#include "test/fuzz/fuzz.h"

#define NOW INT64_C(1700000000000)

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span old = {(const char *)bytes, n};
	struct store_op op = {.klass = "fuzz", .ttl = 1000, .half_life = 1000};
	char room[STORE_VALUE_MAX];
	struct record r;
	int verb;

	op.amount = op.rate = op.burst = STORE_NUMBER_MAX;
	for (verb = STORE_GET; verb <= STORE_TAKE; verb++) {
		op.verb = (enum store_verb)verb;
		op.data = verb == STORE_GET ? room : NULL;
		if (record_apply(&op, old, NOW, &r) == RECORD_WRITE)
			assert(!record_expired(span_make(r.bytes, r.n), NOW));
		assert(op.answer != STORE_UNASKED);
		assert(op.length <= STORE_VALUE_MAX);
		assert(op.number <= STORE_NUMBER_MAX);
		assert(op.number >= -STORE_NUMBER_MAX);
	}
	return 0;
}
