/* greylist - who has to come back, when, and what counts as the same. */
#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define SECOND 1000LL
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* delay 3m, retry_within 2d, remember 36d: the defaults. */
static const char always[] = "mode = enforce\ngreylist { when = always }\n"
    "networks { relays = 192.0.2.1 }\nrecipients { roles = roles }\n";
static const char message[] = "From: a@b.test\nTo: c@d.test\nSubject: x\n"
    "Date: Mon, 1 Jan 2024 12:00:00 +0000\nMessage-ID: <1@b.test>\n\nx\n";

/* One try; "D" deferred, "R" retried, "K" known, "-" nothing of these. */
static char
try_once(struct world *w, const char *ip, const char *sender,
    const char *rcpt, int64_t now)
{
	const struct decision *d;

	world_client(w, ip, "mail.b.test");
	world_mail(w, sender, now);
	scan_recipient(&w->scan, span_of(rcpt));
	d = world_data(w, span_of(message));
	if (world_raised(w, "GREYLISTED"))
		return d->done == ACTION_DEFER &&
		    strcmp(d->code, "451") == 0 ? 'D' : '!';
	if (d->done == ACTION_DEFER)
		return '!';
	return world_raised(w, "GREYLIST_RETRIED") ? 'R' :
	    world_raised(w, "GREYLIST_KNOWN") ? 'K' : '-';
}

/* Tries at these times (ms after the first, ends with -1 << 62). */
#define END INT64_MIN

static const struct {
	const char *name;
	int64_t when[8];
	const char *expected;
} times[] = {
	{ "first", { 0, END }, "D" },
	{ "just too early", { 0, 180 * SECOND - 1, END }, "DD" },
	{ "just in time", { 0, 180 * SECOND, END }, "DR" },
	{ "trying does not prolong", { 0, 60 * SECOND, 120 * SECOND,
	    180 * SECOND, END }, "DDDR" },
	{ "at the last moment", { 0, 2 * DAY - 1, END }, "DR" },
	{ "too late", { 0, 2 * DAY + 1, END }, "DD" },
	{ "too late, then again", { 0, 2 * DAY + 1, 2 * DAY + HOUR, END },
	    "DDR" },
	{ "known afterwards", { 0, HOUR, HOUR + 1, 2 * HOUR, END }, "DRKK" },
	{ "for weeks", { 0, HOUR, 36 * DAY, END }, "DRK" },
	{ "not for ever", { 0, HOUR, 37 * DAY, END }, "DRD" },
	{ "remembered anew when used", { 0, HOUR, 30 * DAY, 60 * DAY,
	    90 * DAY, END }, "DRKKK" },
	{ "clock set back a little", { 0, -SECOND, END }, "DR" },
	{ "clock set back for years", { 0, -3000 * DAY, END }, "DR" },
	{ "clock set back, known", { 0, HOUR, -DAY, HOUR + 1, END },
	    "DRKK" },
};

static void
test_times(void)
{
	struct world w;
	char got[9];
	size_t i, k;

	for (i = 0; i < ROWS(times); i++) {
		world_begin(&w, always);
		for (k = 0; times[i].when[k] != END; k++)
			got[k] = try_once(&w, "203.0.113.9", "<a@b.test>",
			    "<c@d.test>", WORLD_NOW + times[i].when[k]);
		got[k] = '\0';
		CHECK_TEXT(times[i].name, got, times[i].expected);
		world_end(&w);
	}
}

/* A first try, and an hour later one that counts as the same or does not. */
static const struct {
	const char *name, *ip, *sender, *again_ip, *again_sender;
	char expected;
} keys[] = {
	{ "same network", "203.0.113.9", "<a@b.test>", "203.0.113.200",
	    "<a@b.test>", 'R' },
	{ "next network", "203.0.113.9", "<a@b.test>", "203.0.112.9",
	    "<a@b.test>", 'D' },
	{ "same IPv6 network", "2001:db8:0:1::1", "<a@b.test>",
	    "2001:db8:0:1:ffff::", "<a@b.test>", 'R' },
	{ "next IPv6 network", "2001:db8:0:1::1", "<a@b.test>",
	    "2001:db8:0:2::1", "<a@b.test>", 'D' },
	{ "mapped is the same", "203.0.113.9", "<a@b.test>",
	    "::ffff:203.0.113.9", "<a@b.test>", 'R' },
	{ "another local part", "203.0.113.9", "<a@b.test>", "203.0.113.9",
	    "<bounce-123@b.test>", 'R' },
	{ "another domain", "203.0.113.9", "<a@b.test>", "203.0.113.9",
	    "<a@c.test>", 'D' },
	{ "domain in upper case", "203.0.113.9", "<a@b.test>", "203.0.113.9",
	    "<a@B.TEST>", 'R' },
	{ "null sender", "203.0.113.9", "<>", "203.0.113.9", "<>", 'R' },
	{ "null sender is another", "203.0.113.9", "<a@b.test>",
	    "203.0.113.9", "<>", 'D' },
};

