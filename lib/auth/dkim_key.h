/*
 * dkim_key - a public key as the DNS holds it (RFC 6376 section 3.6.1, RFC
 * 8463), and the question whether it made a signature, which any thread may
 * ask of any key.
 */
#ifndef AUTH_DKIM_KEY_H
#define AUTH_DKIM_KEY_H

#include <stdbool.h>

#include "auth/dkim.h"
#include "base/arena.h"
#include "base/span.h"

#define DKIM_BITS_MAX 8192	/* larger RSA keys cost too much to compute */

struct dkim_key {
	bool rsa;		/* k=; otherwise Ed25519 */
	bool sha1, sha256;	/* h=: for which hashes it is */
	bool email;		/* s= */
	bool testing, strict;	/* t= */
	bool revoked;		/* p= is empty */
	unsigned bits;
	void *public;		/* of libcrypto; NULL when revoked */
};

/* NULL, or what is wrong with the record; done is needed only after NULL. */
const char *dkim_key_parse(struct arena *, struct span record,
    struct dkim_key *out);
void dkim_key_done(struct dkim_key *);

bool dkim_key_made(const struct dkim_key *, enum dkim_hash,
    struct span digest, struct span signature);

#endif
