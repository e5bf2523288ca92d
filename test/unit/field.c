/* field - the values of header fields, real and pseudo, with modifiers. */
#include "rules/field.h"
#include "rules/fieldtext.h"
#include "test/unit/rulelab.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const char letter[] =
    "X-Top: 1\n"
    "Received: from i ([10.0.0.1]) by mx.b.example (8.17/8.17) id x1y\n"
    "X-Inner: 2\n"
    "Received: from h (a.example [192.0.2.1])\n"
    "\tby in.b.example (Postfix) with SMTP id 3F5C\n"
    "X-Outer: 3\n"
    "Received: from g ([198.51.100.1]) by h (8.17/8.17) id x1z\n"
    "From: =?utf-8?q?J=C3=B6?=\n <jo@mail.a.example>\n"
    "To: \"Bo\" <bo@b.example>, cy@c.example\n"
    "Cc:\tdi@d.co.uk\n"
    "Subject:  =?utf-8?q?Gr=C3=BC?=\n  to you \n"
    "Message-ID: <=?utf-8?q?x?=@id.example>\n"
    "Resent-Message-Id: <r@id.example>\n"
    "X-Tao: three\n"
    "X-Empty:\n"
    "X-Two: one\n"
    "x-two: two\n"
    "X-Host: see user.name@www.a.example.org or b.example!\n"
    "X-Names: .a.example b.example. c.example d.nowhere\n"
    "X-Net: 1.192.0.2.7 [192.0.2.8] x2001:db8::1 2001:DB8::2 ::1\n"
    "X-Single: 'Q' <q@b.example>\n"
    "\n"
    "body\n";

#define INTERNAL "Received: from i ([10.0.0.1]) by mx.b.example " \
    "(8.17/8.17) id x1y\\n|"
#define BORDER "Received: from h (a.example [192.0.2.1]) by in.b.example " \
    "(Postfix) with SMTP id 3F5C\\n|"

/* Expected: the values with "|" behind each, "\n" for a line end. */
static const struct {
	const char *key, *expected;
} rows[] = {
	{ "X-None", "" },
	{ "X-Empty", "\\n|" },
	{ "X-Two", "one\\n|two\\n|" },
	{ "x-TWO", "one\\n|two\\n|" },
	{ "X-Tao", "three\\n|" },
	{ "X-Two:raw", " one\\n| two\\n|" },
	{ "X-Two:first", "one\\n|" },
	{ "X-Two:last", "two\\n|" },
	{ "Subject", "Grü to you\\n|" },
	{ "Subject:raw", "  =?utf-8?q?Gr=C3=BC?=\\n  to you \\n|" },
	{ "From", "Jö <jo@mail.a.example>\\n|" },
	{ "From:addr", "jo@mail.a.example|" },
	{ "From:name", "Jö|" },
	{ "From:name:raw", "=?utf-8?q?J=C3=B6?=\\n |" },
	{ "From:addr:host", "mail.a.example|" },
	{ "From:addr:domain", "a.example|" },
	{ "From:host", "mail.a.example|" },
	{ "To:addr", "bo@b.example|cy@c.example|" },
	{ "To:name", "Bo|" },
	{ "ToCc", "\"Bo\" <bo@b.example>, cy@c.example\\n|di@d.co.uk\\n|" },
	{ "ToCc:addr", "bo@b.example|cy@c.example|di@d.co.uk|" },
	{ "X-ToCc", "" },
	{ "alL", "" },
	{ "ToCc:raw", " \"Bo\" <bo@b.example>, cy@c.example\\n|"
	    "\tdi@d.co.uk\\n|" },
	{ "envelopefrom", "bounce@list.example.com|" },
	{ "Cc:addr:domain", "d.co.uk|" },
	{ "X-Single:name", "Q|" },
	{ "Message-ID", "<=?utf-8?q?x?=@id.example>\\n|" },
	{ "MESSAGEID", "<r@id.example>\\n|<=?utf-8?q?x?=@id.example>\\n|" },
	{ "MESSAGEID:raw",
	    " <r@id.example>\\n| <=?utf-8?q?x?=@id.example>\\n|" },
	{ "EnvelopeFrom", "bounce@list.example.com|" },
	{ "EnvelopeFrom:addr:domain", "example.com|" },
	{ "X-Host:host", "www.a.example.org|" },
	{ "X-Host:domain", "example.org|" },
	{ "X-Names:host", "c.example|" },
	{ "X-Two:host", "" },
	{ "X-Net:ip", "192.0.2.8|" },
	{ "X-Net:revip", "8.2.0.192|" },
	{ "Received:ip", "10.0.0.1|192.0.2.1|198.51.100.1|" },
	{ "X-Spam-Relays-Internal", "[ ip=10.0.0.1 rdns= helo=i "
	    "by=mx.b.example ident= envfrom= intl=1 id=x1y auth= msa=0 ]|" },
	{ "X-Spam-Relays-Untrusted", "[ ip=192.0.2.1 rdns=a.example helo=h "
	    "by=in.b.example ident= envfrom= intl=0 id=3F5C auth= msa=0 ] "
	    "[ ip=198.51.100.1 rdns= helo=g by=h ident= envfrom= intl=0 "
	    "id=x1z auth= msa=0 ]|" },
	{ "ALL-INTERNAL",
	    "X-Top: 1\\n|" INTERNAL "X-Inner: 2\\n|" BORDER },
};

