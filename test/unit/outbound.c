/*
 * outbound - replays of users' mail: a stolen password is stopped soon, and
 * travellers, newsletters and busy people are not.
 */
#include "check/outbound.h"
#include "rules/compile.h"
#include "shared/notices.h"
#include "test/unit/world.h"

#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define HIJACK_IPS 132

/* What the replay of a theft may cost at most. */
#define HIJACK_PASSED_MAX 40	/* messages that leave before it is held */
#define HIJACK_TRIES_MAX 200	/* before it is blocked */

static const char conf[] = "mode = enforce\ngreylist { when = never }\n";

struct street {
	struct world w;
	struct shared shared;
	int64_t now;
	bool backwards;		/* recipients */
	const char *body;	/* or NULL */
	unsigned passed, deferred, held, refused;
};

static void
street_begin(struct street *s, const char *text)
{
	memset(s, 0, sizeof(*s));
	world_begin(&s->w, text);
	s->shared.notices = notices_new();
	s->w.services.shared = &s->shared;
	s->now = WORLD_NOW;
}

static void
street_end(struct street *s)
{
	world_end(&s->w);
	notices_free(s->shared.notices);
}

static void
forget_counts(struct street *s)
{
	s->passed = s->deferred = s->held = s->refused = 0;
}

/* One message to recipients first to first + count - 1 of a numbered list. */
static const struct decision *
send_to(struct street *s, const char *ip, unsigned first, unsigned count,
    const char *link)
{
	const struct decision *d;
	char text[400], rcpt[80];
	unsigned i, n;

	world_client(&s->w, ip, "desk.test");
	s->w.arrival.user = span_of("Anna@corp.test");
	world_mail(&s->w, "<anna@corp.test>", s->now);
	for (i = 0; i < count; i++) {
		n = first + (s->backwards ? count - 1 - i : i);
		snprintf(rcpt, sizeof(rcpt), "<r%u@d%u.test>", n, n % 7);
		scan_recipient(&s->w.scan, span_of(rcpt));
	}
	snprintf(text, sizeof(text), "From: anna@corp.test\nTo: c@d.test\n"
	    "Subject: x\nDate: Mon, 1 Jan 2024 12:00:00 +0000\n"
	    "Message-ID: <1@corp.test>\n\nLook at %s today.\n%s\n", link,
	    s->body != NULL ? s->body : "");
	d = world_data(&s->w, span_of(text));
	s->passed += d->done <= ACTION_MARK;
	s->deferred += d->done == ACTION_DEFER;
	s->held += d->done == ACTION_QUARANTINE;
	s->refused += d->done == ACTION_REJECT;
	return d;
}

/* A month of somebody who writes ten letters a day to some sixty people. */
static void
live_a_month(struct street *s)
{
	unsigned day, i;

	for (day = 0; day < 30; day++) {
		for (i = 0; i < 10; i++) {
			send_to(s, i % 3 == 0 ? "198.51.100.7" :
			    "192.0.2.17", 1000 + (day * 7 + i * 13) % 60, 1,
			    "https://corp.test/");
			s->now += 50 * MINUTE;
		}
		s->now += DAY - 500 * MINUTE;
	}
	CHECK("a usual month", s->deferred + s->held + s->refused == 0);
	forget_counts(s);
}

static void
hijack_ip(unsigned n, char out[40])
{
	snprintf(out, 40, "%u.%u.%u.9", 11 + n % 60, 3 * n % 250, n);
}

