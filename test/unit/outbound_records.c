/* outbound_records - what is kept of a user: its layout, limits and steps. */
#include "check/outbound_account.h"
#include "check/outbound_level.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define NOW 1704110400000LL
#define HOUR 3600000LL
#define DAY (24 * HOUR)

static void
visit(struct account *a, const char *ip, const char *country, uint32_t asn,
    int64_t now)
{
	struct place place = {.asn = asn};
	struct ip address;

	snprintf(place.country, sizeof(place.country), "%s", country);
	CHECK(ip, ip_parse(span_of(ip), &address));
	account_visit(a, &address, &place, now);
}

/* Visits in hours from now, and what counts at hour 0. */
static const struct {
	const char *name;
	struct {
		int hour;
		const char *ip, *country;
		uint32_t asn;
	} visit[6];
	int64_t since;		/* of a release */
	struct account_travels expected;
} travels[] = {
	{ "one", {{ 0, "192.0.2.1", "DE", 1 }}, 0, { 1, 1, 1 } },
	{ "one network", {{ 0, "192.0.2.1", "DE", 1 },
	    { 0, "192.0.2.200", "DE", 1 }}, 0, { 1, 1, 1 } },
	{ "three", {{ -3, "192.0.2.1", "DE", 1 }, { -2, "192.0.3.1", "DE", 2 },
	    { -1, "2001:db8::1", "FR", 2 }}, 0, { 3, 2, 2 } },
	{ "IPv6 /48", {{ -1, "2001:db8:0:1::1", "", 0 },
	    { 0, "2001:db8:0:2::1", "", 0 }}, 0, { 1, 0, 0 } },
	{ "not known", {{ 0, "192.0.2.1", "", 0 }}, 0, { 1, 0, 0 } },
	{ "half a day ago", {{ -12, "192.0.2.1", "DE", 1 },
	    { -11, "192.0.3.1", "FR", 2 }}, 0, { 1, 1, 1 } },
	{ "before a release", {{ -3, "192.0.2.1", "DE", 1 },
	    { -1, "192.0.3.1", "FR", 2 }}, NOW - 2 * HOUR, { 1, 1, 1 } },
	{ "home", {{ -168, "192.0.2.1", "DE", 1 }, { 0, "192.0.2.1", "DE",
	    1 }, { 0, "192.0.3.1", "DE", 1 }}, 0, { 1, 0, 0 } },
	{ "not home yet", {{ -167, "192.0.2.1", "DE", 1 },
	    { 0, "192.0.2.1", "DE", 1 }}, 0, { 1, 1, 1 } },
	{ "clock set back", {{ 5, "192.0.2.1", "DE", 1 }}, 0, { 0, 0, 0 } },
};

static void
test_travels(void)
{
	struct account_travels got;
	struct account a;
	size_t i, k;

	for (i = 0; i < ROWS(travels); i++) {
		memset(&a, 0, sizeof(a));
		for (k = 0; travels[i].visit[k].ip != NULL; k++)
			visit(&a, travels[i].visit[k].ip,
			    travels[i].visit[k].country,
			    travels[i].visit[k].asn,
			    NOW + travels[i].visit[k].hour * HOUR);
		got = account_travels(&a, travels[i].since, NOW);
		if (!CHECK(travels[i].name, memcmp(&got, &travels[i].expected,
		    sizeof(got)) == 0))
			fprintf(stderr, "  got %u %u %u\n", got.networks,
			    got.systems, got.countries);
	}
}

/* A hundred strange networks do not drive out what was known before. */
static void
test_crowd(void)
{
	struct account_travels got;
	struct account a;
	char ip[40], text[IP_TEXT_MAX];
	unsigned i, home = 0;

	memset(&a, 0, sizeof(a));
	visit(&a, "192.0.2.1", "DE", 1, NOW - 8 * DAY);
	visit(&a, "192.0.2.1", "DE", 1, NOW - DAY);
	for (i = 0; i < 100; i++) {
		snprintf(ip, sizeof(ip), "10.%u.1.1", i);
		visit(&a, ip, "US", 2, NOW);
	}
	CHECK("bounded", a.place_count == ACCOUNT_PLACES);
	for (i = 0; i < a.place_count; i++)
		home += strcmp(account_place_text(&a.places[i], text),
		    "192.0.2.0/24") == 0;
	CHECK("home", home == 1);
	got = account_travels(&a, 0, NOW);
	CHECK("crowd", got.networks == ACCOUNT_PLACES - 1 &&
	    got.systems == 1 && got.countries == 1);
}

