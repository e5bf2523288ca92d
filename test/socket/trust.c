/*
 * trust - entries that operators add to a running daemon: posternctl trust and
 * deny, what they refuse, and that mail is judged by them at once.
 */
#include <stdarg.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/mem.h"
#include "test/socket/lab.h"

#define WORDS_MAX 16

static char *
ctl_program(void)
{
	const char *name = getenv("POSTERN");

	return mem_printf("%sctl", name != NULL ? name : "build/postern");
}

/* posternctl with the words of one line, parted by "|". */
static int
ctl(const struct lab *lab, const char *line, struct buf *out)
{
	char *program = ctl_program(), *copy = mem_copy(line, strlen(line));
	const char *argv[WORDS_MAX + 6] = {program, "-c", lab->conf,
	    "--control", lab->control};
	char *word, *rest = copy;
	int n = 5, status;

	while (n < WORDS_MAX + 5 && (word = strsep(&rest, "|")) != NULL)
		argv[n++] = word;
	status = lab_run(argv, out);
	free(copy);
	free(program);
	return status;
}

/* What is asked, in order, and what has to be said. */
static const struct {
	const char *line;
	int status;
	const char *says;
} talk[] = {
	{"trust|list", EX_OK, "# version 0\n"},
	{"trust|add|client:192.0.2.1|owner=anna|expires=10d|discount=1.5|"
	    "reason=our printer, \xc3\xbcrgent", EX_OK, "version 1\n"},
	{"trust|list", EX_OK, "client:192.0.2.1 owner=\"anna\" expires="},
	{"trust|list", EX_OK, "discount=1.5 reason=\"our printer, "
	    "\xc3\xbcrgent\" by=\""},
	{"trust|add|from:a@gmail.com|owner=anna|expires=1d|reason=x|by=bert",
	    EX_OK, "version 2\n"},
	{"trust|list", EX_OK, " by=\"bert ("},
	{"trust|add|dkim:gmail.com|owner=anna|expires=1d|reason=x", EX_CONFIG,
	    "as from:name@gmail.com"},
	{"trust|add|spf:co.uk|owner=anna|expires=1d|reason=x", EX_CONFIG,
	    "anybody can register"},
	{"trust|add|client:10.0.0.0/8|owner=anna|expires=1d|reason=x",
	    EX_CONFIG, "larger than /16"},
	{"trust|add|dkim:a.example|owner=a|expires=1d|reason=x|discount=6",
	    EX_CONFIG, "trust.max_discount"},
	{"trust|add|dkim:a.example|owner=a|expires=2026-01-01|reason=x",
	    EX_CONFIG, "expired"},
	{"trust|add|dkim:a.example|owner=a|expires=400d|reason=x", EX_USAGE,
	    "wanted is a date"},
	{"trust|add|dkim:a.example|owner=a|expires=1d", EX_USAGE,
	    "reason= is missing"},
	{"trust|add|a.example|owner=a|expires=1d|reason=x", EX_USAGE,
	    "dkim, spf"},
	{"trust|add|dkim:a.example|owner=a|expires=1d|reason=a\"b", EX_USAGE,
	    "neither quotes"},
	{"trust|add|dkim:a.example|owner=a|expires=1d|reason=a\nb", EX_USAGE,
	    "neither quotes"},
	{"trust|set|dkim:a.example", EX_USAGE, "usage: trust add"},
	{"trust", EX_USAGE, "usage: posternctl trust"},
	{"trust|log|none", EX_USAGE, "usage: trust add"},
	{"trust|del|from:a@gmail.com", EX_USAGE, "usage: trust add"},
	{"trust|del|from:b@gmail.com|reason=x", EX_CONFIG, "no such entry"},
	{"trust|del|from:a@gmail.com|reason=gone", EX_OK, "version 3\n"},
	{"deny|list", EX_OK, "# version 3\n"},
	{"deny|add|sender:bad.example|owner=ops|expires=1h|reason=flood",
	    EX_OK, "version 4\n"},
	{"deny|add|dkim:bad.example|owner=ops|expires=1h|reason=flood",
	    EX_USAGE, "client, helo"},
	{"deny|add|client:::/0|owner=ops|expires=1h|reason=flood", EX_CONFIG,
	    "everybody"},
	{"deny|lint|file", EX_USAGE, "usage: posternctl deny"},
	{"deny|log", EX_OK, "\" sender:bad.example owner=\"ops\""},
	{"trust|log|1", EX_OK, "\" from:a@gmail.com reason=\"gone\"\n"},
	{"trust|log", EX_OK, "1 2"},
};

