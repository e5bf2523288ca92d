/* message - limits at their edges, and nothing left for the next message. */
#include <time.h>

#include "mail/message.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct limits limits = {
	.recipients = 5, .headers = 10, .header_bytes = 1000, .body = 100,
};

static struct message *
begin(struct message *m, const struct limits *l)
{
	message_init(m);
	message_reset(m, l);
	return m;
}

static void
add_headers(struct message *m, const char *name, size_t value, size_t n)
{
	static char bytes[4096];

	memset(bytes, 'v', sizeof(bytes));
	while (n-- > 0)
		message_header(m, span_of(name), span_make(bytes, value));
}

/* So many fields of that name and length of value, on an empty message. */
static const struct {
	const char *row, *name;
	size_t value, fields;
	size_t kept, bytes;
	unsigned reached;
} fields[] = {
	{ "one below", "A", 9, 9, 9, 90, 0 },
	{ "as many as may be", "A", 9, 10, 10, 100, 0 },
	{ "one more", "A", 9, 11, 10, 100, LIMIT_HEADERS },
	{ "reserved: one more", "X-Spam-Flag", 9, 11, 11, 220,
	    LIMIT_HEADERS },
	{ "reserved: as many as are kept", "X-Spam-Flag", 0,
	    10 + MESSAGE_FORGED_MAX, 10 + MESSAGE_FORGED_MAX,
	    11 * (10 + MESSAGE_FORGED_MAX),
	    LIMIT_HEADERS | LIMIT_HEADER_BYTES },
	{ "reserved: more than are kept", "x-spam-FLAG", 0,
	    11 + MESSAGE_FORGED_MAX, 10 + MESSAGE_FORGED_MAX,
	    11 * (10 + MESSAGE_FORGED_MAX),
	    LIMIT_HEADERS | LIMIT_HEADER_BYTES },
	{ "bytes: one below", "A", 332, 3, 3, 999, 0 },
	{ "bytes: exactly", "AB", 498, 2, 2, 1000, 0 },
	{ "bytes: one more", "A", 1000, 1, 1, 1000, LIMIT_HEADER_BYTES },
	{ "bytes: beginning kept", "A", 599, 2, 2, 1000, LIMIT_HEADER_BYTES },
	{ "bytes: no room for a name", "A", 999, 2, 1, 1000,
	    LIMIT_HEADER_BYTES },
	{ "bytes: room for the name only", "AB", 497, 3, 3, 1000,
	    LIMIT_HEADER_BYTES },
	{ "bytes: a reserved one is cut", "X-Spam-Flag", 2000, 1, 1, 1011,
	    LIMIT_HEADER_BYTES },
	{ "bytes: all reserved are kept", "X-Spam-Flag", 2000, 3, 3, 3033,
	    LIMIT_HEADER_BYTES },
};

static void
test_fields(void)
{
	struct message m;
	size_t i;

	for (i = 0; i < ROWS(fields); i++) {
		begin(&m, &limits);
		add_headers(&m, fields[i].name, fields[i].value,
		    fields[i].fields);
		CHECK(fields[i].row, m.header_count == fields[i].kept);
		CHECK(fields[i].row, m.headers_seen == fields[i].fields);
		CHECK(fields[i].row, m.header_bytes == fields[i].bytes);
		CHECK(fields[i].row, m.reached == fields[i].reached);
		message_done(&m);
	}
}

/*
 * Behind a flood of other fields, and with a large one before a small one,
 * those that pose as ours keep their order and number.
 */
static void
test_reserved_behind(void)
{
	struct message m;

	begin(&m, &limits);
	add_headers(&m, "Junk", 900, 20);
	add_headers(&m, "X-Spam-Status", 3000, 1);
	add_headers(&m, "X-Spam-Status", 3, 1);
	CHECK("too many bytes", message_count(&m, "X-Spam-Status") == 2);
	CHECK("order", message_find(&m, "x-spam-status", 1)->value.n == 3);
	message_reset(&m, &limits);
	add_headers(&m, "Junk", 1, 20);
	add_headers(&m, "X-Spam-Status", 3000, 1);
	add_headers(&m, "X-Spam-Status", 3, 1);
	CHECK("too many fields", message_count(&m, "X-Spam-Status") == 2);
	CHECK("order", message_find(&m, "x-spam-status", 1)->value.n == 3);
	message_done(&m);
}

