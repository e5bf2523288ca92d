/* entry - whom operators trust or deny, in words. */
#include "shared/change.h"
#include "test/unit/test.h"

#define NOW INT64_C(1795428000000)	/* 2026-11-23 10:00:00 UTC */
#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define REST " owner=anna expires=2027-03-31 reason=x"

/* expected is how the line is told again, or what the reason holds. */
static const struct {
	const char *name;
	enum entry_list list;
	const char *line;
	bool good;
	const char *expected;
} lines[] = {
	{ "all words", ENTRY_TRUST, "dkim:Example.ORG owner=\"Anna Berg\" "
	    "expires=2027-03-31 discount=1.5 reason=\"invoices, ticket 4711\"",
	    true, "dkim:example.org owner=\"Anna Berg\" "
	    "expires=2027-03-31T23:59:59Z discount=1.5 "
	    "reason=\"invoices, ticket 4711\"" },
	{ "in any order", ENTRY_TRUST, "from:Anna@Example.org reason=x "
	    "expires=2027-03-31T10:00:00Z owner=anna", true,
	    "from:anna@example.org owner=\"anna\" "
	    "expires=2027-03-31T10:00:00Z discount=3.0 reason=\"x\"" },
	{ "a network", ENTRY_TRUST, "client:192.0.2.0/24" REST, true,
	    "client:192.0.2.0/24 owner=\"anna\" "
	    "expires=2027-03-31T23:59:59Z discount=3.0 reason=\"x\"" },
	{ "A-labels", ENTRY_TRUST, "spf:B\xc3\xbc" "cher.example." REST, true,
	    "spf:xn--bcher-kva.example owner=\"anna\" "
	    "expires=2027-03-31T23:59:59Z discount=3.0 reason=\"x\"" },
	{ "for some days", ENTRY_DENY, "helo:mail.bad.example owner=anna "
	    "expires=36h reason=x", true, "helo:mail.bad.example "
	    "owner=\"anna\" expires=2026-11-24T22:00:00Z reason=\"x\"" },
	{ "nothing", ENTRY_TRUST, "", false, "first word" },
	{ "no name", ENTRY_TRUST, "owner=anna", false, "first word" },
	{ "no kind", ENTRY_TRUST, "example.org" REST, false, "dkim, spf" },
	{ "denied only", ENTRY_TRUST, "helo:example.org" REST, false,
	    "dkim, spf" },
	{ "trusted only", ENTRY_DENY, "dkim:example.org" REST, false,
	    "client, helo" },
	{ "two names", ENTRY_TRUST, "dkim:a.example dkim:b.example" REST,
	    false, "dkim:b.example" },
	{ "signers have no address", ENTRY_TRUST, "dkim:a@b.example" REST,
	    false, "not a domain (" },
	{ "a glob", ENTRY_TRUST, "from:*.example" REST, false, "not a domain" },
	{ "a leading dot", ENTRY_TRUST, "from:.example" REST, false,
	    "not a domain" },
	{ "no local part", ENTRY_TRUST, "from:@a.example" REST, false,
	    "not a domain" },
	{ "no domain", ENTRY_TRUST, "from:anna@" REST, false, "not a domain" },
	{ "no host's name", ENTRY_TRUST, "dkim:a..example" REST, false,
	    "no domain that mail" },
	{ "host bits", ENTRY_TRUST, "client:192.0.2.1/24" REST, false,
	    "not an address or network" },
	{ "no owner", ENTRY_TRUST, "dkim:a.example expires=2027-03-31 "
	    "reason=x", false, "owner= is missing" },
	{ "no reason", ENTRY_TRUST, "dkim:a.example expires=2027-03-31 "
	    "owner=x", false, "reason= is missing" },
	{ "no end", ENTRY_DENY, "client:192.0.2.1 owner=x reason=x", false,
	    "expires= is missing" },
	{ "two owners", ENTRY_TRUST, "dkim:a.example owner=x" REST, false,
	    "owner= stands twice" },
	{ "two reasons", ENTRY_TRUST, "dkim:a.example reason=y" REST, false,
	    "reason= stands twice" },
	{ "two ends", ENTRY_DENY, "client:192.0.2.1 expires=90d" REST, false,
	    "expires= stands twice" },
	{ "two discounts", ENTRY_TRUST, "dkim:a.example discount=1 discount=2"
	    REST, false, "discount= stands twice" },
	{ "empty owner", ENTRY_TRUST, "dkim:a.example owner=\"\"", false,
	    "owner= wants" },
	{ "no such day", ENTRY_TRUST, "dkim:a.example expires=2027-02-30",
	    false, "wanted is a date" },
	{ "no such month", ENTRY_TRUST, "dkim:a.example expires=2027-13-01",
	    false, "wanted is a date" },
	{ "more than a year", ENTRY_TRUST, "dkim:a.example expires=367d",
	    false, "wanted is a date" },
	{ "no unit", ENTRY_TRUST, "dkim:a.example expires=90", false,
	    "wanted is a date" },
	{ "no discount", ENTRY_TRUST, "dkim:a.example discount=0", false,
	    "points above 0" },
	{ "points on top", ENTRY_TRUST, "dkim:a.example discount=-1", false,
	    "points above 0" },
	{ "denied at a discount", ENTRY_DENY, "from:a.example discount=1",
	    false, "has no discount" },
	{ "not for operators", ENTRY_TRUST, "dkim:a.example by=root" REST,
	    false, "\"by\"" },
	{ "unknown key", ENTRY_TRUST, "dkim:a.example score=1" REST, false,
	    "\"score\"" },
	{ "open quote", ENTRY_TRUST, "dkim:a.example reason=\"x", false,
	    "not closed" },
	{ "quote inside", ENTRY_TRUST, "dkim:a.example reason=x\"y", false,
	    "neither quotes" },
	{ "no blank behind", ENTRY_TRUST, "dkim:a.example reason=\"x\"y",
	    false, "a blank has to" },
	{ "backslash", ENTRY_TRUST, "dkim:a.example reason=\"x\\\"", false,
	    "neither quotes" },
	{ "control", ENTRY_TRUST, "dkim:a.example reason=\"x\ty\"", false,
	    "neither quotes" },
	{ "control of a terminal", ENTRY_TRUST, "dkim:a.example "
	    "reason=\"x\xc2\x9by\"", false, "neither quotes" },
	{ "turned round", ENTRY_TRUST, "dkim:a.example "
	    "reason=\"x\xe2\x80\xaey\"", false, "neither quotes" },
	{ "control in an address", ENTRY_TRUST, "from:\x9b" "2J@a.example" REST,
	    false, "neither quotes" },
};

