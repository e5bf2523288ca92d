/*
 * domain - how a domain is set up to send and take mail: its SPF, DKIM, DMARC
 * and MX records, what is wrong with them, and what to publish instead.
 */
#ifndef CTL_DOMAIN_H
#define CTL_DOMAIN_H

#include "net/dns.h"

#define DOMAIN_SELECTORS_MAX 16
#define DOMAIN_REPORT_MAX (1 << 20)	/* bytes */

struct domain_question {
	const char *domain;
	const char *selectors[DOMAIN_SELECTORS_MAX];
	size_t selector_count;
};

/*
 * Appends a line per finding.  Returns EX_OK, EX_DATAERR when something is
 * wrong, EX_TEMPFAIL when a question was not answered, so that the report is
 * not complete, or EX_USAGE when it is not about a domain.
 */
int domain_check(struct dns *, const struct domain_question *,
    struct buf *out);

#endif
