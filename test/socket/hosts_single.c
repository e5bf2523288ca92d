/*
 * hosts_single - three daemons and one Redis: what one of them learns the
 * others know, a message waits for it once, and posternctl fleet
 * shows them all.
 */
#include "test/socket/hosts.h"

#include <libmilter/mfapi.h>
#include <signal.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shared/fleet.h"
#include "store/redis.h"
#include "test/mmdb.h"

#define SOON 1000	/* ms in which every host knows of a change */
#define LETTERS 200	/* whose waits are counted by the server */

static int server;
static struct hosts h;

/* A letter, whose other circumstances do not matter. */
struct note {
	int host;
	const char *client, *from, *to, *user;
	const char *more;	/* of its body */
};

static struct lab_answer
post(const struct note *note)
{
	struct mclient_envelope env = lab_envelope("Q1");
	struct mclient_macro macro = {"{auth_authen}", note->user};
	char *from = mem_printf("<%s>", note->from);
	char *to = mem_printf("<%s>", note->to);
	const char *rcpts[] = {to};
	char *text = mem_printf("From: %s\r\nTo: %s\r\n"
	    "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n"
	    "Subject: greetings\r\nMessage-ID: <1@%s>\r\n\r\nHello.\r\n%s",
	    note->from, note->to, strchr(note->from, '@') + 1,
	    note->more != NULL ? note->more : "");
	struct lab_answer a;

	env.client_addr = note->client;
	env.helo = env.client_name = "mail.known0.example";
	env.from = from;
	env.rcpts = rcpts;
	if (note->user != NULL) {
		env.macros = &macro;
		env.macro_count = 1;
	}
	hosts_send(&h, note->host, &env, text, &a);
	free(text);
	free(from);
	free(to);
	return a;
}

/* 0 when it passed, or the reply's code. */
static unsigned
code_of(const struct lab_answer *a)
{
	return a->kind == SMFIR_CONTINUE || a->kind == SMFIR_ACCEPT ? 0 :
	    a->code != 0 ? a->code : 999;
}

#define PROVEN "198.51.100.7"	/* may send for known0.example and others */
#define DESK "10.0.0.7"		/* of ours */

/* One host after the other is told, and what each answers. */
static const struct {
	const char *name;
	struct note note;
	int64_t pause;		/* ms before it */
	unsigned code;
	const char *says;	/* in the reply, or X-Spam-Status */
} rows[] = {
	{"a stranger", {0, "203.0.113.9", "a@new.example", "b@example.net",
	    NULL, NULL}, 0, 451, "Greylisted"},
	{"too early elsewhere", {2, "203.0.113.9", "a@new.example",
	    "b@example.net", NULL, NULL}, 0, 451, "Greylisted"},
	{"tries again elsewhere", {1, "203.0.113.10", "a@new.example",
	    "b@example.net", NULL, NULL}, 1100, 0, "GREYLIST_RETRIED"},
	{"is known everywhere", {2, "203.0.113.11", "c@new.example",
	    "d@example.net", NULL, NULL}, 0, 0, "GREYLIST_KNOWN"},
	{"another is not", {2, "203.0.113.11", "c@other.example",
	    "d@example.net", NULL, NULL}, 0, 451, "Greylisted"},
	{"we write", {0, DESK, "marc@ours.example", "anna@known0.example",
	    NULL, NULL}, 0, 0, ""},
	{"and are answered elsewhere", {1, PROVEN, "anna@known0.example",
	    "marc@ours.example", NULL, NULL}, 0, 0, "KNOWN_CORRESPONDENT"},
	{"but not by another", {2, PROVEN, "eve@known0.example",
	    "marc@ours.example", NULL, NULL}, 0, 451, "Greylisted"},
	{"a user's first", {0, DESK, "u@ours.example", "a@x1.example", "u",
	    NULL}, 0, 0, ""},
	{"second", {1, DESK, "u@ours.example", "a@x2.example", "u", NULL}, 0,
	    0, ""},
	{"third", {2, DESK, "u@ours.example", "a@x3.example", "u", NULL}, 0, 0,
	    ""},
	{"fourth", {0, DESK, "u@ours.example", "a@x4.example", "u", NULL}, 0,
	    0, ""},
	{"fifth", {1, DESK, "u@ours.example", "a@x5.example", "u", NULL}, 0, 0,
	    ""},
	{"sixth", {2, DESK, "u@ours.example", "a@x6.example", "u", NULL}, 0, 0,
	    ""},
	{"seventh", {0, DESK, "u@ours.example", "a@x7.example", "u", NULL}, 0,
	    451, "more than 1 message per day"},
	{"another user's", {0, DESK, "v@ours.example", "a@x8.example", "v",
	    NULL}, 0, 0, ""},
};