static bool
shared(const void *context, struct span domain)
{
	(void)context;
	return span_is(domain, "gmail.com") ||
	    span_iends(domain, ".ses.example");
}

/* NULL: the entry may be made. */
static const struct {
	const char *line;
	enum entry_list list;
	const char *refused;
} terms[] = {
	{ "dkim:example.org" REST, ENTRY_TRUST, NULL },
	{ "from:anna@gmail.com" REST, ENTRY_TRUST, NULL },
	{ "from:gmail.com" REST, ENTRY_TRUST, "as from:name@gmail.com" },
	{ "dkim:gmail.com" REST, ENTRY_TRUST, "strangers share" },
	{ "spf:eu.ses.example" REST, ENTRY_TRUST, "strangers share" },
	{ "from:gmail.com" REST, ENTRY_DENY, NULL },
	{ "dkim:co.uk" REST, ENTRY_TRUST, "anybody can register" },
	{ "from:com" REST, ENTRY_TRUST, "anybody can register" },
	{ "from:anna@co.uk" REST, ENTRY_TRUST, "anybody can register" },
	{ "client:10.1.0.0/16" REST, ENTRY_TRUST, NULL },
	{ "client:10.0.0.0/15" REST, ENTRY_TRUST, "larger than /16" },
	{ "client:2001:db8::/32" REST, ENTRY_TRUST, NULL },
	{ "client:2001:d00::/31" REST, ENTRY_TRUST, "larger than /32" },
	{ "client:::ffff:0:0/96" REST, ENTRY_TRUST, "larger than" },
	{ "client:10.0.0.0/8" REST, ENTRY_DENY, NULL },
	{ "client:::/0" REST, ENTRY_DENY, "everybody" },
	{ "dkim:example.org discount=5" REST, ENTRY_TRUST, NULL },
	{ "dkim:example.org discount=5.001" REST, ENTRY_TRUST,
	    "at most 5.0 points" },
	{ "dkim:example.org owner=a reason=x expires=2026-11-22", ENTRY_TRUST,
	    "expired at 2026-11-22T23:59:59Z" },
	{ "dkim:example.org owner=a reason=x expires=2026-11-23", ENTRY_TRUST,
	    NULL },
	{ "dkim:example.org owner=a reason=x expires=2027-11-24", ENTRY_TRUST,
	    NULL },
	{ "dkim:example.org owner=a reason=x expires=2027-11-26", ENTRY_TRUST,
	    "more than 366 days" },
	{ "client:192.0.2.1 owner=a reason=x expires=2028-01-01", ENTRY_DENY,
	    "more than 366 days" },
};

#define HEAD " id=00c0ffee00c0ffee at=2026-11-23T10:00:00Z by=\"root\" "
#define BODY "dkim:example.org owner=\"a b\" expires=2027-01-01T00:00:00Z " \
	"discount=3.0 reason=\"x\""

static const struct {
	const char *text;
	bool good;
} changes[] = {
	{ "1 add trust" HEAD BODY, true },
	{ "1 keep trust" HEAD BODY, true },
	{ "1 add trust" HEAD "again=1 " BODY, true },
	{ "1 del deny" HEAD "client:192.0.2.1 reason=\"x\"", true },
	{ "1 add deny" HEAD "from:a@b.example owner=\"o\" "
	    "expires=2027-01-01T00:00:00Z reason=\"x\"", true },
	{ "2 add trust" HEAD BODY, false },
	{ "1 set trust" HEAD BODY, false },
	{ "1 add grey" HEAD BODY, false },
	{ "1 add trust " BODY, false },
	{ "1 add trust id=00c0ffee00c0ffe at=2026-11-23T10:00:00Z by=\"r\" "
	    BODY, false },
	{ "1 add trust" HEAD BODY " " BODY, false },
	{ "1 add trust" HEAD BODY " score=1", false },
	{ "1 del deny" HEAD "client:192.0.2.1", false },
	{ "1 add deny" HEAD "client:192.0.2.1 reason=\"x\"", false },
	{ "", false },
};

