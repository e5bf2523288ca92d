/*
 * progress - while the store keeps the end of a message waiting, the MTA is
 * told so; after failures.store_deadline the message is answered without it.
 * Another process holds the write lock of the store's database.
 */
#include "test/socket/lab.h"

#include <fcntl.h>
#include <libmilter/mfapi.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define EVERY 5000	/* ms between two signs of life */
#define HELD 11000	/* that the lock is held: two of them */
#define SHORT 6000	/* that the other daemon waits for its store */
#define SLACK 1500

struct outcome {
	char kind;
	unsigned progress;
	int64_t first, second;	/* ms from the end of the message */
	int64_t answered;
	char text[500];		/* of a reply code */
	char status[2000];	/* X-Spam-Status */
};

static _Noreturn void
hold_lock(const char *path, int ready, int release)
{
	MDB_env *env;
	MDB_txn *txn;
	char c = 0;

	if (mdb_env_create(&env) != 0 ||
	    mdb_env_open(env, path, MDB_NOTLS, 0600) != 0 ||
	    mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
	    write(ready, &c, 1) != 1)
		_exit(1);
	(void)!read(release, &c, 1);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	_exit(0);
}

/* Returns once the lock is held, until *release is closed. */
static pid_t
lock_store(const char *path, int *release)
{
	int ready[2], end[2];
	pid_t pid;
	char c;

	if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(end, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(end[1]);
		hold_lock(path, ready[1], end[0]);
	}
	close(ready[1]);
	close(end[0]);
	*release = end[1];
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* A whole message, whose end has been sent and not been answered. */
static struct mclient *
put(const struct lab *lab, const char *row)
{
	static const struct mclient_macro id = {"i", "P1"};
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct mclient_envelope env = lab_envelope("P1");
	const char *from[] = {"<a@example.org>", NULL};
	const char *to[] = {"<b@example.net>", NULL};
	struct mclient_answer a;
	struct error error;

	if (!CHECK(row, mc != NULL))
		return NULL;
	mclient_begin(mc);
	CHECK(row, mclient_connect(mc, &env, &a, &error) == 0);
	CHECK(row, mclient_helo(mc, "mail.example.org", &a, &error) == 0);
	CHECK(row, mclient_mail(mc, from, &a, &error) == 0);
	CHECK(row, mclient_rcpt(mc, to, &a, &error) == 0);
	CHECK(row, mclient_header(mc, span_of("From"),
	    span_of(" a@example.org"), &a, &error) == 0);
	CHECK(row, mclient_macros(mc, SMFIC_BODYEOB, &id, 1, &error) == 0);
	CHECK(row, mclient_packet(mc, SMFIC_BODYEOB, span_of(""),
	    &error) == 0);
	CHECK(row, mclient_bytes(mc, span_of(""), &error) == 0);
	return mc;
}

static void
note_field(struct span body, struct outcome *out)
{
	struct span rest = span_skip(body, 4), name, value;

	if (span_cut(&rest, '\0', &name) && span_is(name, "X-Spam-Status") &&
	    span_cut(&rest, '\0', &value))
		snprintf(out->status, sizeof(out->status), "%.*s",
		    SPAN_ARG(value));
}

static void
note_progress(struct outcome *out, int64_t when)
{
	if (out->progress++ == 0)
		out->first = when;
	else
		out->second = when;
}

/* Reads up to the final reply, or the signs of life that were asked for. */
static bool
await(struct mclient *mc, int64_t began, unsigned progress,
    struct outcome *out, const char *row)
{
	struct error error = {""};
	struct span body;

	while (progress == 0 || out->progress < progress) {
		if (!CHECK(row, mclient_read(mc, &out->kind, &body,
		    &error) == 0)) {
			fprintf(stderr, "%s\n", error.text);
			return false;
		}
		if (out->kind == SMFIR_PROGRESS)
			note_progress(out, clock_steady() - began);
		else if (out->kind == SMFIR_INSHEADER)
			note_field(body, out);
		else if (out->kind != SMFIR_CHGHEADER)
			break;
	}
	out->answered = clock_steady() - began;
	if (out->kind == SMFIR_REPLYCODE)
		snprintf(out->text, sizeof(out->text), "%.*s", SPAN_ARG(body));
	return true;
}

static bool
about(int64_t value, int64_t wanted)
{
	return value > wanted - SLACK && value < wanted + SLACK;
}

/* The store does not answer in its time: as if there were no greylisting. */
static void
check_unanswered(const struct lab *lab, struct mclient *mc, int64_t began)
{
	struct outcome out = {0};
	const char *row = "timeout";

	if (!await(mc, began, 0, &out, row))
		return;
	CHECK(row, out.kind == SMFIR_CONTINUE);
	CHECK(row, out.progress == 1 && about(out.first, EVERY));
	CHECK(row, about(out.answered, SHORT));
	CHECK(row, strstr(out.status, "degraded=store") != NULL);
	CHECK(row, strstr(out.status, "GREYLISTED") == NULL);
	CHECK(row, lab_logged(lab, "\"degraded\":[\"store\"]"));
	CHECK(row, lab_stat(lab, "unanswered_total{service=\"store\"}") == 1);
}

/* The store answers late, but in its time. */
static void
check_answered(const struct lab *lab, struct mclient *mc, int64_t began,
    int release)
{
	struct outcome out = {0};
	const char *row = "late answer";

	if (!await(mc, began, 2, &out, row))
		return;
	CHECK(row, out.kind == SMFIR_PROGRESS);
	CHECK(row, about(out.first, EVERY));
	CHECK(row, about(out.second, 2 * EVERY));
	while (clock_steady() - began < HELD)
		lab_sleep(10);
	CHECK(row, lab_stat(lab, "in_flight") == 1);
	close(release);
	if (!await(mc, began, 0, &out, row))
		return;
	CHECK(row, out.progress == 2);
	CHECK(row, out.kind == SMFIR_REPLYCODE);
	CHECK(row, span_starts(span_of(out.text), "451 4.7.1 Greylisted"));
	CHECK(row, about(out.answered, HELD));
}

static bool
prepare(struct lab *lab, const char *timeout)
{
	const char *settings[] = {"mode=enforce", "greylist.when=always",
	    timeout, NULL};

	lab_make(lab, true);
	lab_configure(lab, settings);
	return CHECK(timeout, lab_start(lab));
}

static void
wait_both(struct lab labs[2])
{
	struct mclient *mc[2];
	int release[2], i;
	int64_t began;
	pid_t holder[2];

	for (i = 0; i < 2; i++) {
		holder[i] = lock_store(labs[i].store, &release[i]);
		if (!CHECK("lock", holder[i] > 0))
			return;
	}
	began = clock_steady();
	for (i = 0; i < 2; i++) {
		mc[i] = put(&labs[i], "message");
		if (mc[i] == NULL)
			return;
	}
	check_unanswered(&labs[0], mc[0], began);
	check_answered(&labs[1], mc[1], began, release[1]);
	close(release[0]);
	for (i = 0; i < 2; i++) {
		CHECK("lock", waitpid(holder[i], NULL, 0) == holder[i]);
		mclient_close(mc[i]);
		CHECK("idle", lab_idle(&labs[i]));
		lab_stop(&labs[i], "stop");
	}
}

int
main(void)
{
	struct lab labs[2];
	int i;

	if (prepare(&labs[0], "failures.store_deadline=6s") &&
	    prepare(&labs[1], "failures.store_deadline=20s"))
		wait_both(labs);
	for (i = 0; i < 2; i++)
		lab_remove(&labs[i]);
	return test_end();
}
