/* compile - Vectorscan's compiler in processes of their own. */
#include "rules/compile.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rules/compile_protocol.h"

#define PROGRAM "/proc/self/exe"
#define RECEIVE 65536

struct worker {
	pid_t pid;		/* 0: none */
	int fd;
	struct compile_job *job;	/* under way, or NULL */
	struct buf request;
	size_t sent;
	struct compile_answer answer;
	size_t answered;	/* bytes of the answer's head */
};

struct run {
	struct compile_job *jobs;
	size_t n, next;
	int64_t deadline;
	struct worker workers[COMPILE_WORKERS];
	bool lost;		/* a worker died */
};

/* Signals as in a fresh program: the daemon blocks and ignores some. */
static int
set_signals(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	sigemptyset(&none);
	if (posix_spawnattr_setsigdefault(attributes, &all) != 0 ||
	    posix_spawnattr_setsigmask(attributes, &none) != 0)
		return -1;
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF |
	    POSIX_SPAWN_SETSIGMASK);
}

static int
spawn(int fd, pid_t *pid)
{
	char name[] = "postern-compile", argument[] = COMPILE_ARGUMENT;
	char *argv[] = {name, argument, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int status;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	status = posix_spawn_file_actions_adddup2(&actions, fd,
	    COMPILE_SOCKET);
	if (status == 0)
		status = set_signals(&attributes);
	if (status == 0)
		status = posix_spawn(pid, PROGRAM, &actions, &attributes, argv,
		    environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return status;
}

/* With its socket shut an idle worker ends by itself; a busy one is killed. */
static void
worker_stop(struct worker *w)
{
	if (w->pid == 0)
		return;
	close(w->fd);
	if (w->job != NULL)
		kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	buf_done(&w->request);
	memset(w, 0, sizeof(*w));
}

/*
 * Whether this is a worker that does not know it, for its main does not call
 * compile_worker: it must not start others.
 */
static bool
is_worker(void)
{
	static const char argument[] = COMPILE_ARGUMENT;
	char line[256] = "";
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n;

	if (f == NULL)
		return false;
	n = fread(line, 1, sizeof(line), f);
	fclose(f);
	return memmem(line, n, argument, sizeof(argument)) != NULL;
}

static bool
hear_hello(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	uint32_t hello = 0;

	return poll(&p, 1, COMPILE_HELLO_MS) > 0 &&
	    recv(fd, &hello, sizeof(hello), MSG_WAITALL) ==
	    (ssize_t)sizeof(hello) && hello == COMPILE_HELLO;
}

static bool
worker_start(struct worker *w)
{
	int pair[2];

	if (is_worker() || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair) != 0)
		return false;
	if (spawn(pair[1], &w->pid) != 0) {
		close(pair[0]);
		close(pair[1]);
		w->pid = 0;
		return false;
	}
	close(pair[1]);
	w->fd = pair[0];
	if (hear_hello(w->fd))
		return true;
	kill(w->pid, SIGKILL);
	worker_stop(w);
	return false;
}

static void
put_request(const struct compile_job *job, struct buf *out)
{
	struct compile_request head = {0, 0};
	const struct literal *string;
	uint32_t set;
	size_t i;

	for (set = 0; set < job->n; set++) {
		head.strings += (uint32_t)job->sets[set]->n;
		for (i = 0; i < job->sets[set]->n; i++)
			head.bytes += COMPILE_STRING_HEAD +
			    job->sets[set]->all[i].n;
	}
	buf_add(out, &head, sizeof(head));
	for (set = 0; set < job->n; set++)
		for (i = 0; i < job->sets[set]->n; i++) {
			string = &job->sets[set]->all[i];
			buf_add(out, &set, sizeof(set));
			buf_char(out, (char)string->n);
			buf_add(out, string->p, string->n);
		}
}

/* Gives the worker the next job, if there is one. */
static void
worker_feed(struct run *r, struct worker *w)
{
	if (w->pid == 0 || w->job != NULL || r->next == r->n)
		return;
	w->job = &r->jobs[r->next++];
	buf_done(&w->request);
	buf_init(&w->request, COMPILE_REQUEST_MAX);
	put_request(w->job, &w->request);
	w->sent = w->answered = 0;
}

static bool
worker_send(struct worker *w)
{
	ssize_t n = send(w->fd, w->request.p + w->sent,
	    w->request.n - w->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	w->sent += (size_t)n;
	return true;
}

/* Takes what has come; false when the worker is dead or talks nonsense. */
static bool
worker_receive(struct worker *w)
{
	char bytes[RECEIVE];
	size_t want = sizeof(w->answer) - w->answered;
	struct buf *result = &w->job->result;
	ssize_t n;

	if (want == 0)
		want = w->answer.bytes - result->n;
	n = recv(w->fd, bytes, want < RECEIVE ? want : RECEIVE, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (n == 0)
		return false;
	if (w->answered < sizeof(w->answer)) {
		memcpy((char *)&w->answer + w->answered, bytes, (size_t)n);
		w->answered += (size_t)n;
	} else {
		buf_add(result, bytes, (size_t)n);
	}
	if (w->answered < sizeof(w->answer))
		return true;
	if (w->answer.bytes > COMPILE_RESULT_MAX)
		return false;
	if (result->n == w->answer.bytes) {
		w->job->done = w->answer.good != 0;
		w->job = NULL;
	}
	return true;
}

static bool
worker_step(struct worker *w, short events)
{
	if (w->job == NULL)
		return true;
	if (w->sent < w->request.n)
		return events & (POLLERR | POLLHUP) ? false : worker_send(w);
	return worker_receive(w);
}

/* Waits for all that are busy; false when none is, or time is up. */
static bool
run_step(struct run *r)
{
	struct pollfd fds[COMPILE_WORKERS];
	struct worker *busy[COMPILE_WORKERS];
	int64_t left = r->deadline - clock_steady();
	nfds_t i, n = 0;

	for (i = 0; i < COMPILE_WORKERS; i++) {
		worker_feed(r, &r->workers[i]);
		if (r->workers[i].job == NULL)
			continue;
		busy[n] = &r->workers[i];
		fds[n].fd = busy[n]->fd;
		fds[n].events = busy[n]->sent < busy[n]->request.n ?
		    POLLOUT : POLLIN;
		fds[n++].revents = 0;
	}
	if (n == 0 || left <= 0)
		return false;
	if (poll(fds, n, left < INT32_MAX ? (int)left : INT32_MAX) <= 0)
		return true;
	for (i = 0; i < n; i++)
		if (fds[i].revents != 0 &&
		    !worker_step(busy[i], fds[i].revents)) {
			r->lost = true;
			worker_stop(busy[i]);
		}
	return true;
}

int
compile_run(struct compile_job *jobs, size_t n, int64_t deadline,
    struct error *error)
{
	struct run r = {.jobs = jobs, .n = n, .deadline = deadline};
	size_t i, undone = 0;
	bool started = n == 0;

	for (i = 0; i < n; i++) {
		jobs[i].done = false;
		buf_init(&jobs[i].result, COMPILE_RESULT_MAX);
	}
	for (i = 0; i < COMPILE_WORKERS && i < n; i++) {
		if (worker_start(&r.workers[i]))
			started = true;
		else
			break;
	}
	while (run_step(&r))
		;
	for (i = 0; i < COMPILE_WORKERS; i++) {
		undone += r.workers[i].job != NULL;
		worker_stop(&r.workers[i]);
	}
	if (!started)
		return error_set(error, "no process could be started");
	if (r.lost)
		return error_set(error, "the compiling process died");
	if (undone > 0 || r.next < n)
		return error_set(error, "compiling took too long");
	return 0;
}
