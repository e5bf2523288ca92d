/* loosedate - a date somewhere in a text. */
#include "rules/loosedate.h"

#include "base/text.h"

#define YEAR_MIN 1970
#define YEAR_MAX 2037

/* Words of the text; commas part them like blanks.  Those used are emptied. */
struct words {
	struct span items[LOOSEDATE_WORDS_MAX];
	size_t count;
};

struct moment {
	int64_t year, month, day, hour, minute, second;
	int64_t zone;		/* seconds east of Greenwich */
};

static void
split(struct span text, struct words *w)
{
	size_t i = 0, from;

	w->count = 0;
	while (w->count < LOOSEDATE_WORDS_MAX) {
		while (i < text.n && (char_space((unsigned char)text.p[i]) ||
		    text.p[i] == ','))
			i++;
		if (i == text.n)
			return;
		from = i;
		while (i < text.n && !char_space((unsigned char)text.p[i]) &&
		    text.p[i] != ',')
			i++;
		w->items[w->count++] = span_make(text.p + from, i - from);
	}
}

/* 1 to 12, or 0. */
static int64_t
month_of(struct span s)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	int i;

	for (i = 0; i < 12; i++)
		if (s.n == 3 && span_ieq(s, span_make(names + 3 * i, 3)))
			return i + 1;
	return 0;
}

/* Digits only, from so many to so many; large numbers are cut. */
static bool
number_of(struct span s, size_t least, size_t most, int64_t *out)
{
	size_t i;

	if (s.n < least || s.n > most)
		return false;
	*out = 0;
	for (i = 0; i < s.n; i++) {
		if (!char_digit((unsigned char)s.p[i]))
			return false;
		if (*out < 100000)
			*out = *out * 10 + s.p[i] - '0';
	}
	return true;
}

/* "5 Nov 2022", the year of so many digits. */
static bool
take_date(struct words *w, size_t least, size_t most, struct moment *m)
{
	struct span *s = w->items;
	size_t i;

	for (i = 0; i + 2 < w->count; i++) {
		m->month = month_of(s[i + 1]);
		if (m->month == 0 || !number_of(s[i], 1, SIZE_MAX, &m->day) ||
		    !number_of(s[i + 2], least, most, &m->year))
			continue;
		if (s[i + 2].n == 2 && m->year < 50)
			m->year += 2000;
		else if (s[i + 2].n != 4)
			m->year += 1900;
		s[i].n = s[i + 1].n = s[i + 2].n = 0;
		return true;
	}
	return false;
}

static bool
is_time(struct span s)
{
	struct span part;
	int64_t number;
	size_t n;

	for (n = 0; span_cut(&s, ':', &part); n++)
		if (!number_of(part, 1, SIZE_MAX, &number))
			return false;
	return n == 3;
}

/* "Nov 5 12:34:56 2022", of which the time does not count. */
static bool
take_asctime(struct words *w, struct moment *m)
{
	struct span *s = w->items;
	size_t i, k;

	for (i = 0; i + 3 < w->count; i++) {
		m->month = month_of(s[i]);
		if (m->month == 0 ||
		    !number_of(s[i + 1], 1, SIZE_MAX, &m->day) ||
		    !is_time(s[i + 2]) || !number_of(s[i + 3], 4, 4, &m->year))
			continue;
		for (k = i; k < i + 4; k++)
			s[k].n = 0;
		return true;
	}
	return false;
}

static void
take_time(struct words *w, struct moment *m)
{
	struct span rest, hour, minute, second;
	size_t i;

	for (i = 0; i < w->count; i++) {
		rest = w->items[i];
		if (!span_cut(&rest, ':', &hour) ||
		    !span_cut(&rest, ':', &minute) ||
		    !number_of(hour, 1, 2, &m->hour) ||
		    !number_of(minute, 2, 2, &m->minute))
			continue;
		second = rest;
		m->second = 0;
		if (second.n == 0 ? w->items[i].n != hour.n + minute.n + 1 :
		    !number_of(second, 2, 2, &m->second))
			continue;
		w->items[i].n = 0;
		return;
	}
	m->hour = m->minute = m->second = 0;
}

static int64_t
zone_seconds(int64_t hours_minutes)
{
	return (hours_minutes / 100 * 60 + hours_minutes % 100) * 60;
}

