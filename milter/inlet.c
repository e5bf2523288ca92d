/*
 * inlet - how libmilter reads what the MTA sends.
 *
 * libmilter asks the kernel five times for each packet: twice whether one is
 * there, for its head, whether there is more, and for the rest.  A message is
 * some thirty packets, which the MTA writes many at a time.  So this takes the
 * place of the C library's calls by which libmilter reads: what has come is
 * taken in one piece, and its questions are answered out of that.
 *
 * No thread can leave anything behind that another would miss: libmilter hands
 * a connection on only when poll says that nothing is there to be read.
 *
 * Of a packet of macros with a name that has no value, libmilter 8.17 would
 * read past the end: the last byte of such a packet is changed, so that there
 * is one, or the name is part of the value before.
 *
 * And over TCP it acknowledges the MTA's packets before it waits for more.
 * Where replies were negotiated away, Nagle's algorithm on the MTA's side holds
 * the next packet until the last is acknowledged, while our kernel waits 40 ms
 * for an answer to send the acknowledgement along with: 46 ms a message behind
 * Postfix, 92 ms behind Sendmail; with this 4 and 8.  To do so for every packet
 * would cost more than all the checks.
 */
#include "milter/inlet.h"

#include <libmilter/mfdef.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_BYTES (MILTER_LEN_BYTES + 1)	/* length and command */
#define AHEAD_MAX 16384		/* bytes read ahead, by each thread */
#define FDS_MAX 65536		/* those beyond are read as libmilter asks */

/* Longer than an MTA that is at work takes from one packet to the next. */
#define MOMENT_MS 2

/* None of these calls has a pointer of ours to look at. */
static bool over_tcp;
static atomic_uint sessions_begun;
static atomic_uint sessions[FDS_MAX];	/* by descriptor; 0: not an MTA's */

/* What this thread read and libmilter did not yet ask for. */
static _Thread_local struct {
	unsigned session;
	size_t from, to;
	size_t wanted;		/* that libmilter still lacks of a packet */
	char bytes[AHEAD_MAX];
} ahead;

/* The packet that libmilter is given; a thread reads it as a whole. */
static _Thread_local struct {
	unsigned session;
	size_t have;		/* bytes of its head */
	unsigned char head[HEAD_BYTES];
	size_t left, given;	/* bytes behind it */
	bool odd;		/* zeros so far */
} packet;

/* The C library's own, under the names that their checked variants have. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size);
ssize_t __read_chk(int fd, void *buffer, size_t count, size_t size);
int __close(int fd);

void
inlet_over_tcp(void)
{
	over_tcp = true;
}

static unsigned
session_of(int fd)
{
	return fd >= 0 && fd < FDS_MAX ? atomic_load_explicit(&sessions[fd],
	    memory_order_relaxed) : 0;
}

static void
session_set(int fd, unsigned session)
{
	if (fd >= 0 && fd < FDS_MAX)
		atomic_store_explicit(&sessions[fd], session,
		    memory_order_relaxed);
}

int
accept(int listener, struct sockaddr *address, socklen_t *length)
{
	int fd = accept4(listener, address, length, 0);
	unsigned session = 0;

	/* Never 0, however many there were. */
	while (fd >= 0 && session == 0)
		session = atomic_fetch_add(&sessions_begun, 1) + 1;
	session_set(fd, session);
	return fd;
}

int
close(int fd)
{
	session_set(fd, 0);
	return __close(fd);
}

static bool
is_ahead(unsigned session)
{
	return ahead.session == session && ahead.from < ahead.to;
}

/* As recv; what comes is kept for the session. */
static ssize_t
read_ahead(int fd, unsigned session, int flags)
{
	ssize_t n = recv(fd, ahead.bytes, sizeof(ahead.bytes), flags);

	ahead.session = session;
	ahead.from = ahead.wanted = 0;
	ahead.to = n > 0 ? (size_t)n : 0;
	return n;
}

