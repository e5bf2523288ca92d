/*
 * smtp - sends messages to a mail server on this machine, each over a
 * connection of its own, several at the same time, and tells how long the
 * answers took.  XCLIENT says who the client is; the server has to allow that.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

#define MESSAGE_MAX (64 << 20)
#define CONNECTIONS_MAX 256
#define LINE_MAX_BYTES 1024

/* What a line of "posternctl send --envelopes" says. */
struct envelope {
	char addr[64], name[256], helo[256], from[256], rcpt[256];
};

struct load {
	struct sockaddr_in server;
	struct envelope *envelopes;
	struct buf *messages;	/* as they go over the wire */
	size_t envelope_count, message_count, count;
	double *times;		/* seconds, by message */
	atomic_size_t next, accepted;
	char odd[LINE_MAX_BYTES];	/* some reply that was no 250 */
	pthread_mutex_t lock;	/* of odd */
};

static double
seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The last line of a reply is in line; 0 when the server hung up. */
static int
take_reply(FILE *in, char line[LINE_MAX_BYTES])
{
	do {
		if (fgets(line, LINE_MAX_BYTES, in) == NULL) {
			strcpy(line, "hung up\n");
			return 0;
		}
	} while (strlen(line) > 3 && line[3] == '-');
	return atoi(line);
}

__attribute__((format(printf, 4, 5))) static bool
command(FILE *in, FILE *out, char line[LINE_MAX_BYTES], const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputs("\r\n", out);
	fflush(out);
	code = take_reply(in, line);
	return code >= 200 && code < 400;
}

static bool
converse(FILE *in, FILE *out, char line[LINE_MAX_BYTES],
    const struct envelope *e, const struct buf *message)
{
	if (take_reply(in, line) != 220 ||
	    !command(in, out, line, "EHLO %s", e->helo) ||
	    !command(in, out, line, "XCLIENT ADDR=%s NAME=%s HELO=%s",
	    e->addr, e->name, e->helo) ||
	    !command(in, out, line, "EHLO %s", e->helo) ||
	    !command(in, out, line, "MAIL FROM:<%s>", e->from) ||
	    !command(in, out, line, "RCPT TO:<%s>", e->rcpt) ||
	    !command(in, out, line, "DATA"))
		return false;
	fwrite(message->p, 1, message->n, out);
	fflush(out);
	return take_reply(in, line) == 250;
}

static bool
offer(struct load *load, size_t number, char line[LINE_MAX_BYTES])
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;
	FILE *out = fd >= 0 ? fdopen(dup(fd), "w") : NULL;
	bool taken = false;

	strcpy(line, "no connection\n");
	if (in != NULL && out != NULL && connect(fd,
	    (struct sockaddr *)&load->server, sizeof(load->server)) == 0)
		taken = converse(in, out, line,
		    &load->envelopes[number % load->envelope_count],
		    &load->messages[number % load->message_count]);
	if (out != NULL)
		fclose(out);
	if (in != NULL)
		fclose(in);
	return taken;
}

static void *
work(void *arg)
{
	struct load *load = arg;
	char line[LINE_MAX_BYTES];
	size_t number;
	double begin;

	while ((number = atomic_fetch_add(&load->next, 1)) < load->count) {
		begin = seconds(CLOCK_MONOTONIC);
		if (offer(load, number, line)) {
			atomic_fetch_add(&load->accepted, 1);
		} else {
			pthread_mutex_lock(&load->lock);
			memcpy(load->odd, line, sizeof(line));
			pthread_mutex_unlock(&load->lock);
		}
		load->times[number] = seconds(CLOCK_MONOTONIC) - begin;
	}
	return NULL;
}

static int
by_time(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
print(struct load *load, double elapsed, double cpu)
{
	load->odd[strcspn(load->odd, "\r\n\"\\")] = '\0';
	qsort(load->times, load->count, sizeof(load->times[0]), by_time);
	printf("{\"rate\": %.3f, \"client\": %.6f, \"p50\": %.3f, "
	    "\"p99\": %.3f, \"accepted\": %zu, \"odd\": \"%s\"}\n",
	    (double)load->count / elapsed,
	    cpu / (double)load->count,
	    load->times[load->count / 2] * 1000,
	    load->times[load->count * 99 / 100] * 1000,
	    (size_t)load->accepted, load->odd);
}

static int
run(struct load *load, size_t connections)
{
	pthread_t threads[CONNECTIONS_MAX];
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	double begin = seconds(CLOCK_MONOTONIC);
	size_t i, n;

	for (n = 0; n < connections; n++)
		if (pthread_create(&threads[n], NULL, work, load) != 0)
			break;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	if (n == 0)
		return EX_OSERR;
	print(load, seconds(CLOCK_MONOTONIC) - begin,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
	return 0;
}

/* With the dots of RFC 5321, 4.5.2, and the final one. */
static int
read_message(struct buf *message, const char *path)
{
	FILE *f = fopen(path, "rb");
	bool begins = true;
	int c;

	buf_init(message, MESSAGE_MAX);
	if (f == NULL) {
		perror(path);
		return -1;
	}
	while ((c = getc_unlocked(f)) != EOF) {
		if (begins && c == '.')
			buf_char(message, '.');
		buf_char(message, (char)c);
		begins = c == '\n';
	}
	fclose(f);
	buf_puts(message, begins ? ".\r\n" : "\r\n.\r\n");
	return 0;
}

static int
read_envelopes(struct load *load, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_BYTES];
	struct envelope e;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof(line), f) != NULL &&
	    sscanf(line, "%63[^,],%255s %255s %255s %255s", e.addr, e.name,
	    e.helo, e.from, e.rcpt) == 5) {
		load->envelopes = realloc(load->envelopes,
		    (load->envelope_count + 1) * sizeof(e));
		if (load->envelopes == NULL)
			break;
		load->envelopes[load->envelope_count++] = e;
	}
	fclose(f);
	return load->envelope_count != 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct load load = { .server = { .sin_family = AF_INET },
	    .lock = PTHREAD_MUTEX_INITIALIZER };
	int64_t port, count, connections;
	int i;

	if (argc < 6 || !text_number(span_of(argv[1]), &port) ||
	    !text_number(span_of(argv[2]), &count) || count < 1 ||
	    !text_number(span_of(argv[3]), &connections) || connections < 1 ||
	    connections > CONNECTIONS_MAX) {
		fputs("usage: smtp PORT COUNT CONNECTIONS ENVELOPES FILE...\n",
		    stderr);
		return EX_USAGE;
	}
	load.server.sin_port = htons((uint16_t)port);
	load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	load.count = (size_t)count;
	load.times = calloc(load.count, sizeof(load.times[0]));
	load.messages = calloc((size_t)argc, sizeof(load.messages[0]));
	if (load.times == NULL || load.messages == NULL ||
	    read_envelopes(&load, argv[4]) != 0)
		return EX_NOINPUT;
	for (i = 5; i < argc; i++)
		if (read_message(&load.messages[load.message_count++],
		    argv[i]) != 0)
			return EX_NOINPUT;
	return run(&load, (size_t)connections);
}
