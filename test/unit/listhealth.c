/* listhealth - which DNS lists are believed, with a clock of our own. */
#include "shared/listhealth.h"

#include "conf/lines.h"
#include "shared/listprobe.h"
#include "shared/shared.h"
#include "test/unit/test.h"

#define START INT64_C(1800000000000)
#define HOSTS 3
#define MINUTE 60000

/* Hosts with a store in common, each with a DNS of its own. */
struct world {
	struct listhealth *host[HOSTS];
	struct dns *dns[HOSTS];
	struct store *store;
	struct dnslists lists;
	const struct dnslist *list;
	int64_t now;
};

enum zone { HEALTHY, WILDCARD, DEAD, REFUSING, EMPTY };

static void
put(struct dns *dns, const char *name, const char *data)
{
	dns_table_add(dns, name, DNS_A, span_of(data));
}

/* A resolver that sees the list l.example in that state. */
static struct dns *
zone(enum zone state)
{
	struct dns *dns = dns_table();

	if (state == DEAD) {
		dns_table_fail(dns, "1.0.0.127.l.example", 0);
		dns_table_fail(dns, "2.0.0.127.l.example", 0);
		return dns;
	}
	put(dns, "l.example", "192.0.2.1");
	if (state == REFUSING) {
		put(dns, "2.0.0.127.l.example", "127.255.255.254");
		put(dns, "1.0.0.127.l.example", "127.255.255.254");
	} else if (state != EMPTY) {
		put(dns, "2.0.0.127.l.example", "127.0.0.2");
	}
	if (state == WILDCARD)
		put(dns, "1.0.0.127.l.example", "127.0.0.2");
	return dns;
}

static void
begin(struct world *w, enum zone state)
{
	static const char text[] = "list l\nzone l.example\nask client\n"
	    "code 127.0.0.2 LISTED\nrefused 127.0.0.1\n";
	struct error e;
	char name[16];
	int i;

	memset(w, 0, sizeof(*w));
	dnslists_init(&w->lists);
	CHECK("definition", lines_parse(span_of(text), "f", dnslists_take,
	    &w->lists, &e) == 0 && dnslists_end(&w->lists, &e) == 0);
	w->list = &w->lists.items[0];
	w->store = store_memory();
	w->now = START;
	for (i = 0; i < HOSTS; i++) {
		snprintf(name, sizeof(name), "mx%d", i);
		w->host[i] = listhealth_new(name);
		w->dns[i] = zone(state);
		listhealth_watch(w->host[i], w->list, w->now);
	}
}

static void
end(struct world *w)
{
	int i;

	for (i = 0; i < HOSTS; i++) {
		listhealth_free(w->host[i]);
		dns_free(w->dns[i]);
	}
	store_close(w->store);
	dnslists_done(&w->lists);
}

/* The list changes, as that host, or each (-1), sees it. */
static void
turn(struct world *w, int host, enum zone state)
{
	int i;

	for (i = 0; i < HOSTS; i++) {
		if (host >= 0 && i != host)
			continue;
		dns_free(w->dns[i]);
		w->dns[i] = zone(state);
	}
}

static void
pass(struct world *w, int64_t ms)
{
	int64_t until = w->now + ms;
	int i;

	for (; w->now <= until; w->now += SHARED_TICK_MS)
		for (i = 0; i < HOSTS; i++) {
			listhealth_watch(w->host[i], w->list, w->now);
			listhealth_tick(w->host[i], w->store, w->dns[i],
			    w->now);
		}
}

/* n answers about different clients, one each 100 ms, on that host. */
static void
mail(struct world *w, int host, int n, enum dnslist_word word)
{
	char subject[40];

	for (; n > 0; n--) {
		snprintf(subject, sizeof(subject), "%d %lld", n,
		    (long long)w->now);
		listhealth_note(w->host[host], w->list, span_of(subject),
		    word, w->now);
		w->now += 100;
		if (n % 10 == 0)
			pass(w, 0);
	}
	pass(w, 0);
}

