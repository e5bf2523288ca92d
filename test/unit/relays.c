/* relays - Received fields as rules see them, and where trust ends. */
#include "mail/split.h"
#include "rules/relayline.h"
#include "rules/relays.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

/* Expected: ip rdns helo by ident envfrom id auth, "|" between them; "!" means
 * looked up without success.  Or what the line is instead. */
static const struct {
	const char *name, *line, *expected;
} lines[] = {
	{ "Postfix", "from h.test (mail.a.test [192.0.2.1])\n\tby mx.b.test "
	    "(Postfix) with ESMTPS id 3F5C\n\tfor <u@b.test>; Mon,  1 Jan "
	    "2024 00:00:00 +0000 (UTC)",
	    "192.0.2.1|mail.a.test|h.test|mx.b.test|||3F5C|" },
	{ "Postfix, unknown", "from h (unknown [192.0.2.1]) by b.test "
	    "(Postfix) with SMTP id 3F5C", "192.0.2.1|!|h|b.test|||3F5C|" },
	{ "Postfix, no blank", "from h (unknown[192.0.2.1]) by b.test "
	    "(Postfix) with SMTP id 3F5C", "192.0.2.1|!|h|b.test|||3F5C|" },
	{ "Postfix, IPv6", "from h (a.test [IPv6:2001:db8::1]) by b.test "
	    "(Postfix) with SMTP id 3F5C",
	    "2001:db8::1|a.test|h|b.test|||3F5C|" },
	{ "Postfix, IPv4 in IPv6", "from h (a.test [::ffff:192.0.2.1]) by "
	    "b.test (Postfix) with SMTP id 3F5C",
	    "192.0.2.1|a.test|h|b.test|||3F5C|" },
	{ "Postfix, RFC 3848", "from [192.0.2.9] (a.test [192.0.2.1]) by "
	    "b.test (Postfix) with ESMTPSA id 3F5C",
	    "192.0.2.1|a.test|!192.0.2.9!|b.test|||3F5C|ESMTPSA" },
	{ "Postfix, SASL", "from h (a.test [192.0.2.1]) (Authenticated "
	    "sender: u) by b.test (Postfix) with ESMTP id 3F5C",
	    "192.0.2.1|a.test|h|b.test|||3F5C|Postfix" },
	{ "Postfix, other name", "from h (a.test [192.0.2.1]) (Authenticated "
	    "sender: u) by b.test (Mailer) with ESMTP id 3F5C",
	    "192.0.2.1|a.test|h|b.test|||3F5C|Postfix (Mailer)" },
	{ "Postfix, from a user", "by b.test (Postfix, from userid 7)\n\tid "
	    "3F5C; Mon, 1 Jan 2024 00:00:00 +0000", "ignored" },
	{ "Sendmail", "from h (a.test [192.0.2.1] (may be forged)) by b.test "
	    "(8.17/8.17) with ESMTP id x1y; Mon, 1 Jan 2024 00:00:00 GMT",
	    "192.0.2.1|a.test|h|b.test|||x1y|" },
	{ "Sendmail, ident", "from h (IDENT:q@a.test [192.0.2.1]) by b.test "
	    "(8.17/8.17) with ESMTP id x1y",
	    "192.0.2.1|a.test|h|b.test|q||x1y|" },
	{ "Sendmail, AUTH", "from h (a.test [192.0.2.1]) (authenticated "
	    "bits=0) by b.test (8.17/8.17) with ESMTP id x1y",
	    "192.0.2.1|a.test|h|b.test|||x1y|Sendmail" },
	{ "Sendmail, no name", "from h ([192.0.2.1]) by b.test (8.17/8.17) "
	    "with ESMTP id x1y", "192.0.2.1|!|h|b.test|||x1y|" },
	{ "Sendmail, sender", "from h (a.test [192.0.2.1]) by b.test "
	    "(8.17/8.17) with ESMTP id x1y (envelope-from u@a.test)",
	    "192.0.2.1|a.test|h|b.test||u@a.test|x1y|" },
	{ "Exim", "from a.test ([192.0.2.1] helo=h.test ident=q) by b.test "
	    "with esmtps (TLS1.3) (Exim 4.96) (envelope-from <u@a.test>) id "
	    "1abc-2",
	    "192.0.2.1|a.test|h.test|b.test|q|u@a.test|1abc-2|" },
	{ "Exim, HELO is name", "from a.test ([192.0.2.1]) by b.test with "
	    "esmtp (Exim 4.96) id 1abc-2",
	    "192.0.2.1|a.test|a.test|b.test|||1abc-2|" },
	{ "Exim, no name", "from [192.0.2.1] (helo=h) by b.test with esmtpa "
	    "(Exim 4.96) id 1abc-2",
	    "192.0.2.1||h|b.test|||1abc-2|esmtpa" },
	{ "Exim, local", "from u by b.test with local (Exim 4.96) id 1abc-2",
	    "ignored" },
	{ "Exim, odd", "from a.test (h.test) [192.0.2.1.4711] (mail) by "
	    "b.test with esmtp (Exim 3.35) id 1abc-2",
	    "192.0.2.1|a.test|h.test|b.test|||1abc-2|" },
	{ "qmail", "from a.test (HELO h) (192.0.2.1) by b.test with SMTP; 1 "
	    "Jan 2024 00:00:00 -0000", "192.0.2.1|a.test|h|b.test||||" },
	{ "qmail, unknown", "from unknown (HELO h) (192.0.2.1) by b.test with "
	    "SMTP", "192.0.2.1||h|b.test||||" },
	{ "qmail, ident", "from a.test (HELO h) (q@192.0.2.1) by b.test with "
	    "SMTP", "192.0.2.1|a.test|h|b.test|q|||" },
	{ "qmail, HELO is name", "from a.test (192.0.2.1) by b.test with SMTP",
	    "192.0.2.1|a.test|a.test|b.test||||" },
	{ "qmail-ldap", "from a.test (HELO h) ([192.0.2.1]) (envelope-sender "
	    "<u@a.test>) by b.test (qmail-ldap-1.03) with SMTP for <v@b.test>",
	    "192.0.2.1|a.test|h|b.test||u@a.test||" },
	{ "qmail, local", "(qmail 7 invoked by uid 225); 1 Jan 2024 00:00:00 "
	    "-0000", "ignored" },
	{ "Exchange", "from h.test (192.0.2.1) by b.test (192.0.2.2) with "
	    "Microsoft SMTP Server 15.1.2.3; Mon, 1 Jan 2024 00:00:00 +0000",
	    "192.0.2.1||h.test|b.test||||" },
	{ "Exchange, mapi", "from h.test ([fe80::1]) by b.test ([fe80::2%6]) "
	    "with mapi id 15.20.1943.023; Mon, 1 Jan 2024 00:00:00 +0000",
	    "fe80::1||h.test|b.test||||" },
	{ "IIS", "from h ([192.0.2.1] unverified) by b.test with Microsoft "
	    "SMTPSVC(5.0); Mon, 1 Jan 2024 00:00:00 +0000",
	    "192.0.2.1||h|b.test||||" },
	{ "IIS, pickup", "from mail pickup service by b.test with Microsoft "
	    "SMTPSVC; Mon, 1 Jan 2024 00:00:00 +0000", "ignored" },
	{ "XMail", "from h (192.0.2.1:25) by b.test with [XMail 1.20 ESMTP] id "
	    "<S72E> for <v@b.test> from <u@a.test>",
	    "192.0.2.1||h|b.test||u@a.test|S72E|" },
	{ "ecelerity", "from ([192.0.2.1:25] helo=h) by b.test (ecelerity 2.1) "
	    "with ESMTP id 52/92", "192.0.2.1||h|b.test|||52/92|" },
	{ "Domino", "from h ([192.0.2.1]) by b.test (Lotus Domino 8) with "
	    "ESMTP id 2024-1", "192.0.2.1||h|b.test|||2024-1|" },
	{ "MDaemon", "from h [192.0.2.1] by b.test [192.0.2.2] with SMTP "
	    "(MDaemon)", "192.0.2.1|!|h|b.test||||" },
	{ "Courier", "from h (softdnserr [192.0.2.1]) by b.test with esmtp",
	    "192.0.2.1||h|b.test||||" },
	{ "Courier, AUTH", "from h (a.test [192.0.2.1]) (AUTH: PLAIN u) by "
	    "b.test with esmtp",
	    "192.0.2.1|a.test|h|b.test||||PLAIN" },
	{ "CommuniGate", "from [192.0.2.1] (account u HELO h) by b.test "
	    "(CommuniGate Pro SMTP 5) with ESMTP id 2088434",
	    "192.0.2.1||h|b.test|||2088434|Communigate" },
	{ "web mail", "from [192.0.2.1] by b.test via HTTP",
	    "192.0.2.1|||b.test||||" },
	{ "web mail, user", "from 192.0.2.1 (SquirrelMail authenticated user "
	    "u) by b.test with HTTP", "192.0.2.1|||b.test||||HTTP" },
	{ "simta", "FROM h (a.test [192.0.2.1]) BY b.test ID 4711.1",
	    "192.0.2.1|a.test|h|b.test|||4711.1|" },
	{ "gateway", "(from h [192.0.2.1]) by b.test (NAVGW 2.5) with SMTP id "
	    "M2006", "192.0.2.1||h|b.test|||M2006|" },
	{ "fetchmail", "from pop.a.test [192.0.2.1] by localhost with POP3 "
	    "(fetchmail-6.4) for u@localhost", "fetched" },
	{ "getmail", "from pop.a.test by b.test with POP3; 1 Jan 2024 00:00:00 "
	    "-0000", "fetched" },
	{ "only names", "from h.test by b.test; Mon, 1 Jan 2024 00:00:00 "
	    "+0000", "ignored" },
	{ "an address, no comment", "from [192.0.2.1] by b.test; Mon, 1 Jan "
	    "2024 00:00:00 +0000", "192.0.2.1||!192.0.2.1!|b.test||||" },
	{ "amavis", "from h.test by b.test (amavis, port 10024) with ESMTP id "
	    "a1b", "ignored" },
	{ "scanner", "from u@a.test by b.test (envelope-from <v@a.test>, uid "
	    "502) with qmail-scanner-1.24", "ignored" },
	{ "scanner, sender", "from 192.0.2.1x by b.test (envelope-from "
	    "<v@a.test>, uid 502) with qmail-scanner-1.24",
	    "scanned v@a.test" },
	{ "leading zero", "from h (a.test [192.0.2.01]) by b.test (Postfix) "
	    "with SMTP id 3F5C", "unknown" },
	{ "no address", "from h (a.test [192.0.2.256]) by b.test (Postfix) "
	    "with SMTP id 3F5C", "unknown" },
	{ "nothing known", "from h claims nothing", "unknown" },
	{ "nothing", "", "ignored" },
	{ "no blank before by", "from h (a.test [192.0.2.1])by b.test "
	    "(Postfix) with SMTP id 3F5C",
	    "192.0.2.1|a.test|h|b.test|||3F5C|" },
	{ "brackets in names", "from h#<x> (a.test. [192.0.2.1]) by b.test "
	    "(Postfix) with SMTP id 3F5C",
	    "192.0.2.1|a.test|h!!x!|b.test|||3F5C|" },
};

