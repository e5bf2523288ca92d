/* date - the date-time of RFC 5322 sections 3.3 and 4.3 as a number. */
#include <string.h>

#include "base/text.h"
#include "mail/date.h"
#include "mail/token.h"

#define YEAR_MIN 1900	/* section 3.3 */

/* Tokens do for the grammar: digits, names and zones are all atoms. */
struct parse {
	struct token_reader reader;
	struct span word;	/* the current token */
	enum token token;
	enum date verdict;
	int64_t year, month, day;
	int64_t hour, minute, second;
	int64_t zone;		/* seconds east of Greenwich */
	int weekday;		/* 0 is Monday, -1 unknown */
};

static void
advance(struct parse *p)
{
	p->token = token_next(&p->reader, &p->word);
}

static bool
at(const struct parse *p, char special)
{
	return token_is(p->token, p->word, special);
}

/* A number of at most max digits. */
static bool
number(struct parse *p, size_t max, int64_t *out)
{
	if (p->token != TOKEN_ATOM || p->word.n > max ||
	    !text_number(p->word, out))
		return false;
	advance(p);
	return true;
}

/* Index of the name that s is or begins with; exact tells which. */
static int
name_find(struct span s, const char *names, bool *exact)
{
	size_t i;

	*exact = s.n == 3;
	for (i = 0; s.n >= 3 && names[3 * i] != '\0'; i++)
		if (span_ieq(span_head(s, 3), span_make(names + 3 * i, 3)))
			return (int)i;
	return -1;
}

/* The full names, and no other words that begin alike. */
static bool
full_name(struct span s)
{
	static const char *const names[] = { "January", "February", "March",
	    "April", "June", "July", "August", "Sept", "September", "October",
	    "November", "December", "Monday", "Tues", "Tuesday", "Wednesday",
	    "Thur", "Thurs", "Thursday", "Friday", "Saturday", "Sunday" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_iis(s, names[i]))
			return true;
	return false;
}

static bool
name(struct parse *p, const char *names, int *out)
{
	bool exact;
	int i;

	i = p->token == TOKEN_ATOM ? name_find(p->word, names, &exact) : -1;
	if (i < 0 || (!exact && !full_name(p->word)))
		return false;
	if (!exact)
		p->verdict = DATE_LOOSE;
	*out = i;
	advance(p);
	return true;
}

static bool
month(struct parse *p)
{
	int i;

	if (!name(p, "janfebmaraprmayjunjulaugsepoctnovdec", &i))
		return false;
	p->month = i + 1;
	return true;
}

static void
day_name(struct parse *p)
{
	p->weekday = -1;
	if (!name(p, "montuewedthufrisatsun", &p->weekday))
		return;
	if (at(p, ','))
		advance(p);
	else
		p->verdict = DATE_LOOSE;
}

/* Section 4.3: two digits below 50 are 20xx, other two or three are 19xx. */
static bool
year(struct parse *p)
{
	size_t digits = p->word.n;

	if (!number(p, 4, &p->year) || digits < 2)
		return false;
	if (digits == 2 && p->year < 50)
		p->year += 2000;
	else if (digits <= 3)
		p->year += 1900;
	return p->year >= YEAR_MIN;
}

static bool
time_of_day(struct parse *p)
{
	size_t digits = p->word.n;

	if (!number(p, 2, &p->hour) || !at(p, ':'))
		return false;
	if (digits == 1)
		p->verdict = DATE_LOOSE;
	advance(p);
	digits = p->word.n;
	if (!number(p, 2, &p->minute))
		return false;
	if (digits == 1)
		p->verdict = DATE_LOOSE;
	if (at(p, ':')) {
		advance(p);
		if (!number(p, 2, &p->second))
			return false;
	}
	if (at(p, '.')) {
		/* Fractions of a second. */
		p->verdict = DATE_LOOSE;
		advance(p);
		if (p->token == TOKEN_ATOM)
			advance(p);
	}
	return p->hour <= 23 && p->minute <= 59 && p->second <= 60;
}

