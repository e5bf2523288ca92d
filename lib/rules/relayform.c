/* relayform - shapes of Received fields, held against a line. */
#include "rules/relayform.h"

#include <string.h>

#include "base/ip.h"

#define QUERY_MAX 40		/* %q */
#define SPACE_MIN 10		/* %{ */
#define SPACE_MAX 80
#define NOT_FOUND ((size_t)-1)

/* Slots hold something where set says so. */
struct state {
	struct relay_line *line;
	struct span text;
	unsigned set;
	struct span slot[RELAY_SLOTS];
};

static bool here(struct state *, const char *form, size_t at);

static bool
word_at(struct span text, size_t at)
{
	return at < text.n && char_word(text.p[at]);
}

/* char_space() for bytes that are looked at very often. */
static inline bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
blank_at(struct span text, size_t at)
{
	return at < text.n && is_blank(text.p[at]);
}

/* A hexadecimal digit or a colon. */
static bool
ip6_at(struct span text, size_t at)
{
	int c = at < text.n ? char_lower((unsigned char)text.p[at]) : 0;

	return char_digit(c) || (c >= 'a' && c <= 'f') || c == ':';
}

/* Four numbers of 0 to 255 without leading zeros. */
static size_t
quad_length(struct span text, size_t at)
{
	size_t from = at, digits;
	unsigned part, value;

	for (part = 0; part < 4; part++) {
		if (part > 0 && (at >= text.n || text.p[at++] != '.'))
			return 0;
		value = 0;
		for (digits = 0; digits < 3 && at < text.n &&
		    char_digit((unsigned char)text.p[at]); digits++)
			value = value * 10 + (unsigned)(text.p[at++] - '0');
		if (digits == 0 || value > 255 || (digits > 1 &&
		    text.p[at - digits] == '0'))
			return 0;
	}
	return at - from;
}

static size_t
ip6_length(struct span text, size_t at)
{
	size_t end = at, colon, quad;
	struct ip ip;

	while (ip6_at(text, end))
		end++;
	if (end - at >= 2 && end < text.n && text.p[end] == '.') {
		colon = at + span_rchr(span_make(text.p + at, end - at), ':');
		quad = colon < end ? quad_length(text, colon + 1) : 0;
		if (quad > 0 && !ip6_at(text, colon + 1 + quad) &&
		    ip_parse(span_make(text.p + at, colon + 1 + quad - at),
		    &ip))
			return colon + 1 + quad - at;
	}
	return memchr(text.p + at, ':', end - at) != NULL &&
	    ip_parse(span_make(text.p + at, end - at), &ip) ? end - at : 0;
}

size_t
relayform_ip(struct span text, size_t at)
{
	size_t n;

	if (at >= text.n)
		return 0;
	n = quad_length(text, at);
	if (n > 0 && (at == 0 || (!word_at(text, at - 1) &&
	    text.p[at - 1] != ':')) && !word_at(text, at + n))
		return n;
	if (span_istarts(span_skip(text, at), "IPv6:")) {
		n = at + 5 < text.n ? ip6_length(text, at + 5) : 0;
		return n > 0 ? n + 5 : 0;
	}
	return ip6_at(text, at) && (at == 0 || !ip6_at(text, at - 1)) ?
	    ip6_length(text, at) : 0;
}

static size_t
local_length(struct span text, size_t at)
{
	struct span rest = span_skip(text, at), name;
	size_t n;
	struct ip ip;

	if (span_istarts(rest, "localhost"))
		return span_istarts(rest, "localhost.localdomain") ? 21 : 9;
	n = relayform_ip(text, at);
	name = span_head(rest, n);
	if (n > 0 && span_istarts(name, "IPv6:"))
		name = span_skip(name, 5);
	if (n == 0 || !ip_parse(name, &ip))
		return 0;
	return span_is(name, "127.0.0.1") || (span_chr(name, ':') < name.n &&
	    ((ip_is4(&ip) && memcmp(ip.b + 12, "\177\0\0\1", 4) == 0) ||
	    memcmp(ip.b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16) == 0)) ? n : 0;
}

/* Which slot a letter fills; RELAY_SLOTS for none. */
static enum relay_slot
slot_of(char letter)
{
	static const char letters[] = "ihrbdns";
	const char *p;

	switch (letter) {
	case 'p':
	case 'P':
		return RELAY_HELO;
	case 'I':
		return RELAY_SLOTS;
	default:
		p = strchr(letters, char_lower((unsigned char)letter));
		return p != NULL ? (enum relay_slot)(p - letters) :
		    RELAY_SLOTS;
	}
}

