/* urlscript - which scripts the labels of a name are written in. */
#include "mail/urlscript.h"

#include "mail/url.h"

enum script {
	COMMON,		/* digits, hyphen, marks: goes with any script */
	LATIN, GREEK, CYRILLIC, ARMENIAN, CHEROKEE, EAST, OTHER
};

/* Scripts with letters that pass for Latin ones, and those of East Asia, which
 * are written side by side.  Blocks that are not here count each as one. */
static const struct range {
	unsigned first, last;
	enum script script;
} ranges[] = {
	{ 0x0000, 0x0040, COMMON }, { 0x0041, 0x005a, LATIN },
	{ 0x005b, 0x0060, COMMON }, { 0x0061, 0x007a, LATIN },
	{ 0x007b, 0x00bf, COMMON }, { 0x00c0, 0x02af, LATIN },
	{ 0x02b0, 0x036f, COMMON }, { 0x0370, 0x03ff, GREEK },
	{ 0x0400, 0x052f, CYRILLIC }, { 0x0530, 0x058f, ARMENIAN },
	{ 0x1100, 0x11ff, EAST }, { 0x13a0, 0x13ff, CHEROKEE },
	{ 0x1c80, 0x1c8f, CYRILLIC }, { 0x1d00, 0x1dbf, LATIN },
	{ 0x1e00, 0x1eff, LATIN }, { 0x1f00, 0x1fff, GREEK },
	{ 0x2000, 0x2bff, COMMON }, { 0x2c60, 0x2c7f, LATIN },
	{ 0x2de0, 0x2dff, CYRILLIC }, { 0x2e80, 0x2fdf, EAST },
	{ 0x3000, 0x303f, COMMON }, { 0x3040, 0x4dbf, EAST },
	{ 0x4e00, 0x9fff, EAST }, { 0xa640, 0xa69f, CYRILLIC },
	{ 0xa720, 0xa7ff, LATIN }, { 0xab30, 0xab6f, LATIN },
	{ 0xab70, 0xabbf, CHEROKEE }, { 0xac00, 0xd7af, EAST },
	{ 0xf900, 0xfaff, EAST }, { 0xfe00, 0xfe0f, COMMON },
	{ 0x1f000, 0x1faff, COMMON }, { 0x20000, 0x3ffff, EAST },
};

/* Lower case letters that look like one or two of Latin in common fonts. */
static const unsigned short lookalikes[] = {
	/* Greek */
	0x03b1, 0x03b3, 0x03b9, 0x03ba, 0x03bd, 0x03bf, 0x03c1, 0x03c3, 0x03c5,
	0x03c7, 0x03f2, 0x03f3,
	/* Cyrillic */
	0x0430, 0x0432, 0x0433, 0x0435, 0x043a, 0x043c, 0x043d, 0x043e, 0x043f,
	0x0440, 0x0441, 0x0442, 0x0443, 0x0445, 0x044a, 0x044c, 0x0455, 0x0456,
	0x0458, 0x0461, 0x0475, 0x04ab, 0x04af, 0x04bb, 0x04bd, 0x04cf, 0x0501,
	0x051b, 0x051d,
};

unsigned
urlscript_next(struct span *rest)
{
	unsigned char c = (unsigned char)rest->p[0];
	size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0, i;
	unsigned u = c;

	if (more != 0)
		u = c & (0x3f >> more);
	if (more >= rest->n)
		more = rest->n - 1;
	for (i = 1; i <= more; i++) {
		c = (unsigned char)rest->p[i];
		if ((c & 0xc0) != 0x80) {
			u = (unsigned char)rest->p[0];
			i = 1;
			break;
		}
		u = u << 6 | (c & 0x3f);
	}
	*rest = span_skip(*rest, i);
	return u;
}

/* COMMON .. EAST, or a number of its own for each block of 128. */
static unsigned
script_of(unsigned u)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]), mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (u < ranges[mid].first)
			high = mid;
		else if (u > ranges[mid].last)
			low = mid + 1;
		else
			return ranges[mid].script;
	}
	return OTHER + (u >> 7);
}

static bool
lookalike(unsigned u)
{
	size_t i;

	for (i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (lookalikes[i] == u)
			return true;
	return false;
}

static unsigned
label_flags(struct span label)
{
	unsigned script, u, first = COMMON, flags = 0;
	bool alike = true;

	while (label.n != 0) {
		u = urlscript_next(&label);
		script = script_of(u);
		if (script == COMMON)
			continue;
		alike = alike && lookalike(u);
		if (first == COMMON || (first == LATIN && script == EAST))
			first = script;
		else if (script != first &&
		    !(first == EAST && script == LATIN))
			flags |= URL_MIXED;
	}
	if (alike && first != COMMON)
		flags |= URL_LOOKALIKE;
	return flags;
}

unsigned
urlscript_flags(struct span name)
{
	struct span label, last = span_of(NULL);
	unsigned flags = 0;

	while (span_cut(&name, '.', &label)) {
		flags |= label_flags(label);
		if (label.n != 0)
			last = label;
	}
	/* A name below a domain of its own script pretends nothing. */
	if (last.n == 0 || (unsigned char)last.p[0] > 127)
		flags &= ~(unsigned)URL_LOOKALIKE;
	return flags;
}

unsigned
urlscript_odd(struct span name)
{
	unsigned u;

	while (name.n != 0) {
		u = urlscript_next(&name);
		if (u == 0xad || (u >= 0x200b && u <= 0x200f) || u == 0x2024 ||
		    (u >= 0x2060 && u <= 0x2064) || u == 0x3002 ||
		    (u >= 0x2100 && u <= 0x214f) || u == 0xfeff ||
		    (u >= 0x2460 && u <= 0x24ff) ||
		    (u >= 0xff01 && u <= 0xff61) ||
		    (u >= 0xfe00 && u <= 0xfe0f) ||
		    (u >= 0x1d400 && u <= 0x1d7ff))
			return URL_HOST_ODD;
	}
	return 0;
}
