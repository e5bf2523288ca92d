/* redis_wire - one connection to a Redis server. */
#include "store/redis_wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/backend.h"

#define WIRES_MAX STORE_CARRY_MAX	/* that are waited for at once */
#define RECEIVE_BYTES 16384
/* A peer that vanished without a word is noticed after about a minute. */
#define KEEPALIVE_IDLE 30	/* s */
#define KEEPALIVE_INTERVAL 10
#define KEEPALIVE_PROBES 3

static int
time_left(int64_t deadline)
{
	int64_t left = deadline - clock_steady();

	return left <= 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static void
socket_options(int fd, int family)
{
	static const struct {
		int level, name, value;
	} rows[] = {
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE},
		{IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL},
		{IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
	};
	size_t i;

	if (family == AF_UNIX)
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		setsockopt(fd, rows[i].level, rows[i].name, &rows[i].value,
		    sizeof(rows[i].value));
}

/* 0 when it stands by the deadline, otherwise the error. */
static int
socket_wait(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int n, error = 0;
	socklen_t size = sizeof(error);

	do
		n = poll(&p, 1, time_left(deadline));
	while ((n < 0 && errno == EINTR) ||
	    (n == 0 && time_left(deadline) > 0));
	if (n <= 0)
		return n == 0 ? ETIMEDOUT : errno;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return errno;
	return error;
}

struct wire *
wire_open(const struct wire_address *address, int64_t deadline)
{
	int family = address->socket.ss_family, error = 0, fd;
	struct wire *w;

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	socket_options(fd, family);
	if (connect(fd, (const struct sockaddr *)&address->socket,
		address->n) < 0) {
		error = errno;
		if (error == EINPROGRESS || error == EINTR)
			error = socket_wait(fd, deadline);
	}
	if (error != 0) {
		close(fd);
		errno = error;
		return NULL;
	}
	w = mem_alloc(sizeof(*w));
	w->fd = fd;
	w->reader = reply_reader_new();
	buf_init(&w->out, WIRE_SEND_MAX);
	return w;
}

void
wire_close(struct wire *w)
{
	if (w == NULL)
		return;
	close(w->fd);
	reply_reader_free(w->reader);
	buf_done(&w->out);
	free(w);
}

bool
wire_sound(const struct wire *w)
{
	char byte;

	/* Nothing was asked: what there is to read is an end or nonsense. */
	return recv(w->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    (errno == EAGAIN || errno == EWOULDBLOCK);
}

void
wire_begin(struct wire *w)
{
	reply_forget(w->reader);
	buf_reset(&w->out);
	w->sent = w->asked = w->answered = 0;
	w->state = WIRE_BUSY;
}

/* By hand: some fifty lengths and times are written for a batch. */
size_t
wire_digits(uint64_t n, char out[WIRE_DIGITS_MAX])
{
	char digits[WIRE_DIGITS_MAX];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

static void
wire_head(struct wire *w, char kind, size_t number)
{
	char head[WIRE_DIGITS_MAX + 3];
	size_t n = 1 + wire_digits(number, head + 1);

	head[0] = kind;
	head[n++] = '\r';
	head[n++] = '\n';
	buf_add(&w->out, head, n);
}

void
wire_command(struct wire *w, size_t arguments)
{
	w->asked++;
	wire_head(w, '*', arguments);
}

void
wire_argument(struct wire *w, struct span s)
{
	wire_head(w, '$', s.n);
	buf_span(&w->out, s);
	buf_add(&w->out, "\r\n", 2);
}

void
wire_say(struct wire *w, const char *const *arguments)
{
	size_t n = 0, i;

	while (arguments[n] != NULL)
		n++;
	wire_command(w, n);
	for (i = 0; i < n; i++)
		wire_argument(w, span_of(arguments[i]));
}

static void
wire_send(struct wire *w)
{
	ssize_t n;

	while (w->sent < w->out.n) {
		n = send(w->fd, w->out.p + w->sent, w->out.n - w->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			w->sent += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		w->state = WIRE_LOST;
		return;
	}
}

/* Takes the replies that are whole. */
static void
wire_parse(struct wire *w)
{
	enum reply_state state = REPLY_READY;

	while (w->answered < w->asked && state == REPLY_READY) {
		state = reply_next(w->reader, &w->reply[w->answered]);
		if (state == REPLY_READY)
			w->answered++;
	}
	/* An answer too many would be taken for that of the next question. */
	if (state == REPLY_BROKEN ||
	    (w->answered == w->asked && reply_pending(w->reader)))
		w->state = WIRE_LOST;
	else if (w->answered == w->asked)
		w->state = WIRE_DONE;
}

static void
wire_receive(struct wire *w)
{
	char bytes[RECEIVE_BYTES];
	ssize_t n;

	n = recv(w->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK ||
		errno == EINTR))
		return;
	if (n <= 0 || !reply_feed(w->reader, bytes, (size_t)n)) {
		w->state = WIRE_LOST;
		return;
	}
	wire_parse(w);
}

/* One look at all that are busy; false when there is none. */
static bool
wires_poll(struct wire *const *wires, size_t count, int64_t deadline)
{
	struct pollfd p[WIRES_MAX];
	size_t i, busy = 0;

	for (i = 0; i < count; i++) {
		p[i].fd = wires[i]->state == WIRE_BUSY ? wires[i]->fd : -1;
		p[i].events = POLLIN;
		if (wires[i]->sent < wires[i]->out.n)
			p[i].events |= POLLOUT;
		p[i].revents = 0;
		busy += p[i].fd >= 0;
	}
	if (busy == 0)
		return false;
	if (poll(p, count, time_left(deadline)) < 0)
		return true;
	for (i = 0; i < count; i++) {
		if (p[i].fd >= 0 && (p[i].revents & POLLOUT) != 0)
			wire_send(wires[i]);
		if (p[i].fd >= 0 && wires[i]->state == WIRE_BUSY &&
		    (p[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0)
			wire_receive(wires[i]);
	}
	return true;
}

void
wire_exchange(struct wire *const *wires, size_t count, int64_t deadline)
{
	size_t i;

	/* A command that did not fit would be answered never. */
	for (i = 0; i < count; i++) {
		if (wires[i]->out.full || wires[i]->asked > WIRE_COMMANDS_MAX ||
		    i >= WIRES_MAX)
			wires[i]->state = WIRE_LOST;
		else if (wires[i]->asked == 0)
			wires[i]->state = WIRE_DONE;
		else
			wire_send(wires[i]);
	}
	if (count > WIRES_MAX)
		count = WIRES_MAX;
	while (wires_poll(wires, count, deadline))
		if (time_left(deadline) == 0)
			break;
	for (i = 0; i < count; i++)
		if (wires[i]->state == WIRE_BUSY)
			wires[i]->state = WIRE_LATE;
}
