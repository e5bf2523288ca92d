/* torturedns - a DNS server of our own on loopback. */
#include "ctl/torturedns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define HEAD 12			/* bytes of a packet's header */
#define NAME_MAX_BYTES 256
#define LATE_MAX 2048		/* answers to be late; more are lost */
#define LIES 7
#define TTL 60
#define POLL_MS 100

enum {
	TYPE_A = 1, TYPE_SOA = 6, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16
};
enum { RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

struct late {
	int64_t due;
	struct sockaddr_in to;
	size_t n;
	char bytes[RESPONDER_PACKET_MAX];
};

struct responder {
	int fd;
	unsigned port;
	pthread_t thread;
	_Atomic int mood;
	atomic_bool stop;
	unsigned questions;
	struct late *late;	/* a ring: all wait the same time */
	size_t first, count;
};

/* An answer being written; what does not fit is left out. */
struct packet {
	unsigned char *p;
	size_t n;
	unsigned answers;
};

static void
put(struct packet *k, const void *bytes, size_t n)
{
	if (k->n + n <= RESPONDER_PACKET_MAX)
		memcpy(k->p + k->n, bytes, n);
	k->n += n;
}

static void
put16(struct packet *k, unsigned value)
{
	unsigned char b[2] = {(unsigned char)(value >> 8),
	    (unsigned char)value};

	put(k, b, 2);
}

/* A record of the name asked for, which stands behind the header. */
static void
put_record(struct packet *k, unsigned type, const void *data, size_t n)
{
	put16(k, 0xc000 | HEAD);
	put16(k, type);
	put16(k, 1);
	put16(k, 0);
	put16(k, TTL);
	put16(k, (unsigned)n);
	put(k, data, n);
	k->answers++;
}

static void
put_text(struct packet *k, const char *text)
{
	char data[NAME_MAX_BYTES];
	size_t n = strlen(text);

	data[0] = (char)n;
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a length */
	memcpy(data + 1, text, n);
	put_record(k, TYPE_TXT, data, n + 1);
}

/* "mail." and the domain, with two bytes in front of it for MX. */
static void
put_host(struct packet *k, unsigned type)
{
	static const unsigned char host[] = "\0\012\04mail\07torture\07example";
	size_t skip = type == TYPE_MX ? 0 : 2;

	put_record(k, type, host + skip, sizeof(host) - skip);
}

static void
put_clients(struct packet *k)
{
	unsigned char address[4] = {198, 18, 0, 0};

	for (address[3] = 1; address[3] <= RESPONDER_CLIENTS; address[3]++)
		put_record(k, TYPE_A, address, 4);
}

/* Of an absent name or type, for how long it will be so. */
static void
put_soa(struct packet *k)
{
	static const unsigned char soa[] = "\0\0\0\0\0\1\0\0\0\74\0\0\0\74"
	    "\0\0\0\74\0\0\0\74";
	unsigned answers = k->answers;

	put(k, "", 1);
	put16(k, TYPE_SOA);
	put16(k, 1);
	put16(k, 0);
	put16(k, TTL);
	put16(k, 22);
	put(k, soa, 22);
	k->answers = answers;
}

/* Everything that there is; true when the name exists. */
static bool
put_truth(struct packet *k, const char *name, unsigned type)
{
	static const char reverse[] = ".0.18.198.in-addr.arpa";
	struct span s = span_of(name);

	if (strcmp(name, RESPONDER_DOMAIN) == 0) {
		if (type == TYPE_TXT)
			put_text(k, "v=spf1 ip4:198.18.0.0/15 -all");
		if (type == TYPE_MX)
			put_host(k, TYPE_MX);
		if (type == TYPE_A)
			put_clients(k);
		return true;
	}
	if (strcmp(name, "_dmarc." RESPONDER_DOMAIN) == 0) {
		if (type == TYPE_TXT)
			put_text(k, "v=DMARC1; p=none");
		return true;
	}
	if (strcmp(name, "mail." RESPONDER_DOMAIN) == 0) {
		if (type == TYPE_A)
			put_clients(k);
		return true;
	}
	if (!span_iends(s, reverse))
		return false;
	if (type == TYPE_PTR)
		put_host(k, TYPE_PTR);
	return true;
}

/* The name of a question in small letters; bytes it takes, 0: none. */
static size_t
read_name(struct span s, char name[NAME_MAX_BYTES])
{
	size_t at = 0, n = 0, i, label;

	while (at < s.n && s.p[at] != 0) {
		label = (unsigned char)s.p[at];
		if (label > 63 || at + 1 + label >= s.n ||
		    n + label + 2 > NAME_MAX_BYTES)
			return 0;
		if (n > 0)
			name[n++] = '.';
		for (i = 1; i <= label; i++)
			name[n++] = (char)char_lower(s.p[at + i]);
		at += label + 1;
	}
	name[n] = '\0';
	return at < s.n ? at + 1 : 0;
}

static size_t
finish(struct packet *k, unsigned rcode, bool soa)
{
	k->p[2] = 0x81;		/* an answer, recursion desired ... */
	k->p[3] = (unsigned char)(0x80 | rcode);	/* ... and available */
	k->p[4] = 0;
	k->p[5] = 1;
	k->p[6] = 0;
	k->p[7] = (unsigned char)k->answers;
	memset(k->p + 8, 0, 4);
	k->p[9] = soa;
	return k->n <= RESPONDER_PACKET_MAX ? k->n : 0;
}

/* Spoils a right answer: none of these may be believed. */
static size_t
lie(struct packet *k, unsigned n)
{
	static const unsigned char listed[4] = {127, 0, 0, 2};

	put_record(k, TYPE_A, listed, 4);
	(void)finish(k, 0, false);
	switch (n % LIES) {
	case 0:			/* of another question's number */
		k->p[0] ^= 0x55;
		break;
	case 1:			/* about another name */
		k->p[HEAD + 1] ^= 1;
		break;
	case 2:			/* a name that points to itself */
		k->p[HEAD] = 0xc0;
		k->p[HEAD + 1] = HEAD;
		break;
	case 3:			/* more records than there are */
		k->p[6] = 0xff;
		break;
	case 4:			/* the rest comes over TCP, which is closed */
		k->p[2] |= 2;
		break;
	case 5:
		return HEAD - 1;
	default:		/* a question for an answer */
		k->p[2] = 1;
	}
	return k->n <= RESPONDER_PACKET_MAX ? k->n : HEAD;
}

/* NOLINTBEGIN(readability-non-const-parameter): written through k.p */
size_t
responder_answer(struct span question, enum responder_mood mood, unsigned n,
    char out[RESPONDER_PACKET_MAX])
{
	/* NOLINTEND(readability-non-const-parameter): see above */
	struct packet k = {.p = (unsigned char *)out};
	unsigned char address[4] = {198, 18, 255, 1};
	char name[NAME_MAX_BYTES];
	unsigned type;
	size_t end;
	bool known;

	end = question.n > HEAD ? read_name(span_skip(question, HEAD), name) :
	    0;
	if (end == 0 || HEAD + end + 4 > question.n ||
	    HEAD + end + 4 > RESPONDER_PACKET_MAX || mood == RESPONDER_DEAD)
		return 0;
	end += HEAD;
	type = (unsigned)(unsigned char)question.p[end] << 8 |
	    (unsigned char)question.p[end + 1];
	put(&k, question.p, end + 4);
	if (mood == RESPONDER_FAILING)
		return finish(&k, RCODE_SERVFAIL, false);
	if (mood == RESPONDER_LYING)
		return lie(&k, n);
	known = put_truth(&k, name, type);
	if (mood == RESPONDER_WILD && k.answers == 0 && type == TYPE_A)
		put_record(&k, TYPE_A, address, 4);
	known = known || mood == RESPONDER_WILD;
	if (k.answers == 0)
		put_soa(&k);
	return finish(&k, known ? 0 : RCODE_NXDOMAIN, k.answers == 0);
}

static void
hold_back(struct responder *r, const struct sockaddr_in *to,
    const char *bytes, size_t n)
{
	struct late *late;

	if (r->count == LATE_MAX)
		return;
	late = &r->late[(r->first + r->count++) % LATE_MAX];
	late->due = clock_steady() + RESPONDER_SLOW_MS;
	late->to = *to;
	late->n = n;
	memcpy(late->bytes, bytes, n);
}

static void
send_late(struct responder *r)
{
	struct late *late;

	while (r->count > 0) {
		late = &r->late[r->first];
		if (late->due > clock_steady())
			return;
		(void)sendto(r->fd, late->bytes, late->n, 0,
		    (struct sockaddr *)&late->to, sizeof(late->to));
		r->first = (r->first + 1) % LATE_MAX;
		r->count--;
	}
}

static void
take_question(struct responder *r)
{
	char question[RESPONDER_PACKET_MAX], answer[RESPONDER_PACKET_MAX];
	struct sockaddr_in from = {0};
	socklen_t length = sizeof(from);
	enum responder_mood mood = (enum responder_mood)r->mood;
	ssize_t got;
	size_t n;

	got = recvfrom(r->fd, question, sizeof(question), MSG_DONTWAIT,
	    (struct sockaddr *)&from, &length);
	if (got <= 0)
		return;
	n = responder_answer(span_make(question, (size_t)got), mood,
	    r->questions++, answer);
	if (n == 0)
		return;
	if (mood == RESPONDER_SLOW)
		hold_back(r, &from, answer, n);
	else
		(void)sendto(r->fd, answer, n, 0, (struct sockaddr *)&from,
		    length);
}

static void *
serve(void *argument)
{
	struct responder *r = argument;
	struct pollfd p = {.fd = r->fd, .events = POLLIN};

	while (!r->stop) {
		if (poll(&p, 1, POLL_MS) > 0)
			take_question(r);
		send_late(r);
	}
	return NULL;
}

struct responder *
responder_new(struct error *error)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct responder *r = mem_alloc(sizeof(*r));
	socklen_t n = sizeof(sin);

	r->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (r->fd >= 0 && bind(r->fd, (struct sockaddr *)&sin, n) == 0 &&
	    getsockname(r->fd, (struct sockaddr *)&sin, &n) == 0) {
		r->port = ntohs(sin.sin_port);
		r->late = mem_alloc(LATE_MAX * sizeof(*r->late));
		if (pthread_create(&r->thread, NULL, serve, r) == 0)
			return r;
	}
	error_set(error, "a DNS server on loopback: %s", strerror(errno));
	close(r->fd);
	free(r->late);
	free(r);
	return NULL;
}

void
responder_free(struct responder *r)
{
	if (r == NULL)
		return;
	r->stop = true;
	pthread_join(r->thread, NULL);
	close(r->fd);
	free(r->late);
	free(r);
}

unsigned
responder_port(const struct responder *r)
{
	return r->port;
}

void
responder_set(struct responder *r, enum responder_mood mood)
{
	r->mood = (int)mood;
}
