/*
 * arc - fuzz entry of ARC fields and key records: a message whose keys all are
 * what its field "Key" says.
 */
#include "auth/arc.h"
#include "mail/split.h"
#include "test/fuzz/fuzz.h"

#define FIELDS_MAX 64

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct header h[FIELDS_MAX];
	struct dkim_bodies bodies = { .count = 0 };
	struct arc_input input = { h, 0, 1500000000000, 0, &bodies };
	struct split_field f;
	struct dns *dns = dns_table();
	struct split split;
	struct arc *arc;

	split_begin(&split, span_make((const char *)bytes, n));
	while (input.count < FIELDS_MAX && split_field(&split, &f)) {
		h[input.count++] = (struct header){ f.name, f.value };
		if (span_is(f.name, "Key"))
			dns_table_add(dns, "s._domainkey.d.test", DNS_TXT,
			    f.value);
	}
	arc = arc_start(dns, &input);
	dkim_bodies_add(&bodies, split.rest);
	arc_end(arc, 1000);
	arc_free(arc);
	dkim_bodies_done(&bodies);
	dns_free(dns);
	return 0;
}
