/* mwire - the two directions of one connection, in packets. */
#include "ctl/mwire.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/mclient.h"
#include "ctl/mpacket.h"

#define IN_ROOM (MCLIENT_PACKET_MAX + MPACKET_HEAD)
#define OUT_FLUSH 65536	/* unanswered steps are gathered up to here */

static void
set_options(int fd, int64_t timeout)
{
	struct timeval tv = { .tv_sec = timeout / 1000,
	    .tv_usec = timeout % 1000 * 1000 };
	int one = 1;

	/* Fails on a Unix socket, which needs it as little. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

void
mwire_init(struct mwire *w, int fd, int64_t timeout)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->timeout = timeout;
	w->in = mem_alloc(IN_ROOM);
	buf_init(&w->out, MCLIENT_SEND_MAX + OUT_FLUSH + MPACKET_HEAD);
	set_options(fd, timeout);
}

void
mwire_done(struct mwire *w)
{
	close(w->fd);
	buf_done(&w->out);
	free(w->in);
}

bool
mwire_unread(const struct mwire *w)
{
	return w->in_start != w->in_end;
}

static int
hung_up(struct error *e)
{
	return error_set(e, "the filter hung up");
}

int
mwire_bytes(struct mwire *w, struct span s, struct error *e)
{
	ssize_t n;

	while (s.n != 0) {
		n = send(w->fd, s.p, s.n, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return error_set(e, "the filter does not read");
		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return hung_up(e);
		if (n < 0)
			return error_set(e, "send: %s", strerror(errno));
		s = span_skip(s, (size_t)n);
	}
	return 0;
}

int
mwire_flush(struct mwire *w, struct error *e)
{
	struct span s = buf_contents(&w->out);

	buf_reset(&w->out);	/* the memory and thus s stay */
	return mwire_bytes(w, s, e);
}

/* Adds to what is being gathered; the parts make up one packet. */
int
mwire_put(struct mwire *w, char command, const struct span *parts, size_t count,
    struct error *e)
{
	char head[MPACKET_HEAD];
	size_t i, n = 1;

	for (i = 0; i < count; i++)
		n += parts[i].n;
	if (n > MCLIENT_SEND_MAX)
		return error_set(e, "packet of %zu bytes is too long", n);
	if (w->out.n + n > OUT_FLUSH && mwire_flush(w, e) != 0)
		return -1;
	mpacket_put32((uint32_t)n, head);
	head[4] = command;
	buf_add(&w->out, head, sizeof(head));
	for (i = 0; i < count; i++)
		buf_span(&w->out, parts[i]);
	assert(!w->out.full);
	return 0;
}

/* Waits until the deadline for more bytes and takes what is there. */
static int
fill(struct mwire *w, int64_t deadline, struct error *e)
{
	struct pollfd pfd = { .fd = w->fd, .events = POLLIN };
	int64_t left = deadline - clock_steady();
	ssize_t n;

	if (left <= 0 || (n = poll(&pfd, 1, (int)left)) == 0)
		return error_set(e, "no reply in time");
	if (n < 0 && errno == EINTR)
		return 0;
	n = recv(w->fd, w->in + w->in_end, IN_ROOM - w->in_end, 0);
	if (n < 0 && errno == EINTR)
		return 0;
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return hung_up(e);
	if (n < 0)
		return error_set(e, "recv: %s", strerror(errno));
	w->in_end += (size_t)n;
	return 0;
}

int
mwire_read(struct mwire *w, char *kind, struct span *body,
    struct error *e)
{
	int64_t deadline = clock_steady() + w->timeout;
	int n;

	if (mwire_flush(w, e) != 0)
		return -1;
	for (;;) {
		n = mpacket_take(span_make(w->in + w->in_start,
		    w->in_end - w->in_start), kind, body, e);
		if (n < 0)
			return -1;
		if (n > 0) {
			w->in_start += (size_t)n;
			return 0;
		}
		memmove(w->in, w->in + w->in_start,
		    w->in_end - w->in_start);
		w->in_end -= w->in_start;
		w->in_start = 0;
		if (fill(w, deadline, e) != 0)
			return -1;
	}
}
