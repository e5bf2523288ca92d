/* fieldhost - the modifiers :host, :domain, :ip and :revip. */
#include "rules/fieldhost.h"

#include <string.h>

#include "base/ip.h"
#include "mail/registry.h"
#include "rules/relayform.h"

#define HOST_MAX 251		/* bytes of a host before its last dot */
#define AT_MAX 100		/* "@" that a host is looked for behind */

static bool
blank_at(struct span s, size_t at)
{
	return char_space((unsigned char)s.p[at]);
}

static bool
joins(char c)
{
	return c == '.' || c == '_' || c == '-';
}

static bool
label_byte(char c)
{
	return char_alpha((unsigned char)c) || char_digit((unsigned char)c) ||
	    c == '-';
}

/*
 * The end of the top-level domain behind that dot, 0 when there is none or
 * more of a name follows.
 */
static size_t
top_end(struct facts *f, struct span s, size_t dot)
{
	size_t end = dot + 1;

	while (end < s.n && label_byte(s.p[end]))
		end++;
	if (end == dot + 1 || end - dot > REGISTRY_TLD_MAX + 1 ||
	    (end < s.n && joins(s.p[end])) ||
	    !registry_valid(f->view.registry, registry_ascii(f->arena,
	    span_make(s.p + dot - 1, end - dot + 1))))
		return 0;
	return end;
}

/* The longest run from there that ends with a top-level domain, or empty. */
static struct span
host_at(struct facts *f, struct span s, size_t from)
{
	size_t i, end, n = 0;

	for (i = from; i < s.n && i <= from + HOST_MAX && !blank_at(s, i);
	    i++) {
		if (s.p[i] != '.' || i == from)
			continue;
		end = top_end(f, s, i);
		if (end > 0)
			n = end - from;
	}
	return span_make(s.p + from, n);
}

static bool
good_host(struct facts *f, struct span host)
{
	return host.n > 0 && registry_fqdn(registry_ascii(f->arena, host));
}

/* A dot that a top-level domain stands behind, at or after that offset. */
static bool
next_dot(struct facts *f, struct span s, size_t *at)
{
	for (; *at < s.n; (*at)++)
		if (s.p[*at] == '.' && *at > 0 && !blank_at(s, *at - 1) &&
		    top_end(f, s, *at) > 0)
			return true;
	return false;
}

/*
 * What begins a word, or what ends there behind the host before it: brackets
 * and all, so that only a host with blanks around it will be good.
 */
static struct span
find_any(struct facts *f, struct span s)
{
	size_t from = 0, dot = 0, start;
	struct span host;

	while (next_dot(f, s, &dot)) {
		for (start = dot; start > from && dot - start < HOST_MAX &&
		    !blank_at(s, start - 1); start--)
			;
		while (start < dot && start > 0 && joins(s.p[start - 1]))
			start++;
		host = host_at(f, s, start);
		if (good_host(f, host))
			return host;
		from = host.n > 0 ? start + host.n : dot + 1;
		dot = from;
	}
	return span_make(NULL, 0);
}

/* The host behind the last "@" that has one; if it is bad, any good one. */
static struct span
find_host(struct facts *f, struct span value)
{
	struct span host;
	size_t at, tries = AT_MAX;

	for (at = value.n; at-- > 0 && tries > 0; ) {
		if (value.p[at] != '@' || at + 1 == value.n)
			continue;
		tries--;
		host = host_at(f, value, at + 1);
		if (host.n > 0) {
			if (good_host(f, host))
				return host;
			break;
		}
	}
	return find_any(f, value);
}

/* Of an address: all behind its last "@". */
static struct span
address_host(struct span value)
{
	size_t at = span_rchr(value, '@'), i;
	struct span host;

	if (at >= value.n)
		return span_make(NULL, 0);
	host = span_skip(value, at + 1);
	for (i = 0; i < host.n && !char_space((unsigned char)host.p[i]); i++)
		;
	return span_head(host, i);
}

static bool
word_at(struct span s, size_t at)
{
	return at < s.n && (char_alpha((unsigned char)s.p[at]) ||
	    char_digit((unsigned char)s.p[at]) || s.p[at] == '_');
}

/* An address that begins and ends as words do, with no dot around it. */
static bool
find_ip(struct span value, struct span *text)
{
	size_t i, n;

	for (i = 0; i < value.n; i++) {
		if (!word_at(value, i) || word_at(value, i - 1) ||
		    (i > 0 && value.p[i - 1] == '.'))
			continue;
		n = relayform_ip(value, i);
		if (n > 0 && word_at(value, i + n - 1) &&
		    !word_at(value, i + n) && (i + n == value.n ||
		    value.p[i + n] != '.')) {
			*text = span_make(value.p + i, n);
			return true;
		}
	}
	return false;
}

/* As a DNS list is asked: 4.3.2.1, or 32 nibbles. */
static struct span
reversed(struct arena *arena, const struct ip *ip)
{
	char text[64];
	size_t n = 0, i;

	if (ip_is4(ip))
		return arena_printf(arena, "%u.%u.%u.%u", ip->b[15],
		    ip->b[14], ip->b[13], ip->b[12]);
	for (i = 32; i-- > 0; ) {
		text[n++] = "0123456789abcdef"[
		    ip->b[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
		text[n++] = '.';
	}
	return arena_span(arena, span_make(text, n - 1));
}

static struct span
take_one(struct facts *f, unsigned modifiers, struct span value)
{
	struct span out;
	struct ip ip;

	if (!(modifiers & (FIELD_HOST | FIELD_DOMAIN))) {
		if (!find_ip(value, &out))
			return span_make(NULL, 0);
		if (!(modifiers & FIELD_REVIP))
			return out;
		return ip_parse(out, &ip) ? reversed(f->arena, &ip) :
		    span_make(NULL, 0);
	}
	out = modifiers & FIELD_ADDR ? address_host(value) :
	    find_host(f, value);
	if (out.n > 0 && (modifiers & FIELD_DOMAIN))
		out = registry_domain(f->arena, f->view.registry, out);
	return out;
}

void
fieldhost_take(struct facts *f, unsigned modifiers, struct field_values *v)
{
	struct span one;
	size_t i, n = 0;

	for (i = 0; i < v->count; i++) {
		one = take_one(f, modifiers, v->items[i]);
		if (one.n > 0)
			v->items[n++] = one;
	}
	v->count = n;
}
