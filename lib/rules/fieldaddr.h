/*
 * fieldaddr - names and addresses in a field such as From, read as loosely as
 * SpamAssassin reads them, so that rules on From:addr and From:name hit the
 * same.  mail/address.h is our own, stricter reading.  Pure functions, any
 * thread; spans point into the value or the arena.
 */
#ifndef RULES_FIELDADDR_H
#define RULES_FIELDADDR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define FIELDADDR_VALUE_MAX 32768	/* bytes; the rest is not read */

struct fieldaddr {
	struct span name;	/* p is NULL without one; undecoded */
	struct span address;	/* p is NULL without one; may be empty */
	struct span host;	/* of the address; p is NULL without one */
	bool valid;		/* the host could exist */
};

/* How many of at most max there are in the (raw) value of a field. */
size_t fieldaddr_parse(struct arena *, struct span value,
    struct fieldaddr *out, size_t max);

#endif
