/*
 * urlidn - names of all scripts as A-labels.
 *
 * libidn2 maps as UTS 46 says, but then asks IDNA 2008, which knows no emoji
 * and is strict about hyphens.  Browsers take both.  So a label that it refuses
 * is mapped piece by piece, symbols and ASCII as they are, and goes through
 * Punycode (RFC 3492) here.  Labels over 63 bytes are refused, though browsers
 * pass them on: the DNS has none.
 */
#include "mail/urlidn.h"

#include <stdint.h>
#include <string.h>

#include "mail/domain.h"
#include "mail/idn.h"
#include "mail/urlscript.h"

#define LABELS_MAX 128

/* Valid in UTS 46, but not in IDNA 2008; the common ones. */
static const struct {
	unsigned first, last;
} symbols[] = {
	{ 0xa1, 0xa7 }, { 0xa9, 0xa9 }, { 0xae, 0xae }, { 0xb0, 0xb1 },
	{ 0xb6, 0xb6 }, { 0xd7, 0xd7 }, { 0xf7, 0xf7 }, { 0x2010, 0x2010 },
	{ 0x2012, 0x2016 }, { 0x2018, 0x2023 }, { 0x2030, 0x2032 },
	{ 0x2038, 0x203b }, { 0x20a0, 0x20a7 }, { 0x20a9, 0x20c0 },
	{ 0x2190, 0x2328 }, { 0x232b, 0x23ff }, { 0x2500, 0x27bf },
	{ 0x2900, 0x29ff }, { 0x2b00, 0x2bff }, { 0x4dc0, 0x4dff },
	{ 0x1f000, 0x1f0ff }, { 0x1f300, 0x1faff },
};

/* A label while it is put together, in code points. */
struct points {
	unsigned at[DOMAIN_LABEL_MAX];
	size_t n;
	bool full;
};

static bool
is_symbol(unsigned u)
{
	size_t i;

	if (u < 0x80)
		return true;
	for (i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++)
		if (u >= symbols[i].first && u <= symbols[i].last)
			return true;
	return false;
}

/* UTS 46 maps these to nothing, but libidn2 refuses some of them. */
static bool
is_nothing(unsigned u)
{
	return u == 0xad || u == 0x200b || u == 0x2060 || u == 0xfeff ||
	    (u >= 0x180b && u <= 0x180f) || (u >= 0x206a && u <= 0x206f) ||
	    (u >= 0xfe00 && u <= 0xfe0f) || (u >= 0xe0100 && u <= 0xe01ef);
}

static void
add_point(struct points *p, unsigned u)
{
	if (p->n < DOMAIN_LABEL_MAX)
		p->at[p->n++] = u;
	else
		p->full = true;
}

/* Maps a run without symbols; false when the library refuses it. */
static bool
add_run(struct arena *arena, struct points *p, struct span run)
{
	struct span rest = idn_unicode(arena, idn_ascii(arena, run));
	bool good = rest.n != 0;

	while (rest.n != 0)
		add_point(p, urlscript_next(&rest));
	return good;
}

static bool
add_label(struct arena *arena, struct points *p, struct span label)
{
	struct span run = span_head(label, 0), rest = label;
	unsigned u;

	while (rest.n != 0) {
		run = span_make(run.p, (size_t)(rest.p - run.p));
		u = urlscript_next(&rest);
		if (!is_symbol(u) && !is_nothing(u))
			continue;
		if (run.n != 0 && !add_run(arena, p, run))
			return false;
		run = span_head(rest, 0);
		if (is_symbol(u))
			add_point(p, u < 0x80 ? (unsigned)char_lower((int)u) :
			    u);
	}
	run = span_make(run.p, (size_t)(label.p + label.n - run.p));
	return (run.n == 0 || add_run(arena, p, run)) && !p->full;
}

/* RFC 3492 section 6.1. */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / 700 : delta / 2;
	delta += delta / points;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* The digits of one delta; false when out is full. */
