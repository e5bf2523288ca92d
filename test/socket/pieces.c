/*
 * pieces - the same dialogue however it is cut: in one piece, byte by byte, in
 * two at every place.  The answers are the same, and what a peer left unread
 * when it hung up is nobody else's.
 */
#include "test/socket/lab.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"

#define BODY 70000	/* bytes: more than is read ahead, in two chunks */
#define AGAIN 200	/* connections that hang up with something unread */

#define BYTES(literal) span_make((literal), sizeof(literal) - 1)

static void
put_number(struct buf *out, uint32_t n)
{
	n = htonl(n);
	buf_add(out, &n, sizeof(n));
}

static void
put_packet(struct buf *out, char command, struct span data)
{
	put_number(out, (uint32_t)data.n + 1);
	buf_char(out, command);
	buf_span(out, data);
}

static void
put_greeting(struct buf *out)
{
	put_packet(out, SMFIC_OPTNEG,
	    BYTES("\0\0\0\6\0\0\1\377\0\37\377\377"));
	put_packet(out, SMFIC_MACRO, BYTES("Cj\0mx.example.net\0"));
	put_packet(out, SMFIC_CONNECT,
	    BYTES("mail.example.org\0" "4\0\31" "192.0.2.1\0"));
	put_packet(out, SMFIC_HELO, BYTES("mail.example.org\0"));
}

static void
put_message(struct buf *out, size_t body)
{
	char *bytes = mem_alloc(65535);
	size_t n;

	memset(bytes, 'x', 65535);
	put_packet(out, SMFIC_MACRO, BYTES("Mi\0PIECES\0"));
	put_packet(out, SMFIC_MAIL, BYTES("<a@example.org>\0"));
	put_packet(out, SMFIC_RCPT, BYTES("<b@example.net>\0"));
	put_packet(out, SMFIC_HEADER, BYTES("From\0 a@example.org\0"));
	put_packet(out, SMFIC_HEADER, BYTES("Subject\0 pieces\0"));
	put_packet(out, SMFIC_EOH, BYTES(""));
	for (; body > 0; body -= n) {
		n = body < 65535 ? body : 65535;
		put_packet(out, SMFIC_BODY, span_make(bytes, n));
	}
	put_packet(out, SMFIC_BODYEOB, BYTES(""));
	free(bytes);
}

