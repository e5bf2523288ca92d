/* html_readings - fuzz entry: where nothing is odd, both readings agree. */
#include <assert.h>

#include "mail/html_token.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct html_token a, b;
	struct html_lexer x, y;

	html_lexer_init(&x, span_make((const char *)bytes, n));
	y = x;
	while (html_token_next(&x, &a))
		;
	if (x.odd)
		return 0;
	html_lexer_init(&x, span_make((const char *)bytes, n));
	while (html_token_next(&x, &a)) {
		assert(html_legacy_next(&y, &b));
		assert(a.raw.p == b.raw.p && a.raw.n == b.raw.n);
		assert(a.kind != HTML_START || b.kind == HTML_START);
	}
	assert(!html_legacy_next(&y, &b));
	return 0;
}
