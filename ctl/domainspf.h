/* domainspf - what is to be said about the SPF record of a domain. */
#ifndef CTL_DOMAINSPF_H
#define CTL_DOMAINSPF_H

#include "auth/spf.h"
#include "ctl/finding.h"

/* Two strangers, of IPv4 and IPv6, that no record should let pass. */
#define DOMAINSPF_PROBES 2

struct domainspf {
	struct dns *dns;	/* for what a better record needs */
	struct span domain;
	const struct dns_answer *txt;
	const struct dns_answer *mx;
	const struct spf_outcome *probes[DOMAINSPF_PROBES];
};

/* A job that evaluates the record for a stranger. */
struct dns_job *domainspf_probe(struct dns *, struct span domain, size_t which);

void domainspf_judge(struct findings *, const struct domainspf *);

#endif