static void
test_lines(void)
{
	struct error error;
	struct entry entry, again;
	struct buf told;
	int status;
	size_t i;

	for (i = 0; i < ROWS(lines); i++) {
		status = entry_parse(span_of(lines[i].line), lines[i].list,
		    NOW, &entry, &error);
		if (!CHECK(lines[i].name, (status == 0) == lines[i].good))
			continue;
		if (status != 0) {
			if (!CHECK(lines[i].name, strstr(error.text,
			    lines[i].expected) != NULL))
				fprintf(stderr, "%s\n", error.text);
			continue;
		}
		buf_init(&told, ENTRY_LINE_MAX);
		entry_put(&told, &entry);
		CHECK_TEXT(lines[i].name, buf_string(&told),
		    lines[i].expected);
		CHECK(lines[i].name, entry_parse(buf_contents(&told),
		    lines[i].list, 0, &again, NULL) == 0 &&
		    memcmp(&entry, &again, sizeof(entry)) == 0);
		buf_done(&told);
	}
	CHECK("no days in a file", entry_parse(span_of("dkim:a.example "
	    "owner=a reason=x expires=90d"), ENTRY_TRUST, 0, &entry,
	    &error) != 0);
}

static void
test_terms(void)
{
	struct suffixes *suffixes = suffixes_open("", NULL);
	const struct entry_terms t = { suffixes, shared, NULL, 5000 };
	struct entry entry;
	struct error error;
	bool good;
	size_t i;

	for (i = 0; i < ROWS(terms); i++) {
		if (!CHECK(terms[i].line, entry_parse(span_of(terms[i].line),
		    terms[i].list, NOW, &entry, NULL) == 0))
			continue;
		error.text[0] = '\0';
		good = entry_check(&entry, &t, &error) == 0 &&
		    entry_check_time(&entry, NOW, &error) == 0;
		if (!CHECK(terms[i].line, good == (terms[i].refused == NULL) &&
		    (good || strstr(error.text, terms[i].refused) != NULL)))
			fprintf(stderr, "%s\n", error.text);
	}
	suffixes_close(suffixes);
}

static void
test_changes(void)
{
	struct change change;
	struct buf text;
	bool good;
	size_t i;

	for (i = 0; i < ROWS(changes); i++) {
		good = change_parse(span_of(changes[i].text), &change) == 0;
		CHECK(changes[i].text, good == changes[i].good);
		if (!good)
			continue;
		buf_init(&text, CHANGE_MAX);
		change_put(&text, &change);
		CHECK_TEXT("told again", buf_string(&text), changes[i].text);
		buf_done(&text);
	}
}

/* The longest that may be has room in a line, and in a record. */
static void
test_longest(void)
{
	struct change change = { .id = UINT64_MAX, .again = true };
	struct entry *e = &change.entry;
	char name[ENTRY_WHAT_MAX + 10], word[1000];
	struct buf text;
	size_t i;

	memset(name, 'a', sizeof(name));
	memcpy(name, "from:", 5);
	name[5 + ENTRY_WHAT_MAX - 252] = '@';
	for (i = 5 + ENTRY_WHAT_MAX - 251 + 62; i < 5 + ENTRY_WHAT_MAX - 1;
	    i += 63)
		name[i] = '.';
	CHECK("name", entry_name(span_make(name, 5 + ENTRY_WHAT_MAX),
	    ENTRY_TRUST, e, NULL) == 0);
	memset(word, 'x', sizeof(word));
	CHECK("owner", entry_take(e, span_of("owner"), span_make(word,
	    ENTRY_OWNER_MAX), 0, NULL) == 0);
	CHECK("by", entry_take(e, span_of("by"), span_make(word,
	    ENTRY_OWNER_MAX), 0, NULL) == 0);
	CHECK("reason", entry_take(e, span_of("reason"), span_make(word,
	    ENTRY_REASON_MAX + 1), 0, NULL) != 0);
	CHECK("reason", entry_take(e, span_of("reason"), span_make(word,
	    ENTRY_REASON_MAX), 0, NULL) == 0);
	e->expires = e->added = NOW;
	e->discount = 1000000000;
	buf_init(&text, CHANGE_MAX);
	entry_put(&text, e);
	CHECK("line", text.n < ENTRY_LINE_MAX);
	buf_reset(&text);
	change_put(&text, &change);
	CHECK("record", !text.full && change_parse(buf_contents(&text),
	    &change) == 0);
	buf_done(&text);
}

int
main(void)
{
	test_lines();
	test_terms();
	test_changes();
	test_longest();
	return test_end();
}
