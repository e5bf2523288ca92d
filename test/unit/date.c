/* date - date-time texts and the seconds they mean. */
#include "mail/date.h"
#include "test/unit/test.h"

static const struct row {
	const char *name, *input;
	enum date verdict;
	int64_t seconds;
} rows[] = {
	{ "epoch", "Thu, 1 Jan 1970 00:00:00 +0000", DATE_GOOD, 0 },
	{ "3.3", "Fri, 21 Nov 1997 09:55:06 -0600", DATE_GOOD, 880127706 },
	{ "3.3 east", "Tue, 1 Jul 2003 10:52:37 +0200", DATE_GOOD,
	    1057049557 },
	{ "3.3 no day of the week", "1 Jul 2003 10:52:37 +0200", DATE_GOOD,
	    1057049557 },
	{ "3.3 no seconds", "Tue, 1 Jul 2003 10:52 +0200", DATE_GOOD,
	    1057049520 },
	{ "3.3 leap second", "Sat, 31 Dec 2016 23:59:60 +0000", DATE_GOOD,
	    1483228800 },
	{ "3.3 leap day", "29 Feb 2000 00:00:00 +0000", DATE_GOOD, 951782400 },
	{ "3.3 any case", "TUE, 1 JUL 2003 10:52:37 +0200", DATE_GOOD,
	    1057049557 },
	{ "A.5", "Thu,\r\n      13\r\n        Feb\r\n          1969\r\n"
	    "      23:32\r\n               -0330 (Newfoundland Time)",
	    DATE_GOOD, -27723480 },
	{ "A.6.2", "21 Nov 97 09:55:06 GMT", DATE_GOOD, 880106106 },
	{ "4.3 comments anywhere", "Fri (a), 21(b)Nov 97 09 (c) : 55 : 06 GMT",
	    DATE_GOOD, 880106106 },
	{ "4.3 year 49", "1 Jan 49 00:00:00 GMT", DATE_GOOD, 2493072000 },
	{ "4.3 year 50", "1 Jan 50 00:00:00 GMT", DATE_GOOD, -631152000 },
	{ "4.3 year 103", "1 Jul 103 08:52:37 UT", DATE_GOOD, 1057049557 },
	{ "4.3 PDT", "1 Jul 2003 01:52:37 PDT", DATE_GOOD, 1057049557 },
	{ "4.3 military is unknown", "1 Jul 2003 08:52:37 A", DATE_GOOD,
	    1057049557 },
	{ "4.3 other is unknown", "1 Jul 2003 08:52:37 CEST", DATE_GOOD,
	    1057049557 },
	{ "far future", "31 Dec 9999 23:59:59 +0000", DATE_GOOD,
	    253402300799 },
	{ "1900", "1 Jan 1900 00:00:00 +0000", DATE_GOOD, -2208988800 },
	{ "wrong day of the week", "Mon, 1 Jul 2003 10:52:37 +0200",
	    DATE_LOOSE, 1057049557 },
	{ "no comma", "Tue 1 Jul 2003 10:52:37 +0200", DATE_LOOSE,
	    1057049557 },
	{ "asctime", "Tue Jul  1 08:52:37 2003", DATE_LOOSE, 1057049557 },
	{ "asctime, zone behind", "Tue Jul 1 10:52:37 2003 +0200", DATE_LOOSE,
	    1057049557 },
	{ "asctime, zone before", "Tue Jul 1 04:52:37 EDT 2003", DATE_LOOSE,
	    1057049557 },
	{ "no zone", "Tue, 1 Jul 2003 08:52:37", DATE_LOOSE, 1057049557 },
	{ "full names", "Tuesday, 1 July 2003 08:52:37 GMT", DATE_LOOSE,
	    1057049557 },
	{ "fraction", "1 Jul 2003 08:52:37.516 +0000", DATE_LOOSE,
	    1057049557 },
	{ "one digit of an hour", "1 Jul 2003 8:52:37 +0000", DATE_LOOSE,
	    1057049557 },
	{ "words behind", "1 Jul 2003 10:52:37 +0200 PM", DATE_LOOSE,
	    1057049557 },
	{ "colon in the zone", "1 Jul 2003 10:52:37 +02:00", DATE_LOOSE,
	    1057049557 },
	{ "three digits of a zone", "1 Jul 2003 10:52:37 +020", DATE_BAD, 0 },
	{ "zone of hours", "1 Jul 2003 10:52:37 +02:", DATE_BAD, 0 },
	{ "EST5EDT", "1 Jul 2003 08:52:37 EST5EDT", DATE_LOOSE, 1057049557 },
	{ "no leap day", "29 Feb 1900 00:00:00 +0000", DATE_BAD, 0 },
	{ "day 31", "31 Apr 2003 00:00:00 +0000", DATE_BAD, 0 },
	{ "day 0", "0 Apr 2003 00:00:00 +0000", DATE_BAD, 0 },
	{ "hour 24", "1 Jul 2003 24:00:00 +0000", DATE_BAD, 0 },
	{ "minute 60", "1 Jul 2003 10:60:00 +0000", DATE_BAD, 0 },
	{ "second 61", "1 Jul 2003 10:00:61 +0000", DATE_BAD, 0 },
	{ "zone minute 60", "1 Jul 2003 10:00:00 +0160", DATE_BAD, 0 },
	{ "short zone", "1 Jul 2003 10:00:00 +02", DATE_BAD, 0 },
	{ "zone without sign", "1 Jul 2003 10:00:00 0200", DATE_BAD, 0 },
	{ "year 1899", "1 Jul 1899 10:00:00 +0000", DATE_BAD, 0 },
	{ "year 3", "1 Jul 3 10:00:00 +0000", DATE_BAD, 0 },
	{ "year 20033", "1 Jul 20033 10:00:00 +0000", DATE_BAD, 0 },
	{ "word like a month", "1 Julius 2003 10:00:00 +0000", DATE_BAD, 0 },
	{ "number for a month", "1 07 2003 10:00:00 +0000", DATE_BAD, 0 },
	{ "ISO 8601", "2003-07-01T10:52:37Z", DATE_BAD, 0 },
	{ "no time", "1 Jul 2003", DATE_BAD, 0 },
	{ "sign", "-1 Jul 2003 10:00:00 +0000", DATE_BAD, 0 },
	{ "open comment", "1 Jul (2003 10:00:00 +0000", DATE_BAD, 0 },
	{ "nothing", "", DATE_BAD, 0 },
};

int
main(void)
{
	int64_t seconds;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		seconds = 0;
		CHECK(rows[i].name, date_parse(span_of(rows[i].input),
		    &seconds) == rows[i].verdict);
		if (!CHECK(rows[i].name, seconds == rows[i].seconds))
			fprintf(stderr, "  got %lld\n", (long long)seconds);
	}
	return test_end();
}
