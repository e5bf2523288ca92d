/*
 * dkim_field - one DKIM-Signature field (RFC 6376 section 3.5), read and
 * checked before anything is asked or hashed.  Pure functions, any thread.
 */
#ifndef AUTH_DKIM_FIELD_H
#define AUTH_DKIM_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/dkim.h"
#include "base/arena.h"
#include "base/span.h"

#define DKIM_FIELD_MAX 16384	/* bytes of one signature field */
#define DKIM_NAMES_MAX 256	/* of header fields in h= */
#define DKIM_NAMES_BYTES 4000	/* of h=: libopendkim cuts at 4095 */

struct dkim_field {
	struct span domain;	/* d=, as written */
	struct span selector;	/* s= */
	struct span identity;	/* i= decoded, or "@" and the domain */
	struct span identity_domain;	/* what follows its last "@" */
	struct span algorithm;	/* a= */
	struct span signature;	/* b= decoded */
	struct span body_hash;	/* bh= decoded */
	struct span b;		/* b= without its folding, as RFC 6008 wants */
	enum dkim_hash hash;
	bool rsa;		/* otherwise Ed25519 */
	bool relaxed_body;
	struct span names[DKIM_NAMES_MAX];	/* h= */
	size_t name_count;
	int64_t length;		/* l=, or -1; past 18 digits the largest */
	int64_t time, expires;	/* t=, x= in seconds, or -1 */
};

/*
 * Reads the value of a field.  NULL, or the reason with *result saying what
 * becomes of the signature; d=, s=, i=, a= are filled in as far as they could
 * be read even then.  Spans point into value or into the arena.
 */
const char *dkim_field_parse(struct arena *, struct span value,
    struct dkim_field *out, enum dkim_result *result);

#endif
