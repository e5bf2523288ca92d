/*
 * authres_write - fuzz entry: whatever bytes are written, our parser finds the
 * field good.
 */
#include <stdlib.h>

#include "auth/authres.h"
#include "auth/authres_write.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span s = span_make((const char *)bytes, n), id;
	struct authres_writer w;
	struct arena arena;
	struct buf out;

	arena_init(&arena);
	buf_init(&out, AUTHRES_FIELD_MAX);
	if (authres_begin(&w, &out, n % 3 ? span_of("a") : s, n % 2)) {
		authres_method(&w, "spf", "fail");
		authres_reason(&w, s);
		authres_comment(&w, s);
		authres_property(&w, "smtp", "mailfrom", s);
		if (!authres_end(&w) || authres_parse(&arena,
		    buf_contents(&out), &id) != AUTHRES_GOOD)
			abort();
	}
	buf_done(&out);
	arena_done(&arena);
	return 0;
}
