/*
 * redis_outage - a Redis that is slow, stopped, gone, loading or mad: batches
 * end in time, what was perhaps done is told apart, and nothing counts twice.
 */
#include "test/unit/redis_test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#define SLACK 400	/* ms that a busy machine may add */
#define SOON 30		/* ms: nobody waited */

/* The C library's, but for a name whose servers do not answer. */
int
getaddrinfo(const char *name, const char *service,
    const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

	if (strcmp(name, "unanswered.example") == 0) {
		sleep(4);
		return EAI_AGAIN;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(name, service, hints, out);
}

/* How long a batch of one took, ms. */
static int64_t
timed(struct store *s, struct store_op *op, int64_t timeout)
{
	int64_t start = clock_steady();

	run(s, op, timeout);
	return clock_steady() - start;
}

static void
test_never_there(void)
{
	struct store *s = store_at("127.0.0.1:1", REDIS_SINGLE);
	struct store_op op = make(STORE_GET, "a", 0);
	int i;

	CHECK("first", run(s, &op, WAIT) == TROUBLE_UNREACHED);
	for (i = 0; i < 10; i++)
		CHECK("at once", timed(s, &op, WAIT) < SOON &&
		    op.trouble == TROUBLE_UNREACHED);
	CHECK("told", told(s, "refused"));
	store_close(s);
}

/* Who asks the DNS waits as long as that likes; nobody waits for him. */
static void
test_nameless(void)
{
	struct store *s = store_at("unanswered.example", REDIS_SINGLE);
	struct store_op op = make(STORE_GET, "a", 0);
	int64_t start;

	CHECK("in time", timed(s, &op, 150) < 150 + SLACK &&
	    op.trouble == TROUBLE_UNREACHED);
	start = clock_steady();
	store_close(s);
	CHECK("closed in time", clock_steady() - start < 1000 + SLACK);
}

/* A stopped server takes what is sent, and says nothing. */
static void
test_stopped(void)
{
	int server = redislab_start("");
	struct store *s = store_at(redislab_address(server), REDIS_SINGLE);
	struct store_op op, sent[3];
	int64_t took;
	int i;

	/* One connection has it; the others are still to be made. */
	CHECK("well", answers_within(s, WAIT));
	redislab_signal(server, SIGSTOP);
	for (i = 0; i < 3; i++) {
		sent[i] = named(STORE_ADD, "stopped", 1, 10 + (uint64_t)i);
		took = timed(s, &sent[i], 150);
		CHECK("in time", took >= 100 && took < 150 + SLACK);
		CHECK("perhaps done", sent[i].trouble == (i == 0
		    ? TROUBLE_UNKNOWN : TROUBLE_UNREACHED));
	}
	for (; i < 10; i++) {
		op = named(STORE_ADD, "stopped", 1, 10 + (uint64_t)i);
		CHECK("the circuit is broken", timed(s, &op, 150) < SOON);
		CHECK("not done", op.trouble == TROUBLE_UNREACHED);
	}
	redislab_signal(server, SIGCONT);
	CHECK("mends", answers_within(s, WAIT));
	for (i = 0; i < 10; i++) {
		op = named(STORE_ADD, "stopped", 1, 10 + (uint64_t)i);
		run(s, &op, WAIT);
	}
	CHECK("all sent once more, each counts once",
	    sum_of(s, "stopped") == 10);
	store_close(s);
	redislab_signal(server, SIGKILL);
}

static void
test_killed(void)
{
	int server = redislab_start("");
	struct store *s = store_at(redislab_address(server), REDIS_SINGLE);
	struct store_op op = make(STORE_ADD, "killed", 1);
	int i;

	CHECK("well", run(s, &op, WAIT) == TROUBLE_NONE);
	redislab_signal(server, SIGKILL);
	for (i = 0; i < 5; i++)
		CHECK("fast", timed(s, &op, WAIT) < SOON + SLACK &&
		    op.trouble == TROUBLE_UNREACHED);
	CHECK("again", redislab_again(server));
	CHECK("mends", answers_within(s, WAIT));
	CHECK("told no more", told(s, ""));
	/* All connections are closed under us, but the server is there. */
	redislab_say(server, "CLIENT KILL TYPE normal SKIPME yes");
	op = make(STORE_ADD, "closed", 1);
	CHECK("an old connection is no matter",
	    run(s, &op, WAIT) == TROUBLE_NONE && op.number == 1);
	store_close(s);
	redislab_signal(server, SIGKILL);
}

static void
test_loading(void)
{
	int server = redislab_start("--loading-process-events-interval-bytes "
	    "1024 --key-load-delay 2000");
	struct store *s;
	struct store_op op;
	int i;

	s = store_at(redislab_address(server), REDIS_SINGLE);
	for (i = 0; i < 500; i++) {
		char key[32];

		snprintf(key, sizeof(key), "load %d", i);
		op = make(STORE_PUT, key, 0);
		run(s, &op, WAIT);
	}
	redislab_say(server, "SAVE");
	redislab_signal(server, SIGKILL);
	CHECK("starts", redislab_again(server));
	CHECK("is loading", strstr(redislab_say(server, "GET x"), "LOADING") !=
	    NULL);
	op = make(STORE_GET, "load 1", 0);
	CHECK("fails", run(s, &op, 300) == TROUBLE_UNREACHED);
	CHECK("told", told(s, "LOADING"));
	CHECK("mends", answers_within(s, WAIT));
	CHECK("all there", run(s, &op, WAIT) == TROUBLE_NONE &&
	    op.answer == STORE_FOUND);
	store_close(s);
	redislab_signal(server, SIGKILL);
}

/* A server that greets as it should, and then answers as it likes. */
struct liar {
	int fd, port;
	const char *reply;
	size_t n;
	int pause;		/* ms between two bytes; 0: all at once */
	pthread_t thread;
};

#define SHA "0123456789012345678901234567890123456789"

static void
liar_send(int fd, const char *bytes, size_t n, int pause)
{
	size_t i;

	if (pause == 0) {
		send(fd, bytes, n, MSG_NOSIGNAL);
		return;
	}
	for (i = 0; i < n && send(fd, bytes + i, 1, MSG_NOSIGNAL) == 1; i++)
		usleep((useconds_t)pause * 1000);
}

/* One connection after the other; commands come in one piece on loopback. */
static void *
liar_main(void *argument)
{
	static const char greeting[] = "+OK\r\n*1\r\n$6\r\nmaster\r\n$40\r\n"
	    SHA "\r\n", unknown[] = "-ERR no\r\n-ERR no\r\n";
	struct liar *l = argument;
	char bytes[65536];
	int fd;

	while ((fd = accept(l->fd, NULL, NULL)) >= 0) {
		while (recv(fd, bytes, sizeof(bytes), 0) > 0) {
			if (memmem(bytes, 64, "SETNAME", 7) != NULL)
				liar_send(fd, greeting, sizeof(greeting) - 1,
				    0);
			else if (memmem(bytes, 64, "CONFIG", 6) != NULL)
				liar_send(fd, unknown, sizeof(unknown) - 1, 0);
			else
				liar_send(fd, l->reply, l->n, l->pause);
		}
		close(fd);
	}
	return NULL;
}

static void
liar_start(struct liar *l)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(in);

	l->fd = socket(AF_INET, SOCK_STREAM, 0);
	bind(l->fd, (struct sockaddr *)&in, sizeof(in));
	listen(l->fd, 8);
	getsockname(l->fd, (struct sockaddr *)&in, &n);
	l->port = ntohs(in.sin_port);
	pthread_create(&l->thread, NULL, liar_main, l);
}

