/* spfflat - fuzz entry: TXT of d.test, which is flattened, e.test, f.test. */
#include "auth/spfrecord.h"
#include "ctl/spfflat.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest = span_make((const char *)bytes, n), line[3] = { 0 };
	struct spfflat_record out[SPFFLAT_RECORDS_MAX];
	static const char *const names[] = { "d.test", "e.test", "f.test" };
	struct span top = span_of(names[0]), where;
	struct dns *dns = dns_table();
	struct spf_record record;
	struct dns_job *job;
	struct arena arena;
	size_t i;

	for (i = 0; i < 3 && span_cut(&rest, '\n', &line[i]); i++)
		dns_table_add(dns, names[i], DNS_TXT, line[i]);
	dns_table_add(dns, names[1], DNS_MX, span_of("0 f.test"));
	dns_table_add(dns, names[2], DNS_A, span_of("192.0.2.1"));
	arena_init(&arena);
	dns_job_wait(job = spfflat_start(dns, top, line[0]), 0);
	i = spfflat_records(spfflat_outcome(job), &arena, top, out);
	while (i-- > 0)
		if (spf_record_parse(&arena, out[i].text, &record, &where))
			__builtin_trap();
	return dns_job_free(job), dns_free(dns), arena_done(&arena), 0;
}