static void
talks(const struct lab *lab)
{
	struct buf out;
	size_t i;
	int status;

	for (i = 0; i < sizeof(talk) / sizeof(talk[0]); i++) {
		status = ctl(lab, talk[i].line, &out);
		if (!CHECK(talk[i].line, status == talk[i].status) ||
		    !CHECK(talk[i].line, strstr(buf_string(&out),
		    talk[i].says) != NULL))
			fprintf(stderr, "  %d: %s", status,
			    buf_string(&out));
		buf_done(&out);
	}
	CHECK("logged", lab_logged(lab, "deny add sender:bad.example by"));
}

static void
put(const struct lab *lab, const char *row, const char *from,
    const char *symbol)
{
	struct mclient_envelope env = lab_envelope("T1");
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct lab_answer a = {0};
	struct error error;

	env.from = from;
	if (CHECK(row, mc != NULL) && CHECK(row, lab_send(mc, &env,
	    span_of(lab_plain), &a, &error) == 0) &&
	    !CHECK(row, strstr(a.status, symbol) != NULL ||
	    strstr(a.text, symbol) != NULL))
		fprintf(stderr, "  %s %s\n", a.status, a.text);
	mclient_close(mc);
}

static void
lint(const struct lab *lab)
{
	char *line = mem_printf("trust|lint|%s/trusted", lab->dir);
	struct buf out;

	lab_write(lab, "trusted", "# ours\n"
	    "dkim:a.example owner=a expires=2026-01-01 reason=x\n"
	    "dkim:outlook.com owner=a expires=2026-01-01 reason=x\n"
	    "dkim:b.example owner=a reason=x\n");
	CHECK("faults", ctl(lab, line, &out) == EX_CONFIG);
	CHECK("over", strstr(buf_string(&out), "trusted:2: dkim:a.example: "
	    "expired at 2026-01-01T23:59:59Z") != NULL);
	CHECK("shared", strstr(out.p, "trusted:3: dkim:outlook.com: strangers "
	    "share") != NULL);
	CHECK("no end", strstr(out.p, "trusted:4: dkim:b.example: expires= "
	    "is missing") != NULL);
	CHECK("all told", strstr(out.p, "0 good entries, 3 faults") != NULL);
	buf_done(&out);
	lab_write(lab, "trusted", "# nobody\n");
	CHECK("good", ctl(lab, line, NULL) == EX_OK);
	free(line);
	CHECK("no file", ctl(lab, "trust|lint|/nowhere/at/all", &out) ==
	    EX_NOINPUT);
	buf_done(&out);
}

/* Until the store was read for the first time. */
static bool
ready(struct lab *lab)
{
	int i;

	if (!CHECK("start", lab_start(lab)))
		return false;
	for (i = 0; i < LAB_WAIT / 20; i++) {
		if (lab_ask(lab, "trust list", NULL) == EX_OK)
			return true;
		lab_sleep(20);
	}
	return CHECK("lists", !"read in time");
}

int
main(void)
{
	const char *settings[] = {"mode=mark", NULL};
	struct lab lab;
	struct buf out;

	lab_make(&lab, true);
	lab_configure(&lab, settings);
	if (ready(&lab)) {
		put(&lab, "nobody yet", "<a@example.org>", "generation=");
		talks(&lab);
		put(&lab, "trusted", "<a@example.org>", "TRUSTED_SENDER");
		put(&lab, "stamped", "<a@example.org>", "lists=4");
		put(&lab, "denied", "<a@bad.example>", "USER_IN_BLOCKLIST");
		lint(&lab);
		lab_stop(&lab, "stop");
		/* The embedded store keeps them. */
		if (ready(&lab)) {
			put(&lab, "kept", "<a@example.org>", "lists=4");
			lab_stop(&lab, "stop");
		}
	}
	CHECK("nobody there", ctl(&lab, "trust|list", &out) ==
	    EX_UNAVAILABLE);
	buf_done(&out);
	lab_remove(&lab);
	return test_end();
}
