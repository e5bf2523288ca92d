/*
 * domain - how a domain is set up to send and take mail: its SPF, DKIM, DMARC
 * and MX records, what is wrong with them, and what to publish instead.
 */
#ifndef CTL_DOMAIN_H
#define CTL_DOMAIN_H

#include "net/dns.h"

#define DOMAIN_SELECTORS_MAX 16
#define DOMAIN_REPORT_MAX (1 << 20)	/* bytes */
#define DOMAIN_EXIT_PROBLEMS 1

struct domain_question {
	const char *domain;
	const char *selectors[DOMAIN_SELECTORS_MAX];
	size_t selector_count;
};

/*
 * Appends a line per finding.  Returns 0, DOMAIN_EXIT_PROBLEMS, EX_UNAVAILABLE
 * when a question was not answered, or EX_USAGE when it is not about a domain.
 */
int domain_check(struct dns *, const struct domain_question *,
    struct buf *out);

#endif
