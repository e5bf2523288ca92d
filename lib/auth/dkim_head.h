/*
 * dkim_head - the hash of the header fields that a signature names, and of the
 * signature itself (RFC 6376 section 3.7), by libopendkim.
 *
 * The library gets what it cannot be harmed by.  Its selection of fields
 * writes one pointer past an array when h= names all fields there are and one
 * more, so it always gets a field that no h= can name.  It reads any number of
 * signatures and compares every name with every field, so it gets only
 * signatures that dkim_field_parse accepted, each in a handle of its own, and
 * only fields that are named.  It has its own clock, which is set so wide that
 * ours decides.
 *
 * What is left of its limits, none of which can make a pass: the signature
 * fails where its b= tag is written "b =", where an unknown tag ends in "b",
 * or where h= names DKIM-Signature more often than there are others; it stays
 * neutral with bytes above 127 (U-labels, RFC 8616), with an "@" quoted in i=,
 * or with a t= before 2001.
 */
#ifndef AUTH_DKIM_HEAD_H
#define AUTH_DKIM_HEAD_H

#include <stdbool.h>

#include "auth/dkim.h"
#include "auth/dkim_field.h"
#include "auth/dkim_keys.h"
#include "base/arena.h"
#include "base/span.h"

/* One field must fit into it as a whole, or is left out. */
#define DKIM_LINE_MAX (1 << 20)

struct dkim_head {
	const struct header *headers;
	size_t header_count;
	size_t signature;		/* which of them to hash for */
	const struct dkim_field *field;	/* the same, parsed */
	/* Which of the headers are signatures that can be read, in order. */
	const size_t *readable;
	size_t readable_count;
};

/* NULL with *digest in the arena, or why there is none. */
const char *dkim_head_hash(const struct dkim_engine *, struct arena *,
    const struct dkim_head *, struct span *digest);

/* Those that its messages have in common. */
struct dkim_keys *dkim_engine_keys(const struct dkim_engine *);

#endif
