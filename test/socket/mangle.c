/*
 * mangle - dialogues, messages and commands that no sane MTA or operator would
 * send, from a seeded generator, for some time.  After each batch the daemon
 * answers an ordinary message as ever and holds nothing.
 *
 *	mangle [--time seconds] [--seed number] [--batch number]
 *
 * What is found can be had again: the seed, and the number of the batch to
 * begin with, are printed.
 */
#include "test/socket/lab.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/endpoint.h"
#include "test/socket/mangler.h"

#define SECONDS 10	/* in "make check" */
#define DIALOGUES 40	/* of a batch */
#define COMMANDS 4
#define MESSAGES 4	/* whole ones, by a well-behaved MTA */
#define WARM 5		/* batches until memory should stay */
#define GROWTH_MAX (96 << 10)	/* kB of memory after that */

struct run {
	struct lab lab;
	struct mangler *mangler;
	uint64_t seed;
	unsigned batch;
	int fds;
	unsigned dialogues, commands, messages;
};

/* Sends all and takes what comes, until the daemon hangs up; -1: it hangs. */
static int
converse(int fd, struct span bytes)
{
	int64_t until = clock_steady() + LAB_WAIT;
	struct pollfd p = {.fd = fd};
	char chunk[8192];
	ssize_t n;

	if (bytes.n == 0)
		shutdown(fd, SHUT_WR);
	while (clock_steady() < until) {
		p.events = bytes.n > 0 ? POLLIN | POLLOUT : POLLIN;
		if (poll(&p, 1, 100) <= 0)
			continue;
		if ((p.revents & POLLOUT) != 0) {
			n = send(fd, bytes.p, bytes.n,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
			if (n < 0 && errno != EAGAIN)
				return 0;
			bytes = span_skip(bytes, n > 0 ? (size_t)n : 0);
			if (bytes.n == 0)
				shutdown(fd, SHUT_WR);
		}
		if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
		    recv(fd, chunk, sizeof(chunk), MSG_DONTWAIT) <= 0 &&
		    errno != EAGAIN)
			return 0;
		errno = 0;
	}
	return -1;
}

/*
 * The bytes over a socket of the daemon's; now and then nobody waits for what
 * it says.
 */
static bool
send_bytes(struct run *run, const char *address, struct span bytes,
    const char *row)
{
	struct error error = {""};
	int fd = endpoint_connect(address, &error);
	bool good = true;

	if (!CHECK(row, fd >= 0)) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	errno = 0;
	if (mangler_below(run->mangler, 8) == 0)
		(void)send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		good = CHECK(row, converse(fd, bytes) == 0);
	close(fd);
	return good;
}

/* The message is answered, whatever it is. */
static void
send_message(struct run *run, const char *row)
{
	struct mclient_envelope env = lab_envelope("BENT");
	struct mclient *mc = lab_connect(&run->lab, &mclient_offer_full);
	struct error error = {""};
	struct lab_answer answer;
	struct buf message;

	if (!CHECK(row, mc != NULL))
		return;
	buf_init(&message, MANGLER_STREAM_MAX);
	mangler_message(run->mangler, &message);
	/* More fields than any MTA passes on are refused by our own client. */
	if (lab_send(mc, &env, buf_contents(&message), &answer, &error) != 0 &&
	    !CHECK(row, span_find(span_of(error.text), span_of("fields")) <
	    strlen(error.text)))
		fprintf(stderr, "%s\n", error.text);
	buf_done(&message);
	mclient_close(mc);
	run->messages++;
}

static void
send_batch(struct run *run)
{
	char address[160], row[80];
	struct buf bytes;
	bool good = true;
	int i;

	snprintf(row, sizeof(row), "--seed %llu --batch %u",
	    (unsigned long long)run->seed, run->batch);
	snprintf(address, sizeof(address), "unix:%s", run->lab.control);
	mangler_seed(run->mangler, run->seed + run->batch);
	for (i = 0; good && i < DIALOGUES + COMMANDS; i++) {
		buf_init(&bytes, MANGLER_STREAM_MAX);
		if (i < DIALOGUES)
			mangler_dialogue(run->mangler, &bytes);
		else
			mangler_command(run->mangler, &bytes);
		good = send_bytes(run, i < DIALOGUES ? run->lab.address :
		    address, buf_contents(&bytes), row);
		buf_done(&bytes);
	}
	run->dialogues += DIALOGUES;
	run->commands += COMMANDS;
	for (i = 0; good && i < MESSAGES; i++)
		send_message(run, row);
	lab_well(&run->lab, run->fds, row);
}

static void
run_for(struct run *run, int64_t seconds)
{
	int64_t until = clock_steady() + seconds * 1000, warm = 0, now;
	unsigned first = run->batch, failed = test_count.failed;

	do {
		send_batch(run);
		run->batch++;
		if (run->batch - first == WARM)
			warm = lab_status(&run->lab, "RssAnon:");
	} while (clock_steady() < until && test_count.failed == failed);
	now = lab_status(&run->lab, "RssAnon:");
	printf("seed %llu, batches %u to %u: %u dialogues, %u messages, "
	    "%u commands; memory %lld kB, then %lld kB\n",
	    (unsigned long long)run->seed, first, run->batch - 1,
	    run->dialogues, run->messages, run->commands, (long long)warm,
	    (long long)now);
	CHECK("memory", warm == 0 || now < warm + GROWTH_MAX);
}

static bool
take_option(int argc, char **argv, struct run *run, int64_t *seconds)
{
	int64_t value;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!text_number(span_of(argv[i + 1]), &value))
			return false;
		if (strcmp(argv[i], "--time") == 0)
			*seconds = value;
		else if (strcmp(argv[i], "--seed") == 0)
			run->seed = (uint64_t)value;
		else if (strcmp(argv[i], "--batch") == 0)
			run->batch = (unsigned)value;
		else
			return false;
	}
	return i == argc;
}

int
main(int argc, char **argv)
{
	const char *settings[] = {"greylist.when=never", NULL};
	struct run run = {.seed = (uint64_t)clock_wall()};
	int64_t seconds = SECONDS;

	if (!take_option(argc, argv, &run, &seconds)) {
		fprintf(stderr, "usage: mangle [--time seconds] "
		    "[--seed number] [--batch number]\n");
		return 2;
	}
	lab_make(&run.lab, true);
	/* What was freed is kept for a while: a little, to see growth. */
	run.lab.asan = ":quarantine_size_mb=16";
	lab_configure(&run.lab, settings);
	run.mangler = mangler_new();
	if (CHECK("start", lab_start(&run.lab))) {
		lab_well(&run.lab, lab_fds(&run.lab) + 20, "start");
		run.fds = lab_fds(&run.lab);
		run_for(&run, seconds);
		lab_stop(&run.lab, "stop");
	}
	mangler_free(run.mangler);
	lab_remove(&run.lab);
	return test_end();
}
