/*
 * store_kill - what an embedded store has answered survives the sudden death
 * of its process, at whatever moment.
 */
#include "test/unit/test.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/store.h"

#define ROUNDS 24
#define THREADS 4
#define LIFE 80		/* ms, at most */
#define SIZE (INT64_C(64) << 20)
#define WAIT 20000
#define NOW 1000

struct report {		/* below PIPE_BUF, so written whole */
	int32_t thread, number;
};

struct scribe {
	struct store *store;
	int thread, out, number;
};

static char folder[] = "/tmp/postern-test-XXXXXX";

/* A value of a length of its own, whose every byte follows from the number. */
static void
value_make(int thread, int number, char out[STORE_VALUE_MAX], size_t *n)
{
	uint32_t x = (uint32_t)number * 2654435761u + (uint32_t)thread;
	size_t i;

	*n = 1 + x % STORE_VALUE_MAX;
	for (i = 0; i < *n; i++) {
		x = x * 1664525u + 1013904223u;
		out[i] = (char)(x >> 24);
	}
}

static void
op_make(struct store_op *op, enum store_verb verb, int thread, int number,
    char key[32])
{
	memset(op, 0, sizeof(*op));
	snprintf(key, 32, "%d.%d", thread, number);
	op->verb = verb;
	op->klass = "kill";
	op->key = span_of(key);
	op->ttl = 1000000;
	op->amount = 1;
}

/* Beside each record it counts: the sum never falls behind the records. */
static void *
scribe_main(void *argument)
{
	struct scribe *s = argument;
	struct report report = {.thread = s->thread};
	char key[32], sum[32], value[STORE_VALUE_MAX];
	struct store_op ops[2];

	for (;;) {
		op_make(&ops[0], STORE_PUT, s->thread, s->number, key);
		value_make(s->thread, s->number, value, &ops[0].value.n);
		ops[0].value.p = value;
		op_make(&ops[1], STORE_ADD, s->thread, -1, sum);
		if (store_run(s->store, ops, 2, NOW, WAIT) != 0)
			_exit(3);
		report.number = s->number++;
		if (write(s->out, &report, sizeof(report)) < 0)
			_exit(4);
	}
}

static void
child_main(const int next[THREADS], int out)
{
	struct error error = {""};
	struct store *store = store_embedded(folder, SIZE, &error);
	struct scribe scribes[THREADS];
	pthread_t threads[THREADS];
	int i;

	if (store == NULL) {
		fprintf(stderr, "%s\n", error.text);
		_exit(2);
	}
	for (i = 0; i < THREADS; i++) {
		scribes[i] = (struct scribe){store, i, out, next[i]};
		pthread_create(&threads[i], NULL, scribe_main, &scribes[i]);
	}
	for (;;)
		pause();
}

/* Notes what is reported, until the child's end of the pipe closes. */
static void
listen_until(int in, int next[THREADS], int64_t until, pid_t pid)
{
	struct pollfd fd = {.fd = in, .events = POLLIN};
	struct report report;
	int64_t left;
	bool alive = true;

	for (;;) {
		left = until - clock_steady();
		if (alive && left <= 0) {
			kill(pid, SIGKILL);
			alive = false;
		}
		if (poll(&fd, 1, alive ? (int)left : -1) <= 0)
			continue;
		if (read(in, &report, sizeof(report)) != sizeof(report))
			return;
		if (report.thread >= 0 && report.thread < THREADS)
			next[report.thread] = report.number + 1;
	}
}

static void
round_kill(int round, int next[THREADS])
{
	int fds[2], status = 0;
	/* Every third round it dies while it still opens the store. */
	int64_t life = round % 3 == 0 ? random() % 4 : random() % LIFE;
	pid_t pid;

	if (pipe(fds) != 0)
		exit(2);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		child_main(next, fds[1]);
	}
	close(fds[1]);
	listen_until(fds[0], next, clock_steady() + life, pid);
	close(fds[0]);
	CHECK("child", waitpid(pid, &status, 0) == pid);
	CHECK("killed, not failed", WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGKILL);
}

enum state { MISSING, INTACT, DAMAGED };

static enum state
record_state(struct store *store, int thread, int number)
{
	char key[32], value[STORE_VALUE_MAX], room[STORE_VALUE_MAX];
	struct store_op op;
	size_t n;

	op_make(&op, STORE_GET, thread, number, key);
	op.data = room;
	if (store_run(store, &op, 1, NOW, WAIT) != 0)
		return DAMAGED;
	if (op.answer == STORE_ABSENT)
		return MISSING;
	value_make(thread, number, value, &n);
	return op.length == n && memcmp(op.data, value, n) == 0 ? INTACT
								: DAMAGED;
}

/* Also what was written and not reported must be whole; it counts on. */
static void
verify_thread(struct store *store, int thread, int *next)
{
	struct store_op op;
	char key[32];
	enum state state;
	int i, lost = 0, damaged = 0;

	for (i = 0; i < *next; i++) {
		state = record_state(store, thread, i);
		lost += state == MISSING;
		damaged += state == DAMAGED;
	}
	CHECK("every record that was answered", lost == 0);
	state = record_state(store, thread, *next);
	damaged += state == DAMAGED;
	*next += state == INTACT;
	CHECK("whole", damaged == 0);
	CHECK("no more", record_state(store, thread, *next) == MISSING);
	op_make(&op, STORE_GET, thread, -1, key);
	store_run(store, &op, 1, NOW, WAIT);
	CHECK("the sum", op.number == *next);
}

static void
round_verify(int next[THREADS])
{
	struct error error = {""};
	struct store *store = store_embedded(folder, SIZE, &error);
	struct store_op op;
	char key[32];
	int i;

	CHECK_TEXT("opens", error.text, "");
	if (store == NULL)
		return;
	for (i = 0; i < THREADS; i++)
		verify_thread(store, i, &next[i]);
	op_make(&op, STORE_ADD, THREADS, -1, key);
	CHECK("works", store_run(store, &op, 1, NOW, WAIT) == 0);
	store_close(store);
}

int
main(void)
{
	int next[THREADS] = {0}, round, i, records = 0;
	char path[64];

	srandom((unsigned)clock_wall());
	if (mkdtemp(folder) == NULL)
		return 2;
	for (round = 0; round < ROUNDS; round++) {
		round_kill(round, next);
		round_verify(next);
	}
	for (i = 0; i < THREADS; i++)
		records += next[i];
	CHECK("something was written", records > ROUNDS);
	fprintf(stderr, "%d records\n", records);
	snprintf(path, sizeof(path), "%s/data.mdb", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/lock.mdb", folder);
	unlink(path);
	CHECK("all files are accounted for", rmdir(folder) == 0);
	return test_end();
}
