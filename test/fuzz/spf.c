/* spf - fuzz entry: "ip", "helo", "sender", then TXT of d.test, e.test, ... */
#include "auth/spf.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest = span_make((const char *)bytes, n), line[6] = { 0 };
	struct spf_input input = { .identity = SPF_MAILFROM, .receiver = "r" };
	struct dns *dns = dns_table();
	struct dns_job *job;
	struct arena arena;
	char name[] = "a.test";

	for (; name[0] < 'g' && span_cut(&rest, '\n', &line[name[0] - 'a']);
	    name[0]++)
		dns_table_add(dns, name, DNS_TXT, line[name[0] - 'a']);
	name[0] = 'e';
	dns_table_add(dns, "d.test", DNS_MX, span_of("0 e.test"));
	dns_table_add(dns, name, DNS_A, span_of("192.0.2.1"));
	dns_table_add(dns, "1.2.0.192.in-addr.arpa", DNS_PTR, span_of(name));
	arena_init(&arena);
	ip_parse(line[0], &input.ip);
	input.helo = arena_string(&arena, line[1]);
	input.sender = arena_string(&arena, line[2]);
	dns_job_wait(job = spf_start(dns, &input), 0);
	return dns_job_free(job), dns_free(dns), arena_done(&arena), 0;
}
