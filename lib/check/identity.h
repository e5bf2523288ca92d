/*
 * identity - who is behind a message, as far as that is proven: what
 * reputation, greylisting and trust lists are about.
 */
#ifndef CHECK_IDENTITY_H
#define CHECK_IDENTITY_H

#include "check/check.h"

#define IDENTITY_SIGNERS_MAX 4

/* What is not there, or not proven, is an empty span.  Domains, lower case. */
struct identities {
	struct span spf_domain;	/* whose SPF passed: of MAIL, else of HELO */
	bool spf_helo;		/* it is HELO's: MAIL names nobody, or failed */
	struct span signer[IDENTITY_SIGNERS_MAX];	/* d= of valid
				 * signatures over the whole body, those
				 * aligned with From first */
	struct span agent[IDENTITY_SIGNERS_MAX];	/* their i=, or empty */
	size_t signers;
	struct span from;	/* the address in From, whole; proven or not.
				 * Empty when there are several */
	struct span from_domain;
	struct span from_org;	/* its organizational domain */
	bool from_proven;	/* an aligned identifier passed (RFC 7489), and
				 * DMARC, where it was asked, did not fail */
	/*
	 * The proven domain that says most about who wrote: that of From, else
	 * one that is nobody's shared one; organizational.
	 */
	struct span proven;
	/*
	 * It is one that many strangers share (freemail, mailing services):
	 * then tenant tells whom of them, as one word that starts with its
	 * kind ("addr:", "auid:", "feedback:", "list:"), and is empty where
	 * nothing tells.
	 */
	bool provider;
	struct span tenant;
	/*
	 * The client is one of a provider's hosts, by its confirmed name or by
	 * the SPF of the provider's domain: its address says nothing about who
	 * wrote.  pool is that domain.
	 */
	bool pooled;
	struct span pool;
};

/*
 * Made at the first call, from STAGE_LAST's ask on; all checks share it.
 * Arena memory.
 */
const struct identities *inquiry_identities(struct inquiry *);

/*
 * A domain that strangers share: of a freemail or mass mailing provider, by the
 * lists of providers and the rule files' freemail_domains.
 */
bool identity_shared(const struct inquiry *, struct span domain);

/*
 * The part of a domain in lower case that somebody owns: its organizational
 * domain by the suffix list, one label more beneath a "parent" provider, and
 * the domain itself where the list knows nothing.
 */
struct span identity_owned(const struct inquiry *, struct span domain);

#endif
