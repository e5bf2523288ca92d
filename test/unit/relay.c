/* relay - the last hop that is not ours, from our relays' Received fields. */
#include "relay.h"
#include "test/unit/test.h"

#define OURS "Received: from a.ours (a.ours [192.0.2.1]) by b.ours " \
	"(Postfix) with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000\n"
#define TRUSTED "Received: from t.ours (t.ours [10.1.1.1]) by b.ours " \
	"(Postfix) with ESMTP id 1; Mon, 1 Jan 2024 00:00:00 +0000\n"
#define EXTERNAL "Received: from helo.test (name.test [203.0.113.9]) by " \
	"a.ours (Postfix) with ESMTP id 2; Mon, 1 Jan 2024 00:00:00 +0000\n"
#define FORGED "Received: from bank.test (bank.test [198.51.100.1]) by " \
	"x.test (Postfix) with ESMTP id 3; Mon, 1 Jan 2024 00:00:00 +0000\n"
#define UNKNOWN_NAME "Received: from helo.test (unknown [203.0.113.9]) by " \
	"a.ours (Postfix) with ESMTP id 2; Mon, 1 Jan 2024 00:00:00 +0000\n"
#define NO_ADDRESS "Received: by a.ours (Postfix, from userid 1000) id 4; " \
	"Mon, 1 Jan 2024 00:00:00 +0000\n"
#define IPV6 "Received: from helo.test (name.test [IPv6:2001:db8::9]) by " \
	"a.ours (Postfix) with ESMTP id 2; Mon, 1 Jan 2024 00:00:00 +0000\n"

/* Expected: address, name, HELO, number of fields on top that are ours. */
static const struct {
	const char *name, *headers, *expected;
} rows[] = {
	{ "one hop", EXTERNAL "From: x\n", "203.0.113.9 name.test helo.test 1"
	    },
	{ "behind another relay", OURS EXTERNAL,
	    "203.0.113.9 name.test helo.test 2" },
	{ "behind a trusted host", OURS TRUSTED EXTERNAL,
	    "203.0.113.9 name.test helo.test 3" },
	{ "what strangers wrote is not looked at", EXTERNAL FORGED,
	    "203.0.113.9 name.test helo.test 1" },
	{ "nor when it poses as ours", EXTERNAL OURS FORGED,
	    "203.0.113.9 name.test helo.test 1" },
	{ "other fields between", "A: x\n" OURS "Subject: x\n" EXTERNAL,
	    "203.0.113.9 name.test helo.test 4" },
	{ "no reverse name", UNKNOWN_NAME, "203.0.113.9 - helo.test 1" },
	{ "IPv6", IPV6, "2001:db8::9 name.test helo.test 1" },
	{ "no fields", "From: x\n", "- - - 0" },
	{ "only ours", OURS TRUSTED, "- - - 2" },
	{ "no address: nobody behind it is believed", OURS NO_ADDRESS FORGED,
	    "- - - 2" },
	{ "unreadable: the same", "Received: ?\n" FORGED, "- - - 1" },
};

static struct net
net_of(const char *text)
{
	struct net net = { .bits = 128 };

	net_parse(span_of(text), &net);
	return net;
}

static void
networks_init(struct networks *n)
{
	struct net relay = net_of("192.0.2.0/24");
	struct net trusted = net_of("10.0.0.0/8");

	netset_init(&n->relays);
	netset_init(&n->trusted);
	netset_put(&n->relays, &relay, n);
	netset_put(&n->trusted, &trusted, n);
}

static void
add_fields(struct message *m, const char *text)
{
	struct span rest = span_of(text), line;
	size_t colon;

	while (span_cut(&rest, '\n', &line)) {
		colon = span_chr(line, ':');
		if (colon < line.n)
			message_header(m, span_head(line, colon),
			    span_skip(line, colon + 1));
	}
}

static const char *
or_dash(struct span s)
{
	return s.n > 0 ? s.p : "-";
}

static int
length(struct span s)
{
	return s.n > 0 ? (int)s.n : 1;
}

static void
describe(const struct message *m, char *out, size_t room)
{
	char ip[IP_TEXT_MAX];

	snprintf(out, room, "%s %.*s %.*s %zu",
	    m->client.has_ip ? ip_text(&m->client.ip, ip) : "-",
	    length(m->client.name), or_dash(m->client.name),
	    length(m->client.helo), or_dash(m->client.helo),
	    m->trusted_headers);
}

static const struct limits limits = {
	.headers = 100, .header_bytes = 100000,
};

static void
message_begin(struct message *m)
{
	struct client before = { .has_ip = true, .heard = true,
	    .name = SPAN("a.ours"), .helo = SPAN("a.ours") };

	message_init(m);
	message_reset(m, &limits);
	message_client(m, &before);
}

static void
test_rows(const struct networks *n)
{
	struct message m;
	char got[300];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		message_begin(&m);
		add_fields(&m, rows[i].headers);
		relay_find_client(&m, n);
		describe(&m, got, sizeof(got));
		CHECK_TEXT(rows[i].name, got, rows[i].expected);
		message_done(&m);
	}
}

/* Of a loop of our own, no more than the most hops are followed. */
static void
test_hops(const struct networks *n)
{
	struct message m;
	char got[300];
	size_t hops, i;

	for (hops = RELAY_HOPS_MAX - 1; hops <= RELAY_HOPS_MAX; hops++) {
		message_begin(&m);
		for (i = 0; i < hops; i++)
			add_fields(&m, OURS);
		add_fields(&m, EXTERNAL);
		relay_find_client(&m, n);
		describe(&m, got, sizeof(got));
		CHECK_TEXT("hops", got, hops < RELAY_HOPS_MAX ?
		    "203.0.113.9 name.test helo.test 20" : "- - - 20");
		message_done(&m);
	}
}

int
main(void)
{
	struct networks n;

	networks_init(&n);
	test_rows(&n);
	test_hops(&n);
	networks_done(&n);
	return test_end();
}