static void
liar_stop(struct liar *l)
{
	shutdown(l->fd, SHUT_RDWR);
	pthread_join(l->thread, NULL);
	close(l->fd);
}

#define LIE(text) text, sizeof(text) - 1
static const struct {
	const char *name, *reply;
	size_t n;
	int pause;
	enum store_trouble trouble;
	const char *words;
} lies[] = {
	{"truth", LIE("*1\r\n:5\r\n"), 0, TROUBLE_NONE, ""},
	{"slow truth", LIE("*1\r\n:5\r\n"), 1, TROUBLE_NONE, ""},
	{"a byte now and then", LIE("*1\r\n:5555555555555555555\r\n"),
	    50, TROUBLE_UNKNOWN, "in time"},
	{"no list", LIE(":5\r\n"), 0, TROUBLE_UNKNOWN, ""},
	{"empty list", LIE("*0\r\n"), 0, TROUBLE_UNKNOWN, ""},
	{"no item", LIE("*-1\r\n"), 0, TROUBLE_UNKNOWN, ""},
	{"list of lists", LIE("*1\r\n*0\r\n"), 0, TROUBLE_UNKNOWN, ""},
	{"not a number", LIE("*1\r\n$1\r\nx\r\n"), 0, TROUBLE_UNKNOWN,
	    ""},
	{"out of bounds", LIE("*1\r\n:10000000000001\r\n"), 0,
	    TROUBLE_UNKNOWN, ""},
	{"an answer too many", LIE("*1\r\n:5\r\n*1\r\n:6\r\n"), 0,
	    TROUBLE_NONE, ""},
	{"huge list", LIE("*2000000000\r\n:1\r\n"), 0, TROUBLE_UNKNOWN,
	    "lost"},
	{"huge text", LIE("*1\r\n$2000000000\r\nx"), 0,
	    TROUBLE_UNKNOWN, "in time"},
	{"deep", LIE("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
	    "*1\r\n*1\r\n*1\r\n"), 0, TROUBLE_UNKNOWN, "lost"},
	{"nonsense", LIE("HTTP/1.1 400 Bad Request\r\n"), 0,
	    TROUBLE_UNKNOWN, "lost"},
	{"busy", LIE("-BUSY Redis is busy running a script.\r\n"), 0,
	    TROUBLE_UNREACHED, "BUSY"},
	{"master down", LIE("-MASTERDOWN Link with MASTER is down\r\n"),
	    0, TROUBLE_UNREACHED, "MASTERDOWN"},
	{"unsaved", LIE("*1\r\n-MISCONF Errors writing to the AOF "
	    "file\r\n"), 0, TROUBLE_REFUSED, "MISCONF"},
	{"of a server before 7", LIE("*1\r\n-@user_script: 14: -OOM "
	    "command not allowed\r\n"), 0, TROUBLE_REFUSED, "OOM"},
	{"of a script", LIE("-ERR Error running script\r\n"), 0,
	    TROUBLE_UNKNOWN, "Error"},
	{"moved", LIE("-MOVED 1 127.0.0.1:1\r\n"), 0,
	    TROUBLE_UNREACHED, "redis.kind"},
	{"again and again", LIE("-TRYAGAIN Multiple keys\r\n"), 0,
	    TROUBLE_UNREACHED, "TRYAGAIN"},
	{"no script ever", LIE("-NOSCRIPT No matching script\r\n"), 0,
	    TROUBLE_UNREACHED, "NOSCRIPT"},
};

