/*
 * arcclaims - what a sealer says it found when the message came to it, out of
 * its ARC-Authentication-Results.  True only if the chain passes and the
 * sealer is trusted.  Pure functions, any thread.
 */
#ifndef AUTH_ARCCLAIMS_H
#define AUTH_ARCCLAIMS_H

#include "base/arena.h"
#include "base/span.h"

#define ARCCLAIMS_MAX 32	/* results of one field that are kept */

struct arc_claim {
	struct span method;	/* "spf", "dkim", "dmarc", "arc" ...: as is */
	struct span result;
	struct span domain;	/* whose: smtp.mailfrom or helo, header.d or .i,
				 * header.from; as A-labels in lower case;
				 * empty when it is not said */
};

struct arc_claims {
	struct span id;		/* authserv-id */
	const struct arc_claim *claims;
	size_t count;
};

/* Arena memory and spans into payload; no claims when it is malformed. */
void arcclaims_parse(struct arena *, struct span payload,
    struct arc_claims *out);

/* The nth (from 0) claim of that method, or NULL. */
const struct arc_claim *arcclaims_find(const struct arc_claims *,
    const char *method, size_t nth);

/* Whether it claims that result, of that domain unless domain is empty. */
bool arcclaims_has(const struct arc_claims *, const char *method,
    const char *result, struct span domain);

#endif
