/*
 * reputation - how ratings follow from what was seen, how it fades, and that
 * in a stream of mail nobody moves his neighbours.
 */
#include "check/reputation.h"

#include <math.h>
#include <time.h>

#include "rules/compile.h"
#include "test/unit/world.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define HOUR 3600000LL
#define DAY (24 * HOUR)
#define SPAM "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL" \
	"*C.34X\n"

/* Messages, and thousandths of ratings. */
static const struct {
	const char *name;
	int64_t spam, ham, parent, rating;
} ratings[] = {
	{"nothing seen: the parent's", 0, 0, 900, 900},
	{"nothing seen, nothing known", 0, 0, RATING_NEUTRAL, 500},
	{"one spam moves little", 1, 0, 500, 600},
	{"one ham moves little", 0, 1, 500, 400},
	{"as many of its own as the parent counts", 4, 0, 500, 750},
	{"many of its own", 96, 0, 0, 960},
	{"and the parent hardly matters", 960, 40, 0, 956},
	{"less than nothing is nothing", -5, 0, 500, 500},
	{"more than there can be", INT64_MAX / 1000, 0, 0, 1000},
};

static void
test_ratings(void)
{
	struct evidence e, none = {0, 0}, ten = {4000, 6000};
	struct evidence many = {990000, 0};
	size_t i;

	for (i = 0; i < ROWS(ratings); i++) {
		e.spam = ratings[i].spam * 1000;
		e.ham = ratings[i].ham * 1000;
		CHECK(ratings[i].name, rating_of(e, ratings[i].parent,
		    STANDING_WEIGHT) == ratings[i].rating);
	}
	CHECK("no weight, nothing seen", rating_of(none, 123, 0) == 123);
	CHECK("share of the first", rating_share(none, 10) == 1000);
	CHECK("half", rating_share(ten, 10) == 500);
	CHECK("of the thousandth", rating_share(many, 10) == 10);
}

static const struct {
	const char *word, *name;	/* NULL: it is none */
} words[] = {
	{"address:192.0.2.1", "192.0.2.1"},
	{"address:2001:DB8::1", "2001:db8::1"},
	{"address:192.0.2.1.5", NULL},
	{"network:192.0.2.0/24", "192.0.2.0/24"},
	{"network:192.0.2.77", "192.0.2.0/24"},
	{"network:192.0.2.0/20", NULL},
	{"network:2001:db8::1", "2001:db8::/64"},
	{"asn:AS64500", "64500"},
	{"asn:64500", "64500"},
	{"dkim:Example.ORG", "example.org"},
	{"tenant:addr:bob@free.example", "addr:bob@free.example"},
	{"place:192.0.2.1", NULL},
	{"dkim:", NULL},
	{"dkim", NULL},
	{"", NULL},
};

static void
test_words(struct arena *arena)
{
	struct standing s;
	char name[100];
	size_t i;
	bool good;

	for (i = 0; i < ROWS(words); i++) {
		good = standing_parse(arena, span_of(words[i].word), &s);
		if (!CHECK(words[i].word, good == (words[i].name != NULL)) ||
		    !good)
			continue;
		snprintf(name, sizeof(name), "%.*s", SPAN_ARG(s.name));
		CHECK_TEXT(words[i].word, name, words[i].name);
	}
}

static void
ask(struct store *store, struct arena *arena, struct standing *s, int64_t now)
{
	struct store_op *ops = arena_alloc(arena, STANDING_OPS * sizeof(*ops));

	standing_ask(arena, s, ops);
	store_run(store, ops, STANDING_OPS, now, 1000);
	CHECK("answered", standing_take(s));
	standing_rate(s, NULL);
}

/* A thousand messages in all kinds of distances, against the closed form. */
static void
test_decay(struct arena *arena)
{
	struct store *store = store_memory();
	struct standing s = {.kind = STANDING_DKIM, .name = SPAN("a.example")};
	struct store_op op;
	double sum = 0, half_life = 14.0 * DAY;
	int64_t now = WORLD_NOW, step;
	unsigned i, wrong = 0;

	for (i = 0; i < 1000; i++) {
		step = (int64_t)(i * 7919 % 1013) * HOUR / 20;
		now += step;
		sum = sum * exp2(-(double)step / half_life) + 1000;
		memset(&op, 0, sizeof(op));
		standing_add(arena, &s, &op, true, 1000, 14 * DAY);
		store_run(store, &op, 1, now, 1000);
		if (i % 50 != 0)
			continue;
		step = (int64_t)i * HOUR / 3;
		ask(store, arena, &s, now + step);
		if (fabs((double)s.evidence.spam - sum *
		    exp2(-(double)step / half_life)) > 0.01 * sum)
			wrong++;
	}
	CHECK("within one percent of the closed form", wrong == 0);
	ask(store, arena, &s, now + 14 * DAY);
	CHECK("half after a half life",
	    fabs((double)s.evidence.spam / (sum / 2) - 1) < 0.01);
	ask(store, arena, &s, now + STANDING_LIVES * 14 * DAY + HOUR);
	CHECK("forgotten in the end", s.evidence.spam == 0);
	store_close(store);
}

