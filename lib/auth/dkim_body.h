/*
 * dkim_body - the hash of a message's body (RFC 6376 section 3.4.3 to 3.4.5),
 * fed in pieces.  A bare LF counts as CRLF: on the wire there is none.  One
 * thread at a time.
 */
#ifndef AUTH_DKIM_BODY_H
#define AUTH_DKIM_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct dkim_body_terms {
	bool relaxed;
	bool sha1;		/* otherwise SHA-256 */
	int64_t length;		/* l=: bytes that are hashed, -1 is all */
};

struct dkim_body;

struct dkim_body *dkim_body_new(const struct dkim_body_terms *);
void dkim_body_free(struct dkim_body *);
bool dkim_body_same(const struct dkim_body *, const struct dkim_body_terms *);
void dkim_body_add(struct dkim_body *, struct span);

/* Ends the body; the hash lives as long as the object. */
struct span dkim_body_end(struct dkim_body *);

/* Bytes of the canonical body, whether hashed or not. */
uint64_t dkim_body_bytes(const struct dkim_body *);

#endif
