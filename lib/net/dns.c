/*
 * dns - questions shared by all messages, between their jobs, the cache and a
 * back end.
 *
 * One mutex guards the questions, and is held for a look-up at most: nobody is
 * called under it, neither back end nor job.  A job's own mutex is taken
 * before it, never after.  All answers that take time come on one thread, and
 * only that thread wakes jobs, so that no job's lock is ever taken under
 * another's.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/dns_backend.h"

#define DNS_IDLE 1000	/* ms the thread sleeps when nothing can be due */

/* Questions at the back end, those due first at the head. */
struct dns_list {
	struct dns_question *head, *tail;
};

struct dns {
	const struct dns_backend *backend;
	void *state;
	pthread_mutex_t mutex;		/* guards all below */
	struct dns_cache cache;
	struct dns_list waiting, late;
	struct dns_job *ready, **ready_end;	/* to be woken */
	int64_t due;			/* ms after a question is asked */
	bool running, stop;
	pthread_t thread;
	int wake;			/* eventfd, -1 without a thread */
	struct dns_figures figures;
};

struct dns *
dns_new(const struct dns_backend *backend, void *state, size_t cache_bytes)
{
	struct dns *dns = mem_alloc(sizeof(*dns));

	dns->backend = backend;
	dns->state = state;
	dns->ready_end = &dns->ready;
	dns->wake = -1;
	pthread_mutex_init(&dns->mutex, NULL);
	dns_cache_init(&dns->cache, cache_bytes);
	return dns;
}

void *
dns_state(const struct dns *dns)
{
	return dns->state;
}

/* Nearly always at the end, since all wait equally long. */
static void
list_add(struct dns_list *list, struct dns_question *q)
{
	struct dns_question *after = list->tail;

	while (after != NULL && after->due > q->due)
		after = after->prev;
	q->prev = after;
	q->next = after != NULL ? after->next : list->head;
	*(after != NULL ? &after->next : &list->head) = q;
	*(q->next != NULL ? &q->next->prev : &list->tail) = q;
}

static void
list_remove(struct dns_list *list, struct dns_question *q)
{
	*(q->prev != NULL ? &q->prev->next : &list->head) = q->next;
	*(q->next != NULL ? &q->next->prev : &list->tail) = q->prev;
	q->next = q->prev = NULL;
}

static void
waiter_add(struct dns_question *q, struct dns_job *job)
{
	struct dns_waiter *w = mem_alloc(sizeof(*w));

	dns_job_get(job);
	w->job = job;
	w->next = q->waiters;
	q->waiters = w;
}

/* Each job once, however many of its questions were answered. */
static void
waiters_ready(struct dns *dns, struct dns_question *q)
{
	struct dns_waiter *w;

	while ((w = q->waiters) != NULL) {
		q->waiters = w->next;
		if (w->job->ready) {
			dns_job_put(w->job);
		} else {
			w->job->ready = true;
			*dns->ready_end = w->job;
			dns->ready_end = &w->job->next_ready;
		}
		free(w);
	}
}

/* The answer becomes known to all who have the question, or will ask it. */
static void
question_settle(struct dns *dns, struct dns_question *q, struct dns_answer *a,
    size_t bytes, int64_t now)
{
	int64_t life = dns_answer_life(a);

	q->bytes = bytes;
	atomic_store(&q->answer, a);
	dns_figures_answer(&dns->figures, a, now - q->asked);
	waiters_ready(dns, q);
	if (life > 0)
		dns_cache_keep(&dns->cache, q, now + life);
	else
		dns_cache_remove(&dns->cache, q);
}

/* The back end is through with it. */
static void
question_done(struct dns *dns, struct dns_question *q)
{
	dns->figures.under_way--;
	dns_question_put(q);
}

/*
 * Jobs hold on to the time-out that they were told, so the late answer is a
 * question of its own in the cache, unless one asked since is still waiting.
 */
static void
question_late(struct dns *dns, const struct dns_question *old,
    struct dns_answer *a, size_t bytes, int64_t now)
{
	struct dns_key key = {.type = old->type, .n = old->n};
	int64_t life = dns_answer_life(a);
	struct dns_question *q;

	dns->figures.late++;
	memcpy(key.name, old->name, old->n);
	q = dns_cache_find(&dns->cache, &key, now);
	if (a->status == DNS_FAILED || life == 0 ||
	    (q != NULL && atomic_load(&q->answer) == NULL)) {
		free(a);
		return;
	}
	if (q != NULL)
		dns_cache_remove(&dns->cache, q);
	q = dns_question_new(&key);
	q->bytes = bytes;
	atomic_store(&q->answer, a);
	dns_cache_put(&dns->cache, q);
	dns_cache_keep(&dns->cache, q, now + life);
	dns_question_put(q);
}

void
dns_answered(struct dns *dns, struct dns_question *q, struct dns_answer *a,
    size_t bytes)
{
	int64_t now = clock_steady();

	pthread_mutex_lock(&dns->mutex);
	list_remove(q->late ? &dns->late : &dns->waiting, q);
	if (q->late)
		question_late(dns, q, a, bytes, now);
	else
		question_settle(dns, q, a, bytes, now);
	question_done(dns, q);
	pthread_mutex_unlock(&dns->mutex);
}