static bool
all(struct world *w, enum list_trust trust)
{
	struct list_report r;
	bool same = true;
	int i;

	for (i = 0; i < HOSTS; i++)
		same = same && listhealth_report(w->host[i], w->list, &r) &&
		    r.trust == trust;
	return same;
}

static const char *
why(struct world *w, int host)
{
	static char text[160];
	struct list_report r;

	listhealth_report(w->host[host], w->list, &r);
	memcpy(text, r.why, sizeof(text));
	return text;
}

/* RFC 5782 5: trusted once the test entry is there and the other is not. */
static void
test_start(void)
{
	static const struct {
		const char *name;
		enum zone state;
		enum list_trust trust;
		const char *why;
	} rows[] = {
		{"healthy", HEALTHY, LIST_TRUSTED, ""},
		{"127.0.0.1 is listed", WILDCARD, LIST_OFF,
		    "lists what no list may list (RFC 5782)"},
		{"127.0.0.2 is not", EMPTY, LIST_UNTESTED,
		    "does not list its own test entry"},
		{"no answer", DEAD, LIST_UNTESTED, "servfail"},
		{"refuses", REFUSING, LIST_UNTESTED,
		    "refuses a public resolver (127.255.255.254)"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		begin(&w, rows[i].state);
		CHECK(rows[i].name, all(&w, LIST_UNTESTED));
		pass(&w, 0);
		CHECK(rows[i].name, all(&w, rows[i].trust));
		CHECK_TEXT(rows[i].name, why(&w, 0), rows[i].why);
		/* And then it is repaired. */
		turn(&w, -1, HEALTHY);
		pass(&w, 6 * MINUTE);
		CHECK(rows[i].name, all(&w, LIST_TRUSTED));
		end(&w);
	}
}

/* It fails while mail flows on one host: within a minute all know it. */
static void
test_turns_bad(void)
{
	static const struct {
		const char *name;
		enum zone state;
		enum dnslist_word word;
		const char *why;
	} rows[] = {
		{"wildcard", WILDCARD, DNSLIST_YES,
		    "lists what no list may list (RFC 5782)"},
		{"dead", DEAD, DNSLIST_ERROR, "servfail"},
		{"refusing", REFUSING, DNSLIST_ERROR,
		    "refuses a public resolver (127.255.255.254)"},
	};
	char heard[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w;

		begin(&w, HEALTHY);
		pass(&w, MINUTE);
		CHECK(rows[i].name, all(&w, LIST_TRUSTED));
		turn(&w, -1, rows[i].state);
		mail(&w, 1, LISTHEALTH_SUSPECT, rows[i].word);
		CHECK_TEXT(rows[i].name, why(&w, 1), rows[i].why);
		pass(&w, 2 * LISTHEALTH_SYNC_MS);
		CHECK(rows[i].name, w.now - START < 2 * MINUTE);
		CHECK(rows[i].name, all(&w, LIST_OFF));
		snprintf(heard, sizeof(heard), "%s (says mx1)", rows[i].why);
		/* The others have tried it themselves by now. */
		CHECK(rows[i].name, strcmp(why(&w, 0), heard) == 0 ||
		    strcmp(why(&w, 0), rows[i].why) == 0);
		pass(&w, 10 * MINUTE);
		CHECK(rows[i].name, all(&w, LIST_OFF));
		turn(&w, -1, HEALTHY);
		pass(&w, 12 * MINUTE);
		CHECK(rows[i].name, all(&w, LIST_TRUSTED));
		end(&w);
	}
}

/* What only one host cannot reach stays on for the others. */
static void
test_one_host(void)
{
	struct list_report r;
	struct world w;

	begin(&w, HEALTHY);
	pass(&w, MINUTE);
	turn(&w, 2, REFUSING);
	mail(&w, 2, LISTHEALTH_ERRORS, DNSLIST_ERROR);
	pass(&w, 2 * LISTHEALTH_SYNC_MS);
	listhealth_report(w.host[2], w.list, &r);
	CHECK("the one", r.trust == LIST_OFF);
	listhealth_report(w.host[0], w.list, &r);
	CHECK("another", r.trust == LIST_TRUSTED);
	pass(&w, 10 * MINUTE);
	listhealth_report(w.host[1], w.list, &r);
	CHECK("later", r.trust == LIST_TRUSTED);
	turn(&w, 2, HEALTHY);
	pass(&w, 10 * MINUTE);
	CHECK("repaired", all(&w, LIST_TRUSTED));
	end(&w);
}

/*
 * A list that knows the entries of the RFC and our control, and lists all else
 * of a sudden.
 */
static void
test_lying(void)
{
	struct world w;
	int i;

	begin(&w, HEALTHY);
	pass(&w, MINUTE);
	for (i = 0; i < LISTHEALTH_KNOWN / 2; i++) {
		mail(&w, 0, 1, DNSLIST_YES);
		mail(&w, 0, 3, DNSLIST_NO);
	}
	CHECK("usual", all(&w, LIST_TRUSTED));
	mail(&w, 0, LISTHEALTH_WINDOW, DNSLIST_YES);
	pass(&w, 2 * LISTHEALTH_SYNC_MS);
	CHECK("off", all(&w, LIST_OFF));
	CHECK_TEXT("why", why(&w, 0), "suddenly lists nearly everything");
	CHECK_TEXT("why", why(&w, 2),
	    "suddenly lists nearly everything (says mx0)");
	/* Though its self-tests are good, it rests. */
	pass(&w, LISTHEALTH_REST_MS - 2 * MINUTE);
	CHECK("rests", all(&w, LIST_OFF));
	pass(&w, 4 * MINUTE);
	CHECK("back", all(&w, LIST_TRUSTED));
	mail(&w, 0, LISTHEALTH_WINDOW, DNSLIST_YES);
	pass(&w, LISTHEALTH_REST_MS + 4 * MINUTE);
	CHECK("longer the second time", all(&w, LIST_OFF));
	/* The clock was wrong by a day, and is set right. */
	w.now -= 24 * 60 * MINUTE;
	pass(&w, 2 * MINUTE);
	CHECK("nothing ends in a day that is over", all(&w, LIST_TRUSTED));
	end(&w);
}

/* A list that spares the entries of the RFC, and lists all else. */
static void
test_control(void)
{
	static const struct {
		const char *ask, *control;
	} rows[] = {
		{"client", "14.3.18.198.l.example"},
		{"client6", "0.0.0.0.0.0.0.0.0.0.0.0.3.0.7.0.0.0.0.0.0.0.0.0."
		    "8.b.d.0.1.0.0.2.l.example"},
		{"link", "p00000307.invalid.l.example"},
		{"email", NULL},
	};
	const uint64_t random = 0x307;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dnslist list = {.name = "l", .zone = SPAN("l.example"),
		    .hash = HASH_SHA1};
		struct dns *dns = dns_table();
		struct dns_job *job = asking_new(dns, NULL, NULL);
		struct asking *a = asking_of(job);
		const char *reason;

		list.asks = i == 0 ? DNSLIST_CLIENT : i == 1 ?
		    DNSLIST_CLIENT6 : i == 2 ? DNSLIST_LINK : DNSLIST_EMAIL;
		list.unlisted = span_of("invalid");
		listprobe_add(a, &list, 7, random);
		CHECK(rows[i].ask, a->count == 2);
		if (rows[i].control != NULL)
			CHECK_TEXT(rows[i].ask, a->items[1].name.p,
			    rows[i].control);
		put(dns, a->items[1].name.p, "127.0.0.2");
		asking_start(job);
		CHECK(rows[i].ask, asking_done(job));
		CHECK(rows[i].ask, listprobe_result(a, &list, 7, &reason) ==
		    LISTPROBE_LIES);
		CHECK_TEXT(rows[i].ask, reason, "lists everything");
		dns_job_free(job);
		dns_free(dns);
	}
}

