/* html_chars - characters of UTF-8 that text of HTML treats specially. */
#include "mail/html_chars.h"

#include <stdint.h>
#include <string.h>

struct range {
	uint32_t first, last;
	enum html_char kind;
};

/* In order, above ASCII. */
static const struct range ranges[] = {
	{ 0x80, 0x84, HTML_CHAR_CONTROL },
	{ 0x85, 0x85, HTML_CHAR_SPACE },
	{ 0x86, 0x9f, HTML_CHAR_CONTROL },
	{ 0xa0, 0xa0, HTML_CHAR_SPACE },
	{ 0xad, 0xad, HTML_CHAR_ZERO },		/* soft hyphen */
	{ 0x34f, 0x34f, HTML_CHAR_ZERO },	/* grapheme joiner */
	{ 0x61c, 0x61c, HTML_CHAR_BIDI },
	{ 0x115f, 0x1160, HTML_CHAR_ZERO },	/* Hangul fillers */
	{ 0x1680, 0x1680, HTML_CHAR_SPACE },
	{ 0x17b4, 0x17b5, HTML_CHAR_ZERO },
	{ 0x180b, 0x180e, HTML_CHAR_ZERO },
	{ 0x2000, 0x200a, HTML_CHAR_SPACE },
	{ 0x200b, 0x200d, HTML_CHAR_ZERO },
	{ 0x200e, 0x200f, HTML_CHAR_BIDI },
	{ 0x2028, 0x2029, HTML_CHAR_SPACE },
	{ 0x202a, 0x202e, HTML_CHAR_BIDI },
	{ 0x202f, 0x202f, HTML_CHAR_SPACE },
	{ 0x205f, 0x205f, HTML_CHAR_SPACE },
	{ 0x2060, 0x2065, HTML_CHAR_ZERO },
	{ 0x2066, 0x2069, HTML_CHAR_BIDI },
	{ 0x206a, 0x206f, HTML_CHAR_ZERO },
	{ 0x2800, 0x2800, HTML_CHAR_ZERO },	/* blank Braille pattern */
	{ 0x3000, 0x3000, HTML_CHAR_SPACE },
	{ 0x3164, 0x3164, HTML_CHAR_ZERO },	/* Hangul filler */
	{ 0xfeff, 0xfeff, HTML_CHAR_ZERO },
	{ 0xffa0, 0xffa0, HTML_CHAR_ZERO },
	{ 0x1d173, 0x1d17a, HTML_CHAR_ZERO },
	{ 0xe0000, 0xe0fff, HTML_CHAR_ZERO }	/* tags */
};

/* One well-formed character above ASCII, or its first byte alone. */
static uint32_t
decode(const unsigned char *s, size_t left, size_t *n)
{
	size_t i, need = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
	uint32_t c = *s & (0xffu >> (need + 1));

	*n = 1;
	if (*s < 0xc2 || *s > 0xf4 || left < need)
		return 0xfffd;
	for (i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (s[i] & 0x3f);
	}
	*n = need;
	return c;
}

static enum html_char
kind_of(uint32_t c)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]), mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (c < ranges[mid].first)
			high = mid;
		else if (c > ranges[mid].last)
			low = mid + 1;
		else
			return ranges[mid].kind;
	}
	return HTML_CHAR_PLAIN;
}

enum html_char
html_char_at(const char *s, const char *end, size_t *n)
{
	unsigned char c = (unsigned char)*s;

	*n = 1;
	if (c >= 0x80) {
		return kind_of(decode((const unsigned char *)s,
		    (size_t)(end - s), n));
	}
	if (char_space(c))
		return HTML_CHAR_SPACE;
	return c < ' ' || c == 0x7f ? HTML_CHAR_CONTROL : HTML_CHAR_PLAIN;
}

size_t
html_chars_count(struct span text)
{
	/* Bytes 10xxxxxx continue a character. */
	return text.n - span_count_between(text, '\x80', '\xbf');
}

size_t
html_chars_spaces(struct span text)
{
	const char *s = text.p, *end = text.p + text.n;
	size_t n, spaces = span_count(text, ' ') +
	    span_count_between(text, '\t', '\r');

	/* And those that are no ASCII. */
	for (;; s += n) {
		s += span_ascii_run(span_between(s, end));
		if (s == end)
			return spaces;
		spaces += html_char_at(s, end, &n) == HTML_CHAR_SPACE;
	}
}

struct span
html_chars_trim(struct span text)
{
	const char *s = text.p, *end = text.p + text.n, *p;
	size_t n;

	while (s < end && html_char_at(s, end, &n) == HTML_CHAR_SPACE)
		s += n;
	while (end > s) {
		for (p = end - 1; p > s && end - p < 4 &&
		    ((unsigned char)*p & 0xc0) == 0x80; p--)
			;
		if (html_char_at(p, end, &n) != HTML_CHAR_SPACE ||
		    p + n != end)
			break;
		end = p;
	}
	return span_make(s, (size_t)(end - s));
}