static const char *
show_line(struct arena *arena, const char *line)
{
	static const char *const answers[] = {"unknown", "ignored", "fetched"};
	enum relayline answer;
	struct relay r;

	answer = relayline_parse(arena, span_of(line), &r);
	if (answer == RELAYLINE_SCANNED)
		return arena_printf(arena, "scanned %.*s",
		    SPAN_ARG(r.envelope_from)).p;
	if (answer != RELAYLINE_RELAY)
		return answers[answer];
	return arena_printf(arena, "%.*s|%.*s%s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s",
	    SPAN_ARG(r.ip_text), SPAN_ARG(r.rdns), r.no_reverse_dns ? "!" : "",
	    SPAN_ARG(r.helo), SPAN_ARG(r.by), SPAN_ARG(r.ident),
	    SPAN_ARG(r.envelope_from), SPAN_ARG(r.id), SPAN_ARG(r.auth)).p;
}

static void
test_lines(void)
{
	struct arena arena;
	size_t i;

	arena_init(&arena);
	for (i = 0; i < ROWS(lines); i++) {
		arena_reset(&arena);
		CHECK_TEXT(lines[i].name, show_line(&arena, lines[i].line),
		    lines[i].expected);
	}
	arena_done(&arena);
}

#define HOP(ip, rest) "Received: from h ([" ip "]) by b.test (8.17/8.17) " \
	"with " rest " id x1y\n"

