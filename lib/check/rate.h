/*
 * rate - the limits of a generation, whom they are about, and their buckets in
 * the store: what the check of the same name takes from, and what operators
 * look at.  Constant once loaded; any thread.
 */
#ifndef CHECK_RATE_H
#define CHECK_RATE_H

#include "check/check.h"
#include "check/rate_limit.h"

#define RATE_LIMITS_MAX 64	/* lines */
#define RATE_TAKES_MAX 16	/* buckets that one message takes from */
#define RATE_VALUES_MAX 8	/* of these, of one limit by recipient */
#define RATE_RECIPIENTS_MAX 100	/* that are looked at for these */
#define RATE_IPV4_BITS 24	/* of a client's network */
#define RATE_IPV6_BITS 64

struct rates {
	struct arena arena;
	struct rate_limit *limits;
	size_t count;
};

/* What buckets are named by; what is not known is empty.  Lower case. */
struct rate_facts {
	bool outbound;
	struct span value[RATE_KEYS];
	struct ip client;
	bool has_client;
};

/* The client's address, which tells its network too. */
void rate_facts_client(struct rate_facts *, struct arena *, const struct ip *);

/* An address (of a user, too) and, with key + 1, its domain. */
void rate_facts_address(struct rate_facts *, struct arena *, enum rate_key,
    struct span address);

/* Whether the limit counts for these facts, and no other in its place. */
bool rates_apply(const struct rates *, const struct rate_limit *,
    const struct rate_facts *);

/* The same whatever the direction is. */
bool rates_concern(const struct rates *, const struct rate_limit *,
    const struct rate_facts *);

/* Whether it names somebody, and so goes before what is said of all. */
bool rate_limit_special(const struct rate_limit *);

/*
 * Makes a TAKE of so many things; more than fit the bucket take all of it.
 * Strings go to the arena.
 */
void rate_bucket(const struct rate_limit *, const struct rate_facts *,
    int64_t things, struct arena *, struct store_op *op);

/* ms until a refused TAKE would have been granted. */
int64_t rate_wait(const struct store_op *);

/* "user=anna recipient-domain=example.org" of what the limit counts by. */
void rate_put_facts(const struct rate_limit *, const struct rate_facts *,
    struct buf *out);

#endif
