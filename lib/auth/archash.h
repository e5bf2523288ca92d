/*
 * archash - what the signatures of a chain sign (RFC 8617 section 5.1.1,
 * RFC 6376 section 3.7).  Pure functions, any thread.
 */
#ifndef AUTH_ARCHASH_H
#define AUTH_ARCHASH_H

#include "auth/arcset.h"

/*
 * The hash that a message signature signs.  used has a byte of scratch for
 * each header.
 */
void archash_message(const struct arcsig *, const struct header *headers,
    size_t count, char *used, unsigned char out[ARCSET_HASH]);

/* The hashes that the seals sign, one of each set, from instance 1 on. */
void archash_seals(const struct arcsets *,
    unsigned char (*out)[ARCSET_HASH]);

#endif
