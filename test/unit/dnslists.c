/*
 * dnslists - the check in a process that keeps the health of lists: what is
 * asked, believed, told to health, and how long a message waits.
 */
#include "check/dnslists.h"

#include "base/clock.h"
#include "rules/compile.h"
#include <sys/stat.h>

#include "test/unit/world.h"

#define LETTER "From: a@sender.example.org\nSubject: x\n\nhello\n"

static const char definitions[] =
    "list bl\nzone bl.example\nask client\ncode 127.0.0.2 RCVD_IN_SBL\n"
    "list waits\nzone slow.example\nask client\ndeadline 100ms\n"
    "without tempfail\ntest none\ncode any RCVD_IN_PSBL\n"
    "list links\nzone links.example\nask link\ntest none\n"
    "code 127.0.0.2 URIBL_BLACK\n"
    "list hosts\nzone hosts.example\nask linkhost\ntest none\n"
    "code 127.0.0.2 URIBL_RED\n";

static struct listhealth *
begin(struct world *w, struct shared *shared, const char *use)
{
	char conf[300];

	snprintf(conf, sizeof(conf), "mode = enforce\ngreylist { when = never "
	    "}\ndns { local_zones = yes }\nspf { enabled = no }\niprev { "
	    "enabled = no }\ndmarc { enabled = no }\ndnslists { definitions = "
	    "lists\nuse = %s }", use);
	folder_file("lists", definitions);
	world_begin(w, conf);
	memset(shared, 0, sizeof(*shared));
	shared->lists = listhealth_new("mx");
	w->services.shared = shared;
	w->services.dns = dns_table();
	world_client(w, "203.0.113.7", "mail.sender.example.org");
	return shared->lists;
}

static void
end(struct world *w, struct shared *shared)
{
	scan_reset(&w->scan);
	listhealth_free(shared->lists);
	dns_free(w->services.dns);
	world_end(w);
}

static void
put(struct world *w, const char *name, const char *data)
{
	dns_table_add(w->services.dns, name, DNS_A, span_of(data));
}

static const void *
self_of(const struct world *w)
{
	size_t i;

	for (i = 0; i < w->snapshot->active_count; i++)
		if (w->snapshot->active[i].check == &check_dnslists)
			return w->snapshot->active[i].self;
	return NULL;
}

static const struct decision *
mail(struct world *w, int64_t now)
{
	world_mail(w, "a@sender.example.org", now);
	return world_data(w, span_of(LETTER));
}

/* Not believed before its self-test, nor when it is off: then not asked. */
static void
test_trust(void)
{
	const struct dnslists_self *self;
	struct list_report r;
	struct listhealth *health;
	struct shared shared;
	struct world w;
	struct buf out;

	health = begin(&w, &shared, "bl");
	self = self_of(&w);
	put(&w, "7.113.0.203.bl.example", "127.0.0.2");
	mail(&w, WORLD_NOW);
	CHECK("untested", !world_raised(&w, "RCVD_IN_SBL"));
	CHECK("degraded", w.scan.result.degraded_count == 1 &&
	    strcmp(w.scan.result.degraded[0], "bl") == 0);
	/* Nobody has tested it, so the message does. */
	put(&w, "2.0.0.127.bl.example", "127.0.0.2");
	mail(&w, WORLD_NOW);
	CHECK("tested by the message", world_raised(&w, "RCVD_IN_SBL"));
	dnslists_watch(self, health, WORLD_NOW);
	listhealth_start(health, NULL, w.services.dns, WORLD_NOW, 1000);
	mail(&w, WORLD_NOW);
	CHECK("tested", world_raised(&w, "RCVD_IN_SBL"));
	CHECK("not degraded", w.scan.result.degraded_count == 0);
	listhealth_report(health, &self->used[0].list, &r);
	CHECK("told", r.asked == 3 && r.hits == 3);
	/* It begins to list what it must not. */
	put(&w, "1.0.0.127.bl.example", "127.0.0.2");
	listhealth_tick(health, NULL, w.services.dns, WORLD_NOW + 1800000);
	mail(&w, WORLD_NOW + 1800000);
	CHECK("off", !world_raised(&w, "RCVD_IN_SBL"));
	CHECK("degraded", w.scan.result.degraded_count == 1);
	listhealth_report(health, &self->used[0].list, &r);
	CHECK("not asked", r.trust == LIST_OFF && r.asked == 3);
	buf_init(&out, 4096);
	dnslists_tell(self, health, &out);
	CHECK("tells", strstr(buf_string(&out), "bl: off, since 2024-01-01T"
	    "12:30:00Z, tested 2024-01-01T12:30:00Z\n\tasked 3, listed 3, no "
	    "answer 0, usually listed ") != NULL);
	CHECK("why", strstr(buf_string(&out), "\twhy: lists what no list may "
	    "list (RFC 5782)\n") != NULL);
	buf_done(&out);
	end(&w, &shared);
}