static int
reach(const struct lab *lab, bool unix_socket)
{
	int fd = socket(unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	unsigned port;
	int status;

	if (unix_socket) {
		snprintf(un.sun_path, sizeof(un.sun_path), "%s",
		    lab->address + strlen("unix:"));
		status = connect(fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		sscanf(lab->address, "inet:%u@", &port);
		in.sin_port = htons((uint16_t)port);
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		status = connect(fd, (struct sockaddr *)&in, sizeof(in));
	}
	CHECK("connect", status == 0);
	return fd;
}

static bool
put_all(int fd, struct span bytes)
{
	ssize_t n;

	for (; bytes.n > 0; bytes = span_skip(bytes, (size_t)n)) {
		n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

/* Until as many bytes came as are wanted, or the daemon hangs up. */
static void
get(int fd, struct buf *in, size_t wanted)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char bytes[4096];
	ssize_t n = 1;

	while (n > 0 && in->n < wanted && poll(&p, 1, LAB_WAIT) == 1) {
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n > 0)
			buf_add(in, bytes, (size_t)n);
	}
}

/* Of packets, the letters: fields that are added have tokens and times. */
static void
letters(struct span in, struct buf *out)
{
	uint32_t n;

	while (in.n > 4) {
		memcpy(&n, in.p, sizeof(n));
		n = ntohl(n);
		buf_char(out, in.p[4]);
		in = span_skip(in, n + 4 < in.n ? n + 4 : in.n);
	}
}

/* In pieces of so many bytes, the first of which may be another. */
static void
send_pieces(int fd, struct span bytes, size_t first, size_t piece)
{
	size_t n = first < bytes.n ? first : bytes.n;

	for (; bytes.n > 0; n = piece < bytes.n ? piece : bytes.n) {
		if (!CHECK("send", put_all(fd, span_head(bytes, n))))
			return;
		bytes = span_skip(bytes, n);
	}
}

/* wanted: the answers when nothing is cut; written when it is empty. */
static void
try_pieces(const struct lab *lab, bool unix_socket, struct span bytes,
    size_t first, size_t piece, struct buf *wanted)
{
	int fd = reach(lab, unix_socket);
	struct buf in, got;
	char row[80];

	snprintf(row, sizeof(row), "%zu, then %zu at a time", first, piece);
	buf_init(&in, LAB_FILE_MAX);
	buf_init(&got, LAB_FILE_MAX);
	send_pieces(fd, bytes, first, piece);
	shutdown(fd, SHUT_WR);
	get(fd, &in, SIZE_MAX);
	letters(buf_contents(&in), &got);
	if (wanted->n == 0)
		buf_span(wanted, buf_contents(&got));
	CHECK(row, got.n > 4 && got.p[0] == SMFIC_OPTNEG);
	CHECK_TEXT(row, buf_string(&got), buf_string(wanted));
	buf_done(&got);
	buf_done(&in);
	close(fd);
}

static void
cut(const struct lab *lab, bool unix_socket)
{
	struct buf all, wanted;
	size_t i, small;

	buf_init(&all, LAB_FILE_MAX);
	buf_init(&wanted, LAB_FILE_MAX);
	put_greeting(&all);
	put_message(&all, 100);
	put_message(&all, 0);
	put_packet(&all, SMFIC_QUIT, BYTES(""));
	small = all.n;
	for (i = 0; i <= small; i++)
		try_pieces(lab, unix_socket, buf_contents(&all), i, small,
		    &wanted);
	try_pieces(lab, unix_socket, buf_contents(&all), 1, 1, &wanted);
	/* Two final answers, and fields before each. */
	CHECK("two messages", wanted.n > 6 &&
	    wanted.p[wanted.n - 1] == SMFIR_CONTINUE);
	buf_done(&wanted);
	all.n = 0;
	put_greeting(&all);
	put_message(&all, BODY);
	put_message(&all, 5);
	put_message(&all, 4 * 65535);
	put_packet(&all, SMFIC_QUIT, BYTES(""));
	buf_init(&wanted, LAB_FILE_MAX);
	for (i = 0; i < 20; i++)
		try_pieces(lab, unix_socket, buf_contents(&all), i * 997,
		    i == 0 ? all.n : 1 + i * i * 331, &wanted);
	buf_done(&wanted);
	buf_done(&all);
}

/* What stands behind the end of a dialogue is not the next one's beginning. */
static void
leave_unread(const struct lab *lab, bool unix_socket)
{
	struct buf all, good, wanted;
	int i, fd;

	buf_init(&all, LAB_FILE_MAX);
	buf_init(&good, LAB_FILE_MAX);
	buf_init(&wanted, LAB_FILE_MAX);
	put_greeting(&all);
	put_packet(&all, SMFIC_QUIT, BYTES(""));
	put_packet(&all, SMFIC_HELO, BYTES("of.nobody.example\0"));
	put_packet(&all, 'z', BYTES("and worse"));
	put_greeting(&good);
	put_message(&good, 100);
	put_packet(&good, SMFIC_QUIT, BYTES(""));
	for (i = 0; i < AGAIN; i++) {
		fd = reach(lab, unix_socket);
		put_all(fd, buf_contents(&all));
		close(fd);
		try_pieces(lab, unix_socket, buf_contents(&good), good.n,
		    good.n, &wanted);
	}
	buf_done(&wanted);
	buf_done(&good);
	buf_done(&all);
}

static void
play(bool unix_socket)
{
	struct lab lab;
	int fds;

	lab_make(&lab, unix_socket);
	if (!lab_start(&lab))
		return;
	fds = lab_fds(&lab);
	cut(&lab, unix_socket);
	leave_unread(&lab, unix_socket);
	lab_well(&lab, fds, unix_socket ? "unix" : "inet");
	lab_stop(&lab, unix_socket ? "unix" : "inet");
	lab_remove(&lab);
}

int
main(void)
{
	play(true);
	play(false);
	return test_end();
}
