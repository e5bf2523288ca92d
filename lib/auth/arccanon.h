/*
 * arccanon - the canonical forms of header fields (RFC 6376 sections 3.4.1 and
 * 3.4.2), hashed as they come into being.  One thread at a time.
 */
#ifndef AUTH_ARCCANON_H
#define AUTH_ARCCANON_H

#include <stdbool.h>

#include "auth/arcset.h"

struct evp_md_ctx_st;

/* A SHA-256 with room to gather small pieces. */
struct arccanon {
	struct evp_md_ctx_st *md;
	size_t n;
	char gathered[2048];
};

void arccanon_init(struct arccanon *);
void arccanon_done(struct arccanon *);
void arccanon_add(struct arccanon *, struct span bytes);

/*
 * A header field; hole is the part of its value that is left out: the old
 * signature.  The last one has no line end.
 */
void arccanon_field(struct arccanon *, const struct header *, bool relaxed,
    struct span hole, bool last);

/* A second one that goes on from where the first one is. */
void arccanon_copy(struct arccanon *to, struct arccanon *from);

/* The hash; nothing can be added afterwards. */
void arccanon_hash(struct arccanon *, unsigned char out[ARCSET_HASH]);

#endif
