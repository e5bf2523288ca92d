/*
 * standing - what the store knows of one identity: how much spam and ham it
 * sent, faded with time, and the rating that follows.  Pure functions of their
 * arguments; any thread.
 */
#ifndef CHECK_STANDING_H
#define CHECK_STANDING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/ip.h"
#include "check/rating.h"
#include "store/store.h"

/* Parents stand right after the kinds that they are parents of. */
enum standing_kind {
	STANDING_ADDRESS,	/* of the client */
	STANDING_NETWORK,	/* its /24 or /64 */
	STANDING_ASN,		/* its autonomous system */
	STANDING_HELO,
	STANDING_SPF,		/* the domain whose SPF passed */
	STANDING_DKIM,		/* that of a valid signature */
	STANDING_FROM,		/* in From, not proven */
	STANDING_TENANT,	/* of a shared provider */
	STANDING_KINDS
};

#define STANDING_OPS 2		/* store operations that one asks for */
#define STANDING_WEIGHT 4	/* messages that a parent counts */
#define STANDING_SHARE 1	/* message; see rating_share */
#define STANDING_LIVES 4	/* half lives that evidence is kept */
#define STANDING_TRIAL 4	/* that part of one, the first piece of it:
				 * spam makes up names, to be seen once */

struct standing {
	enum standing_kind kind;
	struct span name;		/* empty: there is none */
	struct store_op *asked;		/* STANDING_OPS of them, or NULL */
	bool known;			/* the store has answered */
	struct evidence evidence;
	int64_t rating;
};

const char *standing_word(enum standing_kind);

/*
 * A standing from what an operator writes: "network:192.0.2.0/24".  False when
 * it is none.
 */
bool standing_parse(struct arena *, struct span word, struct standing *out);

struct span standing_network(struct arena *, const struct ip *);

/* Fills in the STANDING_OPS operations that read what is known. */
void standing_ask(struct arena *, struct standing *, struct store_op *ops);

/* Takes the answers; false when there are none. */
bool standing_take(struct standing *);

/* Rates it; parent is NULL or rated already, and counts if it is known. */
void standing_rate(struct standing *, const struct standing *parent);

/*
 * Fills in the operation that adds to what is known: amount, in thousandths
 * of messages, of spam or ham.
 */
void standing_add(struct arena *, const struct standing *, struct store_op *,
    bool spam, int64_t amount, int64_t half_life);

/* "network 192.0.2.0/24: 37.0 spam, 2.0 ham in 14 d half lives, 0.91" */
void standing_print(const struct standing *, int64_t half_life, struct buf *);

#endif
