/* condition - fuzz entry: what stands behind "if" in rule files. */
#include <stdlib.h>
#include "rules/condition.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n);
	struct condition_world world = {.local_only = n & 1};
	struct condition_answer answer = {false, {NULL, 0}};

	if (condition_eval(&world, text, &answer, NULL) == 0 &&
	    answer.missing.n > n)
		abort();
	return 0;
}
