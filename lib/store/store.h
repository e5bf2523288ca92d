/*
 * store - small values that outlive a message: greylist records, counters,
 * token buckets.  All access is a batch of typed operations with one deadline,
 * so that any back end can answer it in one round trip.
 *
 * Any thread may run batches at the same time.  Time is an argument.  A value
 * whose time is over is absent, even if still stored.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

#define STORE_CLASS_MAX 32	/* bytes of a klass */
#define STORE_KEY_MAX 400	/* bytes of a key; longer ones: hash them */
#define STORE_VALUE_MAX 1024	/* bytes of a value */
#define STORE_BATCH_MAX 64	/* operations of one batch */
#define STORE_LATER_MAX 64	/* writes that wait for a batch to take them */
#define STORE_LATER_MS 5	/* ms that they do */
#define STORE_NUMBER_MAX INT64_C(10000000000000) /* thousandths; sums stop */
#define STORE_EPOCH_MAX 33	/* bytes of the name of its contents, with a
				 * zero */

enum store_verb {
	STORE_GET,	/* value of key; of a number: its sum now */
	STORE_PUT,	/* set value */
	STORE_PUT_NEW,	/* set value unless present; FOUND returns the old */
	STORE_DELETE,
	STORE_ADD,	/* number += amount; answers the sum */
	STORE_DECAY,	/* number halves every half_life, then += amount */
	STORE_TAKE,	/* token bucket: take amount, refill rate, hold burst */
};

enum store_answer {
	STORE_UNASKED,
	STORE_FOUND,	/* GET, PUT_NEW, DELETE: was present; others: done */
	STORE_ABSENT,	/* GET, DELETE: was not; PUT_NEW: was not, is now */
	STORE_FAILED,	/* no answer; a write may or may not have happened */
};

/*
 * Why an operation has no answer.  Only after TROUBLE_UNKNOWN may a write
 * have happened all the same.
 */
enum store_trouble {
	TROUBLE_NONE,
	TROUBLE_ARGUMENT,	/* out of bounds, or another verb's record */
	TROUBLE_UNREACHED,	/* nothing was sent, or the server says that it
				 * cannot serve at all now */
	TROUBLE_REFUSED,	/* the server does not take writes: full, a
				 * replica, no permission */
	TROUBLE_UNKNOWN,	/* sent, and no answer in time */
};

/*
 * Names one write that was meant, in the whole world: sent again under the
 * same name within STORE_ID_TTL it is not carried out a second time.  What
 * carries out nothing (a TAKE that is refused, what fails) uses up no name.
 * All zero: it has no name, and is sent once.  The store itself gives names to
 * what it may have to send again; checks leave it alone.
 */
struct store_id {
	uint64_t host, serial;
};

#define STORE_ID_TTL 900000	/* ms that the name of a write is remembered */

/*
 * One operation.  klass is a short word that names the kind of record, schema
 * its layout: a record of another schema is absent.  Numbers are thousandths.
 *
 * ADD, DECAY and TAKE of a record that another verb made, and GET and PUT_NEW
 * of a bucket, are STORE_FAILED.  A decaying number remembers its half life,
 * so GET needs none.  A bucket starts full, a refused TAKE takes nothing, one
 * of nothing tells what is left, and it is kept past its ttl until it is full
 * again, so that forgetting it gives nobody anything.
 */
struct store_op {
	enum store_verb verb;
	const char *klass;
	unsigned schema;	/* 0 to 255 */
	struct span key;
	struct span value;	/* PUT, PUT_NEW */
	int64_t ttl;		/* ms from now, > 0; all but GET and DELETE */
	int64_t amount;		/* ADD, DECAY, TAKE */
	int64_t half_life;	/* DECAY: ms */
	int64_t rate;		/* TAKE: thousandths per second */
	int64_t burst;		/* TAKE: thousandths */
	char *data;		/* GET, PUT_NEW: room of STORE_VALUE_MAX bytes
				 * for the value that was found; NULL: only
				 * that and how long it is, or the number */
	struct store_id id;	/* of a write, see above */

	enum store_answer answer;
	enum store_trouble trouble;	/* of STORE_FAILED */
	bool local;		/* an outage: answered by this host alone, so
				 * that it is absent, or how much it is, tells
				 * little */
	int64_t number;		/* sum; TAKE: left, < 0: refused, that short */
	size_t length;		/* of the value that was found */
};

struct store;

/*
 * Open a back end.  memory: gone with the process, for tests and scans.
 * embedded: LMDB in the directory path, at most size bytes of map; it starts a
 * thread, does not survive fork, and locks the directory, so that a second
 * opening fails.  Returns NULL with *error filled in.
 */
