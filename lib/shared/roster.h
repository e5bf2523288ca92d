/*
 * roster - the entries that operators add while the filter runs, of trust and
 * denial, the same on all hosts.
 *
 * The store keeps a log of changes, each under its number.  Whoever makes one
 * takes the next free number (STORE_PUT_NEW), so that all hosts apply the same
 * changes in the same order; the number of the last one is the version of the
 * lists.  Each host keeps the newest ROSTER_CHANGES_MAX in memory, looks for
 * the next one all the time, and where the store lost some, puts them back
 * under their numbers.  Where two differ, the store's counts, and the other one
 * is appended once more.
 *
 * roster_tick belongs to one thread.  Everything else may be called by any.
 */
#ifndef SHARED_ROSTER_H
#define SHARED_ROSTER_H

#include "shared/entryset.h"
#include "store/store.h"

#define ROSTER_ENTRIES_MAX 4096		/* at the same time */
#define ROSTER_CHANGES_MAX 16384	/* remembered */
#define ROSTER_BY_MAX ENTRY_OWNER_MAX	/* bytes of who makes a change */

struct roster;

/* The entries as they were at one moment; constant and counted. */
struct roster_view {
	uint64_t version;		/* 0: nobody ever changed anything */
	struct entryset entries;
};

struct roster *roster_new(void);
void roster_free(struct roster *);	/* NULL is allowed */

/*
 * One look at the store, at most ROSTER_BATCHES of its answers, each within
 * timeout; what is left is for the next time.  False when the store did not
 * answer: then everything stays as it was.
 */
#define ROSTER_BATCHES 64
bool roster_tick(struct roster *, struct store *, int64_t now,
    int64_t timeout);

/* The newest view, or NULL as long as the store was never read. */
const struct roster_view *roster_hold(struct roster *);
void roster_put(const struct roster_view *);	/* NULL is allowed */

enum roster_verb { ROSTER_ADD, ROSTER_DEL };

/* What somebody wants changed.  Of an entry to delete only list and name. */
struct roster_change {
	enum roster_verb verb;
	const struct entry *entry;
	const char *by;			/* who; at most ROSTER_BY_MAX bytes */
	const char *reason;		/* of ROSTER_DEL; ADD: the entry's */
};

enum roster_outcome {
	ROSTER_DONE,
	ROSTER_REFUSED,		/* as the reason says */
	ROSTER_UNANSWERED,	/* the store did not answer in time: the change
				 * may or may not be made */
};

/*
 * Appends a change for all hosts, this one included: each sees it at its next
 * tick.  Adding what is there replaces it.
 */
enum roster_outcome roster_append(struct roster *, struct store *,
    const struct roster_change *, int64_t now, int64_t timeout,
    uint64_t *number, struct error *);

/* Appends the changes of a list, the newest most ones, oldest first. */
void roster_log(struct roster *, enum entry_list, size_t most,
    struct buf *out);

#endif