static void
question_answer(struct dns *dns, struct dns_question *q)
{
	struct dns_key key = {.type = q->type, .n = q->n};
	struct dns_answer *a;
	size_t bytes;

	memcpy(key.name, q->name, q->n);
	a = dns->backend->answer(dns->state, &key, &bytes);
	dns_answered(dns, q, a, bytes);
}

/*
 * Those who wait are told that there is no answer.  The back end still has
 * the question, unless it never took it.
 */
static void
question_give_up(struct dns *dns, struct dns_question *q, int64_t now)
{
	struct dns_answer *a;
	size_t bytes;

	pthread_mutex_lock(&dns->mutex);
	a = dns_answer_fail(q->unasked ? DNS_WHY_RESOLVER : DNS_WHY_TIMEOUT,
	    &bytes);
	list_remove(&dns->waiting, q);
	question_settle(dns, q, a, bytes, now);
	q->late = true;
	if (q->unasked)
		question_done(dns, q);
	else
		list_add(&dns->late, q);
	pthread_mutex_unlock(&dns->mutex);
}

/* What is due now, or NULL; *wait becomes the ms until something may be. */
static struct dns_question *
dns_next_due(struct dns *dns, int64_t *wait)
{
	int64_t now = clock_steady();
	struct dns_question *q;

	pthread_mutex_lock(&dns->mutex);
	*wait = dns->due > 0 ? dns->due : DNS_IDLE;
	q = dns->waiting.head;
	if (q != NULL && q->due > now) {
		if (q->due - now < *wait)
			*wait = q->due - now;
		q = NULL;
	}
	pthread_mutex_unlock(&dns->mutex);
	return q;
}

/*
 * Only this thread takes questions out of the list for good, so what is due
 * stays valid without the mutex.
 */
static void
dns_overdue(struct dns *dns)
{
	struct dns_question *q;
	int64_t wait;

	while ((q = dns_next_due(dns, &wait)) != NULL) {
		if (dns->backend->answer != NULL)
			question_answer(dns, q);
		else
			question_give_up(dns, q, clock_steady());
	}
}

static struct dns_job *
dns_next_ready(struct dns *dns)
{
	struct dns_job *job;

	pthread_mutex_lock(&dns->mutex);
	job = dns->ready;
	if (job != NULL) {
		dns->ready = job->next_ready;
		if (dns->ready == NULL)
			dns->ready_end = &dns->ready;
		job->next_ready = NULL;
		job->ready = false;
	}
	pthread_mutex_unlock(&dns->mutex);
	return job;
}

static void
dns_wake_ready(struct dns *dns)
{
	struct dns_job *job;

	while ((job = dns_next_ready(dns)) != NULL) {
		dns_job_wake(job);
		dns_job_put(job);
	}
}

static bool
dns_stopped(struct dns *dns)
{
	bool stop;

	pthread_mutex_lock(&dns->mutex);
	stop = dns->stop;
	pthread_mutex_unlock(&dns->mutex);
	return stop;
}

static void *
dns_main(void *arg)
{
	struct dns *dns = arg;
	struct pollfd fds[2] = {{.fd = dns->wake, .events = POLLIN},
	    {.fd = -1, .events = POLLIN}};
	uint64_t drained;
	int64_t wait;

	if (dns->backend->fd != NULL)
		fds[1].fd = dns->backend->fd(dns->state);
	while (!dns_stopped(dns)) {
		dns_overdue(dns);
		dns_wake_ready(dns);
		/* What is asked from now on is due when this is over. */
		if (dns_next_due(dns, &wait) != NULL)
			continue;
		poll(fds, 2, (int)wait);
		if (fds[0].revents != 0 && read(dns->wake, &drained,
		    sizeof(drained)) < 0 && errno != EAGAIN)
			assert(!"eventfd");
		/* A broken back end leaves every question to its time-out. */
		if (fds[1].revents != 0 && !dns->backend->process(dns->state))
			fds[1].fd = -1;
	}
	return NULL;
}

static void
dns_nudge(struct dns *dns)
{
	uint64_t one = 1;

	/* Cannot fail: nobody counts to 2^64, and the fd is ours. */
	if (dns->wake >= 0 && write(dns->wake, &one, sizeof(one)) < 0)
		assert(!"eventfd");
}

/* Signals are for the threads that expect them. */
static int
dns_start(struct dns *dns)
{
	sigset_t all, old;
	int rc;

	dns->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dns->wake < 0)
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&dns->thread, NULL, dns_main, dns);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc != 0) {
		close(dns->wake);
		dns->wake = -1;
		return -1;
	}
	dns->running = true;
	return 0;
}

int
dns_set_due(struct dns *dns, int64_t ms)
{
	if (!dns->running && dns_start(dns) != 0)
		return -1;
	pthread_mutex_lock(&dns->mutex);
	dns->due = ms;
	pthread_mutex_unlock(&dns->mutex);
	dns_nudge(dns);
	return 0;
}

