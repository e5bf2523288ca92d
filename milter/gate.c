/* gate - counts the messages under way and the memory they hold. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "milter/daemon.h"

struct gate {
	struct metrics *metrics;
	pthread_mutex_t lock;	/* guards the next ones */
	pthread_cond_t left;
	int64_t inside, visitors;
	bool closed;
	_Atomic int64_t held;
};

struct gate *
gate_new(struct metrics *metrics)
{
	struct gate *g = mem_alloc(sizeof(*g));
	pthread_condattr_t attr;

	g->metrics = metrics;
	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->left, &attr);
	pthread_condattr_destroy(&attr);
	return g;
}

void
gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	pthread_cond_destroy(&g->left);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

bool
gate_enter(struct gate *g, const struct limits *limits)
{
	bool room;

	pthread_mutex_lock(&g->lock);
	while (g->closed)
		pthread_cond_wait(&g->left, &g->lock);
	room = g->inside < limits->messages &&
	    atomic_load(&g->held) < limits->bytes;
	g->inside++;
	pthread_mutex_unlock(&g->lock);
	metrics_add(g->metrics, METRIC_IN_FLIGHT, 1);
	return room;
}

bool
gate_hold(struct gate *g, int64_t change, const struct limits *limits)
{
	metrics_add(g->metrics, METRIC_BYTES_HELD, change);
	return atomic_fetch_add(&g->held, change) + change <= limits->bytes;
}

void
gate_leave(struct gate *g, int64_t held)
{
	atomic_fetch_sub(&g->held, held);
	metrics_add(g->metrics, METRIC_BYTES_HELD, -held);
	metrics_add(g->metrics, METRIC_IN_FLIGHT, -1);
	pthread_mutex_lock(&g->lock);
	if (--g->inside == 0 && g->closed)
		pthread_cond_broadcast(&g->left);
	pthread_mutex_unlock(&g->lock);
}

bool
gate_visit(struct gate *g)
{
	bool open;

	pthread_mutex_lock(&g->lock);
	open = !g->closed;
	g->visitors += open;
	pthread_mutex_unlock(&g->lock);
	return open;
}

void
gate_depart(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	if (--g->visitors == 0 && g->closed)
		pthread_cond_broadcast(&g->left);
	pthread_mutex_unlock(&g->lock);
}

void
gate_close(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->closed = true;
	pthread_mutex_unlock(&g->lock);
}

bool
gate_drain(struct gate *g, int64_t timeout)
{
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout / 1000;
	until.tv_nsec += timeout % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&g->lock);
	while (g->inside + g->visitors > 0 && status == 0)
		status = pthread_cond_timedwait(&g->left, &g->lock, &until);
	status = g->inside + g->visitors == 0;
	pthread_mutex_unlock(&g->lock);
	return status;
}
