/* urlhost - the host of a URL as browsers understand it. */
#include "mail/urlhost.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "mail/idn.h"
#include "mail/urlescape.h"
#include "mail/urlidn.h"
#include "mail/urlscript.h"

#define PARTS 4

/* WHATWG URL 3.3: no host may have these, and no domain some more. */
enum {
	NO_DOMAIN = 1, NO_HOST = 2, NEITHER = NO_DOMAIN | NO_HOST,
	CHANGED = 4	/* and what no host keeps as it is */
};

static const unsigned char forbidden[256] = {
	[0] = NEITHER, [1 ... 8] = NO_DOMAIN, ['\t'] = NEITHER,
	['\n'] = NEITHER, ['\v'] = NO_DOMAIN, ['\f'] = NO_DOMAIN,
	['\r'] = NEITHER, [0x0e ... 0x1f] = NO_DOMAIN, [' '] = NEITHER,
	['#'] = NEITHER, ['%'] = NO_DOMAIN, ['/'] = NEITHER, [':'] = NEITHER,
	['<'] = NEITHER, ['>' ... '@'] = NEITHER, ['[' ... '^'] = NEITHER,
	['|'] = NEITHER, [0x7f] = NO_DOMAIN,
	['A' ... 'Z'] = CHANGED, [0x80 ... 0xff] = CHANGED,
};

static unsigned
found_in(struct span host)
{
	unsigned found = 0;
	size_t i;

	for (i = 0; i < host.n; i++)
		found |= forbidden[(unsigned char)host.p[i]];
	return found;
}

/* Decimal, octal behind 0, hexadecimal behind 0x; saturates.  -1: no number. */
static int64_t
number_of(struct span part)
{
	int64_t value = 0;
	int base = 10, digit;
	size_t i;

	if (part.n == 0)
		return -1;
	if (span_istarts(part, "0x")) {
		part = span_skip(part, 2);
		base = 16;
	} else if (part.n > 1 && part.p[0] == '0') {
		base = 8;
	}
	for (i = 0; i < part.n; i++) {
		digit = char_hex(part.p[i]);
		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
		if (value > UINT32_MAX)
			value = (int64_t)UINT32_MAX + 1;
	}
	return value;
}

static struct span
last_label(struct span name)
{
	size_t i;

	if (name.n != 0 && name.p[name.n - 1] == '.')
		name.n--;
	for (i = name.n; i > 0 && name.p[i - 1] != '.'; i--)
		continue;
	return span_skip(name, i);
}

/* WHATWG URL 3.5, the ends-in-a-number checker. */
static bool
ends_in_number(struct span name)
{
	struct span last = last_label(name);
	size_t i;

	for (i = 0; i < last.n && char_digit((unsigned char)last.p[i]); i++)
		continue;
	return last.n != 0 && (i == last.n || (span_istarts(last, "0x") &&
	    number_of(last) >= 0));
}

static bool
parse4(struct arena *arena, struct span name, struct urlhost *out)
{
	struct span rest = name, part;
	uint32_t address = 0;
	int64_t value = 0;
	unsigned n = 0;
	char text[IP_TEXT_MAX];

	if (name.p[name.n - 1] == '.')
		rest.n--;
	while (span_cut(&rest, '.', &part)) {
		/* Only the last part may fill more than a byte. */
		if (n == PARTS || value > 255)
			return false;
		address = address << 8 | (uint32_t)value;
		value = number_of(part);
		if (value < 0)
			return false;
		n++;
	}
	if (value >= (int64_t)1 << (8 * (PARTS + 1 - n)))
		return false;
	address = n == 1 ? (uint32_t)value :
	    address << (8 * (PARTS + 1 - n)) | (uint32_t)value;
	memset(&out->ip, 0, sizeof(out->ip));
	out->ip.b[10] = out->ip.b[11] = 0xff;
	for (n = 0; n < 4; n++)
		out->ip.b[12 + n] = (uint8_t)(address >> (24 - 8 * n));
	out->kind = URL_HOST_IP4;
	out->text = arena_span(arena, span_of(ip_text(&out->ip, text)));
	out->flags |= URL_IP;
	if (!span_eq(out->text, name))
		out->flags |= URL_IP_ODD;
	return true;
}

/* Two or more zero groups in a row, the first of the longest; 8 for none. */
static unsigned
zero_run(const uint16_t group[8], unsigned *length)
{
	unsigned i, n, best = 8;

	*length = 1;
	for (i = 0; i < 8; i += n + 1) {
		for (n = 0; i + n < 8 && group[i + n] == 0; n++)
			continue;
		if (n > *length) {
			*length = n;
			best = i;
		}
	}
	return best;
}

