/*
 * users - what operators see and do about limits and users' mail while it
 * flows: "posternctl rate" and "posternctl user".
 */
#include "test/socket/lab.h"

#include <libmilter/mfapi.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static const char *const settings[] = {
	"mode=enforce", "greylist.when=never", "rate.limits=limits",
	"outbound.exempt=news@example.org", NULL,
};

static const char limits[] =
    "outbound user 3 recipients per hour, burst 5\n"
    "outbound user=news@example.org unlimited\n"
    "any client 100 messages per minute: score\n"
    "any network 7M bytes per day\n"
    "outbound user+recipient-domain 50 recipients per day\n";

/* One letter of a user; 0 when it passed, or the reply's code. */
static unsigned
send_as(const struct lab *lab, const char *user, const char *text)
{
	const struct mclient_macro macros[] = {{"{auth_authen}", user}};
	struct mclient *mc = lab_connect(lab, &mclient_offer_full);
	struct mclient_envelope env = lab_envelope("Q1");
	struct lab_answer answer;
	struct error error;
	unsigned code = 999;

	if (!CHECK(user, mc != NULL))
		return code;
	env.macros = macros;
	env.macro_count = 1;
	if (CHECK(user, lab_send(mc, &env, span_of(lab_plain), &answer,
	    &error) == 0)) {
		code = answer.kind == SMFIR_CONTINUE ? 0 : answer.code;
		if (text != NULL)
			CHECK(text, strstr(answer.text, text) != NULL);
	}
	mclient_close(mc);
	return code;
}

/* Commands in their order; "%" in what is expected is anything. */
static const struct {
	const char *command;
	int code;
	const char *expected[5];	/* all of these are in the answer */
} empty_rows[] = {
	{ "rate show", 0, { "outbound user 3 recipients per hour, burst 5\n",
	    "any client 100 messages per minute: score\n" } },
	{ "rate show user=anna", 0, { "outbound user 3 recipients per hour, "
	    "burst 5\n\tuser=anna: 5 recipients left of 5 recipients\n" } },
	{ "rate show user=News@example.org", 65, { "no limit is about" } },
	{ "rate show client=192.0.2.9", 0, {
	    "\tclient=192.0.2.9: 100 messages left of 100 messages\n",
	    "\tnetwork=192.0.2.0/24: 7.0 MB left of 7.0 MB\n" } },
	{ "rate show network=192.0.2.0/24", 0, {
	    "\tnetwork=192.0.2.0/24: 7.0 MB left" } },
	{ "rate show network=192.0.2.77", 0, {
	    "\tnetwork=192.0.2.0/24: 7.0 MB left" } },
	{ "rate show network=192.0.0.0/16", 64, { "usage: rate show" } },
	{ "rate show user=anna recipient-domain=d.test", 0, {
	    "\tuser=anna: 5 ", "\tuser=anna recipient-domain=d.test: 50 " } },
	{ "rate show sender=a@b.test", 65, { "no limit is about" } },
	{ "rate show client=x", 64, { "usage: rate show" } },
	{ "rate show colour=red", 64, { "keys: client, network" } },
	{ "rate reset", 64, { "usage: rate show" } },
	{ "rate", 64, { "usage: rate show" } },
	{ "rate drop user=anna", 64, { "usage: rate show" } },
	{ "user show anna", 0, { "level: free\nnever sent mail\n" } },
	{ "user list", 0, { "nobody is held back\n" } },
	{ "user show", 64, { "usage: user show" } },
	{ "user", 64, { "usage: user show" } },
	{ "user hang anna", 64, { "usage: user show" } },
	{ "user block anna never", 64, { "usage: user show" } },
	{ "user block anna 0", 64, { "usage: user show" } },
	{ "user release anna now", 64, { "usage: user show" } },
	{ "user release Anna@example.org", 65, {
	    "nobody sent mail as Anna@example.org" } },
	{ "user block news@example.org", 78, { "is in outbound.exempt" } },
};

static void
ask(const struct lab *lab, const char *command, int code,
    const char *expected)
{
	struct buf answer;

	buf_init(&answer, 1 << 16);
	CHECK(command, lab_ask(lab, command, &answer) == code);
	if (!CHECK(command, span_find(buf_contents(&answer),
	    span_of(expected)) < answer.n))
		fprintf(stderr, "  got <%s>\n  wanted <%s>\n",
		    buf_string(&answer), expected);
	buf_done(&answer);
}

static void
ask_empty(const struct lab *lab)
{
	size_t i, k;

	for (i = 0; i < sizeof(empty_rows) / sizeof(empty_rows[0]); i++)
		for (k = 0; empty_rows[i].expected[k] != NULL; k++)
			ask(lab, empty_rows[i].command, empty_rows[i].code,
			    empty_rows[i].expected[k]);
}

