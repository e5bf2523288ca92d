/*
 * greykey - under which names greylisting remembers those behind a message.
 * Arena memory; one thread at a time.
 */
#ifndef CHECK_GREYKEY_H
#define CHECK_GREYKEY_H

#include "check/identity.h"

struct greykeys {
	/*
	 * Who came back: the proven identity, whatever the address; of the
	 * unproven the provider's pool or the network, and the domain of the
	 * sender.
	 */
	struct span own;
	bool proven;
	/*
	 * A second name.  Of the proven, own with the network: that counts when
	 * their reputation is bad, so that proof gains them nothing.  Of the
	 * others, the autonomous system and this very letter's sender and
	 * recipient: a pool of networks that tries the same letter again.  May
	 * be empty.
	 */
	struct span other;
	/* Who shares the habit of retries. */
	struct span habit;
};

void greykeys_make(struct inquiry *, unsigned ipv4_bits, unsigned ipv6_bits,
    struct greykeys *out);

#endif
