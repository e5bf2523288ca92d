/*
 * redis_run - carries a batch out: which operation goes to which server, in one
 * script each (in a Cluster one for each slot, all sent together), and what
 * follows from what they say.  Any thread.
 *
 * A round is one round trip.  There is a second one only where a server says
 * so (MOVED, ASK, TRYAGAIN, NOSCRIPT, a master that is none any more), or where
 * a connection was lost and doing it twice does no harm: reads and named
 * writes.
 */
#ifndef STORE_REDIS_RUN_H
#define STORE_REDIS_RUN_H

#include "store/redis_batch.h"

#define REDIS_ROUNDS_MAX 16	/* of one batch */
#define REDIS_LOST_MAX 2	/* connections lost under one operation */
#define REDIS_AGAIN_MAX 8	/* TRYAGAIN for one operation */
#define REDIS_AGAIN_MS 5	/* pause before the next of these */

void redis_carry(struct redis *, struct redis_item *items, size_t count,
    int64_t now, int64_t deadline);

#endif
