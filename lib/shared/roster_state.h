/*
 * roster_state - what roster.c and roster_tick.c share; nobody else includes
 * it.
 */
#ifndef SHARED_ROSTER_STATE_H
#define SHARED_ROSTER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "shared/change.h"
#include "shared/roster.h"

#define ROSTER_SCHEMA 1
#define ROSTER_KEY_MAX 24
#define ROSTER_BATCH 32		/* operations of one wait */
#define ROSTER_DISPLACED_MAX 256

/* Of a change: longer than any entry lasts. */
#define ROSTER_TTL ((ENTRY_DAYS_MAX + 34) * 24 * 3600 * INT64_C(1000))

/* The count stands outside, so that users can be given const members. */
struct counted_view {
	struct roster_view view;	/* first: both have one address */
	atomic_uint holds;
};

/* An entry that was ever added since the last time all was replayed. */
struct roster_slot {
	struct entry entry;
	bool there;
};

struct roster {
	pthread_mutex_t lock;	/* guards these three for all threads; only the
				 * one that ticks changes them */
	struct counted_view *view;	/* NULL: not read yet */
	char **texts;		/* by number % ROSTER_CHANGES_MAX, or NULL */
	uint64_t newest;	/* number of the last one */

	/* Of the thread that ticks. */
	struct store_op *ops;	/* ROSTER_BATCH of them */
	char (*values)[STORE_VALUE_MAX];	/* that they find */
	uint64_t *ids;		/* as texts */
	struct map slots;	/* by list and name: struct roster_slot */
	char *displaced[ROSTER_DISPLACED_MAX];	/* to be appended again */
	size_t displaced_count;
	uint64_t restore;	/* next number to put back, or 0 */
	bool replay;		/* texts were replaced */
	bool changed;		/* since the view was made */
	int64_t next_expiry;	/* of an entry in view, or INT64_MAX */
};

/* The oldest number that is remembered; numbers begin with 1. */
static inline uint64_t
roster_oldest(uint64_t newest)
{
	return newest > ROSTER_CHANGES_MAX ? newest - ROSTER_CHANGES_MAX + 1 :
	    1;
}

/* Forgets all slots. */
void roster_forget(struct roster *);

/* Makes the operation of a number; 0 is where the newest one is noted. */
void roster_key(struct store_op *, enum store_verb, uint64_t number,
    char key[ROSTER_KEY_MAX]);

/* Only a hint where to begin reading: it may be behind. */
void roster_note_newest(struct store *, uint64_t number, int64_t now,
    int64_t timeout);

#endif
