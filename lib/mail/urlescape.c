/* urlescape - %XX in URLs. */
#include "mail/urlescape.h"

#include <string.h>

#include "mail/url.h"

int
urlescape_at(struct span s)
{
	if (s.n < 3 || s.p[0] != '%' || char_hex(s.p[1]) < 0 ||
	    char_hex(s.p[2]) < 0)
		return -1;
	return char_hex(s.p[1]) * 16 + char_hex(s.p[2]);
}

char *
urlescape_put(char *p, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";

	*p++ = '%';
	*p++ = digits[c >> 4];
	*p++ = digits[c & 15];
	return p;
}

/* RFC 3986 2.3: nothing of these ever needs an escape. */
bool
urlescape_needless(int c)
{
	return char_alpha(c) || char_digit(c) ||
	    (c > 0 && strchr("-._~", c) != NULL);
}

/* "&#46;" and the like at the start of s. */
static bool
entity_at(struct span s)
{
	size_t i;

	if (!span_starts(s, "&#"))
		return false;
	for (i = 2; i < s.n && i < 10 &&
	    (char_hex(s.p[i]) >= 0 || s.p[i] == 'x'); i++)
		continue;
	return i > 2 && i < s.n && s.p[i] == ';';
}

unsigned
urlescape_flags(struct span text)
{
	unsigned flags = 0;
	struct span s = text;

	while ((s = span_skip(s, span_chr(s, '%'))).n != 0) {
		if (urlescape_needless(urlescape_at(s)))
			flags |= URL_ESCAPED;
		s = span_skip(s, 1);
	}
	s = text;
	while ((s = span_skip(s, span_chr(s, '&'))).n != 0) {
		if (entity_at(s))
			flags |= URL_ENTITY;
		s = span_skip(s, 1);
	}
	return flags;
}

static bool
swap_escapes(unsigned char c)
{
	return c <= ' ' || c >= 0x7f || strchr("\"%<>", c) != NULL;
}

struct span
urlescape_swap(struct arena *arena, struct span text)
{
	static const char hex[] = "0123456789abcdef";
	struct span out;
	char *p;
	size_t i;
	unsigned char c;
	int escape;

	i = span_chr(text, '%');
	while (i < text.n && urlescape_at(span_skip(text, i)) < 0)
		i++;
	if (i == text.n)
		return text;
	p = arena_bytes(arena, 3 * text.n);
	out = span_make(p, 0);
	for (i = 0; i < text.n; i++) {
		c = (unsigned char)text.p[i];
		escape = urlescape_at(span_skip(text, i));
		if (escape > ' ' && escape < 0x7f) {
			p[out.n++] = (char)escape;
			i += 2;
		} else if (escape >= 0) {
			memcpy(p + out.n, text.p + i, 3);
			out.n += 3;
			i += 2;
		} else if (swap_escapes(c)) {
			p[out.n++] = '%';
			p[out.n++] = hex[c >> 4];
			p[out.n++] = hex[c & 15];
		} else {
			p[out.n++] = (char)c;
		}
	}
	return out;
}
