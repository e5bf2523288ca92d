/* lines - fuzz entry: a list file; what comes out is trimmed UTF-8. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conf/lines.h"
#include "test/fuzz/fuzz.h"

static int
take(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	(void)context;
	if (entry.n == 0 || entry.n > LINES_LENGTH_MAX || line == 0 ||
	    span_trim(entry).n != entry.n || !text_utf8(entry) ||
	    memchr(entry.p, '\n', entry.n) != NULL)
		abort();
	return entry.p[0] == '!' ? error_at(error, file, line, "x") : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct error e = { "" };

	if (lines_parse(span_make((const char *)bytes, n), "f", take, NULL,
	    &e) != 0 && strncmp(e.text, "f:", 2) != 0)
		abort();
	return 0;
}