/*
 * Expected: each relay's address with T, I, M and P for trusted, internal, msa
 * and private; then the fields that can be believed, and how many nobody
 * understands.
 */
static const struct {
	const char *name, *rules, *header, *expected;
} paths[] = {
	{ "guessed", "", HOP("10.0.0.1", "SMTP") HOP("192.0.2.1", "SMTP")
	    HOP("10.0.0.2", "SMTP"),
	    "10.0.0.1TIP 192.0.2.1 10.0.0.2P 1/1 0" },
	{ "guessed from AUTH", "", HOP("192.0.2.1", "ESMTPA")
	    HOP("192.0.2.2", "SMTP"), "192.0.2.1TI 192.0.2.2 1/1 0" },
	{ "trusted is internal", "trusted_networks 192.0.2.0/24\n",
	    HOP("192.0.2.1", "SMTP") HOP("10.0.0.1", "SMTP"),
	    "192.0.2.1TI 10.0.0.1P 1/1 0" },
	{ "internal is trusted", "internal_networks 192.0.2.0/24\n",
	    HOP("192.0.2.1", "SMTP") HOP("10.0.0.1", "SMTP"),
	    "192.0.2.1TI 10.0.0.1P 1/1 0" },
	{ "both", "trusted_networks 192.0.2.0/24\n"
	    "internal_networks 192.0.2.1\n",
	    HOP("192.0.2.1", "SMTP") HOP("192.0.2.2", "SMTP")
	    HOP("192.0.2.1", "SMTP"),
	    "192.0.2.1TI 192.0.2.2T 192.0.2.1T 3/1 0" },
	{ "exclusion", "trusted_networks !192.0.2.2 192.0.2.0/24\n",
	    HOP("192.0.2.1", "SMTP") HOP("192.0.2.2", "SMTP"),
	    "192.0.2.1TI 192.0.2.2 1/1 0" },
	{ "short forms", "trusted_networks 192.0. 198.51/16 ! 192.0.2.2\n",
	    HOP("192.0.7.1", "SMTP") HOP("198.51.100.1", "SMTP")
	    HOP("192.0.2.2", "SMTP"),
	    "192.0.7.1TI 198.51.100.1TI 192.0.2.2 2/2 0" },
	{ "IPv6", "trusted_networks [2001:db8::]/32\n",
	    HOP("IPv6:2001:db8::7", "SMTP") HOP("IPv6:2001:db9::7", "SMTP"),
	    "2001:db8::7TI 2001:db9::7 1/1 0" },
	{ "loopback always", "trusted_networks 192.0.2.9\n",
	    HOP("127.0.0.1", "SMTP") HOP("192.0.2.9", "SMTP"),
	    "127.0.0.1TIP 192.0.2.9TI 2/2 0" },
	{ "cleared", "trusted_networks 192.0.2.1\nclear_trusted_networks\n"
	    "trusted_networks 192.0.2.2\n", HOP("192.0.2.1", "SMTP")
	    HOP("192.0.2.2", "SMTP"), "192.0.2.1 192.0.2.2 0/0 0" },
	{ "msa", "trusted_networks 192.0.2.1\nmsa_networks 192.0.2.1\n",
	    HOP("192.0.2.1", "SMTP") HOP("198.51.100.1", "SMTP"),
	    "192.0.2.1TIM 198.51.100.1TI 2/2 0" },
	{ "authenticated", "trusted_networks 192.0.2.1\n",
	    HOP("192.0.2.1", "SMTP") HOP("198.51.100.1", "ESMTPSA")
	    HOP("198.51.100.2", "SMTP"),
	    "192.0.2.1TI 198.51.100.1TI 198.51.100.2 2/2 0" },
	{ "ignored fields count", "trusted_networks 192.0.2.1\n",
	    "Received: by b.test id x1y\n" HOP("192.0.2.1", "SMTP")
	    "Received: by b.test id x1z\n" HOP("198.51.100.1", "SMTP")
	    "Received: by c.test id x1z\n",
	    "192.0.2.1TI 198.51.100.1 3/3 0" },
	{ "unparseable", "", "Received: from nobody knows\n"
	    HOP("10.0.0.1", "SMTP"), "10.0.0.1TIP 2/2 1" },
	{ "fetched", "", HOP("10.0.0.1", "SMTP") "Received: from a.test by "
	    "b.test with POP3\n" HOP("10.0.0.2", "SMTP"),
	    "10.0.0.2TIP 3/3 0" },
	{ "fetched by strangers", "", HOP("192.0.2.1", "SMTP") "Received: from "
	    "a.test by b.test with POP3\n", "192.0.2.1 0/0 0" },
	{ "scanner's sender", "", "Received: from 192.0.2.1x by b.test "
	    "(envelope-from <v@a.test>) with qmail-scanner-1\n"
	    HOP("10.0.0.1", "SMTP"), "10.0.0.1TIP<v@a.test> 2/2 0" },
	{ "originating", "originating_ip_headers X-Orig X-None\n",
	    "X-Orig: [192.0.2.9]\n" HOP("192.0.2.1", "SMTP"),
	    "192.0.2.1 192.0.2.9 0/0 0" },
	{ "originating, cleared", "originating_ip_headers X-Orig\n"
	    "clear_originating_ip_headers\n", "X-Orig: 192.0.2.9\n",
	    " 0/0 0" },
	{ "none", "", "Subject: x\n", " 0/0 0" },
};

