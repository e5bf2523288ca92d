/*
 * entry - whom operators trust a little, or deny, in words: one line of a
 * file, of posternctl, and of the record that all hosts share.
 *
 *	dkim:example.org owner=anna expires=2027-03-31 discount=2 \
 *	    reason="invoices, ticket 4711"
 *
 * A word is bare, or stands in double quotes; no quote or backslash is ever in
 * one.  Pure functions, any thread.
 */
#ifndef SHARED_ENTRY_H
#define SHARED_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/span.h"
#include "mail/suffix.h"

#define ENTRY_WHAT_MAX 320	/* bytes of an address; RFC 3696 and erratum */
#define ENTRY_NAME_MAX (8 + ENTRY_WHAT_MAX)	/* with its kind */
#define ENTRY_OWNER_MAX 64
#define ENTRY_REASON_MAX 200
#define ENTRY_DAYS_MAX 366	/* that an entry may last */
#define ENTRY_LINE_MAX 800	/* bytes as text, all words told */
#define ENTRY_BITS4_MIN 16	/* of a network that is trusted */
#define ENTRY_BITS6_MIN 32
#define ENTRY_TIME_MAX 24	/* "2027-03-31T23:59:59Z" and a zero */

enum entry_list { ENTRY_TRUST, ENTRY_DENY, ENTRY_LISTS };

enum entry_kind {
	ENTRY_DKIM,	/* domain of a valid, aligned signature */
	ENTRY_SPF,	/* domain of an aligned sender that passes SPF */
	ENTRY_FROM,	/* From: proven where it is trusted */
	ENTRY_CLIENT,	/* network of the client */
	ENTRY_HELO,	/* denied only, as the next one */
	ENTRY_SENDER,	/* of the envelope */
	ENTRY_KINDS
};

struct entry {
	enum entry_list list;
	enum entry_kind kind;
	char name[ENTRY_NAME_MAX + 1];	/* "dkim:example.org", lower case */
	struct net net;			/* of ENTRY_CLIENT */
	char owner[ENTRY_OWNER_MAX + 1];
	char reason[ENTRY_REASON_MAX + 1];
	int64_t expires;		/* wall clock, ms */
	int64_t discount;		/* of trust: thousandths of a point */

	/* Of one that the store keeps. */
	char by[ENTRY_OWNER_MAX + 1];	/* who added it; "" of a file */
	int64_t added;			/* wall clock, ms; 0 of a file */
	uint64_t number;		/* of the change that made it, or 0 */
};

const char *entry_list_name(enum entry_list);

/* What the name says without its kind. */
struct span entry_what(const struct entry *);

/*
 * Reads kind and name, as "from:anna@example.org", into list, kind, name and
 * net.  0 or -1 with a reason.
 */
int entry_name(struct span word, enum entry_list, struct entry *,
    struct error *);

/*
 * The next word of a line, as key and value; a word without "=" has no key.
 * 1, 0 at the end, or -1 with a reason: quotes that do not close, or text that
 * a line cannot hold.
 */
int entry_word(struct span *rest, struct span *key, struct span *value,
    struct error *);

/*
 * Takes one key: owner, reason, expires, discount, by, added; all but the last
 * once.  now is for "expires=90d"; 0 allows dates alone.  0, -1 with a reason,
 * or 1 when the key is none of these.
 */
int entry_take(struct entry *, struct span key, struct span value,
    int64_t now, struct error *);

/*
 * Reads a line that operators write: name, owner, expires, reason, discount,
 * of which all but the last must be there.  0 or -1 with a reason.
 */
int entry_parse(struct span line, enum entry_list, int64_t now,
    struct entry *, struct error *);

/* What entries are held against. */
struct entry_terms {
	const struct suffixes *suffixes;
	bool (*shared)(const void *context, struct span domain);
	const void *context;
	int64_t max_discount;	/* thousandths */
};

/*
 * Whether an entry may be made: trust in a network that is too large, a public
 * suffix, a domain that strangers share, or by too many points may not.  0 or
 * -1 with a reason that says what to write instead.
 */
int entry_check(const struct entry *, const struct entry_terms *,
    struct error *);

/* Its time: 0, or -1 when it is over at now, or too far. */
int entry_check_time(const struct entry *, int64_t now, struct error *);

/* The line, without what the store adds; entry_parse reads it. */
void entry_put(struct buf *, const struct entry *);

/* "2027-03-31T23:59:59Z". */
const char *entry_time_text(int64_t ms, char out[ENTRY_TIME_MAX]);

/* A date is over when its day is, in UTC.  False when it is no time. */
bool entry_time_parse(struct span, int64_t *ms);

#endif
