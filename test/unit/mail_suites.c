/*
 * mail_suites - the parsers of lib/mail against tables that other projects
 * collected.  Where we differ on purpose a row below says why; a row that no
 * longer differs is a failure too.
 */
#include "base/arena.h"
#include "base/ip.h"
#include "mail/address.h"
#include "mail/date.h"
#include "mail/fields.h"
#include "mail/received.h"
#include "test/unit/suite.h"

struct deviation {
	unsigned number;	/* of the case, from 0 */
	const char *reason;
};

static struct arena arena;

static const struct json *
suite(const char *dir, const char *file)
{
	return suite_read(&arena, dir, file);
}

/* A field's value ends at a line end with no blank behind it. */
static struct span
value(const struct json *row)
{
	struct span s = member(row, "header")->text;
	size_t i;

	for (i = 1; i < s.n; i++)
		if (s.p[i] == '\n' && (i + 1 == s.n ||
		    (s.p[i + 1] != ' ' && s.p[i + 1] != '\t')))
			return span_head(s, s.p[i - 1] == '\r' ? i - 1 : i);
	return s;
}

static void
run(const char *title, const struct json *rows,
    bool (*agrees)(const struct json *), const struct deviation *known)
{
	const struct json *row;
	unsigned number = 0, agree = 0, differ = 0;
	char name[64];
	bool good;

	for (row = rows->first; row != NULL; row = row->next, number++) {
		snprintf(name, sizeof(name), "%s %u", title, number);
		good = agrees(row);
		if (known->reason != NULL && known->number == number) {
			CHECK(name, !good);
			known++;
			differ++;
		} else if (!CHECK(name, good))
			fprintf(stderr, "  <%.*s>\n",
			    SPAN_ARG(member(row, "header")->text));
		else
			agree++;
	}
	CHECK(title, known->reason == NULL && number != 0);
	printf("%s: %u of %u agree, %u differ on purpose\n", title, agree,
	    number, differ);
}

/* ---- addresses ---- */

static bool
same_name(const struct json *wanted, struct span got, struct span header)
{
	/* Encoded words are decoded by another layer. */
	if (span_find(header, span_of("=?")) != header.n)
		return true;
	return span_eq(wanted->text, got);
}

static bool
same_addresses(const struct json *list, const struct address *out, size_t count,
    size_t *i, struct span header)
{
	const struct json *a;

	for (a = list; a != NULL; a = a->next) {
		if (member(a, "addresses")->type == '[') {
			if (!same_addresses(member(a, "addresses")->first, out,
			    count, i, header))
				return false;
			continue;
		}
		if (*i >= count ||
		    !span_eq(out[*i].whole, member(a, "address")->text) ||
		    !same_name(member(a, "name"), out[*i].name, header))
			return false;
		(*i)++;
	}
	return true;
}

static bool
address_agrees(const struct json *row)
{
	struct address out[16];
	struct span header = value(row);
	size_t count, i = 0;

	address_list(&arena, header, out, 16, &count);
	return same_addresses(member(row, "expected")->first->first, out,
	    count, &i, header) && i == count;
}

static bool
from_agrees(const struct json *row)
{
	struct address out[4];
	size_t count;

	address_list(&arena, member(row, "raw")->text, out, 4, &count);
	return count != 0 && span_eq(out[0].domain,
	    member(row, "domain")->text);
}

/* ---- dates ---- */

static bool
date_agrees(const struct json *row)
{
	const struct json *e = member(row, "expected");
	int64_t got, days, zone, wanted;
	long y, m;
	bool bad = date_parse(value(row), &got) == DATE_BAD;

	if (bad || e->type == 'n')
		return bad && e->type == 'n';
	y = integer(e, "year") - (integer(e, "month") <= 2);
	m = (integer(e, "month") + 9) % 12;
	days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
	    integer(e, "day") - 719469;
	zone = integer(e, "tz_hour") * 3600 + integer(e, "tz_minute") * 60;
	if (span_is(member(e, "tz_before_gmt")->text, "true"))
		zone = -zone;
	wanted = days * 86400 + integer(e, "hour") * 3600 +
	    integer(e, "minute") * 60 + integer(e, "second") - zone;
	return wanted == got;
}

/* ---- Received ---- */

static bool
received_agrees(const struct json *row)
{
	const struct json *e = member(row, "expected");
	struct received r;
	struct span text, ip;
	struct ip wanted;
	int64_t seconds;
	bool dated;

	received_parse(value(row), &r);
	ip = member(e, "from_ip")->text;
	/* Of web mail and Exim the word after "from" is the address. */
	if (ip.n == 0 && r.has_ip)
		ip = member(member(e, "from"), "IpAddr")->text;
	if (ip.n == 0 ? r.has_ip : !r.has_ip || !ip_parse(ip, &wanted) ||
	    !ip_eq(&wanted, &r.ip))
		return false;
	text = member(member(e, "by"), "Name")->text;
	if (text.n != 0 && !span_eq(text, r.by))
		return false;
	text = member(member(e, "helo"), "Name")->text;
	if (text.n != 0 && !span_eq(text, r.helo))
		return false;
	text = member(e, "id")->text;
	if (text.n != 0 && !span_eq(text, r.id))
		return false;
	dated = date_parse(r.date, &seconds) != DATE_BAD;
	return dated == (member(e, "date")->type == '{');
}