static struct rule_networks *
read_networks(const char *text, struct error *error)
{
	const struct ruleset_options options = {.score_set = 0};
	struct ruleset_reader *reader = ruleset_begin(&options);
	struct rule_networks *networks = NULL;
	struct ruleset *rules = NULL;

	if (ruleset_parse(reader, span_of(text), "f", NULL, error) != 0)
		ruleset_abandon(reader);
	else
		rules = ruleset_end(reader, error);
	if (rules != NULL)
		networks = rule_networks_new(rules, NULL, error);
	ruleset_free(rules);
	return networks;
}

static void
read_header(struct message *m, const char *header)
{
	static const struct limits limits = {.headers = 100,
	    .header_bytes = 1 << 16};
	struct split_field field;
	struct split split;

	message_reset(m, &limits);
	split_begin(&split, span_of(header));
	while (split_field(&split, &field))
		message_header(m, field.name, field.value);
}

static const char *
show_path(struct arena *arena, const struct relays *r)
{
	struct span text = span_of("");
	const struct relay *one;
	size_t i;

	for (i = 0; i < r->count; i++) {
		one = &r->all[i];
		text = arena_printf(arena, "%.*s%s%.*s%s%s%s%s",
		    SPAN_ARG(text), i > 0 ? " " : "", SPAN_ARG(one->ip_text),
		    one->trusted ? "T" : "", one->internal ? "I" : "",
		    one->msa ? "M" : "", one->private ? "P" : "");
		if (one->envelope_from.n > 0)
			text = arena_printf(arena, "%.*s<%.*s>",
			    SPAN_ARG(text), SPAN_ARG(one->envelope_from));
	}
	return arena_printf(arena, "%.*s %zu/%zu %zu", SPAN_ARG(text),
	    r->trusted_fields, r->internal_fields, r->unparseable).p;
}

