/*
 * fieldtext - the header fields of a message as rules see them, found by name,
 * each made once.  One thread at a time; texts live in the message's arena.
 * Fields are told by their number in the message.
 */
#ifndef RULES_FIELDTEXT_H
#define RULES_FIELDTEXT_H

#include "rules/facts.h"

#define FIELD_VALUE_MAX 8192	/* bytes of one field, as SpamAssassin's */

/* The first field of that name; message.header_count when there is none. */
size_t fieldtext_first(struct facts *, struct span name);

/* The next one that has the name of field i; likewise. */
size_t fieldtext_next(struct facts *, size_t i);

/* All of the value, with LF line ends. */
struct span fieldtext_lf(struct facts *, size_t i);

/* At most FIELD_VALUE_MAX of it, as it is or decoded; a line end follows. */
struct span fieldtext_raw(struct facts *, size_t i);
struct span fieldtext_decoded(struct facts *, size_t i);

/*
 * A value decoded as SpamAssassin does: unfolded, trimmed, in UTF-8, encoded
 * words of RFC 2047 decoded where the field may have any.
 */
struct span field_decode(struct arena *, struct span name, struct span raw);

/* Copies what is there, CRLF made LF; returns how many bytes that gives. */
size_t field_put_lf(char *to, struct span);

#endif