/* Whether what is behind this head is names and values of macros. */
static bool
has_macros(void)
{
	return packet.head[MILTER_LEN_BYTES] == SMFIC_MACRO;
}

static void
packet_begin(char byte)
{
	size_t i, length = 0;

	packet.head[packet.have++] = (unsigned char)byte;
	if (packet.have < HEAD_BYTES)
		return;
	for (i = 0; i < MILTER_LEN_BYTES; i++)
		length = length << 8 | packet.head[i];
	/* A length with a sign is one of nothing. */
	packet.left = length > 0 && length <= INT32_MAX ? length - 1 : 0;
	packet.given = 0;
	packet.odd = false;
	if (packet.left == 0)
		packet.have = 0;
}

/* Each name and each value ends with a zero; the first byte is the stage. */
static void
count_zeros(char *bytes, size_t n)
{
	size_t i;

	for (i = packet.given == 0 ? 1 : 0; i < n; i++)
		packet.odd ^= (bytes[i] == '\0');
	if (packet.left == n && packet.odd && packet.given + n > 1)
		bytes[n - 1] = bytes[n - 1] == '\0' ? 'x' : '\0';
}

/* What libmilter gets of a session's bytes, in their order. */
static void
follow(unsigned session, char *bytes, size_t n)
{
	size_t some;

	if (packet.session != session)
		packet.have = 0;
	packet.session = session;
	for (; n > 0; bytes += some, n -= some) {
		some = 1;
		if (packet.have < HEAD_BYTES) {
			packet_begin(*bytes);
			continue;
		}
		some = n < packet.left ? n : packet.left;
		if (has_macros())
			count_zeros(bytes, some);
		packet.given += some;
		packet.left -= some;
		if (packet.left == 0)
			packet.have = 0;
	}
}

static size_t
take(char *out, size_t max)
{
	size_t n = ahead.to - ahead.from;

	if (n > max)
		n = max;
	memcpy(out, ahead.bytes + ahead.from, n);
	ahead.from += n;
	ahead.wanted = max - n;
	return n;
}

ssize_t
read(int fd, void *buffer, size_t count)
{
	unsigned session = session_of(fd);
	ssize_t n;

	if (session != 0 && !is_ahead(session) && count < AHEAD_MAX) {
		n = read_ahead(fd, session, 0);
		if (n <= 0)
			return n;
	}
	if (session != 0 && is_ahead(session)) {
		n = (ssize_t)take(buffer, count);
	} else {
		n = __read_chk(fd, buffer, count, count);
		if (session != 0 && n > 0)
			ahead.wanted = count - (size_t)n;
	}
	if (session != 0 && n > 0)
		follow(session, buffer, (size_t)n);
	return n;
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

static int
real_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return __poll_chk(fds, count, timeout, count * sizeof(*fds));
}

/* The rest of a long packet goes where libmilter wants it, not through here. */
static bool
has_input(int fd, unsigned session)
{
	if (is_ahead(session))
		return true;
	if (ahead.session == session && ahead.wanted >= AHEAD_MAX)
		return false;
	return read_ahead(fd, session, MSG_DONTWAIT) > 0;
}

/* This is poll, whose own declaration says that it only writes to fds. */
int inlet_poll(struct pollfd *fds, nfds_t count, int timeout) __asm__("poll");

int
inlet_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	unsigned session = count == 1 ? session_of(fds[0].fd) : 0;
	int ready;

	if (session == 0 || !(fds[0].events & POLLIN))
		return real_poll(fds, count, timeout);
	if (has_input(fds[0].fd, session)) {
		fds[0].revents = POLLIN;
		return 1;
	}
	if (over_tcp && timeout != 0) {
		ready = real_poll(fds, count, MOMENT_MS);
		if (ready != 0)
			return ready;
		acknowledge(fds[0].fd);
	}
	return real_poll(fds, count, timeout);
}
