/* signals - HUP and USR1 reload, TERM and INT stop. */
#include "milter/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A handler is given nothing but the number: these must be global. */
static volatile sig_atomic_t seen_reload, seen_stop;
static int wake_fd = -1;

static void
on_signal(int number)
{
	static const uint64_t one = 1;
	int saved = errno;

	if (number == SIGHUP || number == SIGUSR1)
		seen_reload = 1;
	else
		seen_stop = 1;
	(void)!write(wake_fd, &one, sizeof(one));
	errno = saved;
}

int
signals_open(void)
{
	static const int numbers[] = {SIGHUP, SIGUSR1, SIGTERM, SIGINT};
	struct sigaction action = {.sa_handler = on_signal};
	size_t i;

	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], &action, NULL) != 0)
			return -1;
	signal(SIGPIPE, SIG_IGN);
	/* A log that may not grow any more is no reason to end. */
	signal(SIGXFSZ, SIG_IGN);
	return wake_fd;
}

void
signals_take(int fd, bool *reload, bool *stop)
{
	uint64_t count;

	/* Emptied first: what comes after this is seen by the next call. */
	(void)!read(fd, &count, sizeof(count));
	*reload = seen_reload;
	seen_reload = 0;
	*stop = seen_stop;
}

/*
 * Stands before the C library's, for libmilter's thread: a signal that comes
 * while the main thread has another one pending would go to whoever waits,
 * and end libmilter behind our back.
 */
int
/* NOLINTNEXTLINE(readability-non-const-parameter): the C library's form */
sigwait(const sigset_t *set, int *number)
{
	(void)set;
	(void)number;
	for (;;)
		pause();
}

void
signals_block(bool block)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(block ? SIG_BLOCK : SIG_UNBLOCK, &all, NULL);
}
