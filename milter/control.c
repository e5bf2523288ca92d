/* control - the local socket that posternctl talks to. */
#include "milter/control.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define COMMAND_MAX 256
#define ANSWER_MAX (4 << 20)
#define CONTROL_WAIT 1000	/* ms for a command to arrive, or be answered */

/* Fills in the text; returns the exit code for posternctl. */
typedef int command_fn(struct daemon *, struct buf *out);

static int
reload(struct daemon *d, bool shrunk, struct buf *out)
{
	struct error error;

	if (daemon_reload(d, shrunk, out, &error) == 0)
		return EX_OK;
	buf_printf(out, "%s\n", error.text);
	return EX_CONFIG;
}

static int
command_reload(struct daemon *d, struct buf *out)
{
	return reload(d, false, out);
}

static int
command_reload_shrunk(struct daemon *d, struct buf *out)
{
	return reload(d, true, out);
}

static int
command_rollback(struct daemon *d, struct buf *out)
{
	struct error error;

	if (daemon_rollback(d, out, &error) == 0)
		return EX_OK;
	buf_printf(out, "%s\n", error.text);
	return EX_UNAVAILABLE;
}

static int
command_shadow(struct daemon *d, struct buf *out)
{
	struct snapshot *s = current_get(d->current);
	size_t i;

	for (i = 0; i < s->shadows.count; i++)
		shadow_print(s->shadows.items[i], out);
	if (s->shadows.count == 0)
		buf_puts(out, "no rule is on trial\n");
	snapshot_put(s);
	return EX_OK;
}

static int
command_stats(struct daemon *d, struct buf *out)
{
	metrics_print(d->services.metrics, out);
	store_stats(d->services.store, out);
	if (d->services.dns != NULL)
		dns_stats(d->services.dns, out);
	return EX_OK;
}

static void
put_time(struct buf *out, const char *name, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_printf(out, "%s: %s\n", name, text);
}

static int
command_status(struct daemon *d, struct buf *out)
{
	struct snapshot *s = current_get(d->current);
	struct metrics *metrics = d->services.metrics;

	buf_printf(out, "version: %s\npid: %ld\nmode: %s\ngeneration: %s\n",
	    POSTERN_VERSION, (long)getpid(), mode_name(s->general->mode),
	    s->generation);
	put_time(out, "started", d->started);
	put_time(out, "loaded", d->reloaded);
	buf_printf(out, "connections: %llu\nin flight: %llu\n",
	    (unsigned long long)metrics_get(metrics, METRIC_CONNECTIONS_OPEN),
	    (unsigned long long)metrics_get(metrics, METRIC_IN_FLIGHT));
	if (d->previous != NULL)
		buf_printf(out, "previous: %s\n", d->previous->generation);
	if (d->doubts.text[0] != '\0')
		buf_printf(out, "started in spite of: %s\n", d->doubts.text);
	if (d->refused.text[0] != '\0')
		buf_printf(out, "last reload refused: %s\n", d->refused.text);
	snapshot_put(s);
	return EX_OK;
}

static const struct {
	const char *name;
	command_fn *run;
} commands[] = {
	{"reload", command_reload},
	{"reload --accept-shrink", command_reload_shrunk},
	{"rollback", command_rollback},
	{"shadow", command_shadow},
	{"stats", command_stats},
	{"status", command_status},
};

static int
run_command(struct daemon *d, struct span line, struct buf *out)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (span_is(line, commands[i].name))
			return commands[i].run(d, out);
	buf_puts(out, "unknown command\n");
	return EX_USAGE;
}

static bool
wait_for(int fd, short events, int64_t until)
{
	struct pollfd p = {fd, events, 0};
	int64_t left = until - clock_steady();

	return left > 0 && poll(&p, 1, (int)left) == 1;
}

/* The line up to its newline; false when it does not come in time. */
static bool
read_line(int fd, char line[COMMAND_MAX], struct span *out)
{
	int64_t until = clock_steady() + CONTROL_WAIT;
	size_t n = 0, end;
	ssize_t got;

	while (n < COMMAND_MAX && wait_for(fd, POLLIN, until)) {
		got = recv(fd, line + n, COMMAND_MAX - n, MSG_DONTWAIT);
		if (got <= 0)
			return false;
		n += (size_t)got;
		end = span_chr(span_make(line, n), '\n');
		if (end < n) {
			*out = span_make(line, end);
			return true;
		}
	}
	return false;
}

static void
write_all(int fd, struct span text)
{
	int64_t until = clock_steady() + CONTROL_WAIT;
	ssize_t put;

	while (text.n > 0 && wait_for(fd, POLLOUT, until)) {
		put = send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put <= 0)
			return;
		text = span_skip(text, (size_t)put);
	}
}

void
control_serve(struct daemon *d, int listen_fd)
{
	char line[COMMAND_MAX], code[16];
	struct span command;
	struct buf out;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (read_line(fd, line, &command)) {
		buf_init(&out, ANSWER_MAX);
		snprintf(code, sizeof(code), "%d\n",
		    run_command(d, command, &out));
		write_all(fd, span_of(code));
		write_all(fd, buf_contents(&out));
		buf_done(&out);
	}
	close(fd);
}