struct store *store_memory(void);
struct store *store_embedded(const char *path, int64_t size,
    struct error *error);

/*
 * The same directory, only to be read, whether or not somebody else has it open
 * (but not in this process): all that writes fails.
 */
struct store *store_embedded_beside(const char *path, struct error *error);

/*
 * The Redis that several hosts share (store/redis.h), and the bridge over its
 * outages (store/bridge.h).  A server that does not answer now is no error.
 */
struct redis_settings;
struct bridge_settings;		/* NULL: without a bridge, for tools */
struct store *store_redis(const struct redis_settings *,
    const struct bridge_settings *, struct error *error);
void store_close(struct store *);	/* waits for writes under way */

/*
 * Runs the batch in order and fills in every answer.  now is wall time in ms;
 * timeout is how long to wait, in ms, > 0: what is not answered by then is
 * STORE_FAILED.  So is every operation with an argument out of bounds and each
 * after the first STORE_BATCH_MAX.  Operations of a batch are not a
 * transaction, but each alone is atomic.  Returns the number that failed.
 */
size_t store_run(struct store *, struct store_op *ops, size_t count,
    int64_t now, int64_t timeout);

/*
 * The same where only what all hosts have counts: false when an operation has
 * no answer, or one of this host alone.  While it answers by itself nothing is
 * tried, since what is written into an outage would be sent after it.
 */
bool store_run_shared(struct store *, struct store_op *ops, size_t count,
    int64_t now, int64_t timeout);

/*
 * The same for a matter that began some time ago: it sees what store_later was
 * given until then, and need not wait for what came in between.
 */
uint64_t store_mark(struct store *);

struct store_moment {
	int64_t now, timeout;	/* as of store_run */
	uint64_t mark;		/* store_mark when it began */
};

size_t store_run_since(struct store *, struct store_op *ops, size_t count,
    const struct store_moment *);

/*
 * Carries out writes whose answers nobody needs.  Where a batch takes a round
 * trip they are copied, and go in front of the operations of the next batch of
 * any thread, so that this process finds what it wrote (store/later.h has the
 * small print), or by themselves after STORE_LATER_MS, so that other hosts do.
 * What fails then is counted, and nobody is told; what waits when the process
 * is killed is lost.  store_walk, store_restore and store_close come after it.
 *
 * True: there was no room to wait in, or nothing to be gained, and it was a
 * store_run, which has answered them.  False: they are STORE_UNASKED, or of an
 * argument out of bounds STORE_FAILED.
 */
bool store_later(struct store *, struct store_op *ops, size_t count,
    int64_t now, int64_t timeout);

/* How a store fares. */
struct store_health {
	const char *name;	/* of the back end */
	bool shared;		/* with other hosts */
	bool reached;		/* the last batch was answered */
	bool local;		/* an outage: this host answers by itself */
	bool cold;		/* its contents were lost lately: that a key is
				 * absent means nothing */
	int64_t since;		/* wall clock of the last change of these, ms;
				 * 0: they never changed */
	int64_t pending;	/* writes kept for its return */
	int64_t lost;		/* writes given up, since the start; what was
				 * sent when it stopped answering may yet
				 * have happened */
	char epoch[STORE_EPOCH_MAX];	/* name of the contents as they were
				 * last seen (epoch.h); empty: it has none */
	char trouble[160];	/* last one in words, or empty */
};

void store_health(struct store *, struct store_health *);

/* What it takes; what a back end does not know is 0. */
struct store_usage {
	int64_t keys, bytes;	/* also of records that are expired */
	int64_t limit;		/* most bytes */
};

void store_usage(struct store *, struct store_usage *);

/*
 * How many hosts share the store, at least 1: in an outage each of them gives
 * out that part of a bucket.  Any thread.
 */
void store_hosts(struct store *, unsigned hosts);

/* One record as it is kept: see record.h for both layouts. */
struct store_record {
	struct span key, bytes;
};

/*
 * Calls visit for every record of a class, or of all (NULL), in no order, also
 * for those that change meanwhile or are expired; it returns false to end the
 * walk, which is no error.  What is there from begin to end is visited at least
 * once.  A walk takes as long as it takes, and disturbs nobody: visit may wait,
 * and may use the store.  -1 with *error filled in when it did not come to its
 * end.
 */
int store_walk(struct store *, const char *klass,
    bool (*visit)(void *context, const struct store_record *), void *context,
    struct error *error);

/*
 * Puts records as store_walk gave them, over those that are there; what is
 * expired is left out.  Returns how many failed.
 */
size_t store_restore(struct store *, const struct store_record *, size_t count,
    int64_t now, int64_t timeout);

/* Appends name, keys, bytes and failures as Prometheus text. */
void store_stats(struct store *, struct buf *out);

#endif
