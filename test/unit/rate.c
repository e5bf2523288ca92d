/* rate - who meets which limit, how often, and what becomes of the mail. */
#include "check/rate.h"
#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define STEPS 6
#define SECOND 1000LL
#define HOUR (3600 * SECOND)

static const char message[] = "From: a@b.test\nTo: c@d.test\nSubject: x\n"
    "Date: Mon, 1 Jan 2024 12:00:00 +0000\nMessage-ID: <1@b.test>\n\nx\n";

/*
 * Messages one after another; the user is what stands before the client, and
 * recipients are separated by blanks.  "-" passes, "L" is deferred by a limit,
 * "E" has the symbol only, "!" is anything else.
 */
static const struct {
	const char *name;
	const char *limits;
	struct {
		int64_t when;
		const char *who, *sender, *rcpts;
	} step[STEPS];
	const char *expected;
} rows[] = {
	{ "by client", "inbound client 2 messages per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<x@b.test>", "<y@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<a@b.test>", "<c@d.test>" },
	    { HOUR / 2 - 1, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { HOUR / 2, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "--L-L-" },
	{ "by network", "inbound network 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.114.8", "<a@b.test>", "<c@d.test>" },
	    { 0, "2001:db8::1", "<a@b.test>", "<c@d.test>" },
	    { 0, "2001:db8::ffff", "<a@b.test>", "<c@d.test>" },
	    { 0, "2001:db8:0:1::1", "<a@b.test>", "<c@d.test>" },
	    }, "-L--L-" },
	{ "by sender", "any sender 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<A@B.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<b@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<>", "<c@d.test>" },
	    }, "-L---" },
	{ "by user, recipients", "outbound user 3 recipients per hour\n", {
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    { 0, "U@203.0.113.8", "<x@b.test>", "<c@d.test>" },
	    { 0, "v@203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    }, "-L---" },
	{ "more than the bucket holds empties it",
	    "outbound user 2 recipients per hour\n", {
	    { 0, "u@203.0.113.9", "<a@b.test>",
		"<c@d.test> <e@d.test> <f@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { HOUR - 1, "u@203.0.113.9", "<a@b.test>",
		"<c@d.test> <e@d.test> <f@d.test>" },
	    { HOUR, "u@203.0.113.9", "<a@b.test>",
		"<c@d.test> <e@d.test> <f@d.test>" },
	    }, "-LL-" },
	{ "burst", "outbound user 1 message per hour, burst 3\n", {
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { HOUR, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { HOUR, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "---L-L" },
	{ "somebody has more", "outbound user 1 message per hour\n"
	    "outbound user=News@b.test 2 messages per hour\n", {
	    { 0, "news@b.test@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "news@b.test@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "news@b.test@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "--L-L" },
	{ "somebody has no limit", "inbound client 1 message per hour\n"
	    "inbound client 5000 bytes per day: score\n"
	    "any client=203.0.113.0/29 unlimited\n", {
	    { 0, "203.0.113.7", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.7", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "---L" },
	{ "only a symbol", "inbound client 1 message per hour: score\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "-E" },
	{ "softer and harder", "inbound client 1 message per hour: score\n"
	    "inbound client 2 messages per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "-EL" },
	{ "bytes", "inbound client 2k bytes per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "--L" },
	{ "RFC 5321 4.5.1", "inbound client 1 message per hour\n"
	    "inbound recipient 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<postmaster@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<postmaster@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<a@b.test>", "<postmaster@d.test>" },
	    { 0, "203.0.113.7", "<a@b.test>", "<postmaster@d.test>" },
	    }, "-PL--" },
	{ "a relay of ours waits for nothing",
	    "inbound all 1 message per hour\n", {
	    { 0, "192.0.2.1", "<a@b.test>", "<c@d.test>" },
	    { 0, "192.0.2.1", "<a@b.test>", "<c@d.test>" },
	    }, "-P" },
	{ "direction", "outbound all 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "127.0.0.1", "<a@b.test>", "<c@d.test>" },
	    { 0, "127.0.0.1", "<a@b.test>", "<c@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "---LL" },
	{ "inbound, one recipient of two gets too much",
	    "inbound recipient 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<C@d.test> <e@d.test>" },
	    }, "-EL" },
	{ "inbound, too many recipients to ask for each",
	    "inbound recipient 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@b.test>", "<1@d.test> <2@d.test> "
		"<3@d.test> <4@d.test> <5@d.test> <6@d.test> <7@d.test> "
		"<8@d.test> <9@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<1@d.test> <2@d.test> "
		"<3@d.test> <4@d.test> <5@d.test> <6@d.test> <7@d.test> "
		"<8@d.test> <9@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<1@d.test>" },
	    }, "-EL" },
	{ "outbound it waits", "outbound user+recipient-domain "
	    "2 recipients per hour\n", {
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@d.test> <e@D.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@f.test> <e@d.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@f.test>" },
	    { 0, "u@203.0.113.9", "<a@b.test>", "<c@f.test>" },
	    { 0, "v@203.0.113.9", "<a@b.test>", "<c@d.test> <e@d.test>" },
	    }, "-L-L-" },
	{ "spam keeps no honest mail away",
	    "inbound recipient 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@evil.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "R-L" },
	{ "but counts for who sends it",
	    "inbound client 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@evil.test>", "<c@d.test>" },
	    { 0, "203.0.113.9", "<a@b.test>", "<c@d.test>" },
	    }, "RL" },
	{ "author", "inbound from-domain 1 message per hour\n", {
	    { 0, "203.0.113.9", "<a@x.test>", "<c@d.test>" },
	    { 0, "203.0.113.8", "<a@y.test>", "<c@d.test>" },
	    }, "-L" },
};

static void
set_client(struct world *w, const char *who)
{
	const char *at = strrchr(who, '@');

	w->arrival.user = at == NULL ? span_of("") : span_make(who,
	    (size_t)(at - who));
	world_client(w, at == NULL ? who : at + 1, "mail.b.test");
}

/* Also says whether each symbol goes with what is done. */
static char
outcome(const struct world *w, const struct decision *d)
{
	bool limited = world_raised(w, "RATE_LIMITED");

	if (d->done == ACTION_REJECT)
		return 'R';
	if (d->done == ACTION_DEFER)
		return limited && strcmp(d->code, "451") == 0 &&
		    strcmp(d->enhanced, "4.7.1") == 0 ? 'L' : '!';
	if (limited)
		return 'P';	/* over, but let pass */
	return world_raised(w, "RATE_EXCEEDED") ? 'E' : '-';
}

static char
send_one(struct world *w, size_t row, size_t step)
{
	struct span rest = span_of(rows[row].step[step].rcpts), word;

	set_client(w, rows[row].step[step].who);
	world_mail(w, rows[row].step[step].sender, WORLD_NOW +
	    rows[row].step[step].when);
	while (span_word(&rest, &word))
		scan_recipient(&w->scan, word);
	return outcome(w, world_data(w, span_of(message)));
}

static void
test_rows(void)
{
	struct world w;
	char got[STEPS + 1];
	size_t i, k;

	folder_file("deny", "sender evil.test\n");
	for (i = 0; i < ROWS(rows); i++) {
		folder_file("limits", rows[i].limits);
		world_begin(&w, "mode = enforce\ngreylist { when = never }\n"
		    "outbound { mode = off }\nlists { deny = deny }\n"
		    "networks { relays = 192.0.2.1 }\n"
		    "rate { limits = limits }\n");
		for (k = 0; k < STEPS && rows[i].step[k].who != NULL; k++)
			got[k] = send_one(&w, i, k);
		got[k] = '\0';
		CHECK_TEXT(rows[i].name, got, rows[i].expected);
		world_end(&w);
	}
}

/* Replies name the limit and the time; nothing of another's is in them. */
static void
test_reply(void)
{
	const struct decision *d;
	struct world w;
	int i;

	folder_file("limits",
	    "outbound user 1 recipient per hour, burst 2\n");
	world_begin(&w, "mode = enforce\noutbound { mode = off }\n"
	    "rate { limits = limits }\n");
	set_client(&w, "u@203.0.113.9");
	for (i = 0; i < 2; i++) {
		world_mail(&w, "<a@b.test>", WORLD_NOW);
		scan_recipient(&w.scan, span_of("<c@d.test>"));
		scan_recipient(&w.scan, span_of("<e@d.test>"));
		d = world_data(&w, span_of(message));
	}
	CHECK("reply", strncmp(d->text, "Too much: more than 1 recipient per "
	    "hour for your account, please try again in 2 hours [", 84) == 0);
	CHECK("waits", w.scan.store_waits == 1);
	world_end(&w);
}

static const struct {
	const char *name, *limits, *reason;
} bad[] = {
	{ "line", "inbound user 1 message per hour\n\n# x\nfoo\n",
	    "limits:4: \"foo\" stands where" },
	{ "twice", "inbound user 1 message per hour\n"
	    "inbound user 1 message per hour, burst 7\n",
	    "limits:2: the same limit" },
	{ "too many for one message",
	    "any all 1 message per hour\nany all 2 messages per hour\n"
	    "any all 3 messages per hour\nany all 4 messages per hour\n"
	    "any all 5 messages per hour\nany all 6 messages per hour\n"
	    "any all 7 messages per hour\nany all 8 messages per hour\n"
	    "any all 9 messages per hour\nany all 10 messages per hour\n"
	    "any all 11 messages per hour\nany all 12 messages per hour\n"
	    "any all 13 messages per hour\nany all 14 messages per hour\n"
	    "any all 15 messages per hour\nany all 16 messages per hour\n"
	    "any all 17 messages per hour\n",
	    "limits:17: one message can meet more than 16 limits" },
};

static void
test_bad(void)
{
	static const char *const overrides[] = {
		"rules.files=rules/*.cf", NULL
	};
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error e;
	size_t i;

	for (i = 0; i < ROWS(bad); i++) {
		folder_file("limits", bad[i].limits);
		s = snapshot_load(folder_file("conf",
		    "rate { limits = limits }\n"), overrides, NULL, metrics,
		    &e);
		if (!CHECK(bad[i].name, s == NULL &&
		    strstr(e.text, bad[i].reason) != NULL))
			fprintf(stderr, "  %s\n", e.text);
		snapshot_put(s);
	}
	metrics_free(metrics);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	test_rows();
	test_reply();
	test_bad();
	folder_end();
	return test_end();
}
