/* tenant - fuzz entry: Feedback-ID, List-Id, i= and addresses. */
#include <assert.h>

#include "check/tenant.h"
#include "test/fuzz/fuzz.h"

/* One word, whatever came. */
static void
check(struct span word)
{
	size_t i;

	assert(word.n <= TENANT_MAX + sizeof("feedback:"));
	for (i = 0; i < word.n; i++)
		assert(word.p[i] > ' ' && word.p[i] <= '~');
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span value = span_make((const char *)bytes, n);
	struct arena arena;

	arena_init(&arena);
	check(tenant_feedback(&arena, value));
	check(tenant_list(&arena, value));
	check(tenant_address(&arena, value));
	check(tenant_agent(&arena, value, span_of("example.org")));
	arena_done(&arena);
	return 0;
}
