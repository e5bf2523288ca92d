/* feed - fuzz entry: a message in a file, which tells its own envelope. */
#include "feed.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/world.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static struct world w;
	struct span raw = span_make((const char *)bytes, n), message, sender;
	const struct feed from = {.sender = {NULL, 0}};

	if (w.snapshot == NULL)
		world_once(&w, "networks { relays = 192.0.2.0/24 }");
	while (mbox_next(&raw, &message)) {
		scan_begin(&w.scan, snapshot_hold(w.snapshot), &w.services,
		    &w.arrival, WORLD_NOW);
		feed_message(&w.scan, &from, message);
		scan_end(&w.scan);
		sender = feed_sender(&w.scan.message.arena, w.snapshot->book,
		    message);
		if (!world_adds_up(&w) || (sender.n > 0 && sender.p == NULL))
			abort();
	}
	return 0;
}
