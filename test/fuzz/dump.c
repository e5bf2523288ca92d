/* dump - fuzz entry of a store's export: what is good can be written. */
#include <assert.h>

#include "store/dump.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct dump *in = dump_new(), *out = dump_new();
	struct span rest = span_make((const char *)bytes, n), line;
	struct store_record record;
	struct dump_record r;
	struct buf text;
	const char *why;

	buf_init(&text, 2 * DUMP_LINE_MAX);
	while (rest.n > 0) {
		line = span_head(rest, span_chr(rest, '\n') + 1);
		rest = span_skip(rest, line.n);
		if (dump_read(in, line, &r, &why) != DUMP_RECORD)
			continue;
		record.key = span_make(r.key, r.key_n);
		record.bytes = span_make(r.bytes, r.bytes_n);
		buf_reset(&text);
		assert(dump_put(out, &record, &text));
		assert(text.n <= DUMP_LINE_MAX);
	}
	buf_done(&text);
	dump_free(in);
	dump_free(out);
	return 0;
}