static void
test_paths(void)
{
	struct rule_networks *networks;
	const struct relay *hop;
	struct relays relays;
	struct error error;
	struct message m;
	size_t i, last;

	message_init(&m);
	for (i = 0; i < ROWS(paths); i++) {
		networks = read_networks(paths[i].rules, &error);
		if (!CHECK(paths[i].name, networks != NULL))
			continue;
		read_header(&m, paths[i].header);
		relays_find(&m.arena, &m, networks, &relays);
		CHECK_TEXT(paths[i].name, show_path(&m.arena, &relays),
		    paths[i].expected);
		hop = relays_entrance(&m.arena, &m, networks);
		last = relays.trusted < relays.count ? relays.trusted + 1 :
		    relays.count;
		CHECK(paths[i].name, (hop != NULL) == (last > 0) &&
		    (hop == NULL || span_eq(hop->as_string,
		    relays.all[last - 1].as_string)));
		rule_networks_free(networks);
	}
	message_done(&m);
}

/* Lines that no network can be read from. */
static const struct {
	const char *line, *error;
} wrong[] = {
	{ "trusted_networks 192.0.2.1 mail.example\n", "f:1: \"mail.example\" "
	    "is not a network (as 192.0.2.0/24 or 2001:db8::/32)" },
	{ "\ninternal_networks 192.0.2.256\n", "f:2: \"192.0.2.256\" is not a "
	    "network (as 192.0.2.0/24 or 2001:db8::/32)" },
	{ "msa_networks 192.0.2.0/33\n", "f:1: \"192.0.2.0/33\" is not a "
	    "network (as 192.0.2.0/24 or 2001:db8::/32)" },
};

