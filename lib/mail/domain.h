/*
 * domain - the name of a domain as mail writes it, made into what the DNS is
 * asked for, and its labels.  Pure functions, any thread.
 */
#ifndef MAIL_DOMAIN_H
#define MAIL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

#define DOMAIN_MAX 253		/* bytes of a name as text; RFC 1035 2.3.4 */
#define DOMAIN_LABEL_MAX 63

/*
 * A copy as A-labels (RFC 5890; other scripts, wide letters and dots are
 * mapped as UTS 46 says) in lower case without the final dot.  Empty when no
 * host can have the name: a label is empty, too long or holds more than
 * letters, digits, "-" and "_", or it is a number, as in an address.
 */
struct span domain_ascii(struct arena *, struct span domain);

/* How many labels a name without final dot has; the empty name has none. */
size_t domain_labels(struct span domain);

/* Its last n labels, or all of it when it has no more than these. */
struct span domain_tail(struct span domain, size_t n);

/* True when domain is parent or below it; ASCII case does not matter. */
bool domain_within(struct span domain, struct span parent);

#endif
