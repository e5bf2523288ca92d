/* control - the local socket that posternctl talks to. */
#include "milter/control.h"

#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "milter/commands.h"

#define COMMAND_MAX 4096
#define ANSWER_MAX (4 << 20)
#define CONTROL_WAIT 1000	/* ms for a command to arrive, or be answered */

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

/* The user at the other end, by name if there is one. */
static void
find_asker(int fd, char out[ASKER_MAX])
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t n = sizeof(peer);
	struct passwd pw, *found = NULL;
	char room[4096];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) == 0)
		getpwuid_r(peer.uid, &pw, room, sizeof(room), &found);
	if (found != NULL)
		snprintf(out, ASKER_MAX, "%s", found->pw_name);
	else
		snprintf(out, ASKER_MAX, "uid %ld", (long)peer.uid);
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
		find_asker(fd, d->asker);
		buf_init(&out, ANSWER_MAX);
		snprintf(code, sizeof(code), "%d\n",
		    command_run(d, command, &out));
		write_all(fd, span_of(code));
		write_all(fd, buf_contents(&out));
		buf_done(&out);
	}
	close(fd);
}
