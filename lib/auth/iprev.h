/*
 * iprev - forward-confirmed reverse DNS of the client (RFC 8601 sections 2.7.3
 * and 3): its PTR names, and which of them lead back to its address.
 */
#ifndef AUTH_IPREV_H
#define AUTH_IPREV_H

#include "base/ip.h"
#include "net/dns.h"

#define IPREV_NAMES_MAX 10	/* PTR names looked at, as RFC 7208 5.5 does */

enum iprev_result {
	IPREV_PASS,
	IPREV_FAIL,		/* names, but none leads back */
	IPREV_TEMPERROR,	/* a question was not answered */
	IPREV_PERMERROR		/* no PTR name is published */
};

struct iprev_name {
	struct span name;	/* in lower case; any byte may be in it */
	bool confirmed;		/* as far as was waited for */
};

struct iprev_outcome {
	enum iprev_result result;
	const char *reason;	/* NULL of a pass */
	struct span name;	/* the first confirmed one; of a failure the
				 * first; may be empty */
	size_t count;
	struct iprev_name names[IPREV_NAMES_MAX];
	bool more;		/* there are names past the limit */
};

struct dns_job *iprev_start(struct dns *, const struct ip *);

/* Valid until dns_job_free; of an unfinished job temperror "timeout". */
const struct iprev_outcome *iprev_outcome(struct dns_job *);

const char *iprev_result_name(enum iprev_result);

#endif
