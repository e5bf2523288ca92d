/*
 * shared - what this process knows of what all hosts have in common, kept
 * beside the messages and refreshed from the store by one thread: other hosts,
 * trust and deny lists, the health of DNS lists, notices for operators.
 *
 * Messages read it from any thread and wait for nobody: each part locks inside
 * its own file, for the time of a look.
 */
#ifndef SHARED_SHARED_H
#define SHARED_SHARED_H

#include "store/store.h"

struct fleet;
struct roster;
struct listhealth;
struct notices;

struct shared {
	struct fleet *fleet;		/* the other hosts (fleet.h) */
	struct roster *roster;		/* trust and deny entries (roster.h) */
	struct listhealth *lists;	/* of DNS lists (listhealth.h) */
	struct notices *notices;	/* for operators (notices.h) */
};

#define SHARED_TICK_MS 250	/* between two calls of the ticks */

#endif
