/*
 * relaynets - whom rule files and the configuration vouch for, and which fields
 * tell an originating address.  Private to relays.c.
 */
#ifndef RULES_RELAYNETS_H
#define RULES_RELAYNETS_H

#include "base/ip.h"
#include "rules/relays.h"

struct rule_networks {
	struct netset trusted, internal, msa;
	/* Nobody said anything: trust is guessed from private addresses. */
	bool guess;
	struct span *ip_headers;	/* originating_ip_headers */
	size_t ip_header_count;
	struct arena arena;		/* for their names */
};

/* Whether the narrowest network around the address is not an excluded one. */
bool relaynets_has(const struct netset *, const struct ip *);

#endif