static bool
keep(struct state *s, char letter, const char *form, size_t from, size_t to)
{
	enum relay_slot slot = slot_of(letter);
	struct span before = {NULL, 0};
	unsigned set = s->set;

	if (slot == RELAY_SLOTS)
		return here(s, form, to);
	if (set & 1u << slot)
		before = s->slot[slot];
	s->slot[slot] = span_make(s->text.p + from, to - from);
	s->set |= 1u << slot;
	if (here(s, form, to))
		return true;
	s->slot[slot] = before;
	s->set = set;
	return false;
}

/* Whether it is in vain to go on with the form there: a cheap first look. */
static bool
differs(struct state *s, const char *form, size_t at)
{
	return form[0] != '\0' && form[0] != '%' &&
	    (at >= s->text.n || s->text.p[at] != form[0]);
}

/* What varies lies between least and most; the longest or shortest first. */
static bool
run(struct state *s, char letter, const char *form, size_t from, size_t least,
    size_t most, bool shortest)
{
	size_t at, i, n = most >= least ? most - least + 1 : 0;

	for (i = 0; i < n; i++) {
		at = shortest ? least + i : most - i;
		if (s->line->steps == 0)
			return false;
		s->line->steps--;
		if (!differs(s, form, at) && keep(s, letter, form, from, at))
			return true;
	}
	return false;
}

/* The end of the run of bytes but those in stop. */
static size_t
run_end(struct state *s, size_t at, const char *stop)
{
	while (at < s->text.n && !char_among(s->text.p[at], stop))
		at++;
	return at;
}

/*
 * A run from at to end, without any byte of stop.  If the form goes on with one
 * of these, then behind all of the run.
 */
static bool
run_up_to(struct state *s, char letter, const char *form, size_t at,
    size_t least, size_t end, const char *stop)
{
	if (least < end && form[0] != '\0' && char_among(form[0], stop))
		least = end;
	return run(s, letter, form, at, least, end, false);
}

static bool
words(struct state *s, char letter, const char *form, size_t at)
{
	size_t end = at, least = char_lower((unsigned char)letter) == letter &&
	    letter != '-' ? 1 : 0;

	if (letter == '_')
		least = 1;
	while (end < s->text.n && !is_blank(s->text.p[end]))
		end++;
	return run_up_to(s, letter, form, at, at + least, end, " ");
}

/* Runs that end with a bracket. */
static bool
brackets(struct state *s, char letter, const char *form, size_t at)
{
	const char *stop = letter == 'p' ? " ()" : ")";
	size_t end = run_end(s, at, stop);
	bool any = letter == 'p' || letter == 'P' || letter == 'q';

	if (letter == 'A') {
		if (at >= s->text.n || !char_alpha((unsigned char)
		    s->text.p[at]))
			return false;
		return run_up_to(s, letter, form, at, at + 2, end, stop);
	}
	if (letter == 'q' && end > at + QUERY_MAX)
		end = at + QUERY_MAX;
	return run_up_to(s, letter, form, at, at + !any, end, stop);
}

/* Literal alternatives and classes: where the form goes on, or NOT_FOUND. */
static size_t
fixed(struct state *s, char letter, size_t at)
{
	struct span rest = span_skip(s->text, at);
	size_t n = 0;

	switch (letter) {
	case 'g':
		n = span_starts(rest, "HELO") || span_starts(rest, "EHLO") ?
		    4 : 0;
		break;
	case 'm':
		n = span_starts(rest, "ESMTP") ? 5 :
		    span_starts(rest, "SMTP") ? 4 : 0;
		break;
	case 'Q':
		n = (span_starts(rest, "SMTP") || span_starts(rest, "QMQP")) &&
		    !span_starts(span_skip(rest, 4), " id ") ? 4 : 0;
		break;
	case 'L':
		n = local_length(s->text, at);
		break;
	case '#':
		while (n < rest.n && char_digit((unsigned char)rest.p[n]))
			n++;
		break;
	}
	return n > 0 ? at + n : NOT_FOUND;
}

static bool
zone(struct state *s, const char *form, size_t at)
{
	size_t end = at;

	if (at < s->text.n && s->text.p[at] == '%')
		for (end = at + 1; end < s->text.n && (char_digit((unsigned
		    char)s->text.p[end]) || (s->text.p[end] >= 'A' &&
		    s->text.p[end] <= 'Z') || char_among(s->text.p[end],
		    "._~-")); end++)
			;
	return here(s, form, end);
}