static const struct {
	const char *name;
	int64_t limit;
	size_t pieces, piece;
	size_t kept;
	unsigned reached;
} bodies[] = {
	{ "nothing", 100, 1, 0, 0, 0 },
	{ "one below", 100, 99, 1, 99, 0 },
	{ "exactly", 100, 100, 1, 100, 0 },
	{ "one more", 100, 101, 1, 100, LIMIT_BODY },
	{ "in one piece", 100, 1, 100, 100, 0 },
	{ "one piece too large", 100, 1, 101, 100, LIMIT_BODY },
	{ "a piece across", 100, 3, 40, 100, LIMIT_BODY },
	{ "no body wanted", 0, 1, 1, 0, LIMIT_BODY },
};

static void
test_bodies(void)
{
	struct limits l = limits;
	struct message m;
	char bytes[200];
	size_t i, k;
	bool more;

	memset(bytes, 'b', sizeof(bytes));
	for (i = 0; i < ROWS(bodies); i++) {
		l.body = bodies[i].limit;
		begin(&m, &l);
		for (more = true, k = 0; k < bodies[i].pieces; k++)
			more = message_body(&m,
			    span_make(bytes, bodies[i].piece));
		CHECK(bodies[i].name, m.body.n == bodies[i].kept);
		CHECK(bodies[i].name, m.reached == bodies[i].reached);
		CHECK(bodies[i].name, more == (bodies[i].reached == 0));
		CHECK(bodies[i].name, m.body_seen ==
		    bodies[i].pieces * bodies[i].piece);
		message_done(&m);
	}
}

static void
test_recipients(void)
{
	struct limits l = limits;
	struct message m;
	char address[40];
	size_t i;

	for (l.recipients = 1; l.recipients < 200; l.recipients += 33) {
		begin(&m, &l);
		for (i = 0; i <= (size_t)l.recipients; i++) {
			CHECK("not yet", m.reached == 0);
			snprintf(address, sizeof(address), "<r%zu@x.test>", i);
			CHECK(address, (message_recipient(&m,
			    span_of(address)) != NULL) ==
			    (i < (size_t)l.recipients));
		}
		CHECK("reached", m.reached == LIMIT_RECIPIENTS);
		CHECK("count", m.recipient_count == (size_t)l.recipients);
		CHECK("seen", m.recipients_seen == m.recipient_count + 1);
		snprintf(address, sizeof(address), "r%zu@x.test",
		    m.recipient_count - 1);
		CHECK("last", span_is(
		    m.recipients[m.recipient_count - 1].address, address));
		CHECK("first", span_is(m.recipients[0].address, "r0@x.test"));
		message_done(&m);
	}
}

static const struct {
	const char *input, *expected;
} paths[] = {
	{ "<a@b.test>", "a@b.test" }, { "a@b.test", "a@b.test" },
	{ " <a@b.test> ", "a@b.test" }, { "<>", "" }, { "", "" },
	{ "<", "<" }, { ">", ">" }, { "<a", "<a" },
	{ "<\"a>b\"@c.test>", "\"a>b\"@c.test" },
};

static void
test_paths(void)
{
	struct message m;
	size_t i;

	begin(&m, &limits);
	for (i = 0; i < ROWS(paths); i++) {
		message_sender(&m, span_of(paths[i].input));
		CHECK(paths[i].input, span_is(m.sender, paths[i].expected));
	}
	message_done(&m);
}

static const struct {
	const char *name;
	int which;
} reserved[] = {
	{ "Authentication-Results", 0 }, { "authentication-RESULTS", 0 },
	{ "x-postern-class", 1 }, { "X-Postern-Clas", -1 },
	{ "X-Spam-Flag", 2 }, { "x-spam-level", 3 }, { "X-SPAM-SCORE", 4 },
	{ "X-Spam-Status", 5 }, { "X-Spam-Statu", -1 },
	{ "X-Spam-Statuss", -1 }, { "X-Spam-Checker-Version", -1 },
	{ "ARC-Authentication-Results", -1 }, { "Subject", -1 }, { "", -1 },
	{ "X", -1 }, { "A", -1 },
};

