/* message - a whole message through all checks; byte 0 is who brings it. */
#include "test/fuzz/fuzz.h"
#include "test/unit/json.h"
#include "test/unit/world.h"

/* What the world says of those whom messages may name. */
static struct dns *
make_dns(void)
{
	static const struct {
		const char *name;
		enum dns_type type;
		const char *data;
	} rows[] = {
		{"9.113.0.203.in-addr.arpa", DNS_PTR, "mail.b.test"},
		{"mail.b.test", DNS_A, "203.0.113.9"},
		{"b.test", DNS_TXT, "v=spf1 a:mail.b.test include:c.test -all"},
		{"c.test", DNS_TXT, "v=spf1 ip6:2001:db8::/32 exists:%{i}.x"},
		{"b.test", DNS_MX, "10 mail.b.test"},
		{"_dmarc.b.test", DNS_TXT, "v=DMARC1; p=reject; adkim=s"},
		{"s._domainkey.b.test", DNS_TXT, "v=DKIM1; k=ed25519; "
		    "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
		{"9.113.0.203.zen.spamhaus.org", DNS_A, "127.0.0.2"},
		{"b.test.dbl.spamhaus.org", DNS_A, "127.0.1.2"},
	};
	struct dns *dns = dns_table();
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		dns_table_add(dns, rows[i].name, rows[i].type,
		    span_of(rows[i].data));
	return dns;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const clients[] = { "203.0.113.9", "2001:db8::9",
	    "127.0.0.1", NULL, "192.0.2.1" };
	static struct world w;
	unsigned who = n > 0 ? bytes[0] : 0;
	struct report report;
	struct buf out;

	if (w.snapshot == NULL) {
		world_once(&w, "networks { relays = 192.0.2.0/24 }\n"
		    "dns { local_zones = yes }");
		w.services.dns = make_dns();
	}
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