/* A list that is silent holds up mail for its deadline, and then defers. */
static void
test_deadline(void)
{
	struct shared shared;
	struct world w;
	int64_t began;

	begin(&w, &shared, "waits");
	dns_table_delay(w.services.dns, 60000);
	began = clock_steady();
	CHECK("defers", mail(&w, WORLD_NOW)->action == ACTION_DEFER);
	began = clock_steady() - began;
	CHECK("waited", began >= 90 && began < 3000);
	CHECK("degraded", w.scan.result.degraded_count == 1 &&
	    strcmp(w.scan.result.degraded[0], "waits") == 0);
	CHECK("no points", !world_raised(&w, "RCVD_IN_PSBL"));
	end(&w, &shared);
}

static void
test_query(void)
{
	static const struct {
		const char *subject;
		size_t asked;
		const char *wanted;
	} rows[] = {
		{"203.0.113.7", 2, "bl: 127.0.0.2 RCVD_IN_SBL 3.5\n"
		    "waits: not listed\n"},
		{"203.0.113.8", 2, "bl: no answer: refuses a public resolver "
		    "(127.255.255.254)\nwaits: not listed\n"},
		{"2001:db8::1", 0, ""},
		{"somebody.example", 0, ""},
		{"a@b.example", 0, ""},
	};
	struct shared shared;
	struct world w;
	struct buf out;
	size_t i;

	begin(&w, &shared, "{ bl, waits }");
	put(&w, "2.0.0.127.bl.example", "127.0.0.2");
	put(&w, "7.113.0.203.bl.example", "127.0.0.2");
	put(&w, "8.113.0.203.bl.example", "127.255.255.254");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_init(&out, 4096);
		CHECK(rows[i].subject, dnslists_query(self_of(&w),
		    w.services.dns, span_of(rows[i].subject), 1000, &out) ==
		    rows[i].asked);
		CHECK_TEXT(rows[i].subject, buf_string(&out), rows[i].wanted);
		buf_done(&out);
	}
	put(&w, "1.0.0.127.bl.example", "127.0.0.2");
	buf_init(&out, 4096);
	dnslists_query(self_of(&w), w.services.dns, span_of("203.0.113.7"),
	    1000, &out);
	CHECK_TEXT("liar", buf_string(&out), "bl: 127.0.0.2 RCVD_IN_SBL 3.5 "
	    "(not believed: lists what no list may list (RFC 5782))\n"
	    "waits: not listed\n");
	buf_done(&out);
	end(&w, &shared);
}

/* Of a name the part that messages are asked about. */
static void
test_query_names(void)
{
	struct shared shared;
	struct world w;
	struct buf out;

	begin(&w, &shared, "{ links, hosts }");
	put(&w, "bad.test.links.example", "127.0.0.2");
	put(&w, "www.bad.test.hosts.example", "127.0.0.2");
	buf_init(&out, 4096);
	CHECK("names", dnslists_query(self_of(&w), w.services.dns,
	    span_of("WWW.bad.test"), 1000, &out) == 2);
	CHECK_TEXT("names", buf_string(&out), "links: 127.0.0.2 URIBL_BLACK "
	    "2.0\nhosts: 127.0.0.2 URIBL_RED 0.001\n");
	buf_done(&out);
	end(&w, &shared);
}

/* What a configuration may not say. */
static void
test_refused(void)
{
	static const struct {
		const char *conf, *keys, *wanted;
	} rows[] = {
		{"use = nosuch", "", "no list is called nosuch; see "
		    "\"posternctl dnslists all\""},
		{"use = locked", "", "locked wants a key, which dnslists.keys "
		    "does not have: see its terms"},
		{"use = locked\nkeys = keys", "locked a.b\n",
		    "the key of locked is not one label of letters and "
		    "digits"},
		{"use = locked\nkeys = keys", "locked\n",
		    "keys:1: wanted the name of a list and its key"},
		{"use = locked\nkeys = keys", "other x\nlocked abc\n", ""},
	};
	struct metrics *metrics = metrics_new();
	char conf[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error e = {""};
		struct snapshot *s;

		folder_file("lists", "list locked\nzone {key}.x.example\n"
		    "ask helo\ncode any DBL_SPAM\n");
		snprintf(conf, sizeof(conf), "dnslists {\ndefinitions = lists"
		    "\n%s\n}", rows[i].conf);
		chmod(folder_file("keys", rows[i].keys), 0600);
		s = snapshot_load(folder_file("conf", conf), NULL, NULL,
		    metrics, &e);
		CHECK(rows[i].conf, (s != NULL) == (rows[i].wanted[0] ==
		    '\0'));
		CHECK(rows[i].conf, strstr(e.text, rows[i].wanted) != NULL);
		if (s == NULL && strstr(e.text, rows[i].wanted) == NULL)
			fprintf(stderr, "%s\n", e.text);
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
	test_trust();
	test_deadline();
	test_query();
	test_query_names();
	test_refused();
	folder_end();
	return test_end();
}