/* Of the names that are seen in mail; hours and minutes. */
static int
named_zone(struct span s)
{
	static const struct {
		const char *name;
		int value;
	} zones[] = {
		{"UT", 0}, {"UTC", 0}, {"GMT", 0}, {"WET", 0},
		{"NDT", -230}, {"NST", -330}, {"AST", -400}, {"ADT", -300},
		{"EST", -500}, {"EDT", -400}, {"CST", -600}, {"CDT", -500},
		{"MST", -700}, {"MDT", -600}, {"PST", -800}, {"PDT", -700},
		{"HST", -1000}, {"AKST", -900}, {"AKDT", -800},
		{"HADT", -900}, {"HAST", -1000}, {"BST", 100}, {"IST", 100},
		{"WEST", 100}, {"CET", 100}, {"CEST", 200}, {"EET", 200},
		{"EEST", 300}, {"MSK", 300}, {"MSD", 400}, {"MET", 100},
		{"MEZ", 100}, {"MEST", 200}, {"MESZ", 200}, {"BRST", -200},
		{"BRT", -300}, {"AEST", 1000}, {"AEDT", 1100}, {"ACST", 930},
		{"ACDT", 1030}, {"AWST", 800}, {"NZST", 1200},
		{"NZDT", 1300}, {"JST", 900}, {"KST", 900}, {"HKT", 800},
		{"SGT", 800}, {"PHT", 800}, {"IDT", 300},
	};
	size_t i;

	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
		if (span_is(s, zones[i].name))
			return zones[i].value;
	return 0;
}

/* Two to four capitals that stand by themselves; empty when there are none. */
static struct span
capitals(struct span s)
{
	size_t i = 0, from;
	bool all;

	while (i < s.n) {
		all = true;
		for (from = i; i < s.n && char_word(s.p[i]); i++)
			all = all && s.p[i] >= 'A' && s.p[i] <= 'Z';
		if (all && i - from >= 2 && i - from <= 4)
			return span_make(s.p + from, i - from);
		if (i == from)
			i++;
	}
	return span_make(s.p, 0);
}

static void
take_zone(struct words *w, struct moment *m)
{
	struct span s;
	int64_t value;
	size_t i;
	int named;

	for (i = 0; i < w->count; i++) {
		s = w->items[i];
		if (s.n != 5 || (s.p[0] != '+' && s.p[0] != '-') ||
		    !number_of(span_skip(s, 1), 4, 4, &value))
			continue;
		m->zone = zone_seconds(value) * (s.p[0] == '-' ? -1 : 1);
		return;
	}
	for (i = 0; i < w->count; i++) {
		s = capitals(w->items[i]);
		if (s.n == 0)
			continue;
		named = named_zone(s);
		m->zone = named < 0 ? -zone_seconds(-named) :
		    zone_seconds(named);
		return;
	}
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Makes possible what is not; false for a day that no month has. */
static bool
fit(struct moment *m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31};
	int64_t last = days[m->month - 1] + (m->month == 2 &&
	    is_leap(m->year));

	m->second = m->second > 59 ? 59 : m->second;
	m->minute = m->minute > 59 ? 59 : m->minute;
	m->hour = m->hour > 23 ? 23 : m->hour;
	if (m->day > last) {
		m->day = 1;
		m->month = m->month % 12 + 1;
		m->year += m->month == 1;
	}
	m->year = m->year > YEAR_MAX ? YEAR_MAX :
	    m->year < YEAR_MIN ? YEAR_MIN : m->year;
	return m->day > 0;
}

static int64_t
seconds(const struct moment *m)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243,
	    273, 304, 334};
	int64_t year = m->year, days, time;

	days = (year - 1970) * 365 + (year - 1969) / 4 - (year - 1901) / 100 +
	    (year - 1601) / 400 + before[m->month - 1] +
	    (m->month > 2 && is_leap(year)) + m->day - 1;
	time = ((days * 24 + m->hour) * 60 + m->minute) * 60 + m->second;
	return m->zone > 0 && time < m->zone ? 0 : time - m->zone;
}

bool
loosedate_find(struct span text, int64_t *out)
{
	struct words w;
	struct moment m = {0};

	split(text, &w);
	if (!take_date(&w, 4, 4, &m) && !take_asctime(&w, &m) &&
	    !take_date(&w, 2, 3, &m))
		return false;
	take_time(&w, &m);
	take_zone(&w, &m);
	if (!fit(&m))
		return false;
	*out = seconds(&m);
	return true;
}