/* A question that no cache has and nobody else asked. */
static struct dns_question *
question_begin(struct dns *dns, const struct dns_key *key,
    struct dns_job *job)
{
	struct dns_question *q = dns_question_new(key);
	size_t bytes;

	if (dns->figures.under_way >= DNS_UNDER_WAY_MAX) {
		atomic_store(&q->answer,
		    dns_answer_fail(DNS_WHY_CROWDED, &bytes));
		dns_figures_answer(&dns->figures, q->answer, -1);
		return q;
	}
	q->asked = clock_steady();
	q->due = q->asked + dns->due;
	q->refs++;
	list_add(&dns->waiting, q);
	dns_cache_put(&dns->cache, q);
	dns->figures.under_way++;
	dns->figures.asked++;
	waiter_add(q, job);
	return q;
}

/* What the cache has, or else a new one, which *begun then tells. */
static struct dns_question *
question_find(struct dns *dns, const struct dns_key *key,
    struct dns_job *job, bool *begun)
{
	struct dns_question *q;

	q = dns_cache_find(&dns->cache, key, clock_steady());
	if (q == NULL) {
		q = question_begin(dns, key, job);
		*begun = q->cached;
		return q;
	}
	q->refs++;
	if (atomic_load(&q->answer) != NULL) {
		dns->figures.hits++;
	} else {
		dns->figures.joined++;
		waiter_add(q, job);
	}
	return q;
}

/* A back end that knows all answers, and need not hold them back. */
static struct dns_question *
question_at_once(struct dns *dns, const struct dns_key *key)
{
	struct dns_question *q = dns_question_new(key);

	atomic_store(&q->answer,
	    dns->backend->answer(dns->state, key, &q->bytes));
	pthread_mutex_lock(&dns->mutex);
	dns->figures.asked++;
	dns_figures_answer(&dns->figures, q->answer, 0);
	pthread_mutex_unlock(&dns->mutex);
	return q;
}

/* The back end did not take it.  Its thread will say so to all who wait. */
static void
question_refused(struct dns *dns, struct dns_question *q)
{
	pthread_mutex_lock(&dns->mutex);
	q->unasked = true;
	list_remove(q->late ? &dns->late : &dns->waiting, q);
	if (q->late) {
		question_done(dns, q);
	} else {
		q->due = 0;
		list_add(&dns->waiting, q);
	}
	pthread_mutex_unlock(&dns->mutex);
}

struct dns_question *
dns_ask(struct dns *dns, const struct dns_key *key, struct dns_job *job)
{
	struct dns_question *q = NULL;
	bool begun = false;

	pthread_mutex_lock(&dns->mutex);
	dns->figures.questions++;
	if (dns->due > 0 || dns->backend->answer == NULL)
		q = question_find(dns, key, job, &begun);
	pthread_mutex_unlock(&dns->mutex);
	if (q == NULL)
		return question_at_once(dns, key);
	if (!begun || dns->backend->ask == NULL ||
	    dns->backend->ask(dns->state, q))
		return q;
	question_refused(dns, q);
	dns_nudge(dns);
	return q;
}

void
dns_put(struct dns *dns, const struct dns_slot *slots, size_t count)
{
	size_t i;

	pthread_mutex_lock(&dns->mutex);
	for (i = 0; i < count; i++)
		dns_question_put(slots[i].question);
	pthread_mutex_unlock(&dns->mutex);
}

void
dns_stats(struct dns *dns, struct buf *out)
{
	struct dns_figures figures;

	pthread_mutex_lock(&dns->mutex);
	figures = dns->figures;
	figures.cache_bytes = dns->cache.bytes;
	figures.cache_count = dns->cache.count;
	pthread_mutex_unlock(&dns->mutex);
	dns_figures_print(&figures, out);
}

static void
list_free(struct dns_list *list)
{
	struct dns_question *q;
	struct dns_waiter *w;

	while ((q = list->head) != NULL) {
		list_remove(list, q);
		while ((w = q->waiters) != NULL) {
			q->waiters = w->next;
			dns_job_put(w->job);
			free(w);
		}
		dns_question_put(q);
	}
}

void
dns_free(struct dns *dns)
{
	struct dns_job *job;

	if (dns == NULL)
		return;
	if (dns->running) {
		pthread_mutex_lock(&dns->mutex);
		dns->stop = true;
		pthread_mutex_unlock(&dns->mutex);
		dns_nudge(dns);
		pthread_join(dns->thread, NULL);
	}
	if (dns->state != NULL)
		dns->backend->close(dns->state);
	list_free(&dns->waiting);
	list_free(&dns->late);
	while ((job = dns_next_ready(dns)) != NULL)
		dns_job_put(job);
	dns_cache_done(&dns->cache);
	if (dns->wake >= 0)
		close(dns->wake);
	pthread_mutex_destroy(&dns->mutex);
	free(dns);
}
