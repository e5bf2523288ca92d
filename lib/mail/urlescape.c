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

unsigned
urlescape_flags(struct span text)
{
	unsigned flags = 0;
	size_t i, k;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '%' &&
		    urlescape_needless(urlescape_at(span_skip(text, i))))
			flags |= URL_ESCAPED;
		if (text.p[i] != '&' || i + 1 >= text.n || text.p[i + 1] != '#')
			continue;
		for (k = i + 2; k < text.n && k < i + 10 &&
		    (char_hex(text.p[k]) >= 0 || text.p[k] == 'x'); k++)
			continue;
		if (k > i + 2 && k < text.n && text.p[k] == ';')
			flags |= URL_ENTITY;
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

	for (i = 0; i < text.n && urlescape_at(span_skip(text, i)) < 0; i++)
		continue;
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
