/* domain - fuzz entry: records of a domain that "posternctl domain" judges. */
#include "ctl/domain.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const names[] = {"d.test", "_dmarc.d.test",
	    "s._domainkey.d.test", "e.test", "d.test._report._dmarc.e.test"};
	const struct domain_question question = {.domain = "d.test",
	    .selectors = {"s"}, .selector_count = 1};
	struct span rest = span_make((const char *)bytes, n), line;
	struct dns *dns = dns_table();
	struct buf out;
	size_t i;

	for (i = 0; i < 5 && span_cut(&rest, '\n', &line); i++)
		if (line.n > 0)
			dns_table_add(dns, names[i], DNS_TXT, line);
	if (span_cut(&rest, '\n', &line) && line.n > 0 && line.n < 200)
		dns_table_add(dns, "d.test", DNS_MX, line);
	dns_table_add(dns, "e.test", DNS_A, span_of("192.0.2.1"));
	buf_init(&out, DOMAIN_REPORT_MAX);
	if (domain_check(dns, &question, &out) < 0 || out.n == 0)
		__builtin_trap();
	return buf_done(&out), dns_free(dns), 0;
}
