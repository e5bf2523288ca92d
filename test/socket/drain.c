/* drain - TERM while messages are under way, in every state. */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/endpoint.h"

#define QUICK 2000	/* ms in which a daemon without work ends */
/*
 * ms between TERM and the rest of a message; libmilter looks after its
 * listening socket every 5 s.
 */
#define PAUSE 700
#define LONG_PAUSE 5500

enum state { IDLE, AFTER_MAIL, AFTER_RCPT, IN_HEADERS, IN_BODY, STATES };

static const char *const names[] = {"idle", "after MAIL", "after RCPT",
    "in headers", "in body"};

static const char *const from[] = {"<a@example.org>", NULL};
static const char *const to[] = {"<b@example.net>", NULL};

static int
head(struct mclient *mc, const char *name, struct error *error)
{
	struct mclient_answer a;

	return mclient_header(mc, span_of(name), span_of(" x@example.org"),
	    &a, error);
}

/* One step of the message from a state to the next. */
static int
step(struct mclient *mc, enum state state, struct error *error)
{
	struct mclient_answer a;

	switch (state) {
	case IDLE:
		mclient_begin(mc);
		return mclient_mail(mc, from, &a, error);
	case AFTER_MAIL:
		return mclient_rcpt(mc, to, &a, error);
	case AFTER_RCPT:
		return head(mc, "From", error);
	case IN_HEADERS:
		return head(mc, "To", error) != 0 ||
		    mclient_eoh(mc, &a, error) != 0 ? -1 :
		    mclient_body(mc, span_of("Hello\r\n"), &a, error);
	default:
		return mclient_body(mc, span_of(LAB_GTUBE), &a, error);
	}
}

/* A connection brought to that state, NULL when it could not. */
static struct mclient *
bring(const struct lab *lab, enum state state)
{
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct mclient_envelope env = lab_envelope("D1");
	struct lab_answer earlier;
	struct error error;
	enum state s;

	if (!CHECK(names[state], mc != NULL))
		return NULL;
	/* A whole message first, so that idle is between two. */
	if (!CHECK(names[state], lab_send(mc, &env, span_of(lab_plain),
	    &earlier, &error) == 0))
		return NULL;
	for (s = IDLE; s < state; s++)
		if (!CHECK(names[state], step(mc, s, &error) == 0))
			return NULL;
	/* Sends what was gathered, as none of it is answered. */
	CHECK(names[state], mclient_bytes(mc, span_of(""), &error) == 0);
	return mc;
}

/* The rest of the message, whose answer must be as if nothing had been. */
static void
finish(struct mclient *mc, enum state state)
{
	const char *row = names[state];
	struct mclient_answer a = {0};
	struct lab_answer answer = {0};
	struct error error = {""};
	enum state s;

	for (s = state; s < STATES; s++)
		if (!CHECK(row, step(mc, s, &error) == 0))
			fprintf(stderr, "%s\n", error.text);
	if (!CHECK(row, mclient_eom(mc, &a, &error) == 0)) {
		fprintf(stderr, "%s\n", error.text);
		return;
	}
	lab_read_answer(mc, SMFIC_BODYEOB, &a, &answer);
	CHECK(row, answer.kind == SMFIR_CONTINUE);
	CHECK(row, strstr(answer.status, "Yes, score=") != NULL);
	CHECK(row, strstr(answer.status, "GTUBE") != NULL);
	CHECK(row, answer.generation[0] != '\0');
}

/* A message begun too late, and what comes of it. */
struct late {
	struct mclient *mc;
	int status;
	size_t edits;
	struct error error;
};

static void *
send_late(void *argument)
{
	struct late *late = argument;
	struct mclient_envelope env = lab_envelope("LATE");
	struct mclient_verdict v;

	late->status = mclient_message(late->mc, &env, span_of(lab_plain), &v,
	    &late->error);
	mclient_edits(late->mc, &late->edits);
	mclient_close(late->mc);
	return NULL;
}

/* The connection ends before any word about the message. */
static void
check_late(const struct late *late)
{
	CHECK("late", late->status != 0);
	CHECK_TEXT("late", late->error.text, "the filter hung up");
	CHECK("late", late->edits == 0);
}

