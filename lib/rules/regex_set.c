/* regex_set - the sets of bytes that escapes and classes of a pattern mean. */
#include "rules/regex_set.h"

#include <string.h>

unsigned
byteset_next(const struct byteset *s, unsigned byte)
{
	uint64_t rest;
	unsigned word;

	for (word = byte / 64; word < 4; word++, byte = word * 64) {
		rest = s->bits[word] >> byte % 64;
		if (rest != 0)
			return byte + (unsigned)__builtin_ctzll(rest);
	}
	return 256;
}

void
byteset_add(struct byteset *s, unsigned from, unsigned to)
{
	for (; from <= to; from++)
		s->bits[from / 64] |= UINT64_C(1) << from % 64;
}

unsigned
byteset_count(const struct byteset *s)
{
	unsigned i, n = 0;

	for (i = 0; i < 4; i++)
		n += (unsigned)__builtin_popcountll(s->bits[i]);
	return n;
}

void
byteset_fold(struct byteset *s)
{
	/* Letters are 65-90 and 97-122: the same bits of one word. */
	uint64_t upper = UINT64_C(0x07fffffe), lower = upper << 32;
	uint64_t had = s->bits[1];

	s->bits[1] |= (had & upper) << 32 | (had & lower) >> 32;
}

void
byteset_invert(struct byteset *s)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		s->bits[i] = ~s->bits[i];
}

void
byteset_union(struct byteset *s, const struct byteset *more)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		s->bits[i] |= more->bits[i];
}

/* Pairs of bytes, the first and last of a range. */
static void
add_ranges(struct byteset *s, const char *ranges, size_t n)
{
	size_t i;

	for (i = 0; i + 1 < n; i += 2)
		byteset_add(s, (unsigned char)ranges[i],
		    (unsigned char)ranges[i + 1]);
}

#define RANGES(text) {(text), sizeof(text) - 1}

static const struct {
	char letter;		/* the upper-case letter means all others */
	struct span ranges;
} letters[] = {
	{'d', RANGES("09")},
	{'h', RANGES("\t\t  \xa0\xa0")},
	{'s', RANGES("\t\r  ")},
	{'v', RANGES("\n\r\x85\x85")},
	{'w', RANGES("09AZ__az")},
};

static const struct {
	const char *name;
	struct span ranges;
} names[] = {
	{"alnum", RANGES("09AZaz")},
	{"alpha", RANGES("AZaz")},
	{"ascii", RANGES("\0\x7f")},
	{"blank", RANGES("\t\t  ")},
	{"cntrl", RANGES("\0\x1f\x7f\x7f")},
	{"digit", RANGES("09")},
	{"graph", RANGES("!~")},
	{"lower", RANGES("az")},
	{"print", RANGES(" ~")},
	{"punct", RANGES("!/:@[`{~")},
	{"space", RANGES("\t\r  ")},
	{"upper", RANGES("AZ")},
	{"word", RANGES("09AZ__az")},
	{"xdigit", RANGES("09AFaf")},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool
letter_set(int c, struct byteset *set)
{
	size_t i;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < COUNT(letters); i++) {
		if (char_lower(c) != letters[i].letter)
			continue;
		add_ranges(set, letters[i].ranges.p, letters[i].ranges.n);
		if (c != letters[i].letter)
			byteset_invert(set);
		return true;
	}
	return false;
}

