/* received - the trace lines of many MTAs, and lies about addresses. */
#include "base/buf.h"
#include "mail/received.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input, *expected;
};

/* Expected: ip helo rdns by with id flags date, "|" between them. */
static const struct row rows[] = {
	{ "Postfix", "from mx.a.test (mail.a.test [192.0.2.1])\r\n"
	    "\tby mx.b.test (Postfix) with ESMTPS id 3F5C\r\n"
	    "\tfor <u@b.test>; Mon, 1 Jan 2024 00:00:00 +0000 (UTC)",
	    "192.0.2.1|mx.a.test|mail.a.test|mx.b.test|ESMTPS|3F5C||"
	    "Mon, 1 Jan 2024 00:00:00 +0000 (UTC)" },
	{ "Postfix, unknown", "from x (unknown [192.0.2.1]) by b (Postfix)",
	    "192.0.2.1|x||b||||" },
	{ "Postfix, IPv6", "from x (a.b [IPv6:2001:db8::1]) by b",
	    "2001:db8::1|x|a.b|b||||" },
	{ "Postfix, TLS before by", "from x (a.b [192.0.2.1])\r\n"
	    " (using TLSv1.3 with cipher X (256/256 bits))\r\n"
	    " (Client CN \"[192.0.2.9]\", Issuer \"c\" (verified OK))\r\n"
	    " by b (Postfix) with ESMTPS id 1",
	    "192.0.2.1|x|a.b|b|ESMTPS|1||" },
	{ "Postfix, submission", "from [10.0.0.1] (a.b [192.0.2.1])\r\n"
	    " (Authenticated sender: u@b)\r\n by b (Postfix) with ESMTPSA id 1",
	    "192.0.2.1|[10.0.0.1]|a.b|b|ESMTPSA|1|A|" },
	{ "Sendmail", "from h (a.b [192.0.2.1] (may be forged)) "
	    "(authenticated bits=0) by b (8.17/8.17) with ESMTP id x1",
	    "192.0.2.1|h|a.b|b|ESMTP|x1|A|" },
	{ "Sendmail, ident", "from h (IDENT:q@a.b [192.0.2.1]) by b",
	    "192.0.2.1|h|a.b|b||||" },
	{ "Sendmail, no name", "from h ([192.0.2.1]) by b",
	    "192.0.2.1|h||b||||" },
	{ "Exim, name", "from a.b ([192.0.2.1] helo=h) by b with esmtps  "
	    "(TLS1.3) tls X (Exim 4.96) (envelope-from <u@a.b>) id 1abc for c",
	    "192.0.2.1|h|a.b|b|esmtps|1abc||" },
	{ "Exim, no name", "from [192.0.2.1] (helo=h) by b with asmtp",
	    "192.0.2.1|h||b|asmtp||A|" },
	{ "Exim, ports", "from [192.0.2.1] (port=4711 helo=[10.0.0.9]) by b",
	    "192.0.2.1|[10.0.0.9]||b||||" },
	{ "Exim, port behind", "from a.b ([192.0.2.1]:4711 helo=h) by b",
	    "192.0.2.1|h|a.b|b||||" },
	{ "Exim, local", "from root (helo=x) by b with local",
	    "-|x||b|local|||" },
	{ "qmail", "from unknown (HELO h) (192.0.2.1)\r\n  by b with SMTP; "
	    "13 Feb 2003 20:59:28 -0000",
	    "192.0.2.1|h||b|SMTP|||13 Feb 2003 20:59:28 -0000" },
	{ "qmail, ident", "from a.b (HELO h) (id@192.0.2.1) by b with SMTP",
	    "192.0.2.1|h|a.b|b|SMTP|||" },
	{ "qmail, HELO same", "from a.b (192.0.2.1) by b with SMTP",
	    "192.0.2.1|a.b||b|SMTP|||" },
	{ "qmail, local", "(qmail 27981 invoked by uid 225); 1 Jan 2024",
	    "?|||||||1 Jan 2024" },
	{ "Exchange", "from h.a (192.0.2.1) by b.c (10.0.0.2) with Microsoft "
	    "SMTP Server (version=TLS1_2) id 15.1; Mon",
	    "192.0.2.1|h.a||b.c|Microsoft SMTP Server|15.1||Mon" },
	{ "Exchange, IPv6", "from h.a (2001:db8::1) by b.c (2001:db8::2)",
	    "2001:db8::1|h.a||b.c||||" },
	{ "Exchange, mapi", "from h.a ([fe80::1]) by b ([fe80::1%6]) with mapi",
	    "fe80::1|h.a||b|mapi|||" },
	{ "SMTPSVC", "from h ([192.0.2.1] RDNS failed) by b with Microsoft "
	    "SMTPSVC(6.0)", "192.0.2.1|h||b|Microsoft SMTPSVC|||" },
	{ "Gmail", "from h.a (a.b. [192.0.2.1]) by mx.google.com with ESMTPS "
	    "id x-y.1 for <u@c> (version=TLS1_3)",
	    "192.0.2.1|h.a|a.b|mx.google.com|ESMTPS|x-y.1||" },
	{ "Gmail, inside", "by 2002:a17:: with SMTP id q1; Mon",
	    "-|||2002:a17::|SMTP|q1||Mon" },
	{ "Courier", "from h (a.b [::ffff:192.0.2.1]) (AUTH: LOGIN u) by b",
	    "192.0.2.1|h|a.b|b|||A|" },
	{ "CommuniGate", "from [192.0.2.1] (account u HELO [10.0.0.1]) by b",
	    "192.0.2.1|[10.0.0.1]||b||||" },
	{ "XMail", "from a.b (192.0.2.1:2319) by b with [XMail] id <S7>",
	    "192.0.2.1|a.b||b|[XMail]|S7||" },
	{ "MDaemon", "from h [192.0.2.1] by b with SMTP",
	    "192.0.2.1|h||b|SMTP|||" },
	{ "web mail", "from [192.0.2.1] by web.b via HTTP; Wed",
	    "192.0.2.1|||web.b||||Wed" },
	{ "semicolon in a comment", "by b (x; y); Mon", "-|||b||||Mon" },
	{ "HELO is an address literal", "from [192.0.2.9] (a.b [192.0.2.1]) "
	    "by b", "192.0.2.1|[192.0.2.9]|a.b|b||||" },
	{ "HELO is an address, no comment", "from [192.0.2.9] by b with SMTP",
	    "-|[192.0.2.9]||b|SMTP|||" },
	{ "HELO in a comment", "from a.b (HELO [192.0.2.9]) by b with SMTP",
	    "-|[192.0.2.9]|a.b|b|SMTP|||" },
	{ "fake comment in the HELO name", "from h (x [192.0.2.9]) "
	    "(a.b [192.0.2.1]) by b", "-|h|a.b|b||||" },
	{ "fake comment in a qmail HELO", "from a.b (HELO x (c [192.0.2.9])) "
	    "(192.0.2.1) by b", "192.0.2.1|x (c [192.0.2.9])|a.b|b||||" },
	{ "fake line in the HELO name", "from h (x [192.0.2.9]) by c with "
	    "SMTP; Mon (a.b [192.0.2.1]) by b; Tue",
	    "-|h||c|SMTP; Mon|||Tue" },
	{ "fake address behind the HELO name", "from h [192.0.2.9] "
	    "(a.b [192.0.2.1]) by b", "-|h|a.b|b||||" },
	{ "brackets in an ident answer", "from h (IDENT:x [192.0.2.9]@a.b "
	    "[192.0.2.1]) by b", "-|h||b||||" },
	{ "brackets in an Exim HELO", "from a.b ([192.0.2.1] helo=[192.0.2.9]) "
	    "by b", "192.0.2.1|[192.0.2.9]|a.b|b||||" },
	{ "space in an Exim HELO", "from a.b ([192.0.2.1] helo=x [192.0.2.9]) "
	    "by b", "-|x|a.b|b||||" },
	{ "sender in a comment", "from h (envelope-from u@[192.0.2.9]) by b",
	    "-|h||b||||" },
	{ "open comment", "from h (a.b [192.0.2.1] by b", "-|h|a.b|||||" },
	{ "not an address", "from h (a.b [300.1.2.3]) by b", "-|h||b||||" },
	{ "nothing", "", "?|||||||" },
	{ "no clause", "hello; Mon", "?|||||||Mon" },
};

static void
describe(struct buf *b, const struct received *r, bool known)
{
	const struct span parts[] = { r->helo, r->rdns, r->by, r->with, r->id };
	char text[IP_TEXT_MAX];
	size_t i;

	buf_puts(b, r->has_ip ? ip_text(&r->ip, text) : known ? "-" : "?");
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_char(b, '|');
		buf_span(b, parts[i]);
	}
	buf_puts(b, r->auth ? "|A|" : "||");
	buf_span(b, r->date);
}

int
main(void)
{
	struct received r;
	struct buf b;
	size_t i;
	bool known;

	buf_init(&b, 4096);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		known = received_parse(span_of(rows[i].input), &r);
		buf_reset(&b);
		describe(&b, &r, known);
		CHECK_TEXT(rows[i].name, buf_string(&b), rows[i].expected);
	}
	buf_done(&b);
	return test_end();
}
