/*
 * redis_script - the one script that Redis runs for a batch, but for reads of
 * what the batch does not write: they are an MGET beside it (redis_run.c).  It
 * does what record_apply does, to the same bytes, for all verbs, in one step.
 *
 * KEYS[i] is the record of operation i; the keys after these are marks, which
 * tell what named writes (struct store_id) were carried out: a bit for each of
 * SCRIPT_MARK_SPAN serials of a host, in a record of class "op" that lives for
 * STORE_ID_TTL after the last of them.  Every write has its own bit, so it may
 * come again in any other batch.  A named write that was carried out answers
 * as an addition of nothing would; one that failed, a PUT_NEW that found, and a
 * TAKE that was refused carry out nothing, and set no bit.
 *
 * Redis is asked for as little as can be, MGET once, and SET or DEL for each
 * write, since each command costs more than all else that is done here.  Keys
 * that hold no string are taken for absent.
 *
 * ARGV[1] is the time in ms, the first bytes of a mark, and for how long Redis
 * is to keep it, in digits; ARGV[1 + i] describes operation i (redis_batch.c).
 * The reply has an item for each operation: the record's bytes as they are,
 * which record_apply then reads (GET, PUT_NEW that found), a number (all that
 * counts; 0 for PUT, 1 for DELETE that found), nothing (ABSENT), a status
 * (FAILED) or an error of Redis, after which this operation was not carried
 * out.
 *
 * Redis removes a record some time after it is over by its own telling, which
 * alone counts: the clocks of hosts differ.  That is told to Redis as a length
 * of time, so that it need not have our clock.
 *
 * Lua counts in doubles.  What is exact: times before the year 287396, sums of
 * ADD, buckets of up to nine thousand million tokens, decay over whole half
 * lives of up to a hundred million points.  Beyond, the error is 2^-52 of the
 * number; the decay between half lives is off by at most 2^-31 of it, as it is
 * in record_decayed, but not to the same bit.  Whether a record is over is
 * exact always.
 */
#ifndef STORE_REDIS_SCRIPT_H
#define STORE_REDIS_SCRIPT_H

#define SCRIPT_LINGER 2000		/* ms that Redis keeps what is over */
#define SCRIPT_KEEP_MAX 3155760000000	/* ms, a hundred years */
#define SCRIPT_MARK_SPAN 4096		/* serials of one mark */

extern const char script_text[];

#endif
