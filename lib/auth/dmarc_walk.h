/*
 * dmarc_walk - the DNS tree walk of RFC 9989 section 4.10 from one name: all
 * its questions at once, then what the answers say, from the longest name to
 * the shortest.  Used within a step of a dns_job.
 */
#ifndef AUTH_DMARC_WALK_H
#define AUTH_DMARC_WALK_H

#include "auth/dmarc_record.h"
#include "net/dns.h"

#define DMARC_WALK_MAX 8	/* questions of one walk; 4.10 */

/* One name that may hold a record. */
struct dmarc_level {
	struct span domain;
	struct span name;		/* _dmarc. and the domain */
	const struct dns_answer *answer;	/* NULL while under way */
	unsigned records;		/* DMARC records in it; 4.10 step 2:
					 * several are as good as none */
	struct dmarc_record record;	/* if records is 1 */
};

enum dmarc_rule {
	DMARC_RULE_FAILED,	/* a question was not answered: no org */
	DMARC_RULE_PSD_N,	/* 4.10.2 rule 1 */
	DMARC_RULE_PSD_Y,	/* rule 2: one label below a public suffix */
	DMARC_RULE_SHORTEST,	/* rule 3: fewest labels */
	DMARC_RULE_START,	/* no record: the name itself */
	DMARC_RULE_SUFFIX	/* RFC 7489: the public suffix list */
};

struct dmarc_walk {
	struct span start;
	size_t count;
	struct dmarc_level levels[DMARC_WALK_MAX];
	size_t used;		/* levels up to where the walk ends */
	enum dmarc_rule rule;
	struct span org;	/* organizational domain; empty if failed */
	const struct dmarc_level *psd;	/* the one with psd=y above it */
	const char *why;	/* of a failure: as in dns_answer */
};

void dmarc_level_init(struct dmarc_level *, struct arena *,
    struct span domain);

/* Asks, and reads the answer; false while it is under way. */
bool dmarc_level_run(struct dmarc_level *, struct dns_job *);

/* A record stands there, and only one. */
bool dmarc_level_has(const struct dmarc_level *);

/* start is what domain_ascii gives. */
void dmarc_walk_init(struct dmarc_walk *, struct arena *, struct span start);

/* Asks all its questions; true when the answers that matter are there. */
bool dmarc_walk_run(struct dmarc_walk *, struct dns_job *);

#endif
