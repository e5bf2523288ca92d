/*
 * greylist_pools - traces of how large senders try again, played against three
 * hosts that share a store, and what happens while that is cold or away.
 */
#include <time.h>

#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define HOSTS 3

static const char conf[] = "mode = enforce\ngreylist { when = always }\n"
    "iprev { enabled = no }\ndkim { enabled = no }\narc { enabled = no }\n"
    "dmarc { enabled = no }\nreputation { enabled = no }\n"
    "providers { files = providers }\n";

static const char providers[] = "freemail gmail.example\n"
    "mailing ses.example\n";

static const char *const symbols[] = {
	"GREYLISTED", "GREYLIST_RETRIED", "GREYLIST_KNOWN", "GREYLIST_SPARED",
	NULL,
};

/* A try: on which of our hosts, from where, when, by whom, and what came. */
struct attempt {
	const char *trace;
	unsigned host;
	const char *ip;
	int64_t seconds;	/* since the trace began */
	const char *sender, *from, *body;
	const char *expected;
};

static const struct attempt attempts[] = {
	/* Outlook: a new address for each try, after 1, 5, 10, 15 minutes. */
	{"outlook", 0, "198.51.100.10", 0, "a@office.example",
	    "a@office.example", "x\n", "GREYLISTED"},
	{"outlook", 1, "198.51.101.31", 60, "a@office.example",
	    "a@office.example", "x\n", "GREYLISTED"},
	{"outlook", 2, "198.51.102.44", 300, "a@office.example",
	    "a@office.example", "x\n", "GREYLIST_RETRIED"},
	{"outlook", 0, "198.51.103.2", 301, "b@office.example",
	    "b@office.example", "x\n", "GREYLIST_KNOWN"},
	{"outlook", 1, "198.51.100.77", 90000, "c@office.example",
	    "c@office.example", "x\n", "GREYLIST_KNOWN"},

	/* Gmail: tries spread over some minutes and many networks. */
	{"gmail", 2, "198.51.110.1", 0, "a@gmail.example",
	    "a@gmail.example", "x\n", "GREYLISTED"},
	{"gmail", 0, "198.51.120.9", 420, "a@gmail.example",
	    "a@gmail.example", "x\n", "GREYLIST_RETRIED"},
	{"gmail", 1, "198.51.130.9", 430, "a@gmail.example",
	    "a@gmail.example", "y\n", "GREYLIST_KNOWN"},
	{"gmail", 1, "198.51.130.9", 440, "b@gmail.example",
	    "b@gmail.example", "y\n", "GREYLISTED"},

	/* SES: the envelope sender is new for each try, too. */
	{"ses", 0, "198.51.140.1", 0, "0101-1@eu.ses.example",
	    "news@shop.example", "x\n", "GREYLISTED"},
	{"ses", 1, "198.51.141.1", 200, "0101-2@eu.ses.example",
	    "news@shop.example", "x\n", "GREYLIST_RETRIED"},
	{"ses", 2, "198.51.142.1", 210, "0101-3@us.ses.example",
	    "news@shop.example", "x\n", "GREYLIST_KNOWN"},
	{"ses", 2, "198.51.142.1", 220, "0101-4@us.ses.example",
	    "news@other.example", "x\n", "GREYLISTED"},

	/* A spammer who publishes "everybody" for each fresh domain. */
	{"spammer", 0, "203.0.113.1", 0, "x@fresh1.example",
	    "x@fresh1.example", "x\n", "GREYLISTED"},
	{"spammer", 1, "203.0.114.1", 200, "x@fresh2.example",
	    "x@fresh2.example", "x\n", "GREYLISTED"},
	{"spammer", 2, "203.0.115.1", 400, "x@fresh3.example",
	    "x@fresh3.example", "x\n", "GREYLISTED"},

	/* Without proof another network is another stranger. */
	{"unproven", 0, "203.0.120.1", 0, "x@nospf.example",
	    "x@nospf.example", "x\n", "GREYLISTED"},
	{"unproven", 1, "203.0.121.1", 300, "x@nospf.example",
	    "x@nospf.example", "x\n", "GREYLISTED"},
	{"unproven", 2, "203.0.120.9", 301, "y@nospf.example",
	    "y@nospf.example", "x\n", "GREYLIST_RETRIED"},

	/* Codes. */
	{"code", 0, "198.51.150.1", 0, "no-reply@bank.example",
	    "no-reply@bank.example", "Your login code: 493027\n",
	    "GREYLIST_SPARED"},
	{"code", 0, "203.0.130.1", 1, "no-reply@nospf.example",
	    "no-reply@nospf.example", "Your login code: 493027\n",
	    "GREYLISTED"},
};

static void
zone(struct dns *dns)
{
	static const char *const names[] = {
		"office.example", "gmail.example", "eu.ses.example",
		"us.ses.example", "bank.example", "fresh1.example",
		"fresh2.example", "fresh3.example",
	};
	size_t i;

	for (i = 0; i < ROWS(names); i++)
		dns_table_add(dns, names[i], DNS_TXT, span_of("v=spf1 +all"));
}

