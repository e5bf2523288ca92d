/*
 * dmarc - DMARC by RFC 9989: the DNS's part.  One job per author domain finds
 * the record that applies and the organizational domains of the author and of
 * everything that may be authenticated; dmarc_verdict.h judges by them.
 *
 * Start it when the author domain is known.  The questions of all tree walks
 * go out at once; a second round asks only what needs the first one's answer:
 * whether the author domain exists, if "np" makes a difference.
 *
 * DMARC_SUFFIX is the way of RFC 7489: the public suffix list gives the
 * organizational domain, and records stand at the author domain or there.
 * What the tags mean is RFC 9989's in both.
 */
#ifndef AUTH_DMARC_H
#define AUTH_DMARC_H

#include "auth/dmarc_walk.h"
#include "base/buf.h"
#include "mail/suffix.h"
#include "net/dns.h"

/*
 * Different domains that can align other than by being the author domain.
 * Their walks stay below DNS_QUESTIONS_MAX together.
 */
#define DMARC_IDENTIFIERS_MAX 16

enum dmarc_method { DMARC_WALK, DMARC_SUFFIX, DMARC_METHODS };

/* Domains are A-labels in lower case (domain_ascii). */
struct dmarc_input {
	struct span author;
	const struct span *identifiers;	/* SPF's MAIL FROM domain first, then
					 * "d" of each signature: whatever
					 * could pass later */
	size_t identifier_count;	/* those past the limit never align,
					 * unless they are the author domain */
	enum dmarc_method method;
	const struct suffixes *suffixes;	/* outlives the job; needed
						 * for DMARC_SUFFIX */
	bool compare;			/* find out by both; needs suffixes */
};

/* Whether the author domain exists (3.2.13); asked only where it matters. */
enum dmarc_existence { DMARC_UNASKED, DMARC_EXISTS, DMARC_NONEXISTENT,
	DMARC_UNKNOWN };

/* How that is asked: any yes will do. */
#define DMARC_EXISTENCE_TYPES 3
extern const enum dns_type dmarc_existence_types[DMARC_EXISTENCE_TYPES];

/* What one method finds for the author domain. */
struct dmarc_discovery {
	bool done;			/* this method was used */
	enum dmarc_rule rule;		/* how org was found */
	struct span org;		/* empty: not known for want of an
					 * answer */
	const char *why;		/* of a record not known: "timeout" */
	const struct dmarc_level *at;	/* where the record is that applies;
					 * NULL: none, or not known */
	enum dmarc_policy policy;	/* that it asks for, before "t" */
	const char *tag;		/* "p", "sp", "np" */
	bool unsure;			/* policy is not known: whether the
					 * domain exists is not */
};

struct dmarc_identity {
	struct span domain;
	struct dmarc_walk *walk;	/* NULL: no need of one */
	struct span registered;		/* by the suffix list, if used */
};

struct dmarc_outcome {
	struct span author;
	enum dmarc_method method;
	struct dmarc_discovery by[DMARC_METHODS];
	enum dmarc_existence exists;
	const struct dns_answer *existence[DMARC_EXISTENCE_TYPES];
	struct dmarc_walk walk;		/* the author's */
	struct dmarc_level registered;	/* DMARC_SUFFIX: where the list says */
	struct dmarc_identity *identities;
	size_t identity_count;
};

struct dns_job *dmarc_start(struct dns *, const struct dmarc_input *);

/* After dns_job_wait; valid until dns_job_free. */
const struct dmarc_outcome *dmarc_outcome(struct dns_job *);

enum dmarc_alignment { DMARC_UNALIGNED, DMARC_ALIGNED, DMARC_UNDECIDED };

/*
 * Whether domain is aligned with the author domain (4.4); undecided when a
 * question about its organizational domain was not answered.
 */
enum dmarc_alignment dmarc_aligned(const struct dmarc_outcome *,
    struct span domain, bool strict);

/*
 * Whether the methods differ in organizational domain or policy, and in
 * words how.  False when only one was used or one lacks an answer.
 */
bool dmarc_differs(const struct dmarc_outcome *, struct buf *how);

#endif
