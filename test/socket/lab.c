/* lab - a daemon of a test's own. */
#include "test/socket/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define SETTINGS_MAX 64
#define ARGS_MAX 40

static const char *
program(void)
{
	const char *name = getenv("POSTERN");

	return name != NULL ? name : "build/postern";
}

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "lab: %s: %s\n", what, strerror(errno));
	exit(2);
}

void
lab_sleep(int64_t ms)
{
	usleep((useconds_t)ms * 1000);
}

void
lab_read_file(const char *path, struct buf *out)
{
	char chunk[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	buf_init(out, LAB_FILE_MAX);
	if (fd < 0)
		return;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(out, chunk, (size_t)n);
	close(fd);
}

void
lab_write(const struct lab *lab, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", lab->dir, name);
	char *next = mem_printf("%s/%s.new", lab->dir, name);
	FILE *f = fopen(next, "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0 ||
	    rename(next, path) != 0)
		give_up(path);
	free(path);
	free(next);
}

/* Whether a line of a section sets a key that settings has, too. */
static bool
is_replaced(struct span line, struct span section,
    const char *const *settings)
{
	struct span word, name, key;
	size_t at;

	if (!span_word(&line, &word))
		return false;
	for (; *settings != NULL; settings++) {
		name = span_head(span_of(*settings),
		    span_chr(span_of(*settings), '='));
		at = span_chr(name, '.');
		key = at < name.n ? span_skip(name, at + 1) : name;
		if (span_eq(word, key) && span_eq(section,
		    span_head(name, at < name.n ? at : 0)))
			return true;
	}
	return false;
}

static void
add_settings(struct buf *out, const char *const *settings)
{
	struct span name, section;

	for (; *settings != NULL; settings++) {
		name = span_of(*settings);
		section = span_head(name, span_chr(name, '.'));
		if (section.n < span_chr(name, '='))
			buf_printf(out, "%.*s {\n%s\n}\n", SPAN_ARG(section),
			    *settings + section.n + 1);
		else
			buf_printf(out, "%s\n", *settings);
	}
}

void
lab_configure(const struct lab *lab, const char *const *settings)
{
	struct span rest, line, section = span_of(""), words;
	struct buf shipped, out;

	lab_read_file("contrib/postern.conf", &shipped);
	if (shipped.n == 0)
		give_up("contrib/postern.conf");
	buf_init(&out, LAB_FILE_MAX);
	rest = buf_contents(&shipped);
	while (span_cut(&rest, '\n', &line)) {
		words = line;
		if (line.n > 2 && line.p[line.n - 1] == '{' &&
		    char_alpha(line.p[0]))
			span_word(&words, &section);
		else if (span_is(line, "}"))
			section = span_of("");
		if (!is_replaced(line, section, settings))
			buf_printf(&out, "%.*s\n", SPAN_ARG(line));
	}
	add_settings(&out, settings);
	lab_write(lab, "postern.conf", buf_string(&out));
	buf_done(&out);
	buf_done(&shipped);
}

unsigned
lab_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, n) != 0 ||
	    getsockname(fd, (struct sockaddr *)&sin, &n) != 0)
		give_up("a free port");
	close(fd);
	return ntohs(sin.sin_port);
}

void
lab_make(struct lab *lab, bool unix_socket)
{
	static const char *const nothing[] = {NULL};
	const char *copy[] = {"cp", "-R", "rules", lab->dir, NULL};

	memset(lab, 0, sizeof(*lab));
	strcpy(lab->dir, "/tmp/postern-lab-XXXXXX");
	lab->inherit = -1;
	lab->user = lab->asan = "";
	if (mkdtemp(lab->dir) == NULL || chmod(lab->dir, 0755) != 0)
		give_up(lab->dir);
	snprintf(lab->conf, sizeof(lab->conf), "%s/postern.conf", lab->dir);
	snprintf(lab->control, sizeof(lab->control), "%s/control", lab->dir);
	snprintf(lab->store, sizeof(lab->store), "%s/store", lab->dir);
	snprintf(lab->log, sizeof(lab->log), "%s/log", lab->dir);
	if (unix_socket)
		snprintf(lab->address, sizeof(lab->address), "unix:%s/socket",
		    lab->dir);
	else
		snprintf(lab->address, sizeof(lab->address),
		    "inet:%u@127.0.0.1", lab_port());
	if (lab_run(copy, NULL) != 0)
		give_up("cp");
	lab_configure(lab, nothing);
}

void
lab_remove(struct lab *lab)
{
	const char *argv[] = {"rm", "-rf", lab->dir, NULL};

	if (lab->pid > 0) {
		kill(lab->pid, SIGKILL);
		lab_wait(lab, LAB_WAIT);
	}
	lab_run(argv, NULL);
}