static void
limit(const struct lab *lab)
{
	int i;

	for (i = 0; i < 5; i++)
		CHECK("within", send_as(lab, "anna", NULL) == 0);
	CHECK("over", send_as(lab, "anna", "Too much: more than 3 recipients "
	    "per hour for your account, please try again in 20 minutes [") ==
	    451);
	ask(lab, "rate show user=ANNA", 0, "user=anna: 0 recipients left of "
	    "5 recipients, full in 100 minutes\n");
	CHECK("another", send_as(lab, "bert", NULL) == 0);
	ask(lab, "rate show user=bert", 0, "user=bert: 4 recipients left of");
	ask(lab, "rate reset client=203.0.113.9", 0, "client=203.0.113.9: was");
	ask(lab, "rate reset user=anna", 0, "user=anna: is full again\n");
	ask(lab, "rate reset user=anna", 0, "user=anna: was full\n");
	CHECK("again", send_as(lab, "anna", NULL) == 0);
	for (i = 0; i < 9; i++)
		CHECK("unlimited", send_as(lab, "news@example.org", NULL) ==
		    0);
}

static void
block(const struct lab *lab)
{
	ask(lab, "user show bert", 0, "level: free\nfirst mail: 2");
	ask(lab, "user show bert", 0, "\npoints: 0");
	ask(lab, "user show bert", 0, "new recipients: 1 (320 are one point)");
	ask(lab, "user show bert", 0, "\nnetwork: ");
	ask(lab, "user block Bert 2", 0, "blocked since 2");
	CHECK("blocked", send_as(lab, "bert", "please contact your "
	    "postmaster [") == 550);
	ask(lab, "user show bert", 0, ": for 2 days\n");
	ask(lab, "user list", 0, "Bert: blocked since ");
	ask(lab, "user release bert", 0, "free\n");
	ask(lab, "user show bert", 0, "level: free\nreleased: 2");
	ask(lab, "user list", 0, "nobody is held back\n");
	CHECK("released", send_as(lab, "bert", NULL) == 0);
	CHECK("logged", lab_logged(lab, "user Bert: blocked by "));
	CHECK("logged", lab_logged(lab, "user bert: released by "));
}

/* A user is slowed down, and the operator's program hears of it. */
static void
notify(const struct lab *lab)
{
	const char *notifying[] = {"mode=enforce", "greylist.when=never",
		"outbound.new_recipients=1", "outbound.learn_for=0s",
		"outbound.notify=tell", "rate.limits=limits", NULL};
	char path[200], text[300];
	struct buf said;
	int tries = 0;

	snprintf(text, sizeof(text), "#!/bin/sh\n(echo \"$2 $3\"; cat) "
	    ">%s/told.new && mv %s/told.new %s/told\n", lab->dir, lab->dir,
	    lab->dir);
	lab_write(lab, "tell", text);
	snprintf(path, sizeof(path), "%s/tell", lab->dir);
	CHECK("tell", chmod(path, 0700) == 0);
	lab_configure(lab, notifying);
	CHECK("tell", lab_ask(lab, "reload", NULL) == 0);
	CHECK("tell", send_as(lab, "carl", NULL) == 0);
	snprintf(path, sizeof(path), "%s/told", lab->dir);
	while (access(path, R_OK) != 0 && CHECK("told", tries++ < LAB_WAIT))
		lab_sleep(1);
	lab_read_file(path, &said);
	CHECK("told", span_starts(buf_contents(&said),
	    "carl slowed\ntime: 2"));
	CHECK("told", span_find(buf_contents(&said), span_of("\nkind: "
	    "outbound\nsubject: carl\nlevel: slowed\nwhy: 1 new "
	    "recipients\n")) < said.n);
	buf_done(&said);
	CHECK("logged", lab_logged(lab, "notice: outbound carl slowed: 1 new "
	    "recipients"));
}

/* Where nobody is refused, a block would be a false comfort. */
static void
mark(const struct lab *lab)
{
	const char *marking[] = {"mode=mark", "rate.limits=limits", NULL};

	lab_configure(lab, marking);
	CHECK("mark", lab_ask(lab, "reload", NULL) == 0);
	ask(lab, "user block bert", 78, "mode is mark: mail would go on\n");
}

/* The exit codes of the command. */
static void
by_command(const struct lab *lab)
{
	const char *name = getenv("POSTERN");
	char *ctl = mem_printf("%sctl", name != NULL ? name : "build/postern");
	const char *rate[] = {ctl, "--control", lab->control, "rate", "show",
		"user=bert", NULL};
	const char *user[] = {ctl, "--control", lab->control, "user", "show",
		NULL};
	struct buf answer;

	CHECK("posternctl rate", lab_run(rate, &answer) == 0);
	CHECK("posternctl rate", span_starts(buf_contents(&answer),
	    "outbound user 3 "));
	buf_done(&answer);
	CHECK("posternctl user", lab_run(user, &answer) == 64);
	buf_done(&answer);
	free(ctl);
}

int
main(void)
{
	struct lab lab;

	lab_make(&lab, true);
	lab_write(&lab, "limits", limits);
	lab_configure(&lab, settings);
	if (CHECK("start", lab_start(&lab))) {
		ask_empty(&lab);
		limit(&lab);
		block(&lab);
		by_command(&lab);
		notify(&lab);
		mark(&lab);
		lab_stop(&lab, "stop");
	}
	lab_remove(&lab);
	return test_end();
}