static void
test_links(void)
{
	struct account a;
	char name[20];
	unsigned i;

	memset(&a, 0, sizeof(a));
	CHECK("new", account_linked(&a, span_of("a.test"), 40, NOW));
	CHECK("new", account_reach(&a, span_of("a.test"), 0, NOW) == 40);
	account_linked(&a, span_of("a.test"), 70000, NOW + HOUR);
	CHECK("stops", account_reach(&a, span_of("a.test"), 0, NOW + HOUR) ==
	    UINT16_MAX);
	CHECK("released", account_reach(&a, span_of("a.test"), NOW + 2 * HOUR,
	    NOW + 3 * HOUR) == 0);
	CHECK("old", account_reach(&a, span_of("a.test"), 0, NOW + DAY) == 0);
	CHECK("other", account_reach(&a, span_of("b.test"), 0, NOW) == 0);
	CHECK("untouched", !account_linked(&a, span_of("a.test"), 0,
	    NOW + HOUR));
	for (i = 0; i < 2 * ACCOUNT_LINKS; i++) {
		snprintf(name, sizeof(name), "d%u.test", i);
		account_linked(&a, span_of(name), 1, NOW + 2 * HOUR +
		    i * 60000);
	}
	CHECK("bounded", a.link_count == ACCOUNT_LINKS);
	CHECK("newest", account_reach(&a, span_of(name), 0, NOW + 3 * HOUR) ==
	    1);
	CHECK("oldest", account_reach(&a, span_of("a.test"), 0,
	    NOW + 3 * HOUR) == 0);
}

static void
test_layout(void)
{
	struct account a, again;
	char bytes[ACCOUNT_BYTES_MAX], ip[40];
	unsigned i;
	size_t n;

	memset(&a, 0, sizeof(a));
	a.since = 0x01020304;
	CHECK("empty", account_write(&a, bytes) == 6);
	CHECK("least first", memcmp(bytes, "\4\3\2\1\0\0", 6) == 0);
	for (i = 0; i < 40; i++) {
		snprintf(ip, sizeof(ip), i % 2 ? "2001:db8:%x::1" :
		    "10.%u.1.1", i);
		visit(&a, ip, "US", i, NOW);
		account_linked(&a, span_of(ip), i, NOW);
	}
	n = account_write(&a, bytes);
	CHECK("full", n == 6 + 24 * 20 + 24 * 14);
	memset(&again, 0xff, sizeof(again));
	CHECK("again", account_read(span_make(bytes, n), &again));
	CHECK("same", again.place_count == a.place_count &&
	    again.link_count == a.link_count && again.since == a.since &&
	    memcmp(&again.places[23], &a.places[23], sizeof(a.places[23])) ==
	    0 && again.links[23].name == a.links[23].name &&
	    again.links[23].reach == a.links[23].reach);
	/* The store may be written by others: what reaches a terminal. */
	memcpy(bytes + 16, "\033[", 2);
	CHECK("country", account_read(span_make(bytes, n), &again) &&
	    again.places[0].country[0] == '\0' &&
	    memcmp(again.places[1].country, "US", 2) == 0);
	CHECK("short", !account_read(span_make(bytes, n - 1), &again));
	CHECK("short is empty", again.place_count == 0 && again.since == 0);
	bytes[4] = ACCOUNT_PLACES + 1;
	CHECK("too many", !account_read(span_make(bytes, n), &again));
	CHECK("nothing", !account_read(span_of(""), &again));
}

static const struct {
	const char *name;
	struct evidence e;
	int64_t points;
	const char *text;
} evidences[] = {
	{ "none", { 0, 80, 0, 8, 0, 5, 0, 4, 0, 5, 0, 60 }, 0, "" },
	{ "little", { 39, 80, 3, 8, 2, 5, 1, 4, 2, 5, 29, 60 }, 0, "" },
	{ "half", { 40, 80, 0, 8, 0, 5, 0, 4, 0, 5, 0, 60 }, 500,
	    "40 new recipients" },
	{ "one", { 80, 80, 0, 8, 0, 5, 0, 4, 0, 5, 0, 60 }, 1000,
	    "80 new recipients" },
	{ "at most two", { 9000, 80, 0, 8, 0, 5, 0, 4, 0, 5, 0, 60 }, 2000,
	    "9000 new recipients" },
	{ "three countries", { 0, 80, 3, 8, 3, 5, 3, 4, 0, 5, 0, 60 }, 750,
	    "3 providers, 3 countries" },
	{ "worst place only", { 0, 80, 16, 8, 10, 5, 8, 4, 0, 5, 0, 60 },
	    2000, "16 networks, 10 providers, 8 countries" },
	{ "a link at most one", { 0, 80, 0, 8, 0, 5, 0, 4, 0, 5, 600, 60 },
	    1000, "600 got the same new link" },
	{ "newsletter", { 2000, 80, 0, 8, 0, 5, 0, 4, 0, 5, 2000, 60 },
	    3000, "2000 new recipients, 2000 got the same new link" },
	{ "all", { 2000, 80, 99, 8, 0, 5, 0, 4, 99, 5, 2000, 60 }, 7000,
	    "2000 new recipients, 99 networks, 99 refused or spam, 2000 got "
	    "the same new link" },
	{ "one is enough", { 0, 80, 0, 8, 0, 5, 0, 4, 1, 1, 0, 60 }, 1000,
	    "1 refused or spam" },
};

