/*
 * writer - one thread that does all writing of a back end.  Batches that wait
 * are handed over together, so that they share one commit.  Threads that asked
 * wait until their deadline; what they give up is finished all the same.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <pthread.h>
#include <stdbool.h>

#include "store/backend.h"

#define WRITER_QUEUE_MAX 16384	/* operations that wait, about 20 MB */
#define WRITER_GROUP_MAX 4096	/* operations of one commit */
#define WRITER_SWEEP_MS 1000	/* longest time between two sweeps */

/* Operations that own all they point to. */
struct batch {
	struct batch *next;	/* in a list that ends with NULL */
	int64_t now;
	size_t count;
	struct store_op *ops;
	struct span *keys;	/* as record_key gives them; op.key is unset */

	/* the writer's */
	pthread_cond_t wake;
	bool done, abandoned;
};

/* A copy of those operations that are STORE_UNASKED. */
struct batch *batch_new(const struct store_op *ops, size_t count, int64_t now);
void batch_free(struct batch *);

/* Copies the answers back to the operations the batch was made from. */
void batch_answer(const struct batch *, struct store_op *ops, size_t count);

/* Both are called in the writer's thread only. */
struct writer_job {
	/* Answers all of a list; true when a sweep is urgent. */
	bool (*commit)(void *state, struct batch *group);

	/* A short step of removing the expired; true when more is waiting. */
	bool (*sweep)(void *state);
};

struct writer;

/* Returns NULL when no thread could be started. */
struct writer *writer_open(const struct writer_job *, void *state);
void writer_close(struct writer *);	/* finishes what is queued */

/*
 * Queues a batch and waits.  True: it is answered, and the caller's again.
 * False: it failed and is the writer's, which may still carry it out.
 */
bool writer_run(struct writer *, struct batch *, int64_t deadline);

/* Fills in late and crowded. */
void writer_figures(struct writer *, struct store_figures *);

#endif
