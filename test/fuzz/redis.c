/* redis - what servers say, where they send us, and what records are called. */
#include <assert.h>
#include "store/redis_node.h"
#include "test/fuzz/fuzz.h"

static void
range(void *unused, unsigned first, unsigned last, struct span host, unsigned n)
{
	(void)unused, (void)host;
	assert(first <= last && last < REDIS_SLOTS && n > 0 && n <= 65535);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = {(const char *)bytes, n}, prefix = SPAN("p:");
	struct reply_reader *reader = reply_reader_new();
	const struct reply *said;
	struct redis_redirect to;
	struct redis_parsed name;
	struct redis_place at;

	if (reply_feed(reader, text.p, n))
		while (reply_next(reader, &said) == REPLY_READY)
			said_slots(said, range, NULL);
	reply_reader_free(reader);
	assert(said_find(text) < SAIDS);
	return said_redirect(text, &to) + name_parse(prefix, text, &name) +
	    place_parse(text, 1, &at) < 0;
}
