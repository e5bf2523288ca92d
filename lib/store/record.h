/*
 * record - what is stored under a key, and what each verb does to it.  All
 * back ends use these functions and so agree to the last bit.  Pure functions
 * of integers: any thread, and the same result on every machine.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "store/store.h"

#define RECORD_KEY_MAX (STORE_CLASS_MAX + 2 + STORE_KEY_MAX)
#define RECORD_HEAD 9	/* kind and expiry */
#define RECORD_MAX (RECORD_HEAD + STORE_VALUE_MAX)

/*
 * How far back wall time may step from one operation to the next because
 * threads read it in one order and arrive in another, in ms.  A longer step is
 * a clock that was set, and the record follows it.
 */
#define RECORD_SKEW 60000

enum record_change { RECORD_KEEP, RECORD_WRITE, RECORD_REMOVE };

struct record {
	size_t n;
	char bytes[RECORD_MAX];
};

/*
 * The key under which op's record is kept: klass, a zero, the schema's byte,
 * key.  Returns its length.
 */
size_t record_key(const struct store_op *op, char out[RECORD_KEY_MAX]);

/*
 * Answers op, given the bytes stored under its key (p is NULL when there are
 * none), and says what must become of them; *out is set for RECORD_WRITE.
 * GET only ever keeps.  Bytes that are no record fail whatever would read
 * them; PUT and DELETE do away with them.
 */
enum record_change record_apply(struct store_op *op, struct span old,
    int64_t now, struct record *out);

/*
 * When a record is over, ms; -1 when the bytes are none.  INT64_MAX: never, as
 * far as anybody can tell.
 */
int64_t record_expiry(struct span bytes);

/* Whether it is a key as record_key makes it, for what comes from outside. */
bool record_key_sound(struct span key);

/* The class at the start of such a key. */
struct span record_class(struct span key);

/* Places keys in a table; with a secret, strangers cannot aim at one place. */
uint64_t record_hash(struct span key, uint64_t secret);

/* True when the bytes are of no use any more: expired, or no record. */
bool record_expired(struct span bytes, int64_t now);

/*
 * number * 2^(-elapsed / half_life), to the nearest, off by at most 2^-29 of
 * itself; elapsed >= 0, half_life > 0.
 */
int64_t record_decayed(int64_t number, int64_t elapsed, int64_t half_life);

#endif
