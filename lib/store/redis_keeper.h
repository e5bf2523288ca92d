/*
 * redis_keeper - the thread that knows where the servers are and whether they
 * answer; see redis_node.h.
 */
#ifndef STORE_REDIS_KEEPER_H
#define STORE_REDIS_KEEPER_H

#include "store/redis_node.h"

#define KEEPER_SENTINEL_MS 2000	/* a new master without an error is noticed */
#define KEEPER_CLUSTER_MS 30000	/* the same of a map; errors come at once */

#define KEEPER_POLICY_MS 2000	/* until a wrong policy is looked at again */
#define KEEPER_STOP_MS 1000	/* that its end is waited for */

/*
 * Stop frees what it is given; where the thread does not end in time, as one
 * that waits for the DNS may not, the thread does so once it can.
 */
bool redis_keeper_start(struct redis *);
void redis_keeper_stop(struct redis *);
void redis_free(struct redis *);

/*
 * One look for who has what: at the Sentinels for the master, at the Cluster
 * for its map.  No mutex held; false when nobody answered, in which case what
 * was known stays.
 */
bool sentinel_look(struct redis *);
bool cluster_look(struct redis *);

/* A server of the settings, or a node, asked one question; NULL: no answer. */
struct wire *keeper_ask(struct redis *, const struct redis_place *,
    const char *password, const char *const *question);

/* Takes over what was found: for the tags where set is true. */
void keeper_assign(struct redis *, const short node_of[REDIS_TAGS]);

#endif