static void
learns(void)
{
	struct lab_answer a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hosts_tell(&h);
		lab_sleep(rows[i].pause);
		a = post(&rows[i].note);
		if (!CHECK(rows[i].name, code_of(&a) == rows[i].code) ||
		    !CHECK(rows[i].name, strstr(a.text, rows[i].says) != NULL
		    || strstr(a.status, rows[i].says) != NULL))
			fprintf(stderr, "  %s %s\n", a.text, a.status);
	}
	CHECK("reset at one", lab_ask(&h.lab[1], "rate reset user=u", NULL) ==
	    EX_OK);
	a = post(&rows[14].note);
	CHECK("holds for all", code_of(&a) == 0);
}

/* Evidence of one host is enough for the verdict of another. */
static void
reputation(void)
{
	struct note spam = {0, PROVEN, "a@spam0.example", "b@example.net",
	    NULL, LAB_GTUBE};
	struct note ham = {1, PROVEN, "a@spam0.example", "b@example.net",
	    NULL, NULL};
	struct lab_answer a;
	int i;

	for (i = 0; i < 40; i++) {
		a = post(&spam);
		CHECK("spam", code_of(&a) == 550);
	}
	hosts_tell(&h);
	CHECK("told", hosts_spam(&h, 2, "spam0.example") == 40);
	a = post(&ham);
	/* Greylisted: that says nothing else. */
	CHECK("bad", code_of(&a) == 451);
	lab_sleep(1100);
	ham.host = 2;
	a = post(&ham);
	if (!CHECK("bad", strstr(a.status, "REPUTATION_BAD") != NULL))
		fprintf(stderr, "  %s %s\n", a.text, a.status);
}

/* How long until a host answers so; -1: never. */
static int64_t
until(const struct note *note, const char *symbol, bool there)
{
	int64_t start = clock_steady();
	struct lab_answer a;

	while (clock_steady() - start < 5 * SOON) {
		a = post(note);
		if ((strstr(a.status, symbol) != NULL ||
		    strstr(a.text, symbol) != NULL) == there)
			return clock_steady() - start;
		lab_sleep(10);
	}
	fprintf(stderr, "  %s %s\n", a.text, a.status);
	return -1;
}

/* What is said to one host, and what another makes of it. */
static const struct {
	const char *name;
	int teller;
	const char *command;
	struct note note;
	const char *symbol;
	bool there;
	const char *version;
} changes[] = {
	{"trust", 0, "trust add client:192.0.2.77 owner=\"anna\" expires=1d "
	    "reason=\"test\"", {2, "192.0.2.77", "t@new.example",
	    "b@example.net", NULL, NULL}, "TRUSTED_SENDER", true, "lists=1"},
	{"deny", 2, "deny add sender:bad.example owner=\"anna\" expires=1d "
	    "reason=\"test\"", {1, "192.0.2.78", "t@bad.example",
	    "b@example.net", NULL, NULL}, "5.7.1", true, "lists=2"},
	{"trust no more", 1, "trust del client:192.0.2.77 reason=\"gone\"",
	    {0, "192.0.2.77", "t@new.example", "b@example.net", NULL, NULL},
	    "TRUSTED_SENDER", false, "lists=3"},
};

static void
lists(void)
{
	struct note known = {0, "203.0.113.11", "c@new.example",
	    "d@example.net", NULL, NULL};
	struct lab_answer a;
	int64_t took;
	size_t i;
	int k;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		CHECK(changes[i].name, lab_ask(&h.lab[changes[i].teller],
		    changes[i].command, NULL) == EX_OK);
		took = until(&changes[i].note, changes[i].symbol,
		    changes[i].there);
		printf("%s: known elsewhere after %lld ms\n", changes[i].name,
		    (long long)took);
		if (CHECK(changes[i].name, took >= 0 && took <= SOON))
			lab_sleep(SOON - took);
		for (k = 0; k < HOSTS; k++) {
			known.host = k;
			a = post(&known);
			CHECK(changes[i].name, strstr(a.status,
			    changes[i].version) != NULL);
		}
	}
}

