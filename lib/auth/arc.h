/*
 * arc - the Authenticated Received Chain of a message (RFC 8617): whether it
 * is whole, and who sealed it.  Sealing is left out on purpose: ARC is being
 * retired.
 *
 * Given the header at its end, the keys are asked for while the body arrives.
 * Without an ARC field, and when the chain is broken by its looks alone,
 * neither DNS nor body is needed.  One thread at a time.
 */
#ifndef AUTH_ARC_H
#define AUTH_ARC_H

#include "auth/arcclaims.h"
#include "auth/dkim_body.h"
#include "mail/message.h"
#include "net/dns.h"

enum arc_result {
	ARC_NONE,	/* no ARC field */
	ARC_PASS,
	ARC_FAIL,	/* to be treated as ARC_NONE: RFC 8617 5.2 */
	ARC_TEMPERROR,	/* an answer of the DNS is missing, all else is well:
			 * neither broken nor to be trusted */
};

struct arc_input {
	const struct header *headers;	/* all of them, from the top */
	size_t count;
	int64_t now;		/* wall clock, ms */
	unsigned min_bits;	/* of RSA keys; at least DKIM_BITS_MIN */
	struct dkim_bodies *bodies;	/* as in struct dkim_input; a signature
					 * for whose way of hashing there is no
					 * room does not verify */
};

struct arc_sealer {
	unsigned instance;
	struct span domain;	/* d= of the seal, A-labels in lower case */
	struct span payload;	/* of its ARC-Authentication-Results: for
				 * arcclaims_parse */
};

struct arc_outcome {
	enum arc_result result;
	const char *reason;	/* ASCII; "" when none or pass */
	size_t sets;		/* 0 also when they cannot be told apart */
	unsigned oldest;	/* oldest-pass of RFC 8617 5.2: the lowest
				 * instance from which on the message is
				 * unchanged; 0: all; of a pass only */
	bool partial;		/* the newest message signature leaves From or
				 * a part of the body (l=) open: that may be
				 * anybody's */
	bool testing;		/* a key is published as a test (t=y) */
	const struct arc_sealer *sealers;	/* the newest first, one of
						 * each set; only a pass
						 * proves them */
	struct arc_claims claims;	/* of the newest set */
};

struct arc;

/* The headers must stay until arc_free. */
struct arc *arc_start(struct dns *, const struct arc_input *);
void arc_free(struct arc *);

/* Ends the body and waits for the keys up to timeout ms; lives until
 * arc_free. */
const struct arc_outcome *arc_end(struct arc *, int64_t timeout);

/* "none", "pass", "fail" or "temperror". */
const char *arc_word(enum arc_result);

#endif
