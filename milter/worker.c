/*
 * worker - what becomes of a connection that libmilter has no thread for.
 *
 * When all its threads are busy libmilter starts another one.  Where that
 * fails, for want of memory or by a bound of threads, it tells syslog and
 * forgets the connection: the MTA waits until its own patience ends, which is
 * five minutes as we advise.  So this takes the place of the C library's
 * pthread_create, tries again for a moment, and then ends the process, as an
 * allocation that fails does: the MTA defers at once, and the supervisor starts
 * it again.
 */
#include <dlfcn.h>
#include <libmilter/mfapi.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRIES 50
#define PAUSE_US 20000

typedef int create_fn(pthread_t *, const pthread_attr_t *,
    void *(*)(void *), void *);

/* Our own threads have somebody who looks whether they were started. */
static bool
is_libmilters(void *(*start)(void *))
{
	Dl_info thread, library;

	return dladdr((void *)start, &thread) != 0 &&
	    dladdr((void *)smfi_main, &library) != 0 &&
	    thread.dli_fbase == library.dli_fbase;
}

int
pthread_create(pthread_t *restrict thread,
    const pthread_attr_t *restrict attr, void *(*start)(void *),
    void *restrict arg)
{
	create_fn *real = (create_fn *)dlsym(RTLD_NEXT, "pthread_create");
	int status = real(thread, attr, start, arg), i;

	if (status == 0 || !is_libmilters(start))
		return status;
	for (i = 0; i < TRIES && status != 0; i++) {
		usleep(PAUSE_US);
		status = real(thread, attr, start, arg);
	}
	if (status != 0) {
		fprintf(stderr, "postern: libmilter cannot start a thread: "
		    "%s\n", strerror(status));
		abort();
	}
	return 0;
}
