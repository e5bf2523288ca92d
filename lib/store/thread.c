/* thread - what the threads of the stores share. */
#include "store/thread.h"

#include <signal.h>

int
thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(thread, NULL, run, argument);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

void
thread_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

int
thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until)
{
	struct timespec at = {
	    .tv_sec = until / 1000,
	    .tv_nsec = until % 1000 * 1000000,
	};

	return pthread_cond_timedwait(cond, mutex, &at);
}
