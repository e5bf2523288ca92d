/*
 * bridge_state - what the files of the bridge share; nobody else includes it.
 */
#ifndef STORE_BRIDGE_STATE_H
#define STORE_BRIDGE_STATE_H

#include <pthread.h>

#include "store/bridge.h"
#include "store/epoch.h"
#include "store/pending.h"

struct bridge {
	struct store_backend backend;	/* ours, under the remote's name */
	struct store_part remote;
	struct bridge_settings settings;
	char *state_file;
	uint64_t host;			/* random: of all names of writes */
	pthread_t thread;
	bool started;

	pthread_mutex_t mutex;		/* guards all below */
	pthread_cond_t wake;
	bool stop;
	int64_t until;			/* steady: then nothing is sent again */
	bool up;
	unsigned outage;		/* how many there have been */
	unsigned hosts;
	uint64_t serial;
	int64_t patience;		/* ms that the last batch had */
	int64_t next;			/* steady: when the thread looks */
	int64_t backoff, up_since;	/* ms; steady */
	struct pending *pending;
	struct store_part memory;	/* backend NULL: nothing is local */
	bool cold;
	int64_t since;			/* as struct store_health */
	char trouble[160];		/* of the file of the epoch */
	struct epoch epoch;		/* that is remembered; written by the
					 * thread alone */

	/* the thread's */
	int64_t cold_until;
	struct store_op ops[STORE_BATCH_MAX];
	char value[STORE_VALUE_MAX];	/* that a look found */
	struct pending_entry *taken[STORE_BATCH_MAX];
};

/* What came of a batch. */
struct outcome {
	bool answered;		/* something was */
	bool cut;		/* something failed because nobody was there */
	bool late;		/* and took its time to do so */
};

/* Adds one answer, and makes of none a failure that may have happened. */
void outcome_add(struct outcome *, struct store_op *);

static inline bool
op_missed(const struct store_op *op)
{
	return op->answer == STORE_FAILED && op->trouble != TROUBLE_ARGUMENT;
}

static inline int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The store did not answer a look: when the next one is.  Mutex held. */
void bridge_missed(struct bridge *, int64_t steady);

/*
 * Nobody asks the store any more.  One that could not be reached is looked
 * after at once: that costs nothing, and of a Cluster perhaps only a part is
 * away.  One that was late has time to recover; the more, the shorter it has
 * been well.  Mutex held.
 */
void bridge_down(struct bridge *, bool late, int64_t now, int64_t steady);

/* Sends some of the waiting writes; true when there may be more to do. */
bool bridge_drain(struct bridge *, int64_t now, int64_t steady);

#endif
