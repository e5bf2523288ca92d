/* html_scan - where a construct of HTML ends, read as the standard has it. */
#include "mail/html_scan.h"

#include <string.h>

const char *
html_scan_byte(const char *s, const char *end, char byte)
{
	const char *hit;

	if (s >= end)
		return end;
	hit = memchr(s, (unsigned char)byte, (size_t)(end - s));
	return hit != NULL ? hit : end;
}

/* True when s starts with mark and name, and the name ends there. */
static bool
tag_at(const char *s, const char *end, const char *mark, struct span name)
{
	struct span rest = { s, (size_t)(end - s) };
	size_t n = strlen(mark);

	if (rest.n <= n + name.n || !span_starts(rest, mark))
		return false;
	return span_ieq(span_head(span_skip(rest, n), name.n), name) &&
	    html_name_end(s[n + name.n]);
}

const char *
html_scan_end(const char *s, const char *end, struct span name)
{
	for (;; s++) {
		s = html_scan_byte(s, end, '<');
		if (s == end || (name.n != 0 && tag_at(s, end, "</", name)))
			return s;
	}
}

/*
 * In "<!-- ... -->" a script may write whole <script> elements, whose end tags
 * do not end the outer one; an end tag outside of such a pair does.
 */
const char *
html_scan_script(const char *s, const char *end, struct span name)
{
	static const struct span script = SPAN("script");
	enum { PLAIN, ESCAPED, DOUBLY } state = PLAIN;
	struct span rest;

	for (; s < end; s++) {
		rest = span_make(s, (size_t)(end - s));
		if (*s == '-') {
			if (span_starts(rest, "-->"))
				state = PLAIN;
		} else if (*s != '<') {
			continue;
		} else if (state == DOUBLY) {
			if (tag_at(s, end, "</", script))
				state = ESCAPED;
		} else if (name.n != 0 && tag_at(s, end, "</", name)) {
			return s;
		} else if (state == PLAIN && span_starts(rest, "<!--")) {
			state = ESCAPED;
			/* "<!-->" leaves again: its dashes count. */
			s++;
		} else if (state == ESCAPED && tag_at(s, end, "<", script)) {
			state = DOUBLY;
		}
	}
	return end;
}

bool
html_has_curly(struct span s)
{
	const char *p = s.p, *end = s.p + s.n;

	for (;; p++) {
		p = html_scan_byte(p, end, '\xe2');
		if (end - p < 3)
			return false;
		if (p[1] == '\x80' && (p[2] == '\x9c' || p[2] == '\x9d'))
			return true;
	}
}