static bool
numeric_zone(struct parse *p, struct span digits, bool west)
{
	int64_t n, minutes;

	if (!text_number(digits, &n))
		return false;
	advance(p);
	if (digits.n == 2 && at(p, ':')) {
		/* "+01:00" as in ISO 8601. */
		p->verdict = DATE_LOOSE;
		advance(p);
		if (!number(p, 2, &minutes))
			return false;
		n = 100 * n + minutes;
	} else if (digits.n != 4)
		return false;
	p->zone = (n / 100 * 60 + n % 100) * (west ? -60 : 60);
	return n % 100 <= 59;
}

/* Names of zones; those that section 4.3 does not know count as -0000. */
static void
named_zone(struct parse *p)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = { { "EDT", -4 }, { "EST", -5 }, { "CDT", -5 },
	    { "CST", -6 }, { "MDT", -6 }, { "MST", -7 }, { "PDT", -7 },
	    { "PST", -8 } };
	size_t i;

	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (span_iis(p->word, zones[i].name))
			p->zone = zones[i].hours * 3600;
	for (i = 0; i < p->word.n; i++)
		if (!char_alpha((unsigned char)p->word.p[i]))
			p->verdict = DATE_LOOSE;
	advance(p);
}

/* False only when it is a number that is no zone. */
static bool
zone(struct parse *p)
{
	char first = p->word.n != 0 ? p->word.p[0] : '\0';

	if (p->token != TOKEN_ATOM) {
		p->verdict = DATE_LOOSE;
		return true;
	}
	if (first == '+' || first == '-')
		return numeric_zone(p, span_skip(p->word, 1), first == '-');
	if (!char_alpha((unsigned char)first))
		return false;
	named_zone(p);
	return true;
}

/* Days from 1970-01-01 by counting from a first of March. */
static int64_t
days(int64_t y, int64_t m, int64_t d)
{
	if (m <= 2) {
		m += 12;
		y--;
	}
	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 +
	    d - 1 - 719468;
}

static int64_t
month_days(int64_t y, int64_t m)
{
	if (m == 12)
		return 31;
	return days(y, m + 1, 1) - days(y, m, 1);
}

/* "1 Jul 2003 10:52:37 +0200" */
static bool
standard(struct parse *p)
{
	return number(p, 2, &p->day) && month(p) && year(p) && time_of_day(p) &&
	    zone(p);
}

/* "Jul  1 10:52:37 2003", perhaps with a zone before or behind the year. */
static bool
asctime_order(struct parse *p)
{
	p->verdict = DATE_LOOSE;
	if (!month(p) || !number(p, 2, &p->day) || !time_of_day(p))
		return false;
	if (p->token == TOKEN_ATOM && char_alpha((unsigned char)p->word.p[0]))
		named_zone(p);
	return year(p) && zone(p);
}

enum date
date_parse(struct span value, int64_t *out)
{
	struct parse p;
	int64_t day;

	memset(&p, 0, sizeof(p));
	token_begin(&p.reader, value, TOKEN_MAIL);
	advance(&p);
	day_name(&p);
	if (p.token == TOKEN_ATOM && char_alpha((unsigned char)p.word.p[0])) {
		if (!asctime_order(&p))
			return DATE_BAD;
	} else if (!standard(&p))
		return DATE_BAD;
	if (p.day < 1 || p.day > month_days(p.year, p.month))
		return DATE_BAD;
	day = days(p.year, p.month, p.day);
	/* 1970-01-01 was a Thursday. */
	if (p.weekday >= 0 && ((day + 3) % 7 + 7) % 7 != p.weekday)
		p.verdict = DATE_LOOSE;
	if (p.token != TOKEN_END)
		p.verdict = DATE_LOOSE;
	*out = day * 86400 + p.hour * 3600 + p.minute * 60 + p.second - p.zone;
	return p.verdict;
}
