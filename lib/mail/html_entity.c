/* html_entity - character references of HTML decoded to UTF-8. */
#include "mail/html_entity.h"

#include <stdint.h>
#include <string.h>

#include "mail/html_scan.h"

#define BARE_MAX 6		/* bytes of the longest bare name, "frac12" */
#define REPLACEMENT 0xfffd
#define CHARACTER_MAX 0x10ffff

static bool
legacy(enum html_reading how)
{
	return how >= HTML_LEGACY_REFERENCES;
}

static size_t
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/*
 * The number after "&#"; returns where it ends, s when there is none.  What is
 * too large stays just above CHARACTER_MAX.
 */
static const char *
read_number(const char *s, const char *end, uint32_t *number)
{
	bool hex = s < end && (*s == 'x' || *s == 'X');
	const char *from = s + hex, *p;
	int digit;

	*number = 0;
	for (p = from; p < end; p++) {
		digit = char_hex(*p);
		if (digit < 0 || (!hex && digit > 9))
			break;
		*number = *number * (hex ? 16 : 10) + (uint32_t)digit;
		if (*number > CHARACTER_MAX)
			*number = CHARACTER_MAX + 1;
	}
	return p > from ? p : s;
}

/* Section 13.2.5.80: what windows-1252 has there. */
static uint32_t
standard_number(uint32_t c)
{
	static const uint16_t windows[] = {
		0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
		0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178
	};

	if (c >= 0x80 && c <= 0x9f)
		return windows[c - 0x80];
	if (c == 0 || c > CHARACTER_MAX || (c >= 0xd800 && c <= 0xdfff))
		return REPLACEMENT;
	return c;
}

/* HTML::Entities pairs two references that are the halves of a surrogate. */
static const char *
low_surrogate(const char *s, const char *end, uint32_t *c)
{
	uint32_t low;
	const char *p;

	if (end - s < 3 || s[0] != '&' || s[1] != '#')
		return s;
	p = read_number(s + 2, end, &low);
	if (p == s + 2 || low < 0xdc00 || low > 0xdfff)
		return s;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return p < end && *p == ';' ? p + 1 : p;
}

static size_t
numeric(enum html_reading how, const char *s, const char *end, char *out,
    size_t *taken)
{
	const char *p;
	uint32_t c;

	p = read_number(s + 2, end, &c);
	if (p == s + 2)
		return 0;
	if (!legacy(how)) {
		c = standard_number(c);
	} else if (c == 0 || c > CHARACTER_MAX || c == 0xfffe || c == 0xffff) {
		return 0;
	}
	p += p < end && *p == ';';
	if (c >= 0xd800 && c <= 0xdbff)
		p = low_surrogate(p, end, &c);
	if ((c >= 0xd800 && c <= 0xdfff) || (legacy(how) &&
	    ((c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe)))
		c = REPLACEMENT;
	*taken = (size_t)(p - s);
	return put_utf8(out, c);
}

static const struct html_entity *
entity_find(const char *name, size_t n)
{
	unsigned char first = (unsigned char)*name & 127;
	size_t low = html_entity_first[first];
	size_t high = html_entity_first[first + 1], mid;
	int c;

	while (low < high) {
		mid = (low + high) / 2;
		c = strncmp(html_entities[mid].name, name, n);
		if (c == 0)
			c = html_entities[mid].name[n] != '\0';
		if (c == 0)
			return &html_entities[mid];
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The reading's view of a name: whether it is known, and without ";". */
static bool
entity_good(enum html_reading how, const struct html_entity *e, bool bare)
{
	if (!legacy(how))
		return !bare || (e->flags & HTML_ENTITY_BARE);
	if (!(e->flags & HTML_ENTITY_OLD))
		return false;
	/* All but the names of Latin-1 need it, and "apos" does not. */
	return !bare || (e->flags & HTML_ENTITY_BARE) ||
	    strcmp(e->name, "apos") == 0;
}

static size_t
named(enum html_reading how, const char *s, const char *end, char *out,
    size_t *taken)
{
	const struct html_entity *e = NULL;
	const char *name = s + 1;
	size_t n = 0, whole;

	while (name + n < end && n < HTML_ENTITY_NAME &&
	    (html_alpha(name[n]) || char_digit((unsigned char)name[n])))
		n++;
	if (n == 0 || n == HTML_ENTITY_NAME)
		whole = 0;
	else
		whole = n + (name + n < end && name[n] == ';');
	if (whole > n) {
		e = entity_find(name, n);
		if (e != NULL && !entity_good(how, e, false))
			e = NULL;
	}
	if (e == NULL) {
		whole = n < BARE_MAX ? n : BARE_MAX;
		if (how == HTML_LEGACY_ATTRIBUTE && whole < n)
			return 0;
		for (; whole > 1; whole--) {
			e = entity_find(name, whole);
			if (e != NULL && entity_good(how, e, true))
				break;
			e = NULL;
			if (how == HTML_LEGACY_ATTRIBUTE)
				break;
		}
		if (e != NULL && how == HTML_ATTRIBUTE_REFERENCES &&
		    (whole < n || (name + n < end && name[n] == '=')))
			e = NULL;
	}
	if (e == NULL)
		return 0;
	*taken = whole + 1;
	if (legacy(how) && e->name[1] == 'a' &&
	    e->name[3] == 'g' && e->name[2] == 'n' && e->name[4] == '\0')
		return put_utf8(out, e->name[0] == 'l' ? 0x2329 : 0x232a);
	n = strlen(e->utf8);
	memcpy(out, e->utf8, n);
	return n;
}

size_t
html_reference(enum html_reading how, const char *s, const char *end,
    char out[HTML_ENTITY_UTF8 + 1], size_t *taken)
{
	if (end - s < 2)
		return 0;
	if (legacy(how) && end - s >= 6 &&
	    memcmp(s, "&nbsp;", 6) == 0) {
		out[0] = ' ';
		*taken = 6;
		return 1;
	}
	if (s[1] == '#')
		return numeric(how, s, end, out, taken);
	return named(how, s, end, out, taken);
}

/* Replaces what stands at s, if it is to be; false otherwise. */
static bool
replace(enum html_reading how, const char **s, const char *end, char **to)
{
	char out[HTML_ENTITY_UTF8 + 1];
	size_t n, taken;

	if (**s == '&') {
		n = html_reference(how, *s, end, out, &taken);
		if (n == 0)
			return false;
		memcpy(*to, out, n);
		*to += n;
		*s += taken;
		return true;
	}
	if (!legacy(how) || end - *s < 3 ||
	    (*s)[0] != '\xe2' || (*s)[1] != '\x80' ||
	    ((*s)[2] != '\x9c' && (*s)[2] != '\x9d'))
		return false;
	*(*to)++ = '"';
	*s += 3;
	return true;
}

struct span
html_decode(struct arena *arena, enum html_reading how, struct span text)
{
	const char *s = text.p, *end = text.p + text.n;
	char *start, *to;

	if (span_chr(text, '&') == text.n && (!legacy(how) ||
	    !html_has_curly(text)))
		return text;
	/* "&nGt;", 5 bytes, means 6. */
	start = to = arena_bytes(arena, text.n + text.n / 5);
	while (s < end) {
		if ((*s != '&' && *s != '\xe2') || !replace(how, &s, end, &to))
			*to++ = *s++;
	}
	return span_make(start, (size_t)(to - start));
}
