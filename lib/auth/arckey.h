/*
 * arckey - the keys of a chain: which are needed, what the DNS answered, and
 * what they say of a signature.  One thread at a time.
 */
#ifndef AUTH_ARCKEY_H
#define AUTH_ARCKEY_H

#include "auth/arcset.h"
#include "auth/dkim_key.h"
#include "net/dns.h"

#define ARCKEY_MAX (2 * ARCSET_MAX)

enum arckey_verdict { ARCKEY_GOOD, ARCKEY_BAD, ARCKEY_UNANSWERED };

struct arckey {
	struct span name;
	bool rsa;
	bool opened;
	enum arckey_verdict state;	/* once opened: of the key itself */
	const char *why;		/* unless it is good */
	struct dkim_key key;		/* if it is good */
};

struct arckeys {
	struct arckey *keys;	/* one of each name and kind; arena memory */
	size_t count;
	unsigned min_bits;	/* of RSA keys */
	struct dns_job *job;
};

/*
 * Asks for the keys of all signatures at once.  The questions are under way
 * when this returns.
 */
void arckeys_ask(struct arckeys *, struct arena *, struct dns *,
    const struct arcsets *, unsigned min_bits);
void arckeys_done(struct arckeys *);

/* Waits for answers; what is missing after timeout ms stays so. */
void arckeys_wait(struct arckeys *, int64_t timeout);

/* Judges a signature over that hash; *why is set unless it is good. */
enum arckey_verdict arckeys_verify(struct arckeys *, struct arena *,
    const struct arcsig *, struct span hash, const char **why);

/* Whether a key that was used so far is marked as a test (t=y). */
bool arckeys_testing(const struct arckeys *);

#endif
