/*
 * pending - writes that the shared store did not take, or perhaps did not, in
 * the order they were meant, until it takes them.
 *
 * What only adds up is kept as one sum per key, in the form of the record it
 * would have made (record.h): it decays and refills while it waits, so that a
 * sum or bucket gets what it would have had by now (a bucket that was not full
 * refills twice, within its burst).  A later value takes the place of an
 * earlier one.  But what was sent, and perhaps carried out, is
 * never changed: it keeps its name, so that it counts once.
 *
 * When it is full, what comes is lost, and what is there stays.  One thread at
 * a time; now is wall time, steady that of clock_steady, both in ms.
 */
#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include "store/store.h"

struct pending;
struct pending_entry;

/* At most that many entries, and bytes of them all together. */
struct pending *pending_new(size_t entries, size_t bytes);
void pending_free(struct pending *);

struct pending_figures {
	size_t entries, bytes;
	int64_t writes;		/* that the entries stand for */
	int64_t lost;		/* writes given up since it was made */
};

void pending_figures(const struct pending *, struct pending_figures *);

/*
 * Keeps a write that failed: op's id is its name, unless it joins another.
 * unknown says that it may have happened.
 */
void pending_keep(struct pending *, const struct store_op *op, bool unknown,
    int64_t now, int64_t steady);

/* What an operation has to do with the writes of its key that wait. */
enum pending_way {
	PENDING_FREE,	/* nothing: the store may have it at once */
	PENDING_BEHIND,	/* a write that may not overtake them */
	PENDING_ASIDE,	/* a read of what only this host knows yet */
};

enum pending_way pending_way(const struct pending *, const struct store_op *);

/*
 * Fills in up to most operations to be sent next, the oldest first, and notes
 * in taken whose they are.  Each entry comes once until pending_rewind, and
 * those of one key one after the other.  Each must be settled.  0: all had
 * their turn.
 */
size_t pending_take(struct pending *, struct store_op *ops,
    struct pending_entry **taken, size_t most, int64_t now, int64_t steady);

/* What came of it; true when it needs not be sent again. */
bool pending_settle(struct pending *, struct pending_entry *,
    const struct store_op *op, int64_t steady);

void pending_rewind(struct pending *);

#endif
