/*
 * quickack - acknowledges the MTA's packets before waiting for more.
 *
 * An MTA writes a message as many small packets.  Where their replies were
 * negotiated away, Nagle's algorithm on its side holds the next until the last
 * is acknowledged, while our kernel waits 40 ms for an answer to send the
 * acknowledgement along with.  Measured over TCP without this file: 46 ms a
 * message behind Postfix, 92 ms behind Sendmail; with it 4 and 8.
 *
 * libmilter does not tell which socket a connection is.  So this takes the
 * place of the C library's poll, by which libmilter waits for a packet: where
 * none comes in a moment, what came is acknowledged.  To do so for every
 * packet would cost more than all the checks.
 */
#include "milter/quickack.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

/* poll has no pointer of ours to look at.  Unix sockets need none of this. */
static bool enabled;

void
quickack_enable(void)
{
	enabled = true;
}

static void
acknowledge(int fd)
{
	/* Even: now, if it is due; zero: and as before from then on. */
	static const int now = 2, later = 0;

	if (setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof(now)) == 0)
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &later,
		    sizeof(later));
}

/* Longer than an MTA that is at work takes from one packet to the next. */
#define MOMENT_MS 2

/* The C library's own poll, under the name that its checked variant has. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);

static int
real_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return __poll_chk(fds, count, timeout, count * sizeof(*fds));
}

int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int ready;

	if (enabled && count == 1 && timeout != 0) {
		ready = real_poll(fds, count, MOMENT_MS);
		if (ready != 0)
			return ready;
		acknowledge(fds[0].fd);
	}
	return real_poll(fds, count, timeout);
}