static void
test_evidence(void)
{
	struct buf text;
	size_t i;

	buf_init(&text, 300);
	for (i = 0; i < ROWS(evidences); i++) {
		buf_reset(&text);
		evidence_put(&evidences[i].e, &text);
		CHECK(evidences[i].name, evidence_points(&evidences[i].e) ==
		    evidences[i].points);
		CHECK_TEXT(evidences[i].name, buf_string(&text),
		    evidences[i].text);
	}
	buf_done(&text);
}

#define SECOND 1000LL

/* Points at times (s), and the level after each; "f" free to "b" blocked. */
static const struct {
	const char *name;
	struct {
		int64_t s, points;
	} at[7];
	const char *levels;
} ladders[] = {
	{ "nothing", {{ 0, 999 }, { 9, 999 }}, "ff" },
	{ "step by step", {{ 0, 7000 }, { 119, 7000 }, { 120, 7000 },
	    { 239, 7000 }, { 240, 7000 }, { 999, 7000 }}, "sshhbb" },
	{ "as far as it goes", {{ 0, 1000 }, { 500, 2999 }, { 600, 3000 },
	    { 900, 3999 }, { 1000, 4000 }}, "sshhb" },
	{ "over in time", {{ 0, 1000 }, { 3599, 0 }, { 3600, 0 }}, "ssf" },
	{ "goes on with evidence", {{ 0, 1000 }, { 3000, 1000 },
	    { 6599, 0 }, { 6600, 0 }}, "sssf" },
	{ "less evidence does not prolong", {{ 0, 3000 }, { 120, 3000 },
	    { 3700, 1000 }, { 21719, 1000 }, { 21720, 0 }}, "shhhf" },
	{ "from free it is slowed first", {{ 0, 7000 }, { 3600, 7000 }},
	    "ss" },
	{ "clock set back", {{ 5000, 7000 }, { 0, 7000 }}, "sh" },
};

static void
test_ladder(void)
{
	static const struct ladder ladder = {1000, 3000, 4000, HOUR, 6 * HOUR,
		DAY, 120 * SECOND};
	struct hold h;
	char got[8];
	size_t i, k;

	for (i = 0; i < ROWS(ladders); i++) {
		memset(&h, 0, sizeof(h));
		for (k = 0; k < strlen(ladders[i].levels); k++) {
			hold_move(&h, &ladder, ladders[i].at[k].points,
			    NOW + ladders[i].at[k].s * SECOND);
			got[k] = level_name(h.level)[0];
		}
		got[k] = '\0';
		CHECK_TEXT(ladders[i].name, got, ladders[i].levels);
	}
	h = (struct hold) {.level = LEVEL_SLOWED, .since = NOW, .until =
	    NOW + DAY, .by = span_of("root")};
	CHECK("by hand", !hold_move(&h, &ladder, 7000, NOW + HOUR) &&
	    h.level == LEVEL_SLOWED);
	CHECK("by hand", hold_move(&h, &ladder, 7000, NOW + DAY) &&
	    h.level == LEVEL_SLOWED && h.by.n == 0);
}

static const struct {
	const char *text;
	bool good;
} holds[] = {
	{ "held\t1704110400000\t1704120400000\t7\t\ta\\x09b\twhy: 2\t", true },
	{ "blocked\t1\t2\t3\troot\tanna\tfor 30 days\t", true },
	{ "free\t0\t0\t5\t\tanna\t\t", true },
	{ "", false },
	{ "held\t1\t2\t3\t\ta\tb", false },
	{ "held\t1\t2\t3\t\ta\tb\tc", false },
	{ "held\t-1\t2\t3\t\ta\tb\t", false },
	{ "held\t1\t9999999999999999999\t3\t\ta\tb\t", false },
	{ "helt\t1\t2\t3\t\ta\tb\t", false },
};

static void
test_holds(void)
{
	struct hold h;
	struct buf text;
	size_t i;

	for (i = 0; i < ROWS(holds); i++)
		if (!CHECK(holds[i].text, hold_read(span_of(holds[i].text),
		    &h) == holds[i].good) || !holds[i].good)
			CHECK("free", h.level == LEVEL_FREE || holds[i].good);
	buf_init(&text, HOLD_BYTES_MAX);
	h = (struct hold) {LEVEL_HELD, 1, 2, 3, span_of(""),
		span_of("a\tb"), span_of("why")};
	hold_write(&h, &text);
	CHECK_TEXT("written", buf_string(&text),
	    "held\t1\t2\t3\t\ta\\x09b\twhy\t");
	CHECK("read", hold_read(buf_contents(&text), &h));
	CHECK("read", h.level == LEVEL_HELD && h.since == 1 && h.until == 2 &&
	    h.released == 3 && span_is(h.why, "why"));
	buf_done(&text);
}

int
main(void)
{
	test_travels();
	test_crowd();
	test_links();
	test_layout();
	test_evidence();
	test_ladder();
	test_holds();
	return test_end();
}
