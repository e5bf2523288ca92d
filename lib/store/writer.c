/* writer - one thread that does all writing of a back end. */
#include "store/writer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/record.h"
#include "store/thread.h"

struct writer {
	const struct writer_job *job;
	void *state;
	pthread_t thread;
	pthread_mutex_t mutex;		/* guards all below */
	pthread_cond_t work;
	struct batch *first, **last;
	size_t waiting;			/* operations in the queue */
	int64_t late, crowded;
	bool stop;
};

/* The other verbs may leave the value unset. */
static struct span
op_value(const struct store_op *op)
{
	if (op->verb != STORE_PUT && op->verb != STORE_PUT_NEW)
		return span_make(NULL, 0);
	return op->value;
}

/* Room for what it may find, if anybody wants to know. */
static size_t
op_room(const struct store_op *op)
{
	return op->data != NULL ? STORE_VALUE_MAX : 0;
}

static size_t
batch_bytes(const struct store_op *ops, size_t count, size_t *chosen)
{
	size_t i, bytes = 0;

	*chosen = 0;
	for (i = 0; i < count; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		++*chosen;
		bytes += RECORD_KEY_MAX + op_value(&ops[i]).n +
		    op_room(&ops[i]);
	}
	return bytes;
}

struct batch *
batch_new(const struct store_op *ops, size_t count, int64_t now)
{
	size_t chosen, bytes = batch_bytes(ops, count, &chosen), i;
	struct batch *b = mem_alloc(sizeof(*b) + bytes +
	    chosen * (sizeof(b->ops[0]) + sizeof(b->keys[0])));
	struct store_op *op = (struct store_op *)(b + 1);
	struct span *key = (struct span *)(op + chosen);
	char *p = (char *)(key + chosen);
	struct span value;

	b->now = now;
	b->count = chosen;
	b->ops = op;
	b->keys = key;
	thread_cond_init(&b->wake);
	for (i = 0; i < count; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		*op = ops[i];
		*key = span_make(p, record_key(&ops[i], p));
		p += key->n;
		value = op_value(&ops[i]);
		op->value = span_make(p, value.n);
		if (value.n != 0)
			memcpy(p, value.p, value.n);
		p += value.n;
		op->data = op_room(&ops[i]) > 0 ? p : NULL;
		p += op_room(&ops[i]);
		op->klass = NULL;
		op->key = span_make(NULL, 0);
		op++;
		key++;
	}
	return b;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	pthread_cond_destroy(&b->wake);
	free(b);
}

void
batch_answer(const struct batch *b, struct store_op *ops, size_t count)
{
	const struct store_op *from = b->ops;
	size_t i;

	for (i = 0; i < count; i++) {
		if (ops[i].answer != STORE_UNASKED)
			continue;
		ops[i].answer = from->answer;
		ops[i].trouble = from->trouble;
		ops[i].number = from->number;
		ops[i].length = from->length;
		if (ops[i].data != NULL && from->length > 0)
			memcpy(ops[i].data, from->data, from->length);
		from++;
	}
}

/* Takes as many batches as one commit may hold off the queue, in order. */
static struct batch *
writer_take(struct writer *w)
{
	struct batch *group = w->first, **end = &w->first;
	size_t taken = 0;

	while (*end != NULL && taken + (*end)->count <= WRITER_GROUP_MAX) {
		taken += (*end)->count;
		end = &(*end)->next;
	}
	w->first = *end;
	*end = NULL;
	if (w->first == NULL)
		w->last = &w->first;
	w->waiting -= taken;
	return group;
}

static void
writer_finish(struct batch *group)
{
	struct batch *b;

	while ((b = group) != NULL) {
		group = b->next;
		if (b->abandoned) {
			batch_free(b);
			continue;
		}
		b->done = true;
		pthread_cond_signal(&b->wake);
	}
}

static void *
writer_main(void *argument)
{
	struct writer *w = argument;
	int64_t sweep_at = clock_steady() + WRITER_SWEEP_MS;
	struct batch *group;
	bool urgent, more = false;

	pthread_mutex_lock(&w->mutex);
	while (w->first != NULL || !w->stop) {
		if (w->first == NULL && !more)
			thread_cond_wait(&w->work, &w->mutex, sweep_at);
		group = w->first != NULL ? writer_take(w) : NULL;
		urgent = more && group == NULL;
		pthread_mutex_unlock(&w->mutex);
		if (group != NULL)
			urgent = w->job->commit(w->state, group);
		pthread_mutex_lock(&w->mutex);
		writer_finish(group);
		if (!urgent && clock_steady() < sweep_at)
			continue;
		pthread_mutex_unlock(&w->mutex);
		more = w->job->sweep(w->state);
		sweep_at = clock_steady() + WRITER_SWEEP_MS;
		pthread_mutex_lock(&w->mutex);
	}
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

static void
writer_free(struct writer *w)
{
	pthread_cond_destroy(&w->work);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

struct writer *
writer_open(const struct writer_job *job, void *state)
{
	struct writer *w = mem_alloc(sizeof(*w));

	w->job = job;
	w->state = state;
	w->last = &w->first;
	pthread_mutex_init(&w->mutex, NULL);
	thread_cond_init(&w->work);
	if (thread_start(&w->thread, writer_main, w) == 0)
		return w;
	writer_free(w);
	return NULL;
}

void
writer_close(struct writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stop = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->mutex);
	pthread_join(w->thread, NULL);
	writer_free(w);
}

bool
writer_run(struct writer *w, struct batch *b, int64_t deadline)
{
	bool done;
	int rc = 0;

	pthread_mutex_lock(&w->mutex);
	if (w->waiting + b->count > WRITER_QUEUE_MAX) {
		w->crowded++;
		pthread_mutex_unlock(&w->mutex);
		batch_free(b);
		return false;
	}
	*w->last = b;
	w->last = &b->next;
	w->waiting += b->count;
	pthread_cond_signal(&w->work);
	while (!b->done && rc == 0)
		rc = thread_cond_wait(&b->wake, &w->mutex, deadline);
	done = b->done;
	if (!done) {
		b->abandoned = true;
		w->late++;
	}
	pthread_mutex_unlock(&w->mutex);
	return done;
}

void
writer_figures(struct writer *w, struct store_figures *f)
{
	pthread_mutex_lock(&w->mutex);
	f->late = w->late;
	f->crowded = w->crowded;
	pthread_mutex_unlock(&w->mutex);
}
