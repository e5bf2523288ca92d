/* message - a whole message through all checks; byte 0 is who brings it. */
#include "test/fuzz/fuzz.h"
#include "test/unit/json.h"
#include "test/unit/world.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const clients[] = { "203.0.113.9", "2001:db8::9",
	    "127.0.0.1", NULL, "192.0.2.1" };
	static struct world w;
	unsigned who = n > 0 ? bytes[0] : 0;
	struct report report;
	struct buf out;

	if (w.snapshot == NULL)
		world_once(&w, "networks { relays = 192.0.2.0/24 }");
	world_client(&w, clients[who % 5], "[203.0.113.9]");
	world_mail(&w, who & 64 ? "<>" : "<a@b.test>", WORLD_NOW);
	scan_recipient(&w.scan, span_of(who & 128 ? "<abuse>" : "<c@d>"));
	world_data(&w, span_skip(span_make((const char *)bytes, n), 1));
	report = scan_report(&w.scan, "message");
	buf_init(&out, REPORT_MAX);
	report_json(&report, &out);
	if (!json_valid(buf_contents(&out)) || !world_adds_up(&w))
		abort();
	return buf_done(&out), 0;
}
