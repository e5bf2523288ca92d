/* mclient - everything that a filter may send to its MTA. */
#include "ctl/mclient.h"
#include "ctl/mpacket.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span rest = span_make((const char *)bytes, size), body;
	struct mclient_terms terms;
	struct mclient_answer answer;
	struct mclient_edit edit;
	struct error e;
	char kind;
	int n;

	while ((n = mpacket_take(rest, &kind, &body, &e)) > 0) {
		(void)mpacket_terms(body, &mclient_offer_full, &terms, &e);
		(void)mpacket_edit(kind, body, &edit, &e);
		(void)mpacket_answer(kind, body, &answer, &e);
		rest = span_skip(rest, (size_t)n);
	}
	return 0;
}
