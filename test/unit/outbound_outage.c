/*
 * outbound_outage - that what a host notes of a user while the shared store is
 * away takes nobody's word back when the store returns.
 */
#include "check/outbound.h"
#include "rules/compile.h"
#include "test/unit/far.h"
#include "test/unit/world.h"

#define MINUTE INT64_C(60000)
#define SPAM "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL" \
	"*C.34X\n"
#define USER "anna@corp.test"

static const char conf[] = "mode = enforce\ngreylist { when = never }\n";

static void
put_block(struct lab *l, const char *by)
{
	struct hold hold = {
		.level = LEVEL_BLOCKED, .since = l->now,
		.until = l->now + 30 * DAY, .by = span_of(by),
		.user = span_of(USER), .why = span_of("stolen"),
	};
	struct store_op op = {0};
	struct arena arena;

	arena_init(&arena);
	outbound_put_hold(&op, &arena, outbound_key(&arena, span_of(USER)),
	    &hold, l->now);
	CHECK("block", store_run(l->store, &op, 1, l->now, WAIT) == 0);
	arena_done(&arena);
}

static void
send_spam(struct world *w, struct lab *l)
{
	world_client(w, "192.0.2.17", "desk.test");
	w->arrival.user = span_of(USER);
	world_mail(w, "<" USER ">", l->now);
	scan_recipient(&w->scan, span_of("<bert@other.test>"));
	world_data(w, span_of("From: " USER "\nTo: bert@other.test\n"
	    "Subject: x\nDate: Tue, 14 Nov 2023 22:13:20 +0000\n"
	    "Message-ID: <1@corp.test>\n\n" SPAM));
	lab_pass(l, MINUTE);
}

static void
test_word(struct world *w, struct lab *l)
{
	unsigned i;

	put_block(l, "root");
	send_spam(w, l);
	CHECK("blocked", world_raised(w, "OUTBOUND_BLOCKED"));
	l->far.mood = AWAY;
	for (i = 0; i < 20; i++)
		send_spam(w, l);
	CHECK("the host acts by itself", world_raised(w, "OUTBOUND_SLOWED"));
	l->far.mood = WELL;
	lab_pass(l, HOUR);
	CHECK("nothing waits", lab_health(l).pending == 0);
	send_spam(w, l);
	CHECK("blocked again", world_raised(w, "OUTBOUND_BLOCKED"));
}

int
main(int argc, char **argv)
{
	int status = compile_worker(argc, argv);
	struct world w;
	struct lab l;

	if (status >= 0)
		return status;
	folder_begin();
	world_begin(&w, conf);
	store_close(w.services.store);
	lab_open(&l, true, "");
	w.services.store = l.store;
	test_word(&w, &l);
	world_end(&w);
	folder_end();
	return test_end();
}
