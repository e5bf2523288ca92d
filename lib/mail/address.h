/*
 * address - mailboxes as header fields and the SMTP envelope write them
 * (RFC 5322 sections 3.4 and 4.4, RFC 6532, RFC 5321 section 4.1.2).  Where
 * readers of mail could see different addresses, all that is found comes back
 * and the verdict says ADDRESS_JUNK.  Pure functions, any thread; spans point
 * into the value given or into the arena.
 */
#ifndef MAIL_ADDRESS_H
#define MAIL_ADDRESS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

/* Verdicts on a list or path, or-ed together; 0 is one clean list. */
enum address_verdict {
	ADDRESS_EMPTY = 1 << 0,	/* no address in it */
	ADDRESS_GROUP = 1 << 1,	/* group syntax, also of an empty group */
	ADDRESS_ROUTE = 1 << 2,	/* a source route was dropped */
	ADDRESS_BARE = 1 << 3,	/* an address without domain */
	ADDRESS_LOOSE = 1 << 4,	/* one reading, but not in today's grammar */
	ADDRESS_JUNK = 1 << 5,	/* not in any grammar: readers may differ */
	ADDRESS_LIMIT = 1 << 6	/* more than max, or comments too deep */
};

struct address {
	struct span name;	/* display name, unquoted, encoded words raw;
				 * without one the last comment */
	struct span local;	/* unquoted */
	struct span domain;	/* case kept, no final dot, "[...]" literal;
				 * empty when there is none */
	struct span whole;	/* local@domain, quoted where it must be */
};

/*
 * Parses the value of From, To, Cc, Sender, Reply-To ...  Returns the verdict;
 * *count says how many of out[max] were filled.
 */
unsigned address_list(struct arena *, struct span value, struct address *out,
    size_t max, size_t *count);

/*
 * Parses the argument of MAIL or RCPT with or without brackets.  "<>" gives
 * ADDRESS_EMPTY alone.  Of junk, *out holds the text split at its last "@", so
 * that it can still serve as a key; name is always empty.
 */
unsigned address_path(struct arena *, struct span value, struct address *out);

/* A copy in lower case (ASCII) and without the final dot. */
struct span domain_lower(struct arena *, struct span domain);

#endif
