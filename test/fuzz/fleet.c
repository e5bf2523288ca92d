/* fleet - fuzz entry: what other hosts leave in the store, and reads again. */
#include <stdlib.h>

#include "shared/fleet.h"
#include "shared/listhealth_entry.h"
#include "test/fuzz/fuzz.h"

#define NOW INT64_C(1704110400000)

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text = span_make((const char *)bytes, n);
	const struct dnslist list = {.name = "l", .zone = SPAN("l.test")};
	struct listentry *e = listentry_new(&list, 0);
	struct fleet_host host;
	struct buf told, again;

	buf_init(&told, 1 << 20);
	buf_init(&again, 1 << 20);
	if (fleet_host_parse(text, &host) == 0) {
		fleet_host_text(&host, &told);
		if (fleet_host_parse(buf_contents(&told), &host) != 0)
			abort();
		fleet_host_text(&host, &again);
		if (!span_eq(buf_contents(&told), buf_contents(&again)))
			abort();
	}
	listentry_heard(e, text, NOW);
	if (e->rest > NOW + 2 * LISTHEALTH_REST_MAX_MS)
		abort();
	listentry_wake(e, NOW + 1);
	listentry_record(e, "h", &told);
	buf_done(&again);
	return listentry_free(e), buf_done(&told), 0;
}
