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

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

#define STORE_CLASS_MAX 32	/* bytes of a klass */
#define STORE_KEY_MAX 400	/* bytes of a key; longer ones: hash them */
#define STORE_VALUE_MAX 1024	/* bytes of a value */
#define STORE_BATCH_MAX 64	/* operations of one batch */
#define STORE_NUMBER_MAX INT64_C(10000000000000) /* thousandths; sums stop */

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

	enum store_answer answer;
	int64_t number;		/* sum; TAKE: left, < 0: refused, that short */
	size_t length;		/* of data */
	char data[STORE_VALUE_MAX];	/* GET, PUT_NEW that found */
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

/* Appends name, keys, bytes and failures as Prometheus text. */
void store_stats(struct store *, struct buf *out);

#endif
