/* relayscan - what can be found in a Received field whoever wrote it. */
#include "rules/relayscan.h"

#include <string.h>

#include "rules/relayline.h"

/* Runs of white space become one blank, none is left at the ends. */
struct span
relayscan_fold(struct arena *arena, struct span value)
{
	struct span out;
	char *p;
	size_t i;

	if (value.n > RELAYLINE_MAX)
		value.n = RELAYLINE_MAX;
	value = span_trim(value);
	p = arena_bytes(arena, value.n + 1);
	out = span_make(p, 0);
	for (i = 0; i < value.n; i++)
		if (!char_space((unsigned char)value.p[i]))
			p[out.n++] = value.p[i];
		else if (p[out.n - 1] != ' ')
			p[out.n++] = ' ';
	while (out.n > 0 && out.p[out.n - 1] == ';') {
		out.n--;
		if (out.n > 0 && out.p[out.n - 1] == ' ')
			out.n--;
	}
	return out;
}

static bool
digits_only(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_digit((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

/* "12:34" or "12:34:56" with any number of digits. */
static bool
is_time(struct span s)
{
	struct span part;
	size_t n;

	for (n = 0; span_cut(&s, ':', &part); n++)
		if (!digits_only(part))
			return false;
	return n == 2 || n == 3;
}

/* The last word, and the line without it and the blank before it. */
static struct span
last_word(struct span *line)
{
	size_t at = span_rchr(*line, ' ');
	struct span word;

	if (at == line->n) {
		word = *line;
		line->n = 0;
		return word;
	}
	word = span_skip(*line, at + 1);
	line->n = at;
	return word;
}

static bool
one_of(struct span word, const char *const *names)
{
	for (; *names != NULL; names++)
		if (span_is(word, *names))
			return true;
	return false;
}

/*
 * A date in the usual form at the very end goes, with the ";" before it.  With
 * a comment behind it, or in any other form, it stays.
 */
struct span
relayscan_undate(struct span line)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
	    "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", NULL};
	static const char *const days[] = {"Mon,", "Tue,", "Wed,", "Thu,",
	    "Fri,", "Sat,", "Sun,", NULL};
	struct span rest = line, day;
	size_t n;

	last_word(&rest);
	if (!is_time(last_word(&rest)) || !digits_only(last_word(&rest)) ||
	    !one_of(last_word(&rest), months))
		return line;
	day = last_word(&rest);
	for (n = day.n; n > 0 && char_digit((unsigned char)day.p[n - 1]); n--)
		;
	if (n == day.n || day.p == line.p || (n > 0 && day.p[n - 1] != ';'))
		return line;
	rest.n = (size_t)(day.p - line.p) + n;
	if (n == 0) {
		rest.n--;
		for (n = rest.n; n > 0 && rest.p[n - 1] != ' ' &&
		    rest.p[n - 1] != ';'; n--)
			;
		if (n > 0 && one_of(span_skip(rest, n), days))
			rest.n = n;
	}
	while (rest.n > 0 && char_among(rest.p[rest.n - 1], " ;"))
		rest.n--;
	return rest;
}

/* ")by " where a blank is missing. */
struct span
relayscan_blank(struct arena *arena, struct span line)
{
	size_t at = span_find(line, span_of(")by "));

	if (at == line.n)
		return line;
	return arena_printf(arena, "%.*s) %.*s", (int)at, line.p,
	    (int)(line.n - at - 1), line.p + at + 1);
}

/* "[192.0.2.1]", roughly. */
static bool
is_bracketed(struct span word)
{
	size_t i;

	if (word.n < 3 || word.p[0] != '[' || word.p[word.n - 1] != ']')
		return false;
	for (i = 1; i + 1 < word.n; i++)
		if (!char_among(word.p[i], "0123456789."))
			return false;
	return true;
}

/* Lines that tell nothing about a handover: no "from", or only names. */
bool
relayscan_idle(struct relay_line *line)
{
	struct span text = line->text, word, rest;

	if (!span_istarts(text, "from ") && !span_istarts(text, "(from "))
		return true;
	if (relayform_find(line, "%.with local for%."))
		return true;
	if (text.p[0] == '(')
		return false;
	rest = span_skip(text, 5);
	word = span_head(rest, span_chr(rest, ' '));
	rest = span_skip(rest, word.n);
	if (word.n == 0 || !span_istarts(rest, " by "))
		return false;
	if (is_bracketed(word))
		return false;
	rest = span_skip(rest, 4);
	word = span_head(rest, span_chr(rest, ' '));
	word = span_head(word, span_chr(word, ';'));
	rest = span_skip(rest, word.n);
	return word.n > 0 && (span_starts(rest, ";") ||
	    span_starts(rest, " ;"));
}

/* Three bytes at least behind " id ". */
struct span
relayscan_id(struct span line)
{
	static const struct span mark = SPAN(" id ");
	struct span rest = line, id;
	size_t at, n;

	while ((at = span_find(rest, mark)) < rest.n) {
		rest = span_skip(rest, at + 3);
		id = span_skip(rest, 1);
		if (id.n > 0 && id.p[0] == '<')
			id = span_skip(id, 1);
		for (n = 0; n < id.n && !char_among(id.p[n], " <>;"); n++)
			;
		if (n >= 3)
			return span_head(id, n);
	}
	return span_of("");
}

static bool
helo_byte(char c)
{
	return char_word(c) || char_among(c, "-.^+&:=?!@%*$\\/");
}

/* The name behind a mark such as "helo=" that begins a word. */
static struct span
helo_behind(struct span line, const char *mark)
{
	struct span rest = line, name;
	size_t at, n, length = strlen(mark);
	const char *p;

	while ((at = span_find(rest, span_of(mark))) < rest.n) {
		p = rest.p + at;
		name = span_skip(rest, at + length);
		for (n = 0; n < name.n && helo_byte(name.p[n]); n++)
			;
		if (n > 0 && (p == line.p || !char_word(p[-1])))
			return span_head(name, n);
		rest = name;
	}
	return span_of("");
}

struct span
relayscan_helo(struct span line)
{
	struct span helo = helo_behind(line, "helo="), other;

	if (helo.n > 0)
		return helo;
	helo = helo_behind(line, "HELO ");
	other = helo_behind(line, "EHLO ");
	return helo.n == 0 || (other.n > 0 && other.p < helo.p) ? other : helo;
}

struct span
relayscan_by(struct span line)
{
	size_t at = span_find(line, span_of(" by "));
	struct span by = span_skip(line, at + 4);

	return span_head(by, span_chr(by, ' '));
}

/* What follows the mark of a sender that has a hyphen there, or empty. */
static struct span
behind_mark(struct span line, size_t hyphen)
{
	static const struct {
		const char *before, *behind;
	} rows[] = {{"return", "path: "}, {"return", "path "},
	    {"envelope", "sender "}, {"envelope", "sender="},
	    {"envelope", "from "}, {"envelope", "from="}};
	struct span behind = span_skip(line, hyphen + 1);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_istarts(behind, rows[i].behind) &&
		    span_iends(span_head(line, hyphen), rows[i].before))
			return span_skip(behind, strlen(rows[i].behind));
	return span_make(line.p, 0);
}

/* "envelope-from x", "envelope-sender=x", "Return-Path: x". */
struct span
relayscan_sender(struct span line)
{
	struct span rest = line, word;
	size_t at;

	while ((at = span_chr(rest, '-')) < rest.n) {
		word = behind_mark(line, (size_t)(rest.p + at - line.p));
		rest = span_skip(rest, at + 1);
		word = span_head(word, span_chr(word, ' '));
		while (word.n > 0 && !char_word(word.p[word.n - 1]))
			word.n--;
		if (word.n > 0)
			return word;
	}
	return span_of("");
}