/* A site whose clients are nearly all listed, day by day. */
static void
test_usual(void)
{
	struct list_report r;
	struct world w;
	int i;

	begin(&w, HEALTHY);
	pass(&w, MINUTE);
	for (i = 0; i < 200; i++) {
		mail(&w, 0, 12, DNSLIST_YES);
		mail(&w, 0, 1, DNSLIST_NO);
	}
	mail(&w, 0, 2 * LISTHEALTH_WINDOW, DNSLIST_YES);
	CHECK("trusted", all(&w, LIST_TRUSTED));
	/* One busy client is one. */
	for (i = 0; i < 1000; i++)
		listhealth_note(w.host[1], w.list, span_of("192.0.2.7"),
		    DNSLIST_YES, w.now);
	pass(&w, 1000);
	CHECK("one client", all(&w, LIST_TRUSTED));
	listhealth_report(w.host[1], w.list, &r);
	CHECK("counted", r.asked == 1000 && r.hits == 1000 && r.errors == 0);
	end(&w);
}

/* A store that is away or holds nonsense changes nothing. */
static void
test_store(void)
{
	static const char *const texts[] = {
		"", "lies", "lies x 1 mx9 no", "lies 9999999999999",
	    "lies 1900000000000 x mx9 no",
		"\xff\xff \xff \xff", "good 5 0 mx9",
	};
	struct store_op op = {.verb = STORE_PUT, .klass = LISTHEALTH_CLASS,
	    .schema = 1, .key = SPAN("l.example"), .ttl = MINUTE};
	struct world w;
	size_t i;

	begin(&w, HEALTHY);
	pass(&w, 0);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		op.value = span_of(texts[i]);
		CHECK(texts[i], store_run(w.store, &op, 1, w.now, 100) == 0);
		pass(&w, 2 * LISTHEALTH_SYNC_MS);
		CHECK(texts[i], all(&w, LIST_TRUSTED));
	}
	listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	listhealth_tick(w.host[0], NULL, NULL, w.now);
	CHECK("neither", all(&w, LIST_TRUSTED));
	op.value = span_of("lies 1800003600000 0 mx\xff" "9 \x1b[31m");
	store_run(w.store, &op, 1, w.now, 100);
	pass(&w, 2 * LISTHEALTH_SYNC_MS);
	CHECK_TEXT("escaped", why(&w, 0), "\\x1b[31m (says mx\\xff9)");
	end(&w);
}