static void
test_wrong(void)
{
	struct rule_networks *networks;
	struct error error;
	size_t i;

	for (i = 0; i < ROWS(wrong); i++) {
		networks = read_networks(wrong[i].line, &error);
		CHECK(wrong[i].line, networks == NULL);
		CHECK_TEXT(wrong[i].line, error.text, wrong[i].error);
		rule_networks_free(networks);
	}
}

static void
set_client(struct message *m, const char *ip, const char *name,
    const char *user)
{
	struct client client = {.has_ip = true};

	ip_parse(span_of(ip), &client.ip);
	client.name = span_of(name);
	client.helo = span_of("[192.0.2.1]");
	message_client(m, &client);
	message_sender(m, span_of("<u@a.test>"));
	m->our_name = span_of("mx.b.test");
	m->queue_id = span_of("3F5C");
	m->user = span_of(user);
}

/* The field that our own MTA has not written yet. */
static void
test_client(void)
{
	struct error error;
	struct rule_networks *networks = read_networks("", &error);
	struct relays r;
	struct message m;

	message_init(&m);
	read_header(&m, HOP("10.0.0.2", "SMTP"));
	set_client(&m, "192.0.2.1", "a.test", "");
	relays_find(&m.arena, &m, networks, &r);
	CHECK("client", r.own && r.count == 2 && r.trusted == 0);
	CHECK_TEXT("client", arena_string(&m.arena, r.untrusted_text),
	    "[ ip=192.0.2.1 rdns=a.test helo=!192.0.2.1! by=mx.b.test ident= "
	    "envfrom=u@a.test intl=0 id=3F5C auth= msa=0 ] "
	    "[ ip=10.0.0.2 rdns= helo=h by=b.test ident= envfrom= intl=0 "
	    "id=x1y auth= msa=0 ]");
	CHECK_TEXT("client", arena_string(&m.arena, r.trusted_text), "");
	CHECK("nothing trusted", r.trusted_fields == 0);

	read_header(&m, "Subject: x\n");
	set_client(&m, "2001:db8::1", "", "user");
	relays_find(&m.arena, &m, networks, &r);
	CHECK_TEXT("user", arena_string(&m.arena, r.internal_text),
	    "[ ip=2001:db8::1 rdns= helo=!192.0.2.1! by=mx.b.test ident= "
	    "envfrom=u@a.test intl=1 id=3F5C auth=ESMTPA msa=0 ]");
	CHECK("no name", r.all[0].no_reverse_dns && r.trusted_fields == 1);
	rule_networks_free(networks);
	message_done(&m);
}

/* What the configuration vouches for. */
static void
test_configured(void)
{
	const struct ruleset_options options = {.score_set = 0};
	struct error error;
	struct ruleset *rules = ruleset_end(ruleset_begin(&options), &error);
	struct rule_networks *ours;
	struct networks networks;
	struct relays r;
	struct message m;
	struct net net;

	netset_init(&networks.trusted);
	netset_init(&networks.relays);
	net_parse(span_of("127.0.0.0/8"), &net);
	netset_put(&networks.trusted, &net, &net);
	message_init(&m);
	read_header(&m, HOP("10.0.0.1", "SMTP") HOP("192.0.2.1", "SMTP"));

	ours = rule_networks_new(rules, &networks, &error);
	relays_find(&m.arena, &m, ours, &r);
	CHECK_TEXT("loopback is no news", show_path(&m.arena, &r),
	    "10.0.0.1TIP 192.0.2.1 1/1 0");
	rule_networks_free(ours);

	net_parse(span_of("192.0.2.0/24"), &net);
	netset_put(&networks.relays, &net, &net);
	ours = rule_networks_new(rules, &networks, &error);
	relays_find(&m.arena, &m, ours, &r);
	CHECK_TEXT("relays", show_path(&m.arena, &r),
	    "10.0.0.1P 192.0.2.1 0/0 0");

	m.relayed = true;
	ip_parse(span_of("192.0.2.7"), &m.relay);
	relays_find(&m.arena, &m, ours, &r);
	CHECK_TEXT("a relay of ours", show_path(&m.arena, &r),
	    "192.0.2.7TI 10.0.0.1P 192.0.2.1 1/1 0");
	rule_networks_free(ours);
	netset_done(&networks.trusted);
	netset_done(&networks.relays);
	ruleset_free(rules);
	message_done(&m);
}

int
main(void)
{
	test_lines();
	test_paths();
	test_wrong();
	test_client();
	test_configured();
	return test_end();
}