/* What the host's store says of itself while the try is judged. */
static const struct decision *
attempt(struct world *w, const struct attempt *a, int64_t now,
    const struct store_health *health)
{
	struct world *host = &w[a->host];
	time_t seconds = (time_t)(now / 1000);
	char raw[600], date[60];
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000",
	    gmtime_r(&seconds, &tm));
	snprintf(raw, sizeof(raw), "From: %s\nTo: b@here.example\nDate: %s\n"
	    "Message-ID: <%lld@x.example>\nSubject: letter\n\n%s", a->from,
	    date, (long long)now, a->body);
	world_client(host, a->ip, "mail.helo.example");
	world_mail(host, a->sender, now);
	if (health != NULL)
		host->scan.inquiry.store = *health;
	scan_recipient(&host->scan, span_of("b@here.example"));
	return world_data(host, span_of(raw));
}

static void
test_traces(struct world *hosts)
{
	const struct attempt *a;
	const struct decision *d;
	char row[100];
	size_t i;

	for (i = 0; i < ROWS(attempts); i++) {
		a = &attempts[i];
		snprintf(row, sizeof(row), "%s after %lld s", a->trace,
		    (long long)a->seconds);
		d = attempt(hosts, a, WORLD_NOW + a->seconds * 1000, NULL);
		CHECK_TEXT(row, world_symbols(&hosts[a->host], symbols),
		    a->expected);
		CHECK(row, (d->action == ACTION_DEFER) ==
		    (strcmp(a->expected, "GREYLISTED") == 0));
	}
}

/* What the answer says when the key is forgotten, but not its habit. */
static void
test_habit(struct world *hosts)
{
	struct attempt a = {"habit", 0, "198.51.100.10", 0,
	    "x@fresh1.example", "x@fresh1.example", "x\n", NULL};
	int64_t now = WORLD_NOW + 7 * 86400000LL;
	const struct decision *d;

	d = attempt(hosts, &a, now, NULL);
	CHECK("not known", strstr(d->text, "usually") == NULL);
	d = attempt(hosts, &a, now + 1200000, NULL);
	CHECK("back after 20 minutes", d->action == ACTION_ACCEPT);
	d = attempt(hosts, &a, now + 1200000 + 36 * 86400000LL - 1, NULL);
	CHECK("known all the time", d->action == ACTION_ACCEPT);
	/* The key has just been written anew, the habit has not. */
	d = attempt(hosts, &a, now + 80 * 86400000LL, NULL);
	CHECK("both are forgotten", d->action == ACTION_DEFER &&
	    strstr(d->text, "usually") == NULL);
}

static const struct {
	const char *name;
	bool cold, local;
	const char *sender, *first, *second;	/* at once again */
} outages[] = {
	{"healthy", false, false, "a@office.example", "GREYLISTED",
	    "GREYLISTED"},
	{"emptied: passes and is known", true, false, "a@nospf.example",
	    "GREYLIST_SPARED", "GREYLIST_KNOWN"},
	{"away: the proven pass", false, true, "a@office.example",
	    "GREYLIST_SPARED", "GREYLIST_SPARED"},
	{"away: others are remembered here", false, true, "a@nospf.example",
	    "GREYLISTED", "GREYLISTED"},
};

static void
test_outages(struct world *hosts)
{
	struct attempt a = {"outage", 0, NULL, 0, NULL, NULL, "x\n", NULL};
	struct store_health health = {.name = "test", .reached = true};
	/* So late that nothing above is known any more. */
	int64_t now = WORLD_NOW + 500 * 86400000LL;
	char ip[40];
	size_t i;

	for (i = 0; i < ROWS(outages); i++, now += 400 * 86400000LL) {
		snprintf(ip, sizeof(ip), "203.0.%zu.9", i);
		a.ip = ip;
		a.sender = a.from = outages[i].sender;
		health.cold = outages[i].cold;
		health.local = outages[i].local;
		attempt(hosts, &a, now, &health);
		CHECK_TEXT(outages[i].name, world_symbols(hosts, symbols),
		    outages[i].first);
		attempt(hosts, &a, now + 1000, &health);
		CHECK_TEXT(outages[i].name, world_symbols(hosts, symbols),
		    outages[i].second);
	}
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct world hosts[HOSTS];
	size_t i;

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("providers", providers);
	world_begin(&hosts[0], conf);
	hosts[0].services.dns = dns_table();
	zone(hosts[0].services.dns);
	for (i = 1; i < HOSTS; i++) {
		hosts[i] = hosts[0];
		scan_init(&hosts[i].scan);
	}
	test_traces(hosts);
	test_habit(hosts);
	test_outages(hosts);
	for (i = 1; i < HOSTS; i++)
		scan_done(&hosts[i].scan);
	scan_reset(&hosts[0].scan);
	dns_free(hosts[0].services.dns);
	world_end(&hosts[0]);
	folder_end();
	return test_end();
}
