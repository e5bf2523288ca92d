/*
 * hash - digests as names in the DNS spell them.
 * Pure functions, any thread.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/arena.h"
#include "base/span.h"

enum hash_kind { HASH_MD5, HASH_SHA1, HASH_SHA256 };

/* In lower-case hexadecimal. */
struct span hash_hex(struct arena *, enum hash_kind, struct span bytes);

/* In base32 (RFC 4648 6) without padding, in lower case. */
struct span hash_base32(struct arena *, enum hash_kind, struct span bytes);

#endif