/* Nobody answers there any more, even if the kernel took the connection. */
static bool
is_refused(const struct lab *lab)
{
	struct error error;
	struct mclient *mc = mclient_open(lab->address, 1000, &error);
	bool refused = mc == NULL || mclient_negotiate(mc,
	    &mclient_offer_full, &error) != 0;

	mclient_close(mc);
	return refused;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* In hundredths of seconds. */
static long
cpu_used(const struct lab *lab)
{
	char path[40];
	struct buf text;
	struct span rest, word = span_of("");
	long used = 0;
	int i;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)lab->pid);
	lab_read_file(path, &text);
	rest = buf_contents(&text);
	for (i = 1; i <= 15 && span_word(&rest, &word); i++)
		if (i >= 14)
			used += strtol(word.p, NULL, 10);
	buf_done(&text);
	return used * 100 / sysconf(_SC_CLK_TCK);
}

static void
every_state(bool unix_socket, int64_t pause)
{
	const char *settings[] = {"greylist.when=never", "daemon.drain=20s",
	    NULL};
	const char *row = unix_socket ? "unix socket" : "inet socket";
	struct mclient *mc[STATES];
	struct late late = {0};
	struct lab lab;
	pthread_t thread;
	long used;
	int s;

	lab_make(&lab, unix_socket);
	lab_configure(&lab, settings);
	if (!CHECK(row, lab_start(&lab)))
		return;
	for (s = IDLE; s < STATES; s++) {
		mc[s] = bring(&lab, (enum state)s);
		if (mc[s] == NULL)
			return;
		CHECK(row, lab_until(&lab, "in_flight", s));
	}
	used = cpu_used(&lab);
	CHECK(row, kill(lab.pid, SIGTERM) == 0);
	CHECK(row, lab_logged(&lab, "draining"));
	late.mc = mc[IDLE];
	CHECK(row, pthread_create(&thread, NULL, send_late, &late) == 0);
	lab_sleep(pause);
	CHECK(row, lab_wait(&lab, 0) == -1);
	CHECK(row, cpu_used(&lab) - used < pause / 20 || lab_sanitized());
	CHECK(row, is_refused(&lab));
	for (s = AFTER_MAIL; s < STATES; s++)
		finish(mc[s], (enum state)s);
	CHECK(row, lab_wait(&lab, QUICK) == 0);
	pthread_join(thread, NULL);
	check_late(&late);
	CHECK(row, is_refused(&lab));
	CHECK(row, !unix_socket || !exists(endpoint_path(lab.address)));
	CHECK(row, !exists(lab.control));
	CHECK(row, lab_clean(&lab));
	for (s = AFTER_MAIL; s < STATES; s++)
		mclient_close(mc[s]);
	lab_remove(&lab);
}

static void
deadline(void)
{
	const char *settings[] = {"daemon.drain=1s", NULL};
	struct mclient *mc;
	struct lab lab;
	int64_t began;

	lab_make(&lab, true);
	lab_configure(&lab, settings);
	if (!CHECK("deadline", lab_start(&lab)))
		return;
	mc = bring(&lab, IN_HEADERS);
	CHECK("deadline", lab_until(&lab, "in_flight", 1));
	began = clock_steady();
	CHECK("deadline", kill(lab.pid, SIGTERM) == 0);
	CHECK("deadline", lab_wait(&lab, LAB_WAIT) == 0);
	CHECK("deadline", clock_steady() - began >= 1000);
	CHECK("deadline", clock_steady() - began < 1000 + QUICK);
	CHECK("deadline", lab_logged(&lab, "gave up on 1 messages"));
	CHECK("deadline", !exists(endpoint_path(lab.address)));
	CHECK("deadline", lab_clean(&lab));
	mclient_close(mc);
	lab_remove(&lab);
}

/* Connections without a message keep nobody waiting. */
static void
nothing_under_way(int signal_number, bool connected)
{
	const char *row = connected ? "idle connection" : "no connection";
	struct mclient *mc = NULL;
	struct lab lab;

	lab_make(&lab, false);
	if (!CHECK(row, lab_start(&lab)))
		return;
	if (connected)
		mc = bring(&lab, IDLE);
	CHECK(row, kill(lab.pid, signal_number) == 0);
	CHECK(row, lab_wait(&lab, QUICK) == 0);
	CHECK(row, lab_clean(&lab));
	mclient_close(mc);
	lab_remove(&lab);
}

int
main(void)
{
	every_state(true, LONG_PAUSE);
	every_state(false, PAUSE);
	deadline();
	nothing_under_way(SIGTERM, false);
	nothing_under_way(SIGTERM, true);
	nothing_under_way(SIGINT, true);
	return test_end();
}