static void
test_hijack(void)
{
	const struct decision *d = NULL;
	struct street s;
	struct notice notice;
	uint64_t dropped;
	unsigned i, waits = 0;
	char ip[40];

	street_begin(&s, conf);
	live_a_month(&s);
	for (i = 0; i < 600 && s.refused == 0; i++) {
		hijack_ip(i % HIJACK_IPS, ip);
		d = send_to(&s, ip, 5000 + 3 * i, 1 + i % 3,
		    "https://prize.example/win");
		waits = s.w.scan.store_waits > waits ?
		    s.w.scan.store_waits : waits;
		s.now += 5 * SECOND;
	}
	printf("hijack: %u passed, %u deferred, %u held, then refused\n",
	    s.passed, s.deferred, s.held);
	CHECK("stopped", s.passed < HIJACK_PASSED_MAX);
	CHECK("blocked", s.refused > 0 && i < HIJACK_TRIES_MAX);
	CHECK("two waits", waits == 2);
	CHECK("steps", s.deferred > 0 && s.held > 0);
	CHECK("reply", d != NULL && strcmp(d->code, "550") == 0 &&
	    strcmp(d->enhanced, "5.7.1") == 0 &&
	    strstr(d->text, "please contact your postmaster [") != NULL);
	CHECK("notice", notices_take(s.shared.notices, &notice, &dropped));
	CHECK_TEXT("notice", notice.level, "slowed");
	CHECK_TEXT("notice", notice.subject, "Anna@corp.test");
	CHECK("notice", notices_take(s.shared.notices, &notice, &dropped));
	CHECK_TEXT("notice", notice.level, "held");
	CHECK("notice", notices_take(s.shared.notices, &notice, &dropped));
	CHECK_TEXT("notice", notice.level, "blocked");
	CHECK("notice", !notices_take(s.shared.notices, &notice, &dropped));

	/* The user, at home, is told; a day later it is over. */
	d = send_to(&s, "192.0.2.17", 1001, 1, "https://corp.test/");
	CHECK("blocked", d->done == ACTION_REJECT);
	s.now += 3 * DAY;
	d = send_to(&s, "192.0.2.17", 1001, 1, "https://corp.test/");
	CHECK("free again", d->done == ACTION_ACCEPT);
	street_end(&s);
}

/* From one address only: held, not blocked, for it may be a newsletter. */
static void
test_one_place(void)
{
	struct street s;
	unsigned i;

	street_begin(&s, conf);
	live_a_month(&s);
	for (i = 0; i < 500 && s.held == 0; i++) {
		send_to(&s, "192.0.2.17", 9000 + i, 1, "https://new.example/");
		s.now += SECOND;
	}
	printf("from home: %u passed, %u deferred, then held\n", s.passed,
	    s.deferred);
	CHECK("slowed, held", s.held > 0 && s.deferred > 0);
	CHECK("few get through", s.passed <= 120);
	for (i = 500; i < 900; i++) {
		send_to(&s, "192.0.2.17", 9000 + i, 1, "https://new.example/");
		s.now += SECOND;
	}
	CHECK("never blocked", s.refused == 0);
	street_end(&s);
}

/* The same messages again and again are no new evidence. */
static void
test_retries(void)
{
	struct street s;
	unsigned i, k;

	street_begin(&s, conf);
	live_a_month(&s);
	for (i = 0; i < 90; i++)
		send_to(&s, "192.0.2.17", 9000 + i, 1, "https://corp.test/");
	CHECK("slowed", s.deferred > 0);
	for (k = 0; k < 20; k++) {
		s.now += 10 * MINUTE;
		for (i = 80; i < 90; i++)
			send_to(&s, "192.0.2.17", 9000 + i, 1,
			    "https://corp.test/");
	}
	CHECK("never held", s.held == 0 && s.refused == 0);
	s.now += 3 * HOUR;
	forget_counts(&s);
	for (i = 80; i < 90; i++)
		send_to(&s, "192.0.2.17", 9000 + i, 1, "https://corp.test/");
	CHECK("all gone", s.passed == 10);
	street_end(&s);
}

/* Nor is spam that is asked to come back. */
static void
test_returning_spam(void)
{
	struct street s;
	unsigned i;

	folder_file("limits", "outbound user 1 message per day\n");
	street_begin(&s, "mode = enforce\nactions { reject = 0 }\n"
	    "rate { limits = limits }\n");
	send_to(&s, "192.0.2.17", 1, 1, "https://corp.test/");
	s.body = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-"
	    "TEST-EMAIL*C.34X";
	for (i = 0; i < 20; i++) {
		send_to(&s, "192.0.2.17", 1, 1, "https://corp.test/");
		CHECK("not slowed", !world_raised(&s.w, "OUTBOUND_SLOWED"));
	}
	CHECK("all come back", s.deferred == 20);
	street_end(&s);
}