static void
test_liars(void)
{
	struct liar l;
	struct store_op op;
	struct store *s;
	char address[32];
	int64_t took;
	size_t i;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		l = (struct liar){.reply = lies[i].reply, .n = lies[i].n,
		    .pause = lies[i].pause};
		liar_start(&l);
		snprintf(address, sizeof(address), "127.0.0.1:%d", l.port);
		s = store_at(address, REDIS_SINGLE);
		op = make(STORE_ADD, "lie", 5);
		took = timed(s, &op, 250);
		CHECK(lies[i].name, took < 250 + SLACK);
		if (!CHECK(lies[i].name, op.trouble == lies[i].trouble))
			fprintf(stderr, "  got %d\n", op.trouble);
		CHECK(lies[i].name, told(s, lies[i].words));
		store_close(s);
		liar_stop(&l);
	}
}

/* All that is counted apart has a line of its own. */
static void
test_counts(void)
{
	struct store *s = store_at("127.0.0.1:1", REDIS_SINGLE);
	struct store_op op = make(STORE_GET, "a", 0);
	struct buf out;

	run(s, &op, WAIT);
	buf_init(&out, 1 << 16);
	store_stats(s, &out);
	CHECK("counted", strstr(buf_string(&out), "postern_store_troubles_total"
	    "{backend=\"redis\",kind=\"unreachable\"} ") != NULL);
	CHECK("others are 0", strstr(buf_string(&out),
	    "postern_store_troubles_total{backend=\"redis\",kind=\"oom\"} 0\n")
	    != NULL);
	buf_done(&out);
	store_close(s);
}

int
main(void)
{
	test_never_there();
	test_nameless();
	test_stopped();
	test_killed();
	test_loading();
	test_liars();
	test_counts();
	return test_end();
}
