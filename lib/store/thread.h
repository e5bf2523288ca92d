/*
 * thread - what the threads of the stores share.  All their waiting is on the
 * clock of clock_steady, and signals are for the thread that waits for them.
 */
#ifndef STORE_THREAD_H
#define STORE_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* pthread_create with all signals blocked, and its result. */
int thread_start(pthread_t *, void *(*run)(void *), void *argument);

void thread_cond_init(pthread_cond_t *);

/* pthread_cond_timedwait until a steady time in ms, and its result. */
int thread_cond_wait(pthread_cond_t *, pthread_mutex_t *, int64_t until);

#endif
