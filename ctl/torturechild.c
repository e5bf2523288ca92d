/* torturechild - the daemon of a private copy. */
#include "ctl/torturechild.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

#define ARGS_MAX (COPY_FORCED_MAX + 4)
#define POLL_MS 10
#define ASK_MS 60000		/* of silence; a reload compiles rules */
#define ANSWER_MAX (4 << 20)
#define STOP_SLACK_MS 30000	/* beyond daemon.drain */

struct child {
	const char *program;
	const struct copy *copy;
	pid_t pid;		/* 0: it does not run */
	bool reading;		/* the thread below is there */
	pthread_t reader;
	int said_fd;
	pthread_mutex_t lock;	/* of the two below */
	char last[CHILD_SAID_MAX];	/* its last words */
	char complaint[CHILD_SAID_MAX];
};

struct child *
child_new(const char *program, const struct copy *copy)
{
	struct child *c = mem_alloc(sizeof(*c));

	c->program = program;
	c->copy = copy;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void
child_free(struct child *c)
{
	if (c == NULL)
		return;
	child_kill(c);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* A program's last line before it ends is worth more than the first. */
static void
note_line(struct child *c, const char *line)
{
	static const char *const marks[] = {"ThreadSanitizer", "runtime error:",
	    "AddressSanitizer:", "Assertion `"};
	size_t i;

	pthread_mutex_lock(&c->lock);
	snprintf(c->last, sizeof(c->last), "%s", line);
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (c->complaint[0] == '\0' && strstr(line, marks[i]) != NULL)
			snprintf(c->complaint, sizeof(c->complaint), "%s",
			    line);
	pthread_mutex_unlock(&c->lock);
}

/* Whatever it says is taken at once, so that it never waits for us. */
static void *
read_said(void *argument)
{
	struct child *c = argument;
	char line[CHILD_SAID_MAX];
	FILE *f = fdopen(c->said_fd, "r");

	if (f == NULL) {
		close(c->said_fd);
		return NULL;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0')
			note_line(c, line);
	}
	fclose(f);
	return NULL;
}

/* Between fork and exec: nothing that takes a lock. */
static _Noreturn void
become(char **argv, int said, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
	    setpgid(0, 0) != 0 || dup2(said, 2) < 0 || dup2(said, 1) < 0 ||
	    sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		_exit(126);
	signal(SIGPIPE, SIG_DFL);
	execv(argv[0], argv);
	_exit(127);
}

static int
spawn(struct child *c, char **argv, struct error *error)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set(error, "pipe: %s", strerror(errno));
	c->last[0] = c->complaint[0] = '\0';
	c->said_fd = ends[0];
	c->pid = fork();
	if (c->pid == 0)
		become(argv, ends[1], parent);
	close(ends[1]);
	if (c->pid < 0) {
		c->pid = 0;
		close(ends[0]);
		return error_set(error, "fork: %s", strerror(errno));
	}
	/* In both, so that it is so for whoever comes first. */
	(void)setpgid(c->pid, c->pid);
	c->reading = pthread_create(&c->reader, NULL, read_said, c) == 0;
	if (c->reading)
		return 0;
	close(ends[0]);
	child_kill(c);
	return error_set(error, "no thread");
}

static int
launch(struct child *c, const char *setting, struct error *error)
{
	char *argv[ARGS_MAX];
	size_t n = 0, i;
	int status;

	argv[n++] = mem_copy(c->program, strlen(c->program));
	argv[n++] = mem_printf("-c%s", c->copy->conf);
	for (i = 0; i < c->copy->forced_count; i++)
		argv[n++] = mem_printf("-o%s", c->copy->forced[i]);
	if (setting != NULL)
		argv[n++] = mem_printf("-o%s", setting);
	argv[n] = NULL;
	status = spawn(c, argv, error);
	while (n > 0)
		free(argv[--n]);
	return status;
}

/* The process is gone: so are its helpers, and what it said is complete. */
static int
bury(struct child *c, int status)
{
	(void)kill(-c->pid, SIGKILL);
	c->pid = 0;
	if (c->reading)
		pthread_join(c->reader, NULL);
	c->reading = false;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
child_wait(struct child *c, int64_t ms)
{
	int64_t until = clock_steady() + ms;
	int status;

	while (c->pid != 0) {
		if (waitpid(c->pid, &status, WNOHANG) == c->pid)
			return bury(c, status);
		if (clock_steady() >= until)
			break;
		usleep(POLL_MS * 1000);
	}
	return -1;
}

bool
child_runs(struct child *c)
{
	return c->pid != 0 && kill(c->pid, 0) == 0;
}

void
child_kill(struct child *c)
{
	int status;

	if (c->pid == 0)
		return;
	(void)kill(c->pid, SIGKILL);
	if (waitpid(c->pid, &status, 0) == c->pid)
		bury(c, status);
}

int
child_signal(struct child *c, int number)
{
	return c->pid != 0 ? kill(c->pid, number) : -1;
}

int
child_try(struct child *c, const char *setting, struct error *error)
{
	int64_t until = clock_steady() + CHILD_START_MS;
	int status;

	if (launch(c, setting, error) != 0)
		return EX_OSERR;
	while (clock_steady() < until) {
		status = child_wait(c, POLL_MS);
		if (status >= 0) {
			error_set(error, "the daemon does not start, status "
			    "%d: %.500s", status, c->last);
			return status;
		}
		if (child_ask(c, "status", NULL, NULL) == 0)
			return -1;
	}
	child_kill(c);
	error_set(error, "the daemon does not answer after %d s",
	    CHILD_START_MS / 1000);
	return EX_UNAVAILABLE;
}

int
child_start(struct child *c, const char *setting, struct error *error)
{
	return child_try(c, setting, error) < 0 ? 0 : -1;
}

int
child_stop(struct child *c, struct error *error)
{
	const struct daemon_settings *d = conf_section(c->copy->ours,
	    "daemon");
	int status;

	if (child_signal(c, SIGTERM) != 0)
		return error_set(error, "the daemon is gone");
	status = child_wait(c, d->drain + STOP_SLACK_MS);
	if (status < 0) {
		child_kill(c);
		return error_set(error, "still there %lld s after TERM",
		    (long long)(d->drain + STOP_SLACK_MS) / 1000);
	}
	return status == 0 ? 0 : error_set(error, "ended with status %d after "
	    "TERM", status);
}

void
child_complaint(struct child *c, char out[CHILD_SAID_MAX])
{
	pthread_mutex_lock(&c->lock);
	memcpy(out, c->complaint, CHILD_SAID_MAX);
	pthread_mutex_unlock(&c->lock);
}

void
child_last_words(struct child *c, char out[CHILD_SAID_MAX])
{
	pthread_mutex_lock(&c->lock);
	memcpy(out, c->last, CHILD_SAID_MAX);
	pthread_mutex_unlock(&c->lock);
}

int
child_ask(struct child *c, const char *command, struct buf *out,
    struct error *error)
{
	struct buf nobody;
	int status;

	buf_init(&nobody, ANSWER_MAX);
	status = ask_socket(c->copy->control, command, ASK_MS,
	    out != NULL ? out : &nobody, error);
	buf_done(&nobody);
	return status;
}

/* The rest of the line of text that begins so, or an empty span. */
static struct span
line_after(struct span text, const char *start)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (span_starts(line, start))
			return span_trim(span_skip(line, strlen(start)));
	return span_of("");
}

int64_t
child_stat(struct child *c, const char *name)
{
	char *start = mem_printf("postern_%s ", name);
	int64_t value = -1;
	struct buf answer;

	buf_init(&answer, ANSWER_MAX);
	if (child_ask(c, "stats", &answer, NULL) != 0 ||
	    !text_number(line_after(buf_contents(&answer), start), &value))
		value = -1;
	buf_done(&answer);
	free(start);
	return value;
}

void
child_generation(struct child *c, char out[20])
{
	struct buf answer;

	buf_init(&answer, ANSWER_MAX);
	(void)child_ask(c, "status", &answer, NULL);
	snprintf(out, 20, "%.*s", SPAN_ARG(line_after(buf_contents(&answer),
	    "generation: ")));
	buf_done(&answer);
}

int64_t
child_memory(struct child *c, const char *field)
{
	char path[40], text[8192];
	struct span rest, word;
	int64_t value = -1;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)c->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text));
	close(fd);
	rest = line_after(span_make(text, n > 0 ? (size_t)n : 0), field);
	if (!span_word(&rest, &word) || !text_number(word, &value))
		value = -1;
	return value;
}

int
child_descriptors(struct child *c)
{
	char path[40];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)c->pid);
	dir = opendir(path);
	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

int
child_limit(struct child *c, int resource, uint64_t soft, struct error *error)
{
	struct rlimit ours, limit;

	if (c->pid == 0 || getrlimit((__rlimit_resource_t)resource,
	    &ours) != 0 ||
	    prlimit(c->pid, (__rlimit_resource_t)resource, NULL, &limit) != 0)
		return error_set(error, "limit %d: %s", resource,
		    strerror(errno));
	limit.rlim_cur = soft == UINT64_MAX ? ours.rlim_cur : (rlim_t)soft;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	if (prlimit(c->pid, (__rlimit_resource_t)resource, &limit, NULL) == 0)
		return 0;
	return error_set(error, "limit %d: %s", resource, strerror(errno));
}