static void
test_reserved(void)
{
	size_t i;

	for (i = 0; i < ROWS(reserved); i++)
		CHECK(reserved[i].name,
		    header_reserved(span_of(reserved[i].name)) ==
		    reserved[i].which);
}

/* Everything a message can hold, each with SECRET in it. */
static void
fill(struct message *m)
{
	struct client client = { .has_ip = true, .heard = true,
	    .name = SPAN("SECRET"), .helo = SPAN("SECRET") };
	size_t i;

	memset(&client.ip, 7, sizeof(client.ip));
	message_client(m, &client);
	m->direction = DIRECTION_OUTBOUND;
	m->relayed = true;
	m->relay = client.ip;
	m->trusted_headers = 3;
	m->user = m->queue_id = m->authserv_id = m->our_name =
	    arena_span(&m->arena, span_of("SECRET"));
	message_sender(m, span_of("<SECRET@x.test>"));
	for (i = 0; i < 10; i++)
		message_recipient(m, span_of("<SECRET@y.test>"));
	for (i = 0; i < 2000; i++)
		message_header(m, span_of("X-SECRET"), span_of("SECRET"));
	for (i = 0; i < 1000; i++)
		message_body(m, span_of("SECRET"));
	m->now = 99;
}

static void
test_reset(void)
{
	struct message m, fresh;
	int round;

	begin(&m, &limits);
	for (round = 0; round < 3; round++) {
		fill(&m);
		CHECK("filled", m.reached == (LIMIT_RECIPIENTS |
		    LIMIT_HEADERS | LIMIT_BODY));
		message_reset(&m, &limits);
		/* All but the memory kept for reuse is as in a new one. */
		begin(&fresh, &limits);
		CHECK("nothing held", message_held(&m) == 0);
		CHECK("no body", m.body.n == 0 && !m.body.full &&
		    m.body.max == fresh.body.max);
		fresh.arena = m.arena;
		fresh.body = m.body;
		fresh.headers = m.headers;
		fresh.recipients = m.recipients;
		CHECK("as new", memcmp(&fresh, &m, sizeof(m)) == 0);
		message_header(&m, span_of("Subject"), span_of(" hi"));
		CHECK("one field", m.header_count == 1 &&
		    message_find(&m, "X-SECRET", 0) == NULL &&
		    message_find(&m, "subject", 0) != NULL);
		message_body(&m, span_of("new"));
		CHECK("new body", span_is(buf_contents(&m.body), "new"));
	}
	message_done(&m);
}

static void
test_memory(void)
{
	struct limits l = limits;
	struct message m;
	static char bytes[1 << 20];

	l.body = sizeof(bytes);
	begin(&m, &l);
	message_body(&m, span_make(bytes, sizeof(bytes)));
	CHECK("held", message_held(&m) == sizeof(bytes));
	message_drop_body(&m);
	CHECK("dropped", message_held(&m) == 0 && m.body.p == NULL &&
	    m.body_seen == sizeof(bytes));
	message_body(&m, span_make(bytes, sizeof(bytes)));
	message_reset(&m, &l);
	CHECK("a large buffer is not kept", m.body.p == NULL);
	message_body(&m, span_make(bytes, 1000));
	message_reset(&m, &l);
	CHECK("a small one is", m.body.p != NULL);
	message_done(&m);
	message_done(&m);
}

static void
test_many_headers(void)
{
	struct limits l = { .headers = 10000, .header_bytes = 1 << 24 };
	clock_t start = clock();
	char name[24];
	struct message m;
	size_t i;

	begin(&m, &l);
	for (i = 0; i < 10001; i++) {
		snprintf(name, sizeof(name), "X-%zu", i);
		message_header(&m, span_of(name), span_of("value"));
	}
	CHECK("kept", m.header_count == 10000);
	CHECK("last", message_find(&m, "X-9999", 0) != NULL);
	CHECK("none", message_find(&m, "X-10000", 0) == NULL);
	CHECK("10,000 fields in a second",
	    clock() - start < CLOCKS_PER_SEC);
	message_done(&m);
}

int
main(void)
{
	test_fields();
	test_reserved_behind();
	test_bodies();
	test_recipients();
	test_paths();
	test_reserved();
	test_reset();
	test_memory();
	test_many_headers();
	return test_end();
}
