/*
 * hook - runs the operator's program for one notice after another.
 *
 * posix_spawn, for the process has threads.  The text fits the pipe whole, so
 * that nobody need wait for its reader.
 */
#include "milter/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define TEXT_MAX 2048	/* of the lines on its input */

_Static_assert(TEXT_MAX <= PIPE_BUF, "the text must fit the pipe");

struct hook {
	struct notices *notices;
	struct log *log;
	pid_t pid;		/* of what runs, or 0 */
	int64_t until;		/* when it is killed */
	bool killed;
};

struct hook *
hook_new(struct notices *notices, struct log *log)
{
	struct hook *h = mem_alloc(sizeof(*h));

	h->notices = notices;
	h->log = log;
	return h;
}

void
hook_free(struct hook *h)
{
	if (h == NULL)
		return;
	if (h->pid != 0) {
		kill(-h->pid, SIGKILL);
		waitpid(h->pid, NULL, 0);
	}
	free(h);
}

static void
put_text(const struct notice *n, struct buf *out)
{
	time_t seconds = (time_t)(n->at / 1000);
	char when[40] = "";
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_printf(out, "time: %s\nkind: %s\nsubject: %s\nlevel: %s\nwhy: %s\n",
	    when, n->kind, n->subject, n->level, n->why);
}

/* The end of a pipe that holds the text and then ends; -1 on failure. */
static int
pipe_of(struct span text)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	if (write(ends[1], text.p, text.n) != (ssize_t)text.n ||
	    fcntl(ends[0], F_SETFL, 0) != 0) {
		close(ends[0]);
		ends[0] = -1;
	}
	close(ends[1]);
	return ends[0];
}

/* No signal is blocked or ignored, and a group of its own is killed whole. */
static int
spawn_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	if (posix_spawnattr_setsigmask(attributes, &none) != 0 ||
	    posix_spawnattr_setsigdefault(attributes, &all) != 0 ||
	    posix_spawnattr_setpgroup(attributes, 0) != 0)
		return -1;
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

static int
spawn_files(posix_spawn_file_actions_t *files, int input)
{
	static const char null[] = "/dev/null";

	if (posix_spawn_file_actions_adddup2(files, input, 0) != 0 ||
	    posix_spawn_file_actions_addopen(files, 1, null, O_WRONLY,
	    0) != 0 ||
	    posix_spawn_file_actions_addopen(files, 2, null, O_WRONLY,
	    0) != 0)
		return -1;
	return posix_spawn_file_actions_addclosefrom_np(files, 3);
}

/* 0, or what errno says. */
static int
start(struct hook *h, const char *program, const struct notice *n, int input)
{
	char *const argv[] = {
		(char *)(uintptr_t)program, (char *)(uintptr_t)n->kind,
		(char *)(uintptr_t)n->subject, (char *)(uintptr_t)n->level,
		(char *)(uintptr_t)n->why, NULL,
	};
	char path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char version[] = "POSTERN_VERSION=" POSTERN_VERSION;
	char *const environment[] = {path, version, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int status = ENOMEM;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	if (spawn_files(&files, input) == 0 &&
	    spawn_attributes(&attributes) == 0)
		status = posix_spawn(&h->pid, program, &files, &attributes,
		    argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return status;
}

static void
run(struct hook *h, const char *program, const struct notice *n, int64_t now)
{
	struct buf text;
	int input, status;

	buf_init(&text, TEXT_MAX);
	put_text(n, &text);
	input = pipe_of(buf_contents(&text));
	buf_done(&text);
	status = input < 0 ? errno : start(h, program, n, input);
	if (input >= 0)
		close(input);
	if (status != 0) {
		h->pid = 0;
		log_warn(h->log, "%s: %s", program, strerror(status));
		return;
	}
	h->until = now + HOOK_TIME;
	h->killed = false;
}

/* Sees to what runs; true when nothing does. */
static bool
idle(struct hook *h, const char *program, int64_t now)
{
	int status = 0;

	if (h->pid == 0)
		return true;
	if (waitpid(h->pid, &status, WNOHANG) == 0) {
		if (now >= h->until && !h->killed) {
			kill(-h->pid, SIGKILL);
			h->killed = true;
		}
		return false;
	}
	h->pid = 0;
	if (h->killed)
		log_warn(h->log, "%s: killed after %d s", program,
		    HOOK_TIME / 1000);
	else if (WIFSIGNALED(status))
		log_warn(h->log, "%s: ended by signal %d", program,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_warn(h->log, "%s: ended with status %d", program,
		    WEXITSTATUS(status));
	return true;
}

void
hook_tick(struct hook *h, const char *program, int64_t now)
{
	struct notice n;
	uint64_t dropped;

	if (!idle(h, program, now) || !notices_take(h->notices, &n, &dropped))
		return;
	log_warn(h->log, "notice: %s %s %s: %s", n.kind, n.subject, n.level,
	    n.why);
	if (dropped > 0)
		log_warn(h->log, "notice: %llu more were dropped",
		    (unsigned long long)dropped);
	if (program[0] != '\0')
		run(h, program, &n, now);
}
