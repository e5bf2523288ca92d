/*
 * rate_limit - one limit as the operator writes it: for whom it counts, what,
 * how much, and what happens beyond it.
 *
 *	outbound user 200 recipients per hour, burst 400: defer
 *	inbound client 60 messages per 10 minutes: score
 *	outbound user=news@example.org unlimited
 *
 * Constant once loaded; any thread.
 */
#ifndef CHECK_RATE_LIMIT_H
#define CHECK_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/span.h"

#define RATE_KEYS_MAX 3		/* joined by "+" in one limit */
#define RATE_VALUE_MAX 320	/* bytes of a value after "=" */
#define RATE_COUNT_MAX 1000000000LL	/* of what is counted */
#define RATE_WINDOW_MAX (30 * 24 * 3600)	/* s */

enum rate_way { RATE_INBOUND, RATE_OUTBOUND, RATE_EVERY_WAY };

enum rate_key {
	RATE_ALL,		/* one bucket for everybody */
	RATE_CLIENT,
	RATE_NETWORK,		/* the client's /24 or /64 */
	RATE_ASN,
	RATE_COUNTRY,
	RATE_HELO,
	RATE_USER,
	RATE_SENDER,
	RATE_SENDER_DOMAIN,
	RATE_FROM,
	RATE_FROM_DOMAIN,
	RATE_RECIPIENT,
	RATE_RECIPIENT_DOMAIN,
	RATE_KEYS,
};

enum rate_unit { RATE_MESSAGES, RATE_RECIPIENTS, RATE_BYTES };
enum rate_action { RATE_DEFER, RATE_SCORE };

struct rate_limit {
	enum rate_way way;
	enum rate_key key[RATE_KEYS_MAX];
	const char *value[RATE_KEYS_MAX];	/* lower case, or NULL: each */
	struct net net[RATE_KEYS_MAX];	/* of a client's or network's value */
	size_t keys;
	bool unlimited;		/* the rest is empty */
	int64_t count;		/* in a window; of bytes: in RATE_BLOCK */
	int64_t window;		/* s */
	int64_t burst;
	enum rate_unit unit;
	enum rate_action action;
	const char *text;	/* as written, single blanks */
	const char *name;	/* of its buckets: all but values and burst */
};

#define RATE_BLOCK 1024		/* bytes are counted in these, rounded up */

/*
 * Reads one line; all strings go to the arena.  -1 with *error filled in, in
 * which case *out means nothing.
 */
int rate_limit_parse(struct arena *, struct span line, const char *file,
    unsigned number, struct rate_limit *out, struct error *error);

const char *rate_key_name(enum rate_key);

/* The key of that name, or RATE_KEYS. */
enum rate_key rate_key_find(struct span name);

/* True for what a message has one of per recipient. */
bool rate_key_of_recipient(enum rate_key);

/* Whether a limit has this key. */
bool rate_limit_has(const struct rate_limit *, enum rate_key);

/* One thing counted, in thousandths of the store's; see rate_limit.c. */
int64_t rate_limit_scale(const struct rate_limit *);

/* "200 recipients per hour" and "this account", for people. */
void rate_limit_amount(const struct rate_limit *, struct buf *out);
void rate_limit_whom(const struct rate_limit *, struct buf *out);

/* So many of its units: "388 recipients", "1.5 MB". */
void rate_limit_units(const struct rate_limit *, int64_t units,
    struct buf *out);

/* "12 minutes", rounded up. */
void rate_put_time(struct buf *out, int64_t ms);

#endif
