/* html_rules_text - the text that SpamAssassin renders from HTML. */
#include <string.h>

#include "mail/html_chars.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"

#define HAIR_MAX 7		/* characters of a word's part next to a tag */

/* Perl's [ \t\n\r\f\x0b]. */
static bool
blank(char c)
{
	return html_space(c) || c == '\v';
}

/*
 * "\xc2\xa0" is a no-break space in UTF-8, but it is looked for among
 * characters: there it is an A with circumflex and the space, as UTF-8 that
 * was encoded twice has them.
 */
static bool
twice_encoded(const char *s, const char *end)
{
	return end - s >= 4 && memcmp(s, "\xc3\x82\xc2\xa0", 4) == 0;
}

static bool
all_blank(struct span s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p < end) {
		if ((unsigned char)*p > ' ' && *p != '\xc3')
			return false;
		if (blank(*p))
			p++;
		else if (*p == '\xc3' && twice_encoded(p, end))
			p += 4;
		else
			return false;
	}
	return true;
}

/* No character beyond Latin-1: C4 and above start all others. */
static bool
latin(struct span s)
{
	size_t i = span_ascii_run(s);

	while (i < s.n && (unsigned char)s.p[i] <= 0xc3)
		i++;
	return i == s.n;
}

/* Part of a word of s: neither white space nor ASCII punctuation. */
static bool
wordy(const struct html_rules_build *b, struct span s, const char *p,
    const char *end, size_t *n)
{
	unsigned char c = (unsigned char)*p;

	*n = 1;
	if (c <= ' ')
		return !char_space(c);
	if (c < 0x80)
		return char_alpha(c) || char_digit(c) || c == 0x7f;
	/* Of bytes, Perl takes only ASCII's for white space. */
	return html_char_at(p, end, n) != HTML_CHAR_SPACE ||
	    (b->ascii && latin(s));
}

/* Words that end at the end of s: characters of the last one, 0 if none. */
static unsigned
word_before(const struct html_rules_build *b, struct span s)
{
	const char *end = s.p + s.n, *p = end, *q;
	unsigned count = 0;
	size_t n;

	while (p > s.p && count <= HAIR_MAX) {
		for (q = p - 1; q > s.p && p - q < 4 &&
		    ((unsigned char)*q & 0xc0) == 0x80; q--)
			;
		if (!wordy(b, s, q, p, &n))
			break;
		p = q;
		count++;
	}
	return count;
}

static unsigned
word_after(const struct html_rules_build *b, struct span s)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned count = 0;
	size_t n;

	while (p < end && count <= HAIR_MAX && wordy(b, s, p, end, &n)) {
		p += n;
		count++;
	}
	return count;
}

/* A tag stands within a word: counted, and with both parts when short. */
static void
count_split(struct html_rules_build *b, struct span text)
{
	struct span last = { b->text + b->segment, b->text_n - b->segment };
	unsigned before, after;

	if (!b->any || last.n == 0 || text.n == 0 ||
	    char_space((unsigned char)text.p[0]))
		return;
	before = word_before(b, last);
	if (before == 0)
		return;
	after = word_after(b, text);
	if (after == 0)
		return;
	b->out->obfuscation++;
	if (before <= HAIR_MAX && after <= HAIR_MAX)
		b->hairs |= (uint64_t)1 << ((before - 1) * HAIR_MAX +
		    (after - 1));
}

static void
turn(struct html_rules_build *b, bool invisible)
{
	struct html_turn *turns;
	bool now = b->turn_count != 0 &&
	    b->turns[b->turn_count - 1].invisible;

	if (now == invisible)
		return;
	if (b->turn_count == b->turn_room) {
		b->turn_room = b->turn_room != 0 ? b->turn_room * 2 : 16;
		turns = arena_alloc(b->arena, b->turn_room * sizeof(*turns));
		if (b->turn_count != 0)
			memcpy(turns, b->turns,
			    b->turn_count * sizeof(*turns));
		b->turns = turns;
	}
	b->turns[b->turn_count].at = b->text_n;
	b->turns[b->turn_count++].invisible = invisible;
}

void
html_rules_space(struct html_rules_build *b, const char *what)
{
	size_t n = strlen(what);

	if (b->any && !b->was_space && !b->was_invisible &&
	    b->text_n > b->segment && b->text[b->text_n - 1] == ' ')
		b->text_n--;
	turn(b, false);
	b->segment = b->text_n;
	memcpy(b->text + b->text_n, what, n);
	b->text_n += n;
	b->any = b->was_space = true;
	b->was_invisible = false;
}

/* Appends text, each run of blanks as one. */
static void
fold(struct html_rules_build *b, struct span text, bool trim)
{
	const char *s = text.p, *end = text.p + text.n, *from;
	char *to = b->text + b->text_n;

	while (s < end) {
		for (from = s; s < end && !blank(*s); s++) {
			s += span_prose_run(span_between(s, end));
			while (s < end && (unsigned char)*s > 0x7f &&
			    *s != '\xc3')
				s++;
			if (s == end || blank(*s) || twice_encoded(s, end))
				break;
		}
		memcpy(to, from, (size_t)(s - from));
		to += s - from;
		if (s == end)
			break;
		if (blank(*s)) {
			while (s < end && blank(*s))
				s++;
		} else {
			s += 4;
		}
		if (!trim || to != b->text + b->segment)
			*to++ = ' ';
		else
			trim = false;
	}
	b->text_n = (size_t)(to - b->text);
}

void
html_rules_text(struct html_rules_build *b, struct span text)
{
	bool invisible = !all_blank(text) && html_rules_unseen(b);
	bool trim = b->any && !invisible && b->was_space;

	count_split(b, text);
	turn(b, invisible);
	b->segment = b->text_n;
	fold(b, text, trim);
	b->any = true;
	b->was_space = false;
	b->was_invisible = invisible;
}

/* Turns are few and in order: the text is cut at them. */
static void
cut(struct html_rules_build *b)
{
	struct html_rules *r = b->out;
	char *seen = arena_bytes(b->arena, b->text_n), *unseen;
	size_t i, from = 0, to, n[2] = { 0, 0 };
	char *part[2];
	bool which = false;

	unseen = arena_bytes(b->arena, b->text_n);
	part[0] = seen;
	part[1] = unseen;
	for (i = 0; i <= b->turn_count; i++) {
		to = i < b->turn_count ? b->turns[i].at : b->text_n;
		memcpy(part[which] + n[which], b->text + from, to - from);
		n[which] += to - from;
		from = to;
		if (i < b->turn_count)
			which = b->turns[i].invisible;
	}
	r->visible = span_make(seen, n[0]);
	r->invisible = span_make(unseen, n[1]);
}

void
html_rules_split(struct html_rules_build *b)
{
	struct html_rules *r = b->out;
	size_t spaces;

	r->rendered = span_make(b->text, b->text_n);
	r->visible = r->rendered;
	if (b->turn_count != 0)
		cut(b);
	r->narrow = b->ascii && latin(r->rendered);
	/* Of ASCII's white space fold() leaves blanks, and html_rules_space()
	 * adds line ends. */
	if (r->narrow)
		spaces = span_count(r->rendered, ' ') +
		    span_count(r->rendered, '\n');
	else
		spaces = html_chars_spaces(r->rendered);
	r->html_length = (double)html_chars_count(r->rendered);
	r->non_space_len = r->html_length - (double)spaces;
	for (; b->hairs != 0; b->hairs &= b->hairs - 1)
		r->backhair++;
}