static int
digit_value(int c)
{
	if (char_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* At most most digits of base; what exceeds a byte is an error in PCRE2. */
static unsigned
read_digits(struct span text, size_t *at, unsigned base, size_t most)
{
	unsigned value = 0;

	while (most-- > 0 && *at < text.n &&
	    (unsigned)digit_value((unsigned char)text.p[*at]) < base &&
	    value < 256)
		value = value * base +
		    (unsigned)digit_value((unsigned char)text.p[(*at)++]);
	return value;
}

/* \x41, \x{41} and \o{101}; the letter is already read. */
static enum set_kind
read_code(struct span text, size_t *at, bool octal, unsigned *byte)
{
	bool braces = *at < text.n && text.p[*at] == '{';

	if (octal && !braces)
		return SET_UNKNOWN;
	*at += braces;
	*byte = read_digits(text, at, octal ? 8 : 16, braces ? 16 : 2);
	if (braces) {
		if (*at >= text.n || text.p[*at] != '}')
			return SET_UNKNOWN;
		++*at;
	}
	return *byte < 256 ? SET_BYTE : SET_UNKNOWN;
}

/*
 * Digits: octal in a class and after 0.  Elsewhere it depends on how many
 * groups there are whether they are a reference.
 */
static enum set_kind
read_decimal(struct span text, size_t *at, bool in_class, int first,
    unsigned *byte)
{
	if (first != '0' && !in_class) {
		while (*at < text.n && char_digit((unsigned char)text.p[*at]))
			++*at;
		return SET_ANY;
	}
	if (first >= '8')
		return SET_UNKNOWN;
	--*at;
	*byte = read_digits(text, at, 8, 3);
	return *byte < 256 ? SET_BYTE : SET_UNKNOWN;
}

/* \g and \k with their braces, quotes, angles, or a number. */
static enum set_kind
read_reference(struct span text, size_t *at)
{
	static const char open[] = "{<'", shut[] = "}>'";
	const char *bracket;
	size_t end;

	if (*at >= text.n)
		return SET_UNKNOWN;
	bracket = strchr(open, text.p[*at]);
	if (bracket == NULL || *bracket == '\0') {
		*at += text.p[*at] == '-' || text.p[*at] == '+';
		if (*at >= text.n || !char_digit((unsigned char)text.p[*at]))
			return SET_UNKNOWN;
		while (*at < text.n && char_digit((unsigned char)text.p[*at]))
			++*at;
		return SET_ANY;
	}
	end = span_chr(span_skip(text, *at + 1), shut[bracket - open]);
	*at += end + 2;
	return *at <= text.n ? SET_ANY : SET_UNKNOWN;
}

/* Letters that mean something else outside a class. */
static enum set_kind
read_outside(struct span text, size_t *at, int c, struct byteset *set)
{
	memset(set, 0, sizeof(*set));
	switch (c) {
	case 'A': case 'b': case 'B': case 'G': case 'K': case 'z': case 'Z':
		return SET_NOTHING;
	case 'C':
		byteset_add(set, 0, 255);
		return SET_CLASS;
	case 'N':
		if (*at < text.n && text.p[*at] == '{')
			return SET_UNKNOWN;
		byteset_add(set, '\n', '\n');
		byteset_invert(set);
		return SET_CLASS;
	case 'R': case 'X':
		return SET_ANY;
	case 'g': case 'k':
		return read_reference(text, at);
	default:
		return SET_UNKNOWN;
	}
}

enum set_kind
set_escape(struct span text, size_t *at, bool in_class, struct byteset *set,
    unsigned *byte)
{
	static const char from[] = "aefnrt", to[] = "\a\033\f\n\r\t";
	const char *found;
	int c;

	if (*at >= text.n)
		return SET_UNKNOWN;
	c = (unsigned char)text.p[(*at)++];
	*byte = (unsigned)c;
	if (!char_alpha(c) && !char_digit(c))
		return SET_BYTE;
	if (char_digit(c))
		return read_decimal(text, at, in_class, c, byte);
	found = strchr(from, c);
	if (found != NULL)
		*byte = (unsigned char)to[found - from];
	else if (c == 'b' && in_class)
		*byte = '\b';
	else if (c == 'x' || c == 'o')
		return read_code(text, at, c == 'o', byte);
	else if (c == 'c' && *at < text.n) {
		c = char_lower((unsigned char)text.p[(*at)++]);
		*byte = (unsigned)(char_alpha(c) ? c - 32 : c) ^ 64u;
		return *byte < 128 ? SET_BYTE : SET_UNKNOWN;
	} else
		return letter_set(c, set) ? SET_CLASS :
		    in_class ? SET_UNKNOWN : read_outside(text, at, c, set);
	return SET_BYTE;
}

/* "[:name:]" or "[:^name:]", whose "[:" stands before *at. */
static bool
read_posix(struct span text, size_t *at, bool caseless, struct byteset *set)
{
	bool negated = *at < text.n && text.p[*at] == '^';
	struct span name = span_skip(text, *at + negated);
	size_t i;

	name = span_head(name, span_chr(name, ':'));
	*at += negated + name.n + 2;
	if (*at > text.n || text.p[*at - 1] != ']')
		return false;
	if (caseless && (span_is(name, "lower") || span_is(name, "upper")))
		name = span_of("alpha");
	memset(set, 0, sizeof(*set));
	for (i = 0; i < COUNT(names); i++) {
		if (!span_is(name, names[i].name))
			continue;
		add_ranges(set, names[i].ranges.p, names[i].ranges.n);
		if (negated)
			byteset_invert(set);
		return true;
	}
	return false;
}

static bool
is_next(struct span text, size_t at, const char *word)
{
	return span_starts(span_skip(text, at), word);
}

/* One member of a class: a byte, which may begin or end a range, or a set. */
static enum set_kind
read_member(struct span text, size_t *at, bool caseless, struct byteset *set,
    unsigned *byte)
{
	*byte = (unsigned char)text.p[(*at)++];
	if (*byte == '\\')
		return set_escape(text, at, true, set, byte);
	if (*byte != '[' || *at >= text.n || strchr(":.=", text.p[*at]) == NULL)
		return SET_BYTE;
	if (text.p[(*at)++] != ':' || !read_posix(text, at, caseless, set))
		return SET_UNKNOWN;
	return SET_CLASS;
}

/* A member, and the rest of the range that it may begin. */
static bool
add_member(struct span text, size_t *at, bool caseless, struct byteset *out)
{
	struct byteset set;
	unsigned from, to;
	enum set_kind kind = read_member(text, at, caseless, &set, &from);

	if (kind == SET_CLASS) {
		byteset_union(out, &set);
		return true;
	}
	if (kind != SET_BYTE)
		return false;
	to = from;
	if (is_next(text, *at, "-") && !is_next(text, *at + 1, "]") &&
	    *at + 1 < text.n) {
		++*at;
		/* "a-\Qz\E" and "a-\d" are left to PCRE2. */
		if (is_next(text, *at, "\\Q") || is_next(text, *at, "\\E") ||
		    read_member(text, at, caseless, &set, &to) != SET_BYTE)
			return false;
	}
	byteset_add(out, from, to);
	return true;
}

bool
set_class(struct span text, size_t *at, bool caseless, struct byteset *out)
{
	bool negated = is_next(text, *at, "^"), first = true;

	memset(out, 0, sizeof(*out));
	*at += negated;
	for (; *at < text.n; first = false) {
		if (text.p[*at] == ']' && !first)
			break;
		/* "a\E-z" is a range; rather than knowing so, give up. */
		if (is_next(text, *at, "\\Q") || is_next(text, *at, "\\E") ||
		    !add_member(text, at, caseless, out))
			return false;
	}
	if (*at >= text.n)
		return false;
	++*at;
	if (caseless)
		byteset_fold(out);
	if (negated)
		byteset_invert(out);
	return true;
}
