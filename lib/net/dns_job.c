/*
 * dns_job - one evaluation that goes on as its answers come.
 *
 * The job remembers each answer as its step first saw it.  It is counted: the
 * message holds it, and so does each question under way that it waits for; but
 * all that the step uses is gone with dns_job_free.
 */
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/dns_backend.h"

#define JOB_SLOTS 8	/* at first; doubled up to DNS_QUESTIONS_MAX */

struct dns_job *
dns_job_new(struct dns *dns, size_t state_size)
{
	struct dns_job *job = mem_alloc(sizeof(*job));
	pthread_condattr_t attr;

	job->dns = dns;
	atomic_init(&job->refs, 1);
	pthread_mutex_init(&job->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&job->changed, &attr);
	pthread_condattr_destroy(&attr);
	arena_init(&job->arena);
	job->state = arena_alloc(&job->arena, state_size);
	return job;
}

void *
dns_job_state(struct dns_job *job)
{
	return job->state;
}

struct arena *
dns_job_arena(struct dns_job *job)
{
	return &job->arena;
}

void
dns_job_get(struct dns_job *job)
{
	atomic_fetch_add(&job->refs, 1);
}

void
dns_job_put(struct dns_job *job)
{
	if (atomic_fetch_sub(&job->refs, 1) != 1)
		return;
	pthread_cond_destroy(&job->changed);
	pthread_mutex_destroy(&job->mutex);
	free(job);
}

static void
job_step(struct dns_job *job)
{
	if (job->closed || job->finished)
		return;
	job->finished = job->step(job);
	if (job->finished)
		pthread_cond_signal(&job->changed);
}

void
dns_job_start(struct dns_job *job, dns_step *step)
{
	assert(job->step == NULL);
	pthread_mutex_lock(&job->mutex);
	job->step = step;
	job_step(job);
	pthread_mutex_unlock(&job->mutex);
}

void
dns_job_wake(struct dns_job *job)
{
	pthread_mutex_lock(&job->mutex);
	job_step(job);
	pthread_mutex_unlock(&job->mutex);
}

static struct dns_slot *
job_find(struct dns_job *job, const struct dns_key *key)
{
	size_t i;

	for (i = 0; i < job->count; i++)
		if (dns_question_is(job->slots[i].question, key))
			return &job->slots[i];
	return NULL;
}

static struct dns_slot *
job_ask(struct dns_job *job, const struct dns_key *key)
{
	struct dns_slot *slot;

	if (job->count == job->room) {
		job->room = job->room != 0 ? 2 * job->room : JOB_SLOTS;
		job->slots = mem_array(job->slots, job->room,
		    sizeof(job->slots[0]));
	}
	slot = &job->slots[job->count++];
	slot->answer = NULL;
	slot->question = dns_ask(job->dns, key, job);
	return slot;
}

const struct dns_answer *
dns_job_ask(struct dns_job *job, struct span name, enum dns_type type)
{
	struct dns_slot *slot;
	struct dns_key key;

	if (!dns_key_make(&key, name, type))
		return &dns_no_such_name;
	slot = job_find(job, &key);
	if (slot == NULL && job->closed)
		return dns_failure(DNS_WHY_TIMEOUT);
	if (slot == NULL && job->count >= DNS_QUESTIONS_MAX)
		return dns_failure(DNS_WHY_JOB);
	if (slot == NULL)
		slot = job_ask(job, &key);
	if (slot->answer == NULL && !job->closed)
		slot->answer = atomic_load(&slot->question->answer);
	return slot->answer;
}

/* What has come by now counts; what has not will never be looked at. */
static void
job_give_up(struct dns_job *job)
{
	struct dns_slot *slot;

	for (slot = job->slots; slot < job->slots + job->count; slot++) {
		slot->answer = atomic_load(&slot->question->answer);
		if (slot->answer == NULL)
			slot->answer = dns_failure(DNS_WHY_TIMEOUT);
	}
	job->closed = true;
	job->finished = job->step(job);
}

bool
dns_job_wait(struct dns_job *job, int64_t timeout)
{
	int64_t end = clock_steady() + (timeout > 0 ? timeout : 0);
	struct timespec ts = {.tv_sec = end / 1000,
	    .tv_nsec = end % 1000 * 1000000};
	bool in_time;

	pthread_mutex_lock(&job->mutex);
	assert(job->step != NULL);
	while (!job->finished && !job->closed)
		if (pthread_cond_timedwait(&job->changed, &job->mutex, &ts) !=
		    0)
			break;
	in_time = job->finished;
	if (!in_time && !job->closed)
		job_give_up(job);
	job->closed = true;
	pthread_mutex_unlock(&job->mutex);
	return in_time;
}

size_t
dns_job_questions(const struct dns_job *job)
{
	/* The step may be asking just now. */
	pthread_mutex_t *mutex = (pthread_mutex_t *)&job->mutex;
	size_t count;

	pthread_mutex_lock(mutex);
	count = job->count;
	pthread_mutex_unlock(mutex);
	return count;
}

void
dns_job_free(struct dns_job *job)
{
	if (job == NULL)
		return;
	/* Past this lock no step runs, and none begins. */
	pthread_mutex_lock(&job->mutex);
	job->closed = true;
	pthread_mutex_unlock(&job->mutex);
	dns_put(job->dns, job->slots, job->count);
	free(job->slots);
	arena_done(&job->arena);
	dns_job_put(job);
}
