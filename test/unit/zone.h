/*
 * zone - a DNS for a row of a table: "name A|name A 192.0.2.9|name AAAA x|name
 * FAIL|name CNAME x|name MX 10 x|name text", where A alone is some address,
 * FAIL no answer, and the text a TXT record.
 */
#ifndef TEST_UNIT_ZONE_H
#define TEST_UNIT_ZONE_H

#include <string.h>

#include "net/dns.h"

/* Begins the entry of a DMARC record. */
#define EX "_dmarc.example.com v=DMARC1; "

static inline void
zone_entry(struct arena *arena, struct dns *dns, struct span entry)
{
	size_t space = span_chr(entry, ' ');
	const char *name = arena_string(arena, span_head(entry, space));
	struct span data = span_skip(entry, space + 1);

	if (span_is(data, "FAIL"))
		dns_table_fail(dns, name, 0);
	else if (span_is(data, "A"))
		dns_table_add(dns, name, DNS_A, span_of("192.0.2.1"));
	else if (span_starts(data, "A "))
		dns_table_add(dns, name, DNS_A, span_skip(data, strlen("A ")));
	else if (span_starts(data, "AAAA "))
		dns_table_add(dns, name, DNS_AAAA,
		    span_skip(data, strlen("AAAA ")));
	else if (span_starts(data, "CNAME "))
		dns_table_add(dns, name, DNS_CNAME,
		    span_skip(data, strlen("CNAME ")));
	else if (span_starts(data, "MX "))
		dns_table_add(dns, name, DNS_MX,
		    span_skip(data, strlen("MX ")));
	else
		dns_table_add(dns, name, DNS_TXT, data);
}

static inline struct dns *
zone_dns(struct arena *arena, const char *zone)
{
	struct dns *dns = dns_table();
	struct span rest = span_of(zone), entry;

	while (rest.n != 0 && span_cut(&rest, '|', &entry))
		zone_entry(arena, dns, entry);
	return dns;
}

#endif
