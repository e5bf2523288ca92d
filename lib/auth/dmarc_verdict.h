/*
 * dmarc_verdict - the DMARC result of a message (RFC 9989 section 5.3), from
 * what the DNS brought, what SPF and DKIM found, and who the author is.  Pure
 * functions, any thread; all spans and texts live as long as what is given.
 */
#ifndef AUTH_DMARC_VERDICT_H
#define AUTH_DMARC_VERDICT_H

#include "auth/author.h"
#include "auth/dmarc.h"

enum dmarc_result {
	DMARC_RESULT_NONE,	/* no record: DMARC does not apply */
	DMARC_RESULT_PASS,
	DMARC_RESULT_FAIL,
	DMARC_RESULT_TEMPERROR,	/* neither can be said, for want of answers
				 * (5.3.6) */
	DMARC_RESULT_PERMERROR	/* no author domain, or one that is broken */
};

/* A domain that SPF or DKIM judged; A-labels. */
struct dmarc_identifier {
	struct span domain;
	bool pass;
	bool temperror;		/* could have passed, had the DNS answered */
};

struct dmarc_facts {
	struct dmarc_identifier spf;	/* of MAIL FROM, with the null sender
					 * postmaster@HELO (3.2.4); never of
					 * HELO by itself */
	const struct dmarc_identifier *dkim;	/* of each signature: "d" */
	size_t dkim_count;
};

struct dmarc_verdict {
	enum dmarc_result result;
	const char *reason;		/* of all but a pass; in words */
	struct span author;
	struct span org;		/* its organizational domain, or "" */
	struct span record_at;		/* domain whose record applies, or "" */
	enum dmarc_policy policy;	/* that the record asks for */
	const char *tag;		/* where: "p", "sp", "np" or "" */
	bool testing;			/* t=y lowered the disposition */
	enum dmarc_policy disposition;	/* what the owner wants done with this
					 * message: DMARC_NONE unless fail */
	bool spf_aligned, dkim_aligned;	/* passed and aligned */
	struct span aligned;		/* the domain, DKIM's first; or "" */
};

void dmarc_evaluate(const struct dmarc_outcome *, const struct dmarc_facts *,
    struct dmarc_verdict *);

/*
 * The verdict on a message by the rule of author.h; each holds one for every
 * domain of the author.
 */
void dmarc_combine(const struct author *, const struct dmarc_verdict *each,
    struct dmarc_verdict *out);

/* The word of RFC 8601: "none", "pass", "fail", "temperror", "permerror". */
const char *dmarc_result_name(enum dmarc_result);

#endif
