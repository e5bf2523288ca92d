/* dkim - fuzz entry: a key record, a line end, and a signed message. */
#include "auth/dkim.h"
#include "mail/split.h"
#include "test/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span rest = span_make((const char *)bytes, n), key = rest;
	struct header h[50];
	struct dkim_bodies bodies = {.count = 0};
	struct dkim_input input = {h, 0, false, INT64_C(1700000000000), 0,
	    &bodies, NULL, 0};
	struct dkim_engine *engine = dkim_engine_new();
	struct dns *dns = dns_table();
	struct dkim_verify *verify;
	struct split_field f;
	struct split split;

	span_cut(&rest, '\n', &key);
	dns_table_add(dns, "s._domainkey.example.org", DNS_TXT, key);
	split_begin(&split, rest);
	while (input.header_count < 50 && split_field(&split, &f))
		h[input.header_count++] = (struct header){f.name, f.value};
	verify = dkim_verify_new(engine, dns, &input);
	dkim_bodies_add(&bodies, split.rest);
	dkim_verify_end(verify, 1000);
	dkim_verify_free(verify);
	dkim_bodies_done(&bodies);
	dkim_engine_free(engine);
	dns_free(dns);
	return 0;
}