/* WHATWG URL 3.5, the IPv6 serializer: no dotted decimal inside. */
static struct span
text6(struct arena *arena, const struct ip *ip)
{
	uint16_t group[8];
	char text[48], *p = text;
	unsigned i, run, length;

	for (i = 0; i < 8; i++)
		group[i] = (uint16_t)(ip->b[2 * i] << 8 | ip->b[2 * i + 1]);
	run = zero_run(group, &length);
	*p++ = '[';
	for (i = 0; i < 8; i++) {
		if (i == run) {
			*p++ = ':';
			if (i == 0)
				*p++ = ':';
			i += length - 1;
			continue;
		}
		p += snprintf(p, sizeof("ffff:"), i < 7 ? "%x:" : "%x",
		    group[i]);
	}
	*p++ = ']';
	return arena_span(arena, span_make(text, (size_t)(p - text)));
}

static bool
parse6(struct arena *arena, struct span host, struct urlhost *out)
{
	struct span inside = span_skip(host, 1);

	if (inside.n == 0 || inside.p[inside.n - 1] != ']')
		return false;
	inside.n--;
	if (span_chr(inside, ':') == inside.n || !ip_parse(inside, &out->ip))
		return false;
	out->kind = URL_HOST_IP6;
	out->text = text6(arena, &out->ip);
	out->flags |= URL_IP;
	if (ip_is4(&out->ip))
		out->flags |= URL_IP_ODD;
	return true;
}

/* A-labels, doubled or final dots, or none at all. */
static unsigned
label_flags(struct arena *arena, struct span name)
{
	struct span rest = name, label;
	unsigned flags = 0;

	if (span_chr(name, '.') == name.n)
		flags |= URL_NUMERIC;
	while (span_cut(&rest, '.', &label)) {
		if (label.n == 0)
			flags |= URL_HOST_ODD;
		else if (span_starts(label, "xn--"))
			flags |= URL_IDN;
	}
	if ((flags & URL_IDN) != 0)
		flags |= urlscript_flags(idn_unicode(arena, name));
	return flags;
}

/* As browsers compare it. */
static bool
normalise(struct arena *arena, struct span host, struct urlhost *out)
{
	struct span name = url_unescape(arena, host);

	if (name.p != host.p)
		out->flags |= URL_HOST_ESCAPED;
	if (span_chr(name, '\0') != name.n)
		return false;
	if (!span_ascii(name)) {
		if (!text_utf8(name))
			return false;
		out->flags |= urlscript_odd(name);
		name = urlidn_ascii(arena, name);
	}
	if (name.n == 0 || (found_in(name) & NO_DOMAIN) != 0)
		return false;
	out->text = arena_lower(arena, name);
	return true;
}

static bool
parse_name(struct arena *arena, struct span host, struct urlhost *out)
{
	struct span name = host;

	/* Nearly all are as they should be. */
	if (found_in(host) != 0) {
		if (!normalise(arena, host, out))
			return false;
		name = out->text;
	}
	if (ends_in_number(name))
		return parse4(arena, name, out);
	out->flags |= label_flags(arena, name);
	out->kind = URL_HOST_NAME;
	out->text = name;
	return true;
}

/* Escaped where needed, otherwise as it is. */
static bool
parse_opaque(struct arena *arena, struct span host, struct urlhost *out)
{
	char *p = arena_bytes(arena, 3 * host.n), *start = p;
	unsigned char c;
	size_t i;

	if ((found_in(host) & NO_HOST) != 0)
		return false;
	for (i = 0; i < host.n; i++) {
		c = (unsigned char)host.p[i];
		if (c < 0x20 || c > 0x7e)
			p = urlescape_put(p, c);
		else
			*p++ = (char)c;
	}
	out->kind = URL_HOST_OPAQUE;
	out->text = span_make(start, (size_t)(p - start));
	return true;
}

bool
urlhost_parse(struct arena *arena, struct span host, bool web,
    struct urlhost *out)
{
	struct urlhost h = { .kind = URL_HOST_NONE };
	bool good;

	if (host.n == 0 || host.n > URL_HOST_MAX)
		return false;
	if (host.p[0] == '[')
		good = parse6(arena, host, &h);
	else if (web)
		good = parse_name(arena, host, &h);
	else
		good = parse_opaque(arena, host, &h);
	if (good)
		*out = h;
	return good;
}