static const char conf[] = "mode = enforce\n"
    "greylist { when = never }\n"
    "iprev { enabled = no }\ndkim { enabled = no }\narc { enabled = no }\n"
    "dmarc { enabled = no }\nproviders { files = providers }\n";

static void
zone(struct world *w)
{
	static const char *const names[] = {
		"free.example", "shop.example", "new.example",
	};
	size_t i;

	w->services.dns = dns_table();
	for (i = 0; i < ROWS(names); i++)
		dns_table_add(w->services.dns, names[i], DNS_TXT,
		    span_of("v=spf1 ip4:203.0.113.0/24 -all"));
}

/* One message of sender@domain, from the address that ends with host. */
static const struct decision *
mail(struct world *w, const char *sender, unsigned host, const char *body,
    int64_t now)
{
	char raw[1000], ip[40], helo[40], date[60];
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000",
	    gmtime_r(&seconds, &tm));
	snprintf(ip, sizeof(ip), "203.0.113.%u", host);
	snprintf(helo, sizeof(helo), "mail%u.helo.example", host);
	snprintf(raw, sizeof(raw), "From: %s\nTo: b@here.example\nDate: %s\n"
	    "Message-ID: <%lld@x.example>\nSubject: letter\n\n%s", sender,
	    date, (long long)now, body);
	world_client(w, ip, helo);
	world_mail(w, sender, now);
	scan_recipient(&w->scan, span_of("b@here.example"));
	return world_data(w, span_of(raw));
}

/* What is known: "spam ham" in whole messages. */
static const char *
known(struct world *w, const char *word, int64_t now)
{
	static char out[60];
	struct standing s;
	struct arena arena;

	arena_init(&arena);
	CHECK(word, standing_parse(&arena, span_of(word), &s));
	ask(w->services.store, &arena, &s, now);
	snprintf(out, sizeof(out), "%lld %lld",
	    (long long)(s.evidence.spam + 500) / 1000,
	    (long long)(s.evidence.ham + 500) / 1000);
	arena_done(&arena);
	return out;
}

static const char *const raised[] = {
	"REPUTATION_GOOD", "REPUTATION_POOR", "REPUTATION_BAD", NULL,
};

/* One bad tenant of a freemail provider among good and new ones. */
static void
test_stream(struct world *w)
{
	int64_t now = WORLD_NOW;
	char sender[40];
	unsigned i;

	for (i = 0; i < 300; i++) {
		now += 1000;
		snprintf(sender, sizeof(sender), i % 3 != 0 ?
		    "bad+%u@free.example" : "good@free.example", i);
		mail(w, sender, 1 + i % 200, i % 3 != 0 ? SPAM : "Hello.\n",
		    now);
	}
	CHECK_TEXT("bad", known(w, "tenant:addr:bad@free.example", now),
	    "200 0");
	CHECK_TEXT("good", known(w, "tenant:addr:good@free.example", now),
	    "0 100");
	CHECK_TEXT("provider", known(w, "spf:free.example", now), "0 0");
	CHECK_TEXT("as From", known(w, "from:free.example", now), "0 0");
	CHECK_TEXT("its hosts", known(w, "address:203.0.113.7", now), "0 0");
	CHECK_TEXT("their network", known(w, "network:203.0.113.0/24", now),
	    "0 0");
	CHECK_TEXT("HELO", known(w, "helo:mail7.helo.example", now), "0 0");
	mail(w, "bad@free.example", 7, "Hello.\n", now);
	CHECK_TEXT("bad", world_symbols(w, raised), "REPUTATION_BAD");
	mail(w, "good@free.example", 7, "Hello.\n", now);
	CHECK_TEXT("good", world_symbols(w, raised), "REPUTATION_GOOD");
	mail(w, "other@free.example", 7, "Hello.\n", now);
	CHECK_TEXT("neighbour", world_symbols(w, raised), "");
}

