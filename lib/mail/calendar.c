/* calendar - what mail readers show of invitations and visiting cards. */
#include "mail/calendar.h"

#include <string.h>

/* Lower case: both standards' types, and those before them. */
static const char *const types[] = {
	"text/calendar", "text/x-vcalendar", "application/ics", "text/vcard",
	"text/x-vcard", "text/directory",
};

static const char *const endings[] = { ".ics", ".vcs", ".vcf" };

/* Names of what is shown as text, or as a place to go to. */
static const char *const shown[] = {
	/* RFC 5545 3.8.1, 3.8.4, 3.8.7; RFC 7986 */
	"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "URL",
	"ATTACH", "CONFERENCE",
	/* What Outlook, Google and others show besides */
	"X-ALT-DESC", "X-GOOGLE-CONFERENCE",
	"X-MICROSOFT-SKYPETEAMSMEETINGURL",
	/* RFC 6350 6.2, 6.6, 6.7 */
	"FN", "N", "NICKNAME", "TITLE", "ROLE", "ORG", "NOTE",
};

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

bool
calendar_is(const struct part *part)
{
	size_t i;

	if (part->children > 0)
		return false;
	for (i = 0; i < COUNT(types); i++)
		if (span_is(part->declared, types[i]))
			return true;
	for (i = 0; i < COUNT(endings); i++)
		if (span_iends(part->name, endings[i]))
			return true;
	return false;
}

/* "item1.URL" is a URL: RFC 6350 3.3, groups. */
static bool
is_shown(struct span name)
{
	size_t i, dot = span_chr(name, '.');

	if (dot < name.n)
		name = span_skip(name, dot + 1);
	for (i = 0; i < COUNT(shown); i++)
		if (span_iis(name, shown[i]))
			return true;
	return false;
}

/* The value of a line without folds, or nothing if it is none to show. */
static struct span
value_of(struct span line)
{
	size_t i, name = 0;
	bool quoted = false;

	while (name < line.n && line.p[name] != ';' && line.p[name] != ':')
		name++;
	if (name == line.n || !is_shown(span_trim(span_head(line, name))))
		return span_of(NULL);
	for (i = name; i < line.n; i++) {
		quoted ^= line.p[i] == '"';
		if (line.p[i] == ':' && !quoted)
			return span_skip(line, i + 1);
	}
	/* The quote has no end: readers take the first colon there is. */
	line = span_skip(line, name);
	return span_skip(line, span_chr(line, ':') + 1);
}

/* Writes what the escapes of a value stand for (RFC 5545 3.3.11); its end. */
static char *
put_value(struct span value, char *to)
{
	size_t i;

	for (i = 0; i < value.n; i++) {
		if (value.p[i] != '\\' || i + 1 == value.n) {
			*to++ = value.p[i];
			continue;
		}
		i++;
		*to++ = char_lower(value.p[i]) == 'n' ? '\n' : value.p[i];
	}
	*to++ = '\n';
	return to;
}

/*
 * Cuts a line with its folds undone off *rest, written to room: a line that
 * begins with a blank goes on with the one before (RFC 5545 3.1).
 */
static struct span
next_line(struct span *rest, char *room)
{
	struct span line, out = { room, 0 };

	do {
		span_cut(rest, '\n', &line);
		while (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (out.n > 0)
			line = span_skip(line, 1);
		if (line.n > 0)
			memcpy(room + out.n, line.p, line.n);
		out.n += line.n;
	} while (out.n > 0 && rest->n > 0 &&
	    (rest->p[0] == ' ' || rest->p[0] == '\t'));
	return out;
}

struct span
calendar_text(struct arena *arena, struct span utf8)
{
	char *room = arena_bytes(arena, utf8.n + 1);
	char *out = arena_bytes(arena, utf8.n + 1), *to = out;
	struct span value;

	while (utf8.n > 0) {
		value = value_of(next_line(&utf8, room));
		if (value.n > 0)
			to = put_value(value, to);
	}
	return span_between(out, to);
}
