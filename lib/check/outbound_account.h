/*
 * outbound_account - what is remembered of a user who sends: since when, from
 * which networks, with links to where.  A bounded record with a layout of its
 * own, read before the verdict and written after it.  Pure functions.
 */
#ifndef CHECK_OUTBOUND_ACCOUNT_H
#define CHECK_OUTBOUND_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/span.h"
#include "net/geo.h"

#define ACCOUNT_PLACES 24
#define ACCOUNT_HABITS 8	/* of these, kept for their age */
#define ACCOUNT_LINKS 24
#define ACCOUNT_BYTES_MAX 1024

#define ACCOUNT_MINUTE 60000LL	/* ms; all times below are in these */
#define ACCOUNT_RECENT (12 * 60)	/* a place counts for so long */
#define ACCOUNT_HABIT (7 * 24 * 60)	/* known for so long it does not */
#define ACCOUNT_FRESH (24 * 60)	/* a link is new for so long */

/* A network: an IPv4 /24 or IPv6 /48. */
struct account_place {
	uint8_t net[6];		/* of IPv4 the last three; IPv6 never begins
				 * with 24 zeros (RFC 4291 2.4) */
	uint32_t asn;		/* 0: not known */
	char country[2];	/* or zeros */
	uint32_t first, last;
};

struct account_link {
	uint32_t name;		/* digest of its domain */
	uint32_t first, last;
	uint16_t reach;		/* strangers it was sent to while fresh */
};

struct account {
	uint32_t since;		/* first message */
	struct account_place places[ACCOUNT_PLACES];
	size_t place_count;
	struct account_link links[ACCOUNT_LINKS];
	size_t link_count;
};

/* Different ones of late, apart from habits. */
struct account_travels {
	unsigned networks, systems, countries;
};

/* False for bytes that account_write never wrote; *out is empty then. */
bool account_read(struct span bytes, struct account *out);
size_t account_write(const struct account *, char out[ACCOUNT_BYTES_MAX]);

/*
 * Notes from where a message comes, or with a link to where, when reach
 * strangers get it.  True when the record should be written.
 */
bool account_visit(struct account *, const struct ip *, const struct place *,
    int64_t now);
bool account_linked(struct account *, struct span domain, unsigned reach,
    int64_t now);

/* What happened before since (ms) does not count. */
struct account_travels account_travels(const struct account *, int64_t since,
    int64_t now);

/* How many strangers got a link to that domain, if it is a new one. */
unsigned account_reach(const struct account *, struct span domain,
    int64_t since, int64_t now);

/* The network of a place, for people. */
const char *account_place_text(const struct account_place *,
    char out[IP_TEXT_MAX]);

#endif
