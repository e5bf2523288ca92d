/*
 * bridge - carries on while the shared store does not answer.
 *
 * Every write gets a name (struct store_id).  One that was not, or perhaps not,
 * carried out is kept, within BRIDGE_PENDING_MAX and BRIDGE_BYTES_MAX, and sent
 * again when the store is back: it counts once.  What comes when that is full
 * is lost, and counted; so is what was perhaps carried out, once its name may
 * be forgotten.  What waits is lost with the process.
 *
 * Meanwhile this host answers by itself: reads from what it wrote in the
 * outage, buckets by its part of them; op.local says so.  After a batch without
 * any answer nobody asks the store but the bridge's own thread, until it
 * answers again.  Where it takes no writes, or a part of it is away, only what
 * failed is answered here, and kept, in the order of each key.
 *
 * A store that comes back without its contents (store/epoch.h) is cold for a
 * while.
 */
#ifndef STORE_BRIDGE_H
#define STORE_BRIDGE_H

#include "store/backend.h"

#define BRIDGE_PENDING_MAX 200000	/* entries: keys, mostly */
#define BRIDGE_BYTES_MAX (64 << 20)	/* of them all together */
#define BRIDGE_LOOK_MS 250		/* between two looks at a store that
					 * answers */

struct bridge_settings {
	bool local;		/* false: an outage is STORE_FAILED, but writes
				 * are kept all the same */
	const char *state;	/* file that remembers the epoch, or "" */
	int64_t warm_up;	/* ms that a store is cold after a loss */
};

/*
 * Takes the part over, and closes it.  Asks the store once, so that a loss is
 * known from the start, and starts a thread.  Without settings the part is the
 * store; one that could not open gives NULL.
 */
struct store *bridge_open(struct store_part remote,
    const struct bridge_settings *, struct error *error);

/*
 * The same without a thread, for tests: bridge_tick does what the thread would
 * at that time, wall clock and steady one; nobody else may call it meanwhile.
 */
struct store_part bridge_part(struct store_part remote,
    const struct bridge_settings *);
void bridge_tick(void *state, int64_t now, int64_t steady);

#endif
