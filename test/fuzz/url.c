/* url - fuzz entry of URLs, their wrappers and their forms for rules. */
#include "mail/links.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n), base;
	struct urlwrap wrap;
	struct url from, url;
	struct arena arena;
	unsigned depth = 0;

	arena_init(&arena);
	/* Two lines are a base and a URL. */
	base = span_head(text, span_chr(text, '\n'));
	text = span_skip(text, base.n < n ? base.n + 1 : 0);
	if (url_parse(&arena, text, url_parse(&arena, base, NULL, &from) ?
	    &from : NULL, &url)) {
		url_canonical(&arena, &url);
		while (depth++ < URLWRAP_DEPTH &&
		    urlwrap_open(&arena, &url, url.host_kind == URL_HOST_NAME &&
		    urlwrap_knows(url.host), &wrap))
			url = wrap.target;
	}
	arena_done(&arena);
	return 0;
}