/* Nobody tests what nobody uses. */
static void
test_idle(void)
{
	struct list_report r;
	struct world w;

	begin(&w, HEALTHY);
	pass(&w, 0);
	w.now += 2 * LISTHEALTH_IDLE_MS;
	listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	listhealth_report(w.host[0], w.list, &r);
	CHECK("not tested", r.tested == START);
	listhealth_watch(w.host[0], w.list, w.now);
	listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	listhealth_report(w.host[0], w.list, &r);
	CHECK("tested", r.tested == w.now);
	end(&w);
}

/* A reload that corrects a definition is all that it takes. */
static void
test_redefined(void)
{
	struct world w;
	struct dnslist fixed;

	begin(&w, HEALTHY);
	fixed = *w.list;
	w.lists.items[0].listed = span_of("9.0.0.127");
	pass(&w, MINUTE);
	CHECK("a wrong test entry", all(&w, LIST_UNTESTED));
	w.lists.items[0] = fixed;
	pass(&w, SHARED_TICK_MS);
	CHECK("corrected", all(&w, LIST_TRUSTED));
	w.lists.items[0].zone = span_of("key.l.example");
	pass(&w, SHARED_TICK_MS);
	CHECK("a key that nobody knows", all(&w, LIST_UNTESTED));
	w.lists.items[0] = fixed;
	pass(&w, SHARED_TICK_MS);
	CHECK("a good one", all(&w, LIST_TRUSTED));
	end(&w);
}

