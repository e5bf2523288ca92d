/* linkclean - a URL tidied up as rules expect it. */
#include "mail/linkclean.h"

#include <stdlib.h>
#include <string.h>

#include "mail/urlescape.h"

size_t
linkclean_find(struct span s, size_t from, const char *stops)
{
	return from < s.n ? from + span_any(span_skip(s, from), stops) : from;
}

size_t
linkclean_scheme(struct span s)
{
	size_t n = 4;

	if (!span_istarts(s, "http"))
		return 0;
	if (n < s.n && char_lower(s.p[n]) == 's')
		n++;
	return n < s.n && s.p[n] == ':' ? n + 1 : 0;
}

size_t
linkclean_next(struct span s, size_t from)
{
	struct span before;
	size_t colon = from;

	while ((colon += span_chr(span_skip(s, colon), ':')) < s.n) {
		before = span_make(s.p + from, colon - from);
		if (span_iends(before, "http"))
			return colon - strlen("http");
		if (span_iends(before, "https"))
			return colon - strlen("https");
		colon++;
	}
	return s.n;
}

static bool
has_scheme(struct span s)
{
	size_t i;

	for (i = 0; i < s.n && (char_alpha((unsigned char)s.p[i]) ||
	    char_digit((unsigned char)s.p[i]) || s.p[i] == '-' ||
	    s.p[i] == '_'); i++)
		continue;
	return i != 0 && i < s.n && s.p[i] == ':';
}

/* The code at s ("&#46;") if it is one of printable ASCII, and its length. */
static int
entity_at(struct span s, int base, size_t *length)
{
	size_t i = base == 16 ? 3 : 2;
	char digits[4] = "";
	size_t n = 0;
	long code;

	if (!span_starts(s, base == 16 ? "&#x" : "&#"))
		return -1;
	while (i < s.n && s.p[i] == '0')
		i++;
	while (i < s.n && n < 3 && s.p[i] != ';')
		digits[n++] = s.p[i++];
	if (n < 2 || i == s.n || s.p[i] != ';' ||
	    strspn(digits, base == 16 ? "0123456789abcdefABCDEF" :
	    "0123456789") != n || (base == 16 && n != 2))
		return -1;
	code = strtol(digits, NULL, base);
	*length = i + 1;
	return code > ' ' && code < 0x7f ? (int)code : -1;
}

/* Full stops of other scripts as references. */
static int
dot_at(struct span s, size_t *length)
{
	static const char *const dots[] = { "&#x2e;", "&#12290;", "&#x3002;",
	    "&#65294;", "&#xff0e;", "&#65377;", "&#xff61;" };
	size_t i;

	for (i = 0; i < sizeof(dots) / sizeof(dots[0]); i++)
		if (span_istarts(s, dots[i])) {
			*length = strlen(dots[i]);
			return '.';
		}
	return -1;
}

/* One pass over references: base 10, 16, or 0 for dots. */
static size_t
entity_pass(char *p, size_t n, int base)
{
	size_t from, to = 0, length = 1;
	struct span s;
	int code;

	for (from = 0; from < n; from += length) {
		s = span_make(p + from, n - from);
		code = -1;
		if (s.p[0] == '&')
			code = base != 0 ? entity_at(s, base, &length) :
			    dot_at(s, &length);
		if (code < 0) {
			code = (unsigned char)s.p[0];
			length = 1;
		}
		p[to++] = (char)code;
	}
	return to;
}

static struct span
without_entities(struct arena *arena, struct span s)
{
	char *p;
	size_t n;

	if (span_find(s, span_of("&#")) == s.n)
		return s;
	p = arena_bytes(arena, s.n);
	memcpy(p, s.p, s.n);
	n = entity_pass(p, s.n, 10);
	n = entity_pass(p, n, 16);
	n = entity_pass(p, n, 0);
	return span_make(p, n);
}

/* Slashes for backslashes, and two of them behind "http:". */
static struct span
with_slashes(struct arena *arena, struct span s)
{
	size_t n = linkclean_scheme(s), slashes = 0, i, length;
	char *p;

	if (span_chr(s, '\\') == s.n &&
	    (n == 0 || span_starts(span_skip(s, n), "//")))
		return s;
	p = arena_bytes(arena, s.n + 2);
	for (i = 0; i < n; i++)
		p[i] = s.p[i];
	length = n;
	if (n != 0) {
		while (slashes < 2 && i < s.n &&
		    (s.p[i] == '/' || s.p[i] == '\\')) {
			slashes++;
			i++;
		}
		p[length++] = '/';
		p[length++] = '/';
	}
	for (; i < s.n; i++)
		p[length++] = s.p[i] == '\\' ? '/' : s.p[i];
	return span_make(p, length);
}

/* http://host?query as http://host/?query */
static struct span
with_path(struct arena *arena, struct span s)
{
	size_t n = linkclean_scheme(s), end;
	char *p;

	if (n == 0 || !span_starts(span_skip(s, n), "//"))
		return s;
	end = linkclean_find(s, n + 2, "/?#");
	if (end == n + 2 || end == s.n || s.p[end] == '/')
		return s;
	p = arena_bytes(arena, s.n + 1);
	memcpy(p, s.p, end);
	p[end] = '/';
	memcpy(p + end + 1, s.p + end, s.n - end);
	return span_make(p, s.n + 1);
}

struct span
linkclean(struct arena *arena, struct span url)
{
	struct span s = with_slashes(arena, url);

	s = urlescape_swap(arena, s);
	if (!has_scheme(s))
		s = arena_join(arena, span_of(span_starts(s, "ftp.") ?
		    "ftp://" : "http://"), s);
	return without_entities(arena, with_path(arena, s));
}