/* What makes a message ask the store as much as it can. */
static const struct note askers[] = {
	{0, "203.0.113.50", "a@new2.example", "b@example.net", NULL, NULL},
	{1, PROVEN, "anna@known0.example", "marc@ours.example", NULL, NULL},
	{2, PROVEN, "a@spam0.example", "b@example.net", NULL, LAB_GTUBE},
	{0, "192.0.2.99", "a@known0.example", "b@example.net", NULL, NULL},
	{1, DESK, "w@ours.example", "b@far.example", "w",
	    "http://link.example/\r\n"},
	{2, DESK, "marc@ours.example", "anna@known0.example", NULL, NULL},
};

static void
waits_each(void)
{
	int64_t before, waits, most = 0;
	struct lab_answer a;
	size_t i;

	for (i = 0; i < sizeof(askers) / sizeof(askers[0]); i++) {
		before = lab_stat(&h.lab[askers[i].host],
		    "store_batches_total");
		a = post(&askers[i]);
		waits = lab_stat(&h.lab[askers[i].host],
		    "store_batches_total") - before;
		CHECK(askers[i].from, code_of(&a) != 999);
		if (!CHECK(askers[i].from, waits <= 1))
			fprintf(stderr, "  %lld\n", (long long)waits);
		most = waits > most ? waits : most;
	}
	/* Otherwise nothing was tried. */
	CHECK("waits", most == 1);
}

static int64_t
calls(void)
{
	return redislab_info(server, "stats", "total_reads_processed");
}

/* The server has the last word, whatever the daemons count. */
static void
waits_counted(void)
{
	size_t count = sizeof(askers) / sizeof(askers[0]);
	int64_t idle = calls(), sent, start, took;
	double rate;
	int i;

	lab_sleep(1000);
	rate = (double)(calls() - idle) / 1000;
	start = clock_steady();
	sent = calls();
	for (i = 0; i < LETTERS; i++)
		post(&askers[(size_t)i % count]);
	took = clock_steady() - start;
	sent = calls() - sent;
	printf("%d letters: %lld round trips, of these about %.0f of the "
	    "hosts' own\n", LETTERS, (long long)sent, rate * (double)took);
	CHECK("round trips", sent - rate * (double)took <= 2 * LETTERS + 10);
	/* Not each of them asks; but otherwise nothing was tried. */
	CHECK("round trips", sent >= LETTERS / 2);
}

/* Lines of "fleet" that contain a text; the status in *status. */
static int
fleet_lines(int host, const char *text, int *status, struct buf *out)
{
	struct span rest, line;
	int n = 0;

	*status = lab_ask(&h.lab[host], "fleet", out);
	rest = buf_contents(out);
	span_cut(&rest, '\n', &line);
	while (span_cut(&rest, '\n', &line))
		n += line.n > 0 &&
		    span_find(line, span_of(text)) < line.n;
	return n;
}

/* Until so many lines of what a host says contain it. */
static bool
fleet_shows(int host, const char *text, int lines, int status)
{
	int64_t limit = clock_steady() + 3 * FLEET_BEAT, n;
	struct buf out;
	int got;

	for (;;) {
		n = fleet_lines(host, text, &got, &out);
		if (n == lines && got == status) {
			buf_done(&out);
			return true;
		}
		if (clock_steady() > limit)
			break;
		buf_done(&out);
		lab_sleep(50);
	}
	fprintf(stderr, "  %d: %s", got, buf_string(&out));
	buf_done(&out);
	return false;
}

/* A host whose clock is five minutes ahead, as it tells itself. */
static void
pretend(const char *generation)
{
	const char *address = redislab_address(server);
	struct redis_settings settings = {.kind = REDIS_SINGLE,
	    .servers = &address, .server_count = 1, .master = "",
	    .user = "", .password = "", .sentinel_password = "",
	    .prefix = "postern:", .connections = 1, .connect_timeout = 1000};
	int64_t now = clock_wall();
	struct fleet *fleet = fleet_new("skewed", POSTERN_VERSION, now);
	struct error error;
	struct store *store = store_redis(&settings, NULL, &error);

	fleet_tell(fleet, generation, 3, "ok");
	if (CHECK("pretend", store != NULL))
		CHECK("pretend", fleet_tick(fleet, store, now + 299000,
		    LAB_WAIT));
	store_close(store);
	fleet_free(fleet);
}