/* Of two lists of a zone the first is tested, without end. */
static void
test_two_of_zone(void)
{
	struct list_report r;
	struct dnslist other;
	struct world w;
	int i;

	begin(&w, HEALTHY);
	other = *w.list;
	other.listed = span_of("9.0.0.127");
	for (i = 0; i < 20; i++, w.now += SHARED_TICK_MS) {
		listhealth_watch(w.host[0], w.list, w.now);
		listhealth_watch(w.host[0], &other, w.now);
		listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	}
	listhealth_report(w.host[0], &other, &r);
	CHECK("trusted", r.trust == LIST_TRUSTED && r.since == START);
	end(&w);
}

/* Slow answers hold up nobody. */
static void
test_slow(void)
{
	struct list_report r;
	struct world w;

	begin(&w, HEALTHY);
	dns_table_delay(w.dns[0], 100000);
	listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	listhealth_report(w.host[0], w.list, &r);
	CHECK("under way", r.trust == LIST_UNTESTED && r.tested == 0);
	w.now += LISTHEALTH_TEST_MS;
	listhealth_tick(w.host[0], NULL, w.dns[0], w.now);
	listhealth_report(w.host[0], w.list, &r);
	CHECK_TEXT("given up", r.why, "timeout");
	end(&w);
}

static void
test_stats(void)
{
	struct world w;
	struct buf out;

	begin(&w, HEALTHY);
	pass(&w, 0);
	mail(&w, 0, 2, DNSLIST_YES);
	mail(&w, 0, 1, DNSLIST_NO);
	buf_init(&out, 4096);
	listhealth_stats(w.host[0], &out);
	CHECK("yes", strstr(buf_string(&out), "postern_dnslist_answers_total"
	    "{zone=\"l.example\",answer=\"yes\"} 2\n") != NULL);
	CHECK("no", strstr(buf_string(&out), "answer=\"no\"} 1\n") != NULL);
	CHECK("trusted", strstr(buf_string(&out),
	    "postern_dnslist_trusted{zone=\"l.example\"} 1\n") != NULL);
	buf_done(&out);
	end(&w);
}

/*
 * A record of a time that nothing can be later than, put there by a stranger
 * to us: nobody believes it, and hosts tell each other as ever.
 */
static void
test_far_future(void)
{
	static const char *const records[] = {
		"lies 9223372036854775807 9223372036854775807 mx1 it says so",
		"good 9223372036854775807 0 mx1",
	};
	struct world w;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct store_op op = {.verb = STORE_PUT,
		    .klass = LISTHEALTH_CLASS, .schema = 1,
		    .value = span_of(records[i]), .ttl = LISTHEALTH_TTL};

		begin(&w, HEALTHY);
		pass(&w, MINUTE);
		op.key = w.list->id;
		store_run(w.store, &op, 1, w.now, 1000);
		CHECK(records[i], op.answer == STORE_FOUND);
		pass(&w, 2 * LISTHEALTH_SYNC_MS);
		CHECK(records[i], all(&w, LIST_TRUSTED));
		turn(&w, -1, WILDCARD);
		mail(&w, 1, LISTHEALTH_SUSPECT, DNSLIST_YES);
		pass(&w, 2 * LISTHEALTH_SYNC_MS);
		CHECK(records[i], all(&w, LIST_OFF));
		end(&w);
	}
}

int
main(void)
{
	test_start();
	test_turns_bad();
	test_one_host();
	test_lying();
	test_control();
	test_usual();
	test_store();
	test_far_future();
	test_idle();
	test_redefined();
	test_two_of_zone();
	test_slow();
	test_stats();
	return test_end();
}
