/*
 * dkim_sign - DKIM signatures for mail that goes out (RFC 6376 section 5): one
 * for each key of the domain, relaxed/relaxed.
 *
 * Fields that a reader is shown, or that say how the body is read, are named
 * once more in h= than they occur, so that none can be added.  Date and
 * Message-ID are not, where they are missing: the next MTA may add them.
 */
#ifndef AUTH_DKIM_SIGN_H
#define AUTH_DKIM_SIGN_H

#include <sys/types.h>

#include "auth/dkim.h"
#include "base/arena.h"
#include "base/error.h"

#define DKIM_SIGNER_KEYS_MAX 10000
#define DKIM_SIGN_KEYS_MAX 4	/* of one domain */

/* The keys of all domains.  Constant once loaded; any thread may read. */
struct dkim_signer;

struct dkim_signer *dkim_signer_new(void);
void dkim_signer_free(struct dkim_signer *);

/* See dkim_secret_load for file, owner and group.  0, or -1 with *error. */
int dkim_signer_add(struct dkim_signer *, const char *domain,
    const char *selector, const char *file, uid_t owner, gid_t group,
    struct error *);

/*
 * The domain to sign as for an author of that domain: itself, or the nearest
 * parent that has a key.  Empty when there is none.
 */
struct span dkim_signer_domain(const struct dkim_signer *,
    struct span author_domain);

struct dkim_sign_input {
	const struct header *headers;	/* as for dkim_verify_new */
	size_t header_count;
	struct span domain;	/* as dkim_signer_domain gave it */
	int64_t now;		/* wall clock, ms */
	int64_t lifetime;	/* seconds until x=; 0: none */
	struct dkim_bodies *bodies;	/* as in struct dkim_input */
};

/* One message, one thread at a time.  Engine and signer must outlive it. */
struct dkim_sign;

struct dkim_sign *dkim_sign_new(const struct dkim_engine *,
    const struct dkim_signer *, const struct dkim_sign_input *);

/*
 * How many DKIM-Signature fields there are, or -1 with *error.  Their values
 * have LF folds and no leading space, and live until dkim_sign_free; they are
 * to be put in front of all other fields.
 */
int dkim_sign_end(struct dkim_sign *, const struct span **values,
    struct error *);
void dkim_sign_free(struct dkim_sign *);

#endif
