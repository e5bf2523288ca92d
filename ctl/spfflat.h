/*
 * spfflat - an SPF record without terms that ask the DNS: what they stand for
 * today in their place.  It means the same, save that what brings nothing is
 * left out, and +all of what it includes.  Some terms cannot be computed ahead
 * and stay.
 */
#ifndef CTL_SPFFLAT_H
#define CTL_SPFFLAT_H

#include "auth/spf.h"

#define SPFFLAT_TERMS_MAX 500
#define SPFFLAT_LOOKUPS_MAX 60	/* terms that are resolved */
#define SPFFLAT_DEPTH_MAX 10	/* records within records */
#define SPFFLAT_HOSTS_MAX 20	/* of one mx */
#define SPFFLAT_RECORD_MAX 450	/* bytes of name and text; RFC 7208 3.4 */
#define SPFFLAT_RECORDS_MAX (1 + SPF_LOOKUPS_MAX)

struct spfflat {
	const char *why;	/* NULL, or why there is none */
	bool unanswered;	/* because the DNS gave no answer */
	const struct spfflat_term *terms;
	size_t count;
	struct span redirect, exp;	/* that stay, or "" */
	bool softfail;		/* ends with ~all */
	struct span left_out;	/* terms that bring nothing, or "" */
	struct span pruned;	/* the record without them; "" when that is not
				 * all that there is to do */
};

/* One record to publish. */
struct spfflat_record {
	struct span name, text;
};

/* A job; text is the record of domain, and one that can be parsed. */
struct dns_job *spfflat_start(struct dns *, struct span domain,
    struct span text);

/* After dns_job_wait; lives as long as the job. */
const struct spfflat *spfflat_outcome(struct dns_job *);

/*
 * The record of domain, then those that it includes because one may not have
 * more than SPFFLAT_RECORD_MAX bytes.  Returns how many; 0 when that would
 * take more than SPF_LOOKUPS_MAX lookups.
 */
size_t spfflat_records(const struct spfflat *, struct arena *,
    struct span domain, struct spfflat_record out[SPFFLAT_RECORDS_MAX]);

#endif