static void
fleet(void)
{
	char generation[20];
	struct buf text;
	int i;

	lab_generation(&h.lab[0], generation);
	for (i = 0; i < HOSTS; i++) {
		CHECK("all there", fleet_shows(i, generation, HOSTS, EX_OK));
		CHECK("versions", fleet_shows(i, POSTERN_VERSION, HOSTS,
		    EX_OK));
		CHECK("clocks, health", fleet_shows(i, "       ok ok", HOSTS,
		    EX_OK));
		CHECK("itself", fleet_shows(i, "(this host)", 1, EX_OK));
		CHECK("none drifts", fleet_shows(i, "DRIFTS", 0, EX_OK));
	}
	lab_read_file(h.lab[2].conf, &text);
	buf_puts(&text, "actions {\ntag_subject = \"[spam]\"\n}\n");
	lab_write(&h.lab[0], "host2.conf", buf_string(&text));
	buf_done(&text);
	CHECK("reload", lab_ask(&h.lab[2], "reload", NULL) == EX_OK);
	CHECK("sees itself", fleet_shows(2, "DRIFTS (this host)", 1,
	    EX_TEMPFAIL));
	CHECK("drifts", fleet_shows(0, "ok DRIFTS", 1, EX_TEMPFAIL));
	pretend(generation);
	CHECK("a wrong clock", fleet_shows(0, "+29", 1, EX_TEMPFAIL));
	CHECK("both drift", fleet_shows(0, "ok DRIFTS", 2, EX_TEMPFAIL));
	CHECK("three are the same", fleet_shows(0, generation, 3,
	    EX_TEMPFAIL));
	CHECK("back", lab_ask(&h.lab[2], "rollback", NULL) == EX_OK);
	CHECK("back", fleet_shows(2, "DRIFTS (this host)", 0, EX_TEMPFAIL));
}

/* Each host gives out its part, and afterwards the whole is used up. */
static void
outage(void)
{
	struct note note = {0, DESK, "z@ours.example", "b@far.example", "z",
	    NULL};
	struct lab_answer a;
	int i, passed = 0;

	redislab_signal(server, SIGSTOP);
	for (i = 0; i < 6 * HOSTS; i++) {
		note.host = i % HOSTS;
		a = post(&note);
		passed += code_of(&a) == 0;
	}
	printf("a bucket of 6 gave %d in an outage\n", passed);
	CHECK("no more than the whole", passed >= HOSTS && passed <= 6);
	CHECK("told", fleet_shows(0, "store-local (this host)", 1,
	    EX_TEMPFAIL));
	redislab_signal(server, SIGCONT);
	CHECK("back", hosts_settle(&h, LAB_WAIT));
	for (i = 0; i < 6 - passed; i++) {
		a = post(&note);
		CHECK("what is left", code_of(&a) == 0);
	}
	a = post(&note);
	CHECK("merged", code_of(&a) == 451);
	CHECK("healthy", fleet_shows(0, "store-local", 0, EX_TEMPFAIL));
}

/* A place for everybody, so that what asks for one is on. */
static void
places(const struct lab *lab, char *setting, size_t size)
{
	char *path = mem_printf("%s/places.mmdb", lab->dir);
	struct mmdb db;

	mmdb_init(&db, 4, 24, "Test-City");
	/* No network is all of them. */
	mmdb_place(&db, "0.0.0.0/1", "AT", 64500, "Example");
	mmdb_place(&db, "128.0.0.0/1", "DE", 64501, "Another");
	CHECK("places", mmdb_write(&db, path) == 0);
	mmdb_done(&db);
	snprintf(setting, size, "geoip.files=\"%s\"", path);
	free(path);
}

int
main(void)
{
	char *servers[HOSTS], place[160];
	const char *settings[] = {place, NULL};
	struct lab folder;
	int i;

	server = redislab_start("");
	lab_make(&folder, true);
	places(&folder, place, sizeof(place));
	for (i = 0; i < HOSTS; i++)
		servers[i] = mem_printf("\"%s\"", redislab_address(server));
	if (hosts_start(&h, "single", (const char *const *)servers, settings)) {
		learns();
		reputation();
		lists();
		waits_each();
		waits_counted();
		fleet();
		outage();
	}
	hosts_stop(&h, "stop");
	lab_remove(&folder);
	for (i = 0; i < HOSTS; i++)
		free(servers[i]);
	return test_end();
}