int
lab_run(const char *const *argv, struct buf *out)
{
	char chunk[4096];
	int ends[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		give_up(argv[0]);
	if (pid == 0) {
		if (out != NULL && (dup2(ends[1], 1) < 0 ||
		    dup2(ends[1], 2) < 0))
			_exit(126);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	if (out != NULL)
		buf_init(out, LAB_FILE_MAX);
	while ((n = read(ends[0], chunk, sizeof(chunk))) > 0)
		if (out != NULL)
			buf_add(out, chunk, (size_t)n);
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* In the child: what systemd would have arranged for. */
static void
arrange(const struct lab *lab)
{
	char pid[20], asan[200];
	int log = open(lab->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0644);

	if (log < 0 || dup2(log, 2) < 0 ||
	    (lab->inside && chdir(lab->dir) != 0))
		_exit(126);
	/* When it cannot start it leaves without tidying up. */
	snprintf(asan, sizeof(asan), "detect_leaks=0%s", lab->asan);
	setenv("ASAN_OPTIONS", asan, 1);
	if (lab->notify[0] != '\0')
		setenv("NOTIFY_SOCKET", lab->notify, 1);
	if (lab->inherit < 0)
		return;
	/* dup2 onto itself would leave it to be closed. */
	if ((lab->inherit == 3 && fcntl(3, F_SETFD, 0) != 0) ||
	    (lab->inherit != 3 && dup2(lab->inherit, 3) < 0))
		_exit(126);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
}

void
lab_launch(struct lab *lab)
{
	/* "make check" gives all its programs one folder. */
	const char *cache = getenv("RULES_CACHE");
	char *argv[ARGS_MAX];
	int n = 0;

	argv[n++] = realpath(program(), NULL);
	if (argv[0] == NULL)
		give_up(program());
	argv[n++] = mem_printf("-c%s", lab->conf);
	argv[n++] = mem_printf("-odaemon.listen=%s", lab->inside ?
	    "unix:socket" : lab->address);
	argv[n++] = mem_printf("-odaemon.control=%s", lab->inside ?
	    "control" : lab->control);
	argv[n++] = mem_printf("-ostore.path=%s", lab->inside ? "store" :
	    lab->store);
	argv[n++] = mem_printf("-odaemon.user=%s", lab->user);
	/* No test may depend on a network. */
	argv[n++] = mem_printf("-odns.enabled=%s", lab->dns ? "yes" : "no");
	argv[n++] = mem_printf("-odns.forwarders=127.0.0.1@%u", lab->dns);
	/* Nor may a message be judged by the ones before it. */
	argv[n++] = mem_printf("-oreputation.enabled=%s",
	    lab->reputation ? "yes" : "no");
	argv[n++] = mem_printf("-orules.cache=%s", cache != NULL ? cache : "");
	argv[n++] = mem_printf("-olog.to=stderr");
	argv[n++] = mem_printf("-olog.format=json");
	argv[n] = NULL;
	lab->pid = fork();
	if (lab->pid == 0) {
		arrange(lab);
		execv(argv[0], argv);
		_exit(127);
	}
	while (n > 0)
		free(argv[--n]);
	if (lab->pid < 0)
		give_up("fork");
}

bool
lab_start(struct lab *lab)
{
	int64_t until = clock_steady() + LAB_WAIT;
	struct buf log;

	lab_launch(lab);
	while (clock_steady() < until) {
		if (lab_ask(lab, "status", NULL) == 0)
			return true;
		if (lab_wait(lab, 10) >= 0)
			break;
	}
	lab_read_log(lab, &log);
	fprintf(stderr, "%s does not start: %s", program(), buf_string(&log));
	buf_done(&log);
	return false;
}

int
lab_wait(struct lab *lab, int64_t ms)
{
	int64_t until = clock_steady() + ms;
	int status;

	while (lab->pid > 0) {
		if (waitpid(lab->pid, &status, WNOHANG) == lab->pid) {
			lab->pid = 0;
			return WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
		}
		if (clock_steady() >= until)
			break;
		lab_sleep(2);
	}
	return -1;
}

bool
lab_clean(const struct lab *lab)
{
	static const char *const complaints[] = {"WARNING: ThreadSan",
	    "ERROR: AddressSan", "runtime error:", "Assertion"};
	struct buf log;
	bool good = true;
	size_t i;

	lab_read_log(lab, &log);
	for (i = 0; i < 4; i++)
		if (span_find(buf_contents(&log), span_of(complaints[i])) <
		    log.n)
			good = false;
	if (!good)
		fprintf(stderr, "%s\n", buf_string(&log));
	buf_done(&log);
	return good;
}

void
lab_stop(struct lab *lab, const char *row)
{
	if (CHECK(row, lab->pid > 0 && kill(lab->pid, SIGTERM) == 0))
		CHECK(row, lab_wait(lab, 2 * LAB_WAIT) == 0);
	CHECK(row, lab_clean(lab));
}

bool
lab_sanitized(void)
{
	static const char *const marks[] = {"__tsan_init", "__asan_init"};
	struct buf exe;
	bool found = false;
	size_t i;

	lab_read_file(program(), &exe);
	for (i = 0; i < 2; i++)
		if (span_find(buf_contents(&exe), span_of(marks[i])) < exe.n)
			found = true;
	buf_done(&exe);
	return found;
}
