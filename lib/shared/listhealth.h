/*
 * listhealth - which DNS lists may be believed now.
 *
 * A list that has not passed its self-test yet, lies, or does not answer, adds
 * no points.  Each host tests the lists it uses at its start and again and
 * again, and watches how they answer its own questions: one that says yes to
 * everything, or nothing at all, is tested at once, and switched off when it
 * fails.  That a list is off is told to all hosts through the store; it comes
 * back by itself once it passes again.
 *
 * Messages ask and tell from any thread.  tick is called by one thread, every
 * SHARED_TICK_MS.  Time is wall clock ms, an argument.
 */
#ifndef SHARED_LISTHEALTH_H
#define SHARED_LISTHEALTH_H

#include "base/buf.h"
#include "net/dns.h"
#include "shared/dnslist.h"
#include "store/store.h"

#define LISTHEALTH_LISTS_MAX 300	/* zones; others are not trusted */
#define LISTHEALTH_WINDOW 48	/* last answers of a list that are kept */
#define LISTHEALTH_SUSPECT 12	/* all yes, each about something else: test */
#define LISTHEALTH_ERRORS 5	/* in a row: test */
#define LISTHEALTH_KNOWN 200	/* answers from which a usual rate is known */
#define LISTHEALTH_SYNC_MS 10000	/* between two looks into the store */
#define LISTHEALTH_TEST_MS 10000	/* that a self-test may take */
#define LISTHEALTH_AGAIN_MS 5000	/* after the first failure of one */
#define LISTHEALTH_RETRY_MS 30000	/* between those of one that is off */
#define LISTHEALTH_RETRY_MAX_MS 300000
#define LISTHEALTH_REST_MS 600000	/* off at least, though its self-test
					 * was good; doubled each time */
#define LISTHEALTH_REST_MAX_MS 14400000
#define LISTHEALTH_IDLE_MS 3600000	/* unused so long: not tested */
#define LISTHEALTH_STORE_MS 500		/* that the store may take */
#define LISTHEALTH_CLASS "dnslist"
#define LISTHEALTH_TTL 604800000	/* of a record, ms */
#define LISTHEALTH_AHEAD_MS 86400000	/* later records are nobody's: nothing
					 * could ever be newer than they */

enum list_trust { LIST_TRUSTED, LIST_UNTESTED, LIST_OFF };

struct listhealth;

/* host is what others read as the origin of our word. */
struct listhealth *listhealth_new(const char *host);

/* After its last tick and before its dns is freed. */
void listhealth_free(struct listhealth *);

/* How often lists are tested that are in order, ms. */
void listhealth_interval(struct listhealth *, int64_t ms);

/*
 * The list is in use, as this says: it will be tested, before the first message
 * asks.  Called by the thread of tick.
 */
void listhealth_watch(struct listhealth *, const struct dnslist *,
    int64_t now);

/* Whether it may be believed; watches it, too. */
enum list_trust listhealth_trust(struct listhealth *, const struct dnslist *,
    int64_t now);

/* What the list said about a subject. */
void listhealth_note(struct listhealth *, const struct dnslist *,
    struct span subject, enum dnslist_word, int64_t now);

/*
 * Tests what is due, tells the store and listens to it: at most one batch of
 * operations, and no wait for the DNS.  store and dns may be NULL.
 */
void listhealth_tick(struct listhealth *, struct store *, struct dns *,
    int64_t now);

/*
 * Before the first message: tests all lists that are watched and waits for
 * that, timeout ms at most.
 */
void listhealth_start(struct listhealth *, struct store *, struct dns *,
    int64_t now, int64_t timeout);

/* How one list fares. */
struct list_report {
	enum list_trust trust;
	int64_t since;		/* of that, ms */
	int64_t tested;		/* end of the last self-test, ms; 0: none */
	uint64_t asked, hits, errors;	/* by this host since its start */
	unsigned usual;		/* per thousand: its usual rate of hits */
	char why[160];		/* of no trust, or empty */
};

/* False when the list is not watched. */
bool listhealth_report(struct listhealth *, const struct dnslist *,
    struct list_report *out);

/* Appends Prometheus text. */
void listhealth_stats(struct listhealth *, struct buf *out);

#endif