/* ---- Content-Type ---- */

static bool
content_agrees(const struct json *row)
{
	const struct json *e = member(row, "expected"), *p;
	struct span header = value(row);
	struct content c;
	size_t i = 0;

	content_type_parse(&arena, header, &c);
	if (e->type == 'n')
		return c.type.n == 0;
	if (!span_ieq(c.type, member(e, "c_type")->text) ||
	    !span_ieq(c.subtype, member(e, "c_subtype")->text))
		return false;
	/* Continuations and encoded words are joined by another layer. */
	if (span_chr(header, '*') != header.n ||
	    span_find(header, span_of("=?")) != header.n)
		return true;
	for (p = member(e, "attributes")->first; p != NULL; p = p->next, i++)
		if (i >= c.count ||
		    !span_ieq(c.params[i].name, p->first->text) ||
		    !span_eq(c.params[i].value, p->first->next->text))
			return false;
	return i == c.count;
}

static const struct deviation addresses[] = {
	{ 8, "theirs puts comments into the name" },
	{ 9, "theirs puts comments into the name" },
	{ 10, "theirs makes a mailbox of a comment" },
	{ 11, "theirs makes a mailbox of a comment" },
	{ 13, "theirs keeps route and spaces in the address" },
	{ 14, "theirs keeps spaces in the address" },
	{ 37, "List-* value: a URL, not an address" },
	{ 38, "List-* value: a URL, not an address" },
	{ 39, "List-* value: a URL, not an address" },
	{ 40, "List-* value: a URL, not an address" },
	{ 41, "List-* value: a URL, not an address" },
	{ 43, "List-* value: a URL, not an address" },
	{ 44, "List-* value: a URL, not an address" },
	{ 45, "List-* value: a URL, not an address" },
	{ 46, "List-* value: a URL, not an address" },
	{ 47, "List-* value: a URL, not an address" },
	{ 0, NULL },
};

static const struct deviation dates[] = {
	{ 10, "a number for the month" },
	{ 12, "numbers, not a date" },
	{ 28, "a whole Received value" },
	{ 30, "RFC 5322 4.3: unknown zones count as -0000" },
	{ 0, NULL },
};

static const struct deviation receiveds[] = {
	{ 28, "theirs cuts the id at a slash" },
	{ 29, "theirs cuts the id at a slash" },
	{ 30, "theirs cuts the id at a slash" },
	{ 64, "qmail, ident@address: theirs has no address" },
	{ 86, "qmail, ident@address: theirs has no address" },
	{ 87, "qmail, ident@address: theirs has no address" },
	{ 90, "smap writes the HELO name behind the address" },
	{ 97, "Yahoo, user@address: theirs has no address" },
	{ 116, "qmail, ident@address: theirs has no address" },
	{ 119, "Yahoo, user@address: theirs has no address" },
	{ 123, "theirs takes the second \"by\"" },
	{ 138, "\"_\" in front of the date" },
	{ 148, "two words before the end of a comment" },
	{ 151, "no address in the brackets, so no HELO name" },
	{ 161, "the whole from clause is a comment" },
	{ 0, NULL },
};

static const struct deviation contents[] = {
	{ 47, "no token at all" },
	{ 48, "theirs takes a parameter for the type" },
	{ 49, "a parameter without value: kept, with a fault" },
	{ 56, "space at the end of an open quote" },
	{ 58, "theirs takes a parameter for the type" },
	{ 76, "theirs takes a slash into the subtype" },
	{ 77, "theirs takes a slash into the subtype" },
	{ 78, "theirs takes a slash into the subtype" },
	{ 0, NULL },
};

static const struct deviation from_fields[] = { { 0, NULL } };

int
main(void)
{
	const char *dir = test_suites();
	const struct json *froms;

	if (dir == NULL) {
		test_skip(60 + 40 + 181 + 103 + 12, "SUITES is absent");
		return test_end();
	}
	arena_init(&arena);
	run("address", suite(dir, "mime/mail-parser/address.json"),
	    address_agrees, addresses);
	froms = member(suite(dir, "dmarc/dmarc-cases.json"),
	    "from_header_domain");
	run("From", member(froms, "cases"), from_agrees, from_fields);
	run("date", suite(dir, "mime/mail-parser/date.json"), date_agrees,
	    dates);
	run("Received", suite(dir, "mime/mail-parser/received.json"),
	    received_agrees, receiveds);
	run("Content-Type", suite(dir, "mime/mail-parser/content_type.json"),
	    content_agrees, contents);
	arena_done(&arena);
	return test_end();
}