static bool
put_delta(char *out, size_t *n, uint32_t delta, uint32_t bias)
{
	uint32_t k, t, digit;

	for (k = 36; *n < DOMAIN_LABEL_MAX; k += 36) {
		t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		digit = delta < t ? delta : t + (delta - t) % (36 - t);
		out[(*n)++] = (char)(digit < 26 ? 'a' + digit :
		    '0' + digit - 26);
		if (delta < t)
			return true;
		delta = (delta - t) / (36 - t);
	}
	return false;
}

/* RFC 3492 section 6.3.  Labels are short, so nothing overflows. */
static struct span
punycode(struct arena *arena, const struct points *p)
{
	char *out = arena_bytes(arena, DOMAIN_LABEL_MAX);
	uint32_t code = 128, delta = 0, bias = 72, next;
	struct span prefix = span_of("xn--");
	size_t n = prefix.n, basic = 0, done, i;

	memcpy(out, prefix.p, prefix.n);
	for (i = 0; i < p->n && n < DOMAIN_LABEL_MAX; i++)
		if (p->at[i] < 128) {
			out[n++] = (char)p->at[i];
			basic++;
		}
	if (basic == p->n)
		return span_make(out + prefix.n, basic);
	if (basic != 0 && n < DOMAIN_LABEL_MAX)
		out[n++] = '-';
	for (done = basic; done < p->n; delta++, code++) {
		next = UINT32_MAX;
		for (i = 0; i < p->n; i++)
			if (p->at[i] >= code && p->at[i] < next)
				next = p->at[i];
		delta += (next - code) * (uint32_t)(done + 1);
		code = next;
		for (i = 0; i < p->n; i++) {
			delta += p->at[i] < code;
			if (p->at[i] != code)
				continue;
			if (!put_delta(out, &n, delta, bias))
				return span_of(NULL);
			bias = adapt(delta, (uint32_t)done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return span_make(out, n);
}

/* Empty when it has no form that browsers would ask for. */
static struct span
label_ascii(struct arena *arena, struct span label)
{
	struct points p = { .n = 0 };
	struct span out;

	if (span_ascii(label) && !span_istarts(label, "xn--"))
		return label;
	out = idn_ascii(arena, label);
	if (out.n != 0 || span_istarts(label, "xn--") ||
	    !add_label(arena, &p, label))
		return out;
	return punycode(arena, &p);
}

/* Full stops of other scripts (UTS 46, section 2.3) as "."; up to n bytes. */
static struct span
with_dots(struct arena *arena, struct span name)
{
	char *p = arena_bytes(arena, name.n);
	struct span rest = name, out = span_make(p, 0), before;
	unsigned u;

	while (rest.n != 0) {
		before = rest;
		u = urlscript_next(&rest);
		if (u == 0x3002 || u == 0xff0e || u == 0xff61) {
			p[out.n++] = '.';
			continue;
		}
		memcpy(p + out.n, before.p, before.n - rest.n);
		out.n += before.n - rest.n;
	}
	return out;
}

/* Label by label. */
static struct span
by_labels(struct arena *arena, struct span name)
{
	struct span rest = with_dots(arena, name), label, out;
	size_t labels = domain_labels(rest), i, dot;
	char *p = arena_bytes(arena, DOMAIN_MAX + 2);

	out = span_make(p, 0);
	if (labels > LABELS_MAX)
		return span_of(NULL);
	for (i = 0; i < labels; i++) {
		dot = span_chr(rest, '.');
		label = span_head(rest, dot);
		rest = span_skip(rest, dot + 1);
		if (i != 0)
			p[out.n++] = '.';
		if (label.n == 0)
			continue;
		label = label_ascii(arena, label);
		if (label.n == 0 || out.n + label.n > DOMAIN_MAX)
			return span_of(NULL);
		memcpy(p + out.n, label.p, label.n);
		out.n += label.n;
	}
	return out;
}

struct span
urlidn_ascii(struct arena *arena, struct span name)
{
	struct span out = idn_ascii(arena, name);

	return out.n != 0 ? out : by_labels(arena, name);
}
