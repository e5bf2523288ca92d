/*
 * authres_write - writes the value of one Authentication-Results field (RFC
 * 8601 section 2.2) out of words of ours and bytes of strangers.  Whatever the
 * bytes are, the field stays in the grammar and its lines short.  One thread
 * at a time.
 *
 * The order is: begin, then for each result a method, its reason, its comments
 * and properties, then end.
 */
#ifndef AUTH_AUTHRES_WRITE_H
#define AUTH_AUTHRES_WRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* Bytes of one value as written; RFC 5322 2.1.1 allows 998 in a line. */
#define AUTHRES_VALUE_MAX 800
/* Enough for AUTHRES_RESULTS_MAX results as they usually are. */
#define AUTHRES_FIELD_MAX 65536

struct authres_writer {
	struct buf *out;
	size_t column;		/* of the line so far */
	size_t results;
	bool utf8;
	bool dropped;		/* past AUTHRES_RESULTS_MAX */
	bool properties;	/* the result has some: no reason any more */
	unsigned left_out;	/* values that could not be written */
};

/*
 * Appends to out; folds are "\n\t", no line end at the end.  With utf8, values
 * may be UTF-8 (RFC 6532, 8601 section 2.2): only for messages that are
 * internationalized.  False when the authserv-id cannot be written: nothing
 * was then.
 */
bool authres_begin(struct authres_writer *, struct buf *out, struct span id,
    bool utf8);

/* Both are keywords: letters, digits and "-". */
void authres_method(struct authres_writer *, const char *method,
    const char *result);

/*
 * A value that cannot be written (control bytes, 8-bit bytes that are not
 * allowed or no UTF-8, too long) is left out, a comment says so, and left_out
 * counts.  The reason comes right after its method; an empty one is none.
 *
 * There are readers that lose what follows a quoted value, so a property that
 * may need quotes (part of a signature, an IPv6 address) had better be the last
 * of its result.
 */
void authres_reason(struct authres_writer *, struct span reason);
void authres_property(struct authres_writer *, const char *type,
    const char *name, struct span value);

/* In comments such bytes become "?", and what is too long is cut. */
void authres_comment(struct authres_writer *, struct span text);

/* False when out was too small: the field must then not be used. */
bool authres_end(struct authres_writer *);

#endif
