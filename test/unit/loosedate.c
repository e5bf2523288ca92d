/* loosedate - dates somewhere in a text, as rules see them. */
#include "rules/loosedate.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *text;
	long long expected;	/* -1: there is none */
} rows[] = {
	{ "Mon, 1 Jan 2024 12:00:00 +0000", 1704110400 },
	{ "1 Jan 2024 12:00 +0000", 1704110400 },
	{ "Mon,1 Jan 2024 13:30:00 +0130", 1704110400 },
	{ "Mon, 1 Jan 2024 07:00:00 -0500 (EST)", 1704110400 },
	{ "Mon, 1 Jan 2024 07:00:00 EST", 1704110400 },
	{ "Mon, 1 Jan 2024 14:00:00 CEST", 1704110400 },
	{ "Mon, 1 Jan 2024 12:00:00 XYZ", 1704110400 },
	{ "Mon, 1 Jan 2024 13:00:00 GMT+0100", 1704114000 },
	{ "Mon, 1 Jan 2024", 1704067200 },
	{ "from x by y; Mon, 1 Jan 2024 12:00:00 +0000", 1704110400 },
	{ "Thu, 29 Feb 2024 00:00:00 +0000", 1709164800 },
	{ "Sat, 1 Mar 2025 00:00:00 +0000", 1740787200 },
	{ "1 Mar 2000 00:00:00 +0000", 951868800 },
	/* RFC 5322 section 4.3. */
	{ "21 Nov 97 09:55:06 -0600", 880127706 },
	{ "1 Jan 24 12:00:00 +0000", 1704110400 },
	{ "1 Jan 124 12:00:00 +0000", 1704110400 },
	/* Of the order of asctime the time does not count. */
	{ "Mon Jan 1 12:00:00 2024", 1704067200 },
	/* What is out of range becomes the nearest. */
	{ "31 Feb 2024 00:00:00 +0000", 1709251200 },
	{ "1 Jan 2024 25:61:61 +0000", 1704153599 },
	{ "1 Jan 2099 00:00:00 +0000", 2114380800 },
	{ "1 Jan 1900 00:00:00 +0000", 0 },
	{ "1 Jan 1970 00:00:00 +0100", 0 },
	{ "99999999999999999999 Jan 2024 00:00:00 +0000", 1706745600 },
	{ "0 Jan 2024 00:00:00 +0000", -1 },
	{ "1 Foo 2024 12:00:00 +0000", -1 },
	{ "2024-01-01 12:00:00", -1 },
	{ "1 Jan 20245 12:00:00", -1 },
	{ "", -1 },
};

int
main(void)
{
	int64_t time;
	size_t i;
	bool found;

	for (i = 0; i < ROWS(rows); i++) {
		found = loosedate_find(span_of(rows[i].text), &time);
		CHECK(rows[i].text, found == (rows[i].expected >= 0));
		if (found && !CHECK(rows[i].text, time == rows[i].expected))
			fprintf(stderr, "  got %lld\n", (long long)time);
	}
	return test_end();
}