static void
test_keys(void)
{
	struct world w;
	size_t i;

	for (i = 0; i < ROWS(keys); i++) {
		world_begin(&w, always);
		CHECK(keys[i].name, try_once(&w, keys[i].ip, keys[i].sender,
		    "<c@d.test>", WORLD_NOW) == 'D');
		CHECK(keys[i].name, try_once(&w, keys[i].again_ip,
		    keys[i].again_sender, "<c@d.test>", WORLD_NOW + HOUR) ==
		    keys[i].expected);
		world_end(&w);
	}
}

static const struct {
	const char *name, *ip, *rcpt;
	char expected;
} whom[] = {
	{ "stranger", "203.0.113.9", "<c@d.test>", 'D' },
	{ "role", "203.0.113.9", "<info@d.test>", 'D' },
	{ "RFC 5321 4.5.1", "203.0.113.9", "<postmaster@d.test>", '-' },
	{ "outbound", "127.0.0.1", "<c@d.test>", '-' },
	{ "relayed", "192.0.2.1", "<c@d.test>", '-' },
	{ "nobody", NULL, "<c@d.test>", '-' },
};

static void
test_whom(void)
{
	struct world w;
	size_t i;

	for (i = 0; i < ROWS(whom); i++) {
		world_begin(&w, always);
		CHECK(whom[i].name, try_once(&w, whom[i].ip, "<a@b.test>",
		    whom[i].rcpt, WORLD_NOW) == whom[i].expected);
		world_end(&w);
	}
}

static const struct {
	const char *name, *conf;
	bool loads;
	char expected;
} confs[] = {
	{ "never", "mode = enforce\ngreylist { when = never }", true, '-' },
	{ "good mail is not doubtful", "mode = enforce\n"
	    "greylist { from_score = 3 }", true, '-' },
	{ "doubtful by its score", "mode = enforce\n"
	    "greylist { from_score = 0 }", true, 'D' },
	{ "retry within the delay", "greylist { delay = 1h\n"
	    "retry_within = 1h }", false, 0 },
	{ "retry after the delay", "mode = enforce\ngreylist { when = always\n"
	    "delay = 1h\nretry_within = 2h }", true, 'D' },
};

static void
test_confs(void)
{
	static const char *const overrides[] = {
		"rules.files=rules/*.cf", NULL
	};
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error e;
	struct world w;
	size_t i;

	for (i = 0; i < ROWS(confs); i++) {
		s = snapshot_load(folder_file("conf", confs[i].conf),
		    overrides, NULL, metrics, &e);
		CHECK(confs[i].name, (s != NULL) == confs[i].loads);
		snapshot_put(s);
		if (!confs[i].loads)
			continue;
		world_begin(&w, confs[i].conf);
		CHECK(confs[i].name, try_once(&w, "203.0.113.9", "<a@b.test>",
		    "<c@d.test>", WORLD_NOW) == confs[i].expected);
		world_end(&w);
	}
	metrics_free(metrics);
}

/* Who is refused for good does not become known by trying. */
static void
test_refused(void)
{
	static const char *const sender = "<a@evil.test>";
	struct world w;
	char conf[300];

	folder_file("deny", "sender evil.test\n");
	snprintf(conf, sizeof(conf), "%slists { deny = deny }\n", always);
	world_begin(&w, conf);
	try_once(&w, "203.0.113.9", sender, "<c@d.test>", WORLD_NOW);
	CHECK("refused", w.scan.decision.done == ACTION_REJECT);
	try_once(&w, "203.0.113.9", sender, "<c@d.test>", WORLD_NOW + HOUR);
	CHECK("refused", w.scan.decision.done == ACTION_REJECT);
	try_once(&w, "203.0.113.9", sender, "<c@d.test>",
	    WORLD_NOW + 2 * HOUR);
	CHECK("not known", !world_raised(&w, "GREYLIST_KNOWN"));
	world_end(&w);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("roles", "info\n");
	test_times();
	test_keys();
	test_whom();
	test_confs();
	test_refused();
	folder_end();
	return test_end();
}