/* Two readers' lists: one that grows slowly, one of orders ever new. */
static void
test_steady(void)
{
	struct street s;
	unsigned week, day, i, fresh = 100000;

	street_begin(&s, conf);
	for (week = 0; week < 4; week++) {
		for (i = 0; i < 300 + week * 5; i++)
			send_to(&s, "192.0.2.80", 1000 + i, 1,
			    "https://corp.test/news");
		s.now += 7 * DAY;
	}
	printf("newsletter: %u passed, %u not\n", s.passed,
	    s.deferred + s.held + s.refused);
	CHECK("held only at its start", s.held + s.refused == 0);
	forget_counts(&s);
	for (i = 0; i < 340; i++)
		send_to(&s, "192.0.2.80", 1000 + i, 1,
		    "https://corp.test/news");
	CHECK("a steady newsletter", s.passed == 340);
	street_end(&s);

	street_begin(&s, conf);
	for (day = 0; day < 12; day++) {
		for (i = 0; i < 240; i++) {
			send_to(&s, "192.0.2.80", fresh++, 1,
			    "https://corp.test/order");
			s.now += 2 * MINUTE;
		}
		s.now += DAY - 480 * MINUTE;
	}
	CHECK("orders", s.passed == 240 * 12);
	for (i = 0; i < 500; i++)
		send_to(&s, "192.0.2.80", fresh++, 1,
		    "https://corp.test/order");
	CHECK("a busy day", s.deferred + s.held + s.refused == 0);
	street_end(&s);
}

static void
test_many_at_once(void)
{
	struct street s;
	unsigned week;

	street_begin(&s, conf);
	for (week = 0; week < 5; week++) {
		send_to(&s, "192.0.2.80", 1000, 250, "https://corp.test/");
		s.now += 7 * DAY;
		s.backwards = !s.backwards;
	}
	CHECK("the same list each week", s.passed == 5);
	forget_counts(&s);
	send_to(&s, "192.0.2.80", 50000, 250, "https://prize.example/");
	CHECK("another list at once", s.deferred == 1);
	street_end(&s);
}

/* Six networks, three of them abroad, in three days. */
static void
test_traveller(void)
{
	static const char *const ips[] = {"198.51.100.7", "100.64.3.1",
		"203.0.113.5", "20.1.2.3", "30.1.2.3", "31.1.2.3"};
	struct street s;
	unsigned i;

	street_begin(&s, conf);
	live_a_month(&s);
	for (i = 0; i < 60; i++) {
		send_to(&s, ips[i / 10], 1000 + i, 1, "https://corp.test/");
		send_to(&s, ips[i / 10], 3000 + i, 1, "https://corp.test/");
		s.now += HOUR;
	}
	CHECK("traveller", s.passed == 120);
	street_end(&s);
}

static const struct {
	const char *name, *conf;
	enum action action, done;
	const char *notice;	/* level, or NULL */
	const char *symbol;	/* or NULL */
} modes[] = {
	{ "enforce", "mode = enforce\n", ACTION_DEFER, ACTION_DEFER, "slowed",
	    "OUTBOUND_SLOWED" },
	{ "mark", "mode = mark\n", ACTION_DEFER, ACTION_ACCEPT,
	    "would be slowed", "OUTBOUND_SLOWED" },
	{ "observe", "mode = enforce\noutbound { mode = observe }\n",
	    ACTION_ACCEPT, ACTION_ACCEPT, "would be slowed",
	    "OUTBOUND_SLOWED" },
	{ "off", "mode = enforce\noutbound { mode = off }\n", ACTION_ACCEPT,
	    ACTION_ACCEPT, NULL, NULL },
	{ "exempt", "mode = enforce\noutbound { exempt = anna@Corp.test }\n",
	    ACTION_ACCEPT, ACTION_ACCEPT, NULL, NULL },
};

static void
test_modes(void)
{
	const struct decision *d;
	struct street s;
	struct notice notice;
	uint64_t dropped;
	size_t i;
	bool found;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		street_begin(&s, modes[i].conf);
		send_to(&s, "192.0.2.80", 1, 1, "https://corp.test/");
		d = send_to(&s, "192.0.2.80", 1000, 600,
		    "https://corp.test/");
		CHECK(modes[i].name, d->action == modes[i].action);
		CHECK(modes[i].name, d->done == modes[i].done);
		CHECK(modes[i].name, modes[i].symbol == NULL ?
		    !world_raised(&s.w, "OUTBOUND_SLOWED") :
		    world_raised(&s.w, modes[i].symbol));
		found = notices_take(s.shared.notices, &notice, &dropped);
		CHECK(modes[i].name, found == (modes[i].notice != NULL));
		if (found)
			CHECK_TEXT(modes[i].name, notice.level,
			    modes[i].notice);
		street_end(&s);
	}
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);

	if (status >= 0)
		return status;
	folder_begin();
	test_hijack();
	test_one_place();
	test_retries();
	test_returning_spam();
	test_steady();
	test_many_at_once();
	test_traveller();
	test_modes();
	folder_end();
	return test_end();
}
