/*
 * later - writes of a process that nobody waits for, until the next batch of
 * any thread takes them along, in front of its own operations.
 *
 * Who asks after a write was put here finds it done: it goes in front of the
 * question, or, when somebody else is under way with it, the question waits
 * until he is back, at most until its deadline.  Two writes of one key keep
 * their order in the same way, but for sums, which come out the same in any.
 *
 * A message need not wait for what others learned while it was coming in
 * already: it says where it began (later_mark).  Otherwise all messages about
 * one well known network would queue up behind each other.
 *
 * Any thread.  What waits is lost with the process: at most STORE_LATER_MAX
 * writes, of the last STORE_LATER_MS, and what is under way.
 */
#ifndef STORE_LATER_H
#define STORE_LATER_H

#include "store/store.h"

struct later;

/*
 * run carries out and answers up to STORE_CARRY_MAX operations, as that of
 * struct store_backend; any thread calls it.
 */
typedef void later_run_fn(void *context, struct store_op *ops, size_t count,
    int64_t now, int64_t deadline);

struct later *later_new(later_run_fn *, void *context);
void later_close(struct later *);	/* sends what waits; accepts NULL */

/*
 * Copies writes; timeout is what they may take once they are sent.  False, with
 * nothing done, when there is no room, or what waits is of another time: then
 * later_run them.
 */
bool later_put(struct later *, const struct store_op *ops, size_t count,
    int64_t now, int64_t timeout);

/* How much was put there so far. */
uint64_t later_mark(struct later *);

/* A batch of at most STORE_BATCH_MAX operations. */
struct later_batch {
	struct store_op *ops;
	size_t count;
	int64_t now, deadline;
	uint64_t mark;		/* what was put there later may be missed */
};

/* Carries out what waits, and then the batch. */
void later_run(struct later *, const struct later_batch *);

/* Returns when all that was ever put there has been carried out, or failed. */
void later_flush(struct later *);

#endif
