/* html - fuzz entry of HTML: what a reader and what rules see of it. */
#include <assert.h>

#include "mail/html_rules.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const struct html *h;
	struct arena arena;
	size_t i, at = 0;

	arena_init(&arena);
	h = html_parse(&arena, span_make((const char *)bytes, n));
	for (i = 0; i < h->run_count; i++) {
		assert(h->runs[i].at == at);
		at += h->runs[i].n;
	}
	assert(at == h->text.n);
	assert(h->visible.n <= h->text.n);
	assert(h->rules->visible.n + h->rules->invisible.n ==
	    h->rules->rendered.n);
	arena_done(&arena);
	return 0;
}
