/* entry - fuzz entry: what is told of an entry or change, reads as the same. */
#include <stdlib.h>
#include <string.h>
#include "shared/change.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n);
	struct entry e, f;
	struct change c, d;
	struct buf told;
	buf_init(&told, CHANGE_MAX);
	if (entry_parse(text, ENTRY_TRUST, 1795428000000, &e, NULL) == 0) {
		entry_put(&told, &e);
		if (entry_parse(buf_contents(&told), ENTRY_TRUST, 0, &f,
		    NULL) != 0 || strcmp(e.name, f.name) != 0)
			abort();
		buf_reset(&told);
	}
	if (change_parse(text, &c) == 0) {
		change_put(&told, &c);
		if (change_parse(buf_contents(&told), &d) != 0 ||
		    memcmp(&c, &d, sizeof(c)) != 0)
			abort();
	}
	buf_done(&told);
	return 0;
}