/* A domain and a host of its own; then the host alone sends more. */
static void
test_loud_host(struct world *w)
{
	int64_t now = WORLD_NOW;
	unsigned i;

	for (i = 0; i < 500; i++)
		mail(w, "a@shop.example", 9, SPAM, now += 1000);
	CHECK_TEXT("domain", known(w, "spf:shop.example", now), "500 0");
	CHECK_TEXT("address", known(w, "address:203.0.113.9", now), "500 0");
	CHECK_TEXT("network", known(w, "network:203.0.113.0/24", now),
	    "7 0");
	mail(w, "a@elsewhere.example", 10, "Hello.\n", now);
	CHECK_TEXT("beside it", world_symbols(w, raised), "");
	mail(w, "a@shop.example", 9, "Hello.\n", now);
	CHECK_TEXT("itself", world_symbols(w, raised), "REPUTATION_BAD");
	CHECK_TEXT("letters count as ham, whatever their reputation",
	    known(w, "spf:shop.example", now), "500 1");
	mail(w, "a@shop.example", 9, "Hello.\n", now + 200 * DAY);
	CHECK_TEXT("half a year later", world_symbols(w, raised), "");
}

/* Many hosts of a network, each with little, and then one nobody knows. */
static void
test_network(struct world *w)
{
	int64_t now = WORLD_NOW;
	char sender[40];
	unsigned i;

	for (i = 0; i < 40; i++) {
		snprintf(sender, sizeof(sender), "a@fresh%u.example", i);
		mail(w, sender, 1 + i, SPAM, now += 1000);
	}
	CHECK_TEXT("network", known(w, "network:203.0.113.0/24", now),
	    "40 0");
	mail(w, "a@fresh99.example", 99, "Hello.\n", now);
	CHECK_TEXT("a new host", world_symbols(w, raised),
	    "REPUTATION_POOR");
	for (i = 0; i < 40; i++)
		mail(w, "a@shop.example", 200, "Hello.\n", now += 1000);
	CHECK_TEXT("a good one in a bad place", world_symbols(w, raised),
	    "REPUTATION_GOOD");
}

/* Names made up for one message must not fill the store. */
static void
test_once(struct world *w)
{
	int64_t now = WORLD_NOW;

	mail(w, "a@once.example", 9, SPAM, now);
	mail(w, "a@twice.example", 10, SPAM, now);
	mail(w, "a@twice.example", 10, SPAM, now += DAY);
	CHECK_TEXT("for some days", known(w, "from:once.example", now),
	    "1 0");
	CHECK_TEXT("HELO", known(w, "helo:mail9.helo.example", now + 3 * DAY),
	    "0 0");
	CHECK_TEXT("address", known(w, "address:203.0.113.9", now + 3 * DAY),
	    "0 0");
	now += 7 * DAY;
	CHECK_TEXT("once", known(w, "from:once.example", now), "0 0");
	CHECK_TEXT("twice", known(w, "from:twice.example", now), "2 0");
	CHECK_TEXT("HELO, twice", known(w, "helo:mail10.helo.example", now),
	    "1 0");
}

/* Neither doubtful mail, nor what only its reputation makes spam. */
static void
test_doubtful(struct world *w)
{
	int64_t now = WORLD_NOW;
	const struct decision *d;
	unsigned i;

	for (i = 0; i < 40; i++)
		mail(w, "a@new.example", 9, SPAM, now += 1000);
	world_client(w, "203.0.113.9", "mail9.helo.example");
	world_mail(w, "a@new.example", now);
	scan_recipient(&w->scan, span_of("b@here.example"));
	d = world_data(w, span_of("From: a@new.example\nFrom: b@new.example\n"
	    "To: b@here.example\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n"
	    "Message-ID: <1@x.example>\nSubject: letter\n\nHello.\n"));
	CHECK_TEXT("known", world_symbols(w, raised), "REPUTATION_BAD");
	CHECK("spam by its reputation", d->spam);
	CHECK_TEXT("which taught nothing", known(w, "spf:new.example", now),
	    "40 0");
}

static void
in_world(void (*test)(struct world *))
{
	struct world w;

	world_begin(&w, conf);
	zone(&w);
	test(&w);
	scan_reset(&w.scan);
	dns_free(w.services.dns);
	world_end(&w);
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct arena arena;

	if (status >= 0)
		return status;
	folder_begin();
	folder_file("providers", "freemail free.example\n");
	arena_init(&arena);
	test_ratings();
	test_words(&arena);
	test_decay(&arena);
	arena_done(&arena);
	in_world(test_stream);
	in_world(test_once);
	in_world(test_loud_host);
	in_world(test_network);
	in_world(test_doubtful);
	folder_end();
	return test_end();
}
