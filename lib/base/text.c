/* text - foreign bytes made safe, and numbers without locale. */
#include "base/text.h"

#include <string.h>

#define MILLI_WHOLE_MAX 1000000	/* points: far above any score */

/*
 * Length of the UTF-8 character at the start of s and its code point, or 0
 * where there is none (RFC 3629: no surrogates, nothing longer than needed).
 */
static size_t
utf8_char(struct span s, uint32_t *code)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n, i;

	if (s.n == 0)
		return 0;
	if (p[0] < 0x80) {
		*code = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	if (n == 0 || n > s.n || p[0] > 0xf4)
		return 0;
	*code = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (p[i] & 0x3f);
	}
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

/* Controls, and what reorders or hides text on a terminal. */
static bool
utf8_tricky(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x61c ||
	    (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

static void
put_hex(struct buf *b, struct span bytes)
{
	size_t i;

	for (i = 0; i < bytes.n; i++)
		buf_printf(b, "\\x%02x", (unsigned char)bytes.p[i]);
}

/* How many bytes at the start may be copied as they are. */
static size_t
plain_run(struct span s, const char *special)
{
	size_t i = 0;

	while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f &&
	    !char_among(s.p[i], special))
		i++;
	return i;
}

/* Copies s with tricky characters and those in special as \xNN. */
static void
escape_with(struct buf *b, struct span s, const char *special)
{
	uint32_t code;
	size_t n;

	while (s.n > 0) {
		n = plain_run(s, special);
		if (n > 0) {
			buf_span(b, span_head(s, n));
		} else if ((n = utf8_char(s, &code)) == 0) {
			n = 1;
			put_hex(b, span_head(s, n));
		} else if (code < 0x80 || utf8_tricky(code)) {
			put_hex(b, span_head(s, n));
		} else {
			buf_span(b, span_head(s, n));
		}
		s = span_skip(s, n);
	}
}

void
text_escape(struct buf *b, struct span s)
{
	escape_with(b, s, "\\");
}

bool
text_clean(struct span s)
{
	uint32_t code;
	size_t n;

	for (; s.n > 0; s = span_skip(s, n)) {
		n = utf8_char(s, &code);
		if (n == 0 || code == '\\' || utf8_tricky(code))
			return false;
	}
	return true;
}

void
text_logvalue(struct buf *b, struct span s)
{
	if (s.n > 0 && plain_run(s, " \"=\\") == s.n) {
		buf_span(b, s);
		return;
	}
	buf_char(b, '"');
	escape_with(b, s, "\"\\");
	buf_char(b, '"');
}

void
text_json(struct buf *b, struct span s)
{
	uint32_t code;
	size_t n;

	buf_char(b, '"');
	while (s.n > 0) {
		n = plain_run(s, "\"\\");
		if (n > 0) {
			buf_span(b, span_head(s, n));
		} else if ((n = utf8_char(s, &code)) == 0) {
			n = 1;
			buf_puts(b, "\xef\xbf\xbd");
		} else if (code == '"' || code == '\\') {
			buf_printf(b, "\\%c", (int)code);
		} else if (code <= 0xffff && utf8_tricky(code)) {
			buf_printf(b, "\\u%04x", (unsigned)code);
		} else {
			buf_span(b, span_head(s, n));
		}
		s = span_skip(s, n);
	}
	buf_char(b, '"');
}

bool
text_utf8(struct span s)
{
	uint32_t code;
	size_t n;

	for (;;) {
		s = span_skip(s, span_ascii_run(s));
		if (s.n == 0)
			return true;
		n = utf8_char(s, &code);
		if (n == 0)
			return false;
		s = span_skip(s, n);
	}
}

bool
text_number(struct span s, int64_t *out)
{
	int64_t n = 0;
	size_t i;

	if (s.n == 0)
		return false;
	for (i = 0; i < s.n; i++)
		if (!char_digit(s.p[i]) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, s.p[i] - '0', &n))
			return false;
	*out = n;
	return true;
}

bool
text_milli(struct span s, int64_t *out)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	int64_t whole = 0, part = 0;
	struct span decimals;
	size_t dot, i;

	if (minus || (s.n > 0 && s.p[0] == '+'))
		s = span_skip(s, 1);
	dot = span_chr(s, '.');
	decimals = span_skip(s, dot + 1);
	if ((dot > 0 && !text_number(span_head(s, dot), &whole)) ||
	    whole > MILLI_WHOLE_MAX || decimals.n > 3 ||
	    (decimals.n > 0 && !text_number(decimals, &part)) ||
	    (dot == 0 && decimals.n == 0))
		return false;
	for (i = decimals.n; i < 3; i++)
		part *= 10;
	whole = whole * 1000 + part;
	if (whole > MILLI_WHOLE_MAX * 1000LL)
		return false;
	*out = minus ? -whole : whole;
	return true;
}

void
text_put_number(struct buf *b, uint64_t n)
{
	char digits[20];	/* of 2^64 - 1 */
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_add(b, digits + i, sizeof(digits) - i);
}

void
text_put_milli(struct buf *b, int64_t milli)
{
	uint64_t n = milli < 0 ? 0 - (uint64_t)milli : (uint64_t)milli;
	unsigned part = (unsigned)(n % 1000);
	const char decimals[3] = {(char)('0' + part / 100),
	    (char)('0' + part / 10 % 10), (char)('0' + part % 10)};
	size_t digits = 3;

	while (digits > 1 && decimals[digits - 1] == '0')
		digits--;
	if (milli < 0)
		buf_char(b, '-');
	text_put_number(b, n / 1000);
	buf_char(b, '.');
	buf_add(b, decimals, digits);
}
