/* rdata - fuzz entry of records of the DNS: a type, then length and bytes. */
#include <stdlib.h>

#include "net/dns_backend.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct dns_draft draft = {.status = DNS_NODATA};
	struct span rest = span_make((const char *)bytes, n);
	enum dns_type type = n != 0 ? bytes[0] : DNS_A;
	struct arena arena;
	size_t size = 0, i;

	arena_init(&arena);
	for (rest = span_skip(rest, 1); rest.n != 0;) {
		size = (unsigned char)rest.p[0];
		rest = span_skip(rest, 1);
		dns_draft_rdata(&draft, type, span_head(rest, size), &arena);
		rest = span_skip(rest, size);
	}
	for (i = 0; i < draft.count; i++)
		if (type != DNS_TXT && draft.records[i].data.n > DNS_NAME_MAX)
			abort();
	free(dns_answer_new(&draft, &size));
	arena_done(&arena);
	return 0;
}
