/* hostsproxy - a way to a server that can be made slow, or cut. */
#include "test/socket/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define PAIRS_MAX 64
#define CHUNK 65536
#define CHUNKS_MAX 256		/* under way in one direction */

struct chunk {
	int64_t due;		/* steady clock */
	size_t n, sent;
	char *bytes;
};

/* One direction of one connection. */
struct lane {
	int from, to;
	struct chunk chunks[CHUNKS_MAX];
	size_t first, count;
};

struct pair {
	struct lane lanes[2];
};

struct proxy {
	int listener, port, server;
	atomic_int delay;
	atomic_bool drops;
	struct pair *pairs[PAIRS_MAX];
	size_t count;
	pthread_t thread;
};

static int
loopback(int port, struct sockaddr_in *in)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)port);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* A connection without its server is closed: there is none. */
static void
pair_add(struct proxy *p)
{
	struct sockaddr_in in;
	struct pair *pair;
	int client = accept4(p->listener, NULL, NULL,
	    SOCK_NONBLOCK | SOCK_CLOEXEC), server, one = 1;

	if (client < 0)
		return;
	server = loopback(p->server, &in);
	if (p->count == PAIRS_MAX || connect(server, (struct sockaddr *)&in,
	    sizeof(in)) != 0) {
		close(client);
		close(server);
		return;
	}
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(server, F_SETFL, O_NONBLOCK);
	pair = mem_alloc(sizeof(*pair));
	pair->lanes[0].from = pair->lanes[1].to = client;
	pair->lanes[0].to = pair->lanes[1].from = server;
	p->pairs[p->count++] = pair;
}

static void
pair_end(struct proxy *p, size_t i)
{
	struct pair *pair = p->pairs[i];
	struct lane *lane;
	size_t k;

	for (k = 0; k < 2; k++)
		for (lane = &pair->lanes[k]; lane->count > 0; lane->count--)
			free(lane->chunks[lane->first++ % CHUNKS_MAX].bytes);
	close(pair->lanes[0].from);
	close(pair->lanes[0].to);
	free(pair);
	p->pairs[i] = p->pairs[--p->count];
}

/* Takes in what has come; false at the end. */
static bool
lane_read(struct proxy *p, struct lane *lane)
{
	struct chunk *c = &lane->chunks[(lane->first + lane->count) %
	    CHUNKS_MAX];
	char bytes[CHUNK];
	ssize_t n;

	if (lane->count == CHUNKS_MAX)
		return true;
	n = recv(lane->from, bytes, sizeof(bytes), 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	c->due = clock_steady() + p->delay;
	c->n = (size_t)n;
	c->sent = 0;
	c->bytes = mem_copy(bytes, c->n);
	lane->count++;
	return true;
}

static bool
lane_write(struct lane *lane, int64_t now)
{
	struct chunk *c;
	ssize_t n;

	while (lane->count > 0) {
		c = &lane->chunks[lane->first % CHUNKS_MAX];
		if (c->due > now)
			return true;
		n = send(lane->to, c->bytes + c->sent, c->n - c->sent,
		    MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
		if (c->sent < c->n)
			return true;
		free(c->bytes);
		lane->first++;
		lane->count--;
	}
	return true;
}

/* While nothing gets through it is not even read, as on a cut line. */
static void
proxy_turn(struct proxy *p)
{
	int64_t now = clock_steady();
	struct pair *pair;
	size_t i = 0;

	if (p->drops)
		return;
	while (i < p->count) {
		pair = p->pairs[i];
		if (lane_read(p, &pair->lanes[0]) &&
		    lane_read(p, &pair->lanes[1]) &&
		    lane_write(&pair->lanes[0], now) &&
		    lane_write(&pair->lanes[1], now))
			i++;
		else
			pair_end(p, i);
	}
}

static void *
proxy_run(void *argument)
{
	struct proxy *p = argument;
	struct pollfd fds[1 + 2 * PAIRS_MAX];
	size_t i;
	nfds_t n;

	for (;;) {
		fds[0] = (struct pollfd){p->listener, POLLIN, 0};
		n = 1;
		for (i = 0; i < p->count && !p->drops; i++) {
			fds[n++] = (struct pollfd){
			    p->pairs[i]->lanes[0].from, POLLIN, 0};
			fds[n++] = (struct pollfd){
			    p->pairs[i]->lanes[1].from, POLLIN, 0};
		}
		poll(fds, n, p->drops || p->delay > 0 ? 2 : 20);
		if (fds[0].revents != 0 && !p->drops)
			pair_add(p);
		else if (fds[0].revents != 0)
			lab_sleep(2);
		proxy_turn(p);
	}
	return NULL;
}

struct proxy *
proxy_new(int port)
{
	struct proxy *p = mem_alloc(sizeof(*p));
	struct sockaddr_in in;
	socklen_t n = sizeof(in);

	p->server = port;
	p->listener = loopback(0, &in);
	if (bind(p->listener, (struct sockaddr *)&in, n) != 0 ||
	    listen(p->listener, PAIRS_MAX) != 0 ||
	    getsockname(p->listener, (struct sockaddr *)&in, &n) != 0 ||
	    pthread_create(&p->thread, NULL, proxy_run, p) != 0) {
		perror("proxy");
		exit(2);
	}
	p->port = ntohs(in.sin_port);
	return p;
}

int
proxy_port(const struct proxy *p)
{
	return p->port;
}

void
proxy_delay(struct proxy *p, int ms)
{
	p->delay = ms;
}

void
proxy_drop(struct proxy *p, bool drops)
{
	p->drops = drops;
}
