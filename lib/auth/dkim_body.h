/*
 * dkim_body - the hash of a message's body (RFC 6376 section 3.4.3 to 3.4.5),
 * fed in pieces.  A bare LF counts as CRLF: on the wire there is none.  One
 * thread at a time.
 *
 * dkim_bodies - all the ways in which the signatures of a message want its
 * body hashed, each of them once: DKIM, ARC and signing share them.
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
void dkim_body_add(struct dkim_body *, struct span);

/* Ends the body unless it has ended; the hash lives as long as the object. */
struct span dkim_body_end(struct dkim_body *);

/* Bytes of the canonical body, whether hashed or not. */
uint64_t dkim_body_bytes(const struct dkim_body *);

#define DKIM_BODIES_MAX 12	/* ways; those of 8 signatures and 4 more */

struct dkim_bodies {
	struct dkim_body *each[DKIM_BODIES_MAX];
	size_t count;		/* 0: nobody wants the body */
};

/* The one of these terms, new if need be; NULL past DKIM_BODIES_MAX. */
struct dkim_body *dkim_bodies_want(struct dkim_bodies *,
    const struct dkim_body_terms *);

/* The one of these terms, or NULL. */
struct dkim_body *dkim_bodies_find(const struct dkim_bodies *,
    const struct dkim_body_terms *);

/* To all of them. */
void dkim_bodies_add(struct dkim_bodies *, struct span);

void dkim_bodies_done(struct dkim_bodies *);

#endif