static const char *
show(struct facts *f, const char *name)
{
	static char out[3000];
	struct field_key key;
	struct field_values v;
	size_t i, k, n = 0;

	if (!field_key_parse(span_of(name), &key))
		return "no key";
	field_values(f, &key, &v);
	for (i = 0; i < v.count; i++) {
		for (k = 0; k < v.items[i].n && n + 4 < sizeof(out); k++)
			if (v.items[i].p[k] == '\n') {
				out[n++] = '\\';
				out[n++] = 'n';
			} else {
				out[n++] = v.items[i].p[k];
			}
		out[n++] = '|';
	}
	out[n] = '\0';
	return out;
}

/* ALL is all fields; what was internal and external makes it up, but one. */
static void
test_all(struct facts *f)
{
	static char all[3000];
	const char *external;

	snprintf(all, sizeof(all), "%s", show(f, "ALL"));
	CHECK("ALL", strstr(all, "X-Top: 1\\n|" INTERNAL "X-Inner: 2\\n|"
	    BORDER "X-Outer: 3\\n|") == all);
	CHECK("ALL", strstr(all, "|X-Empty: \\n|X-Two: one\\n|x-two: two\\n|")
	    != NULL);
	external = strstr(all, BORDER);
	CHECK_TEXT("ALL-EXTERNAL", show(f, "ALL-EXTERNAL"), external);
	CHECK_TEXT("ALL-UNTRUSTED", show(f, "ALL-UNTRUSTED"), external);
	CHECK("ALL:raw", strstr(show(f, "ALL:raw"), "|Subject:  =?utf-8?q?Gr"
	    "=C3=BC?=\\n  to you \\n|") != NULL);
	CHECK_TEXT("no modifier", show(f, "From:nothing"), "no key");
}

/* A milter does not see the uppermost field: ours. */
static void
test_connection(struct lab *lab)
{
	struct client client = {.has_ip = true};

	lab_message(lab, span_of("X-Top: 1\nReceived: from i ([10.0.0.1]) by "
	    "mx.b.example (8.17/8.17) id x1y\nX-Inner: 2\n\n"));
	ip_parse(span_of("192.0.2.1"), &client.ip);
	message_client(&lab->message, &client);
	lab_match(lab);
	CHECK_TEXT("connection", show(&lab->facts, "ALL-EXTERNAL"),
	    "X-Top: 1\\n|" INTERNAL "X-Inner: 2\\n|");
	CHECK_TEXT("connection", show(&lab->facts, "ALL-INTERNAL"), "");
}

/* What is longer is cut, as SpamAssassin does. */
static void
test_long(struct lab *lab)
{
	static char raw[FIELD_VALUE_MAX + 100];

	memset(raw, 'x', sizeof(raw) - 2);
	memcpy(raw, "X-Long:", 7);
	memcpy(raw + sizeof(raw) - 2, "\n\n", 2);
	lab_message(lab, span_make(raw, sizeof(raw)));
	lab_match(lab);
	CHECK("long", facts_get(&lab->facts, "X-Long").n ==
	    FIELD_VALUE_MAX + 1);
}

int
main(void)
{
	struct lab lab;
	size_t i;

	lab_begin(&lab);
	if (!CHECK("rules", lab_rules(&lab, "internal_networks 10.0.0.0/8\n")))
		return test_end();
	lab_message(&lab, span_of(letter));
	lab_match(&lab);
	for (i = 0; i < ROWS(rows); i++)
		CHECK_TEXT(rows[i].key, show(&lab.facts, rows[i].key),
		    rows[i].expected);
	test_all(&lab.facts);
	test_connection(&lab);
	test_long(&lab);
	lab_end(&lab);
	return test_end();
}