/* What "%letter" stands for, and all behind it. */
static bool
varying(struct state *s, char letter, const char *form, size_t at)
{
	const char *after;
	size_t n;

	switch (letter) {
	case 'i':
	case 'I':
		n = relayform_ip(s->text, at);
		return n > 0 && keep(s, letter, form, at, at + n);
	case '3':
		for (n = 0; n < 3; n++)
			if (at + n >= s->text.n || blank_at(s->text, at + n))
				return false;
		return here(s, form, at + 3);
	case 'w':
		return blank_at(s->text, at) && here(s, form, at + 1);
	case '?':
		return run(s, letter, form, at, at, at + (at < s->text.n),
		    false);
	case 's':
	case '~':
		return run(s, letter, form, at, at, s->text.n, true);
	case '*':
	case '+':
		return run(s, letter, form, at, at + (letter == '+'),
		    s->text.n, false);
	case '{':
		n = s->text.n - at < SPACE_MAX ? s->text.n : at + SPACE_MAX;
		return run(s, letter, form, at, at + SPACE_MIN, n, false);
	case '<':
		after = strstr(form, "%>");
		return here(s, form, at) || here(s, after + 2, at);
	case '>':
		return here(s, form, at);
	case '$':
		return at == s->text.n && here(s, form, at);
	case 'e':
		return (at == s->text.n || s->text.p[at] == ' ') &&
		    here(s, form, at);
	case '!':
		return (at == s->text.n || (s->text.p[at] != '.' &&
		    s->text.p[at] != '-')) && here(s, form, at);
	case '.':
		return (at > 0 && word_at(s->text, at - 1)) !=
		    word_at(s->text, at) && here(s, form, at);
	case 'z':
		return zone(s, form, at);
	}
	if (strchr("pPqSA)", letter) != NULL)
		return brackets(s, letter, form, at);
	if (strchr("gmQL#", letter) != NULL) {
		n = fixed(s, letter, at);
		return n != NOT_FOUND && here(s, form, n);
	}
	return words(s, letter, form, at);
}

static bool
here(struct state *s, const char *form, size_t at)
{
	for (; form[0] != '\0'; form++, at++) {
		if (form[0] == '%')
			return varying(s, form[1], form + 2, at);
		if (at >= s->text.n || s->text.p[at] != form[0])
			return false;
	}
	return true;
}

static bool
match_at(struct relay_line *line, const char *form, size_t at)
{
	struct state s;
	size_t i;

	s.line = line;
	s.text = line->text;
	s.set = 0;
	if (!here(&s, form, at))
		return false;
	line->set = s.set;
	for (i = 0; i < RELAY_SLOTS; i++)
		if (s.set & 1u << i)
			line->slot[i] = s.slot[i];
	return true;
}

bool
relayform_match(struct relay_line *line, const char *form)
{
	return match_at(line, form, 0);
}

/* The longest run of plain bytes that every match contains. */
static struct span
longest_literal(const char *form)
{
	struct span best = {form, 0};
	bool optional = false;
	size_t n;

	for (; *form != '\0'; form += n) {
		n = 2;
		if (form[0] == '%' && (form[1] == '<' || form[1] == '>'))
			optional = form[1] == '<';
		if (form[0] == '%')
			continue;
		n = strcspn(form, "%");
		if (!optional && n > best.n)
			best = span_make(form, n);
	}
	return best;
}

/* At each place where the bytes are that the form begins with. */
static bool
find_prefix(struct relay_line *line, const char *form, struct span prefix)
{
	struct span rest = line->text;
	size_t at;

	while (line->steps > 0 && (at = span_find(rest, prefix)) < rest.n) {
		line->steps--;
		if (match_at(line, form, (size_t)(rest.p + at -
		    line->text.p)))
			return true;
		rest = span_skip(rest, at + 1);
	}
	return false;
}

bool
relayform_find(struct relay_line *line, const char *form)
{
	/* The border of a word takes no room: the rest begins there too. */
	const char *begin = span_starts(span_of(form), "%.") ? form + 2 : form;
	struct span literal = span_make(begin, strcspn(begin, "%"));
	size_t at;

	if (literal.n > 0)
		return find_prefix(line, form, literal);
	literal = longest_literal(form);
	if (literal.n > 0 && span_find(line->text, literal) == line->text.n)
		return false;
	for (at = 0; at <= line->text.n && line->steps > 0; at++) {
		line->steps--;
		if (match_at(line, form, at))
			return true;
	}
	return false;
}

bool
relayform_in(struct span text, const char *form)
{
	struct relay_line line = {.text = text, .steps = RELAYFORM_STEPS +
	    4 * text.n};

	return relayform_find(&line, form);
}
