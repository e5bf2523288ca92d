/* linkforms - the forms of one URL that "uri" rules match. */
#include "mail/linkforms.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mail/linkclean.h"

#define OCTET_MAX 24	/* bytes of a number of 64 bits, and a zero */

/* A web URL, cut as rules see it. */
struct pieces {
	struct span proto;	/* "http://" or "https://" as written */
	struct span host, rest;	/* rest from the port's colon on */
	struct span host_name;	/* A-labels, nothing taken off */
	bool user, port_odd;
	struct span no_port;	/* rest without the scheme's own port */
};

static size_t
form_index(const struct linkforms *f, struct span form)
{
	size_t i;

	for (i = 0; i < f->count && !span_eq(f->items[i], form); i++)
		continue;
	return i;
}

/* Takes a form that lives long enough. */
static size_t
put(struct linkforms *f, struct span form)
{
	size_t i = form_index(f, form);

	if (i < f->count)
		return i;
	if (i == LINK_FORMS_MAX) {
		f->full = true;
		return i;
	}
	f->items[f->count++] = form;
	f->bytes += form.n;
	return i;
}

static void
put_joined(struct linkforms *f, struct span a, struct span b, struct span c)
{
	char *p = arena_bytes(f->arena, a.n + b.n + c.n);
	size_t n = a.n + b.n + c.n;

	if (a.n != 0)
		memcpy(p, a.p, a.n);
	if (b.n != 0)
		memcpy(p + a.n, b.p, b.n);
	if (c.n != 0)
		memcpy(p + a.n + b.n, c.p, c.n);
	put(f, span_make(p, n));
}

/* Without line ends, and without white space around. */
static struct span
without_lines(struct arena *arena, struct span s)
{
	size_t i, n = 0;
	char *p;

	if (span_chr(s, '\n') == s.n && span_chr(s, '\r') == s.n)
		return span_trim(s);
	p = arena_bytes(arena, s.n);
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\n' && s.p[i] != '\r')
			p[n++] = s.p[i];
	return span_trim(span_make(p, n));
}

/* A URL that is still to be taken apart. */
static void
put_target(struct linkforms *f, struct span url)
{
	struct span s = without_lines(f->arena, url);
	size_t i = form_index(f, s), k;

	for (k = 0; k < f->target_count; k++)
		if (f->targets[k] == i)
			return;
	if (f->target_count == LINK_TARGETS_MAX) {
		f->full = true;
		return;
	}
	i = put(f, s);
	if (i < LINK_FORMS_MAX)
		f->targets[f->target_count++] = i;
}

static struct span
between(struct span s, size_t from, size_t to)
{
	return span_make(s.p + from, to - from);
}

/* "mailto:foo@example.com" of "mailto:%20foo@example.com%20". */
static void
mail_without_blanks(struct linkforms *f, struct span s)
{
	size_t i = span_starts(s, "mailto:") ? 7 : 0, at, end;

	if (span_find(s, span_of("%20")) == s.n)
		return;
	while (span_starts(span_skip(s, i), "%20"))
		i += 3;
	at = linkclean_find(s, i, "@");
	end = linkclean_find(s, at + 1, "?&%");
	if (at > i && at < s.n && end > at + 1)
		put_joined(f, span_of("mailto:"), between(s, i, end),
		    span_of(""));
}

/* The address in "mailto:Foo <foo@example.com>": in the last "<" that has one
 * before any "?" or "&". */
static void
mail_in_brackets(struct linkforms *f, struct span s)
{
	size_t limit = linkclean_find(s, 0, "?&"), stop = s.n, close = s.n, i;
	size_t close_behind_at = s.n;

	for (i = s.n; i-- > 0;) {
		if (i <= limit && s.p[i] == '<' && stop < s.n &&
		    stop > i + 1 && s.p[stop] == '@' &&
		    close_behind_at < s.n && close_behind_at > stop + 1) {
			put_joined(f, span_of("mailto:"),
			    between(s, i + 1, close_behind_at), span_of(""));
			return;
		}
		if (s.p[i] == '>')
			close = i;
		if (s.p[i] == '@')
			close_behind_at = close;
		if (s.p[i] == '@' || s.p[i] == '>')
			stop = i;
	}
}

static void
mail_forms(struct linkforms *f, struct span s)
{
	size_t at = span_chr(s, '@'), end;

	if (at != 0 && at < s.n) {
		end = linkclean_find(s, at + 1, "?");
		if (end < s.n && end > at + 1)
			put(f, span_head(s, end));
		end = linkclean_find(s, at + 1, "?&");
		if (end < s.n && end > at + 1 && s.p[end] == '&')
			put(f, span_head(s, end));
	}
	mail_without_blanks(f, s);
	mail_in_brackets(f, s);
}

static bool
is_mail(struct span s)
{
	size_t at = span_chr(s, '@');

	return span_istarts(s, "mailto:") ||
	    (at < s.n && at < span_chr(s, ':'));
}

static void
cut_port(struct pieces *u)
{
	bool https = !span_is(u->proto, "http://");
	size_t i = 1;

	u->no_port = u->rest;
	if (u->rest.n == 0 || u->rest.p[0] != ':')
		return;
	while (i < u->rest.n && char_digit((unsigned char)u->rest.p[i]))
		i++;
	if (i == 1)
		return;
	u->port_odd = !span_is(span_head(u->rest, i), ":80");
	if (!span_is(span_head(u->rest, i), https ? ":443" : ":80"))
		return;
	if (i == u->rest.n || (!char_alpha((unsigned char)u->rest.p[i]) &&
	    u->rest.p[i] != '_'))
		u->no_port = span_skip(u->rest, i);
}

static bool
cut_url(struct span s, struct pieces *u)
{
	size_t n = linkclean_scheme(s), end;

	memset(u, 0, sizeof(*u));
	if (n == 0 || !span_starts(span_skip(s, n), "//"))
		return false;
	u->proto = span_head(s, n + 2);
	s = span_skip(s, n + 2);
	n = linkclean_find(s, 0, "@/?#");
	if (n < s.n && s.p[n] == '@') {
		end = linkclean_find(s, n + 1, "/?#:");
		if (end > n + 1) {
			u->user = true;
			s = span_skip(s, n + 1);
		}
	}
	end = linkclean_find(s, 0, "/?#:");
	u->host = span_head(s, end);
	u->rest = span_skip(s, end);
	cut_port(u);
	return end != 0;
}

/* Control characters and blanks out of the host. */
static void
host_controls(struct linkforms *f, struct pieces *u)
{
	char *p;
	size_t i, n = 0;

	for (i = 0; i < u->host.n; i++)
		n += (unsigned char)u->host.p[i] <= ' ';
	if (n == 0)
		return;
	p = arena_bytes(f->arena, u->host.n - n);
	for (i = n = 0; i < u->host.n; i++)
		if ((unsigned char)u->host.p[i] > ' ')
			p[n++] = u->host.p[i];
	u->host = span_make(p, n);
	put_joined(f, u->proto, u->host, u->rest);
}

/* Some URL inside of path or query. */
static bool
generic_target(struct span rest, struct span *target)
{
	size_t i, behind;

	for (i = linkclean_next(rest, 0); i < rest.n;
	    i = linkclean_next(rest, behind)) {
		behind = i + linkclean_scheme(span_skip(rest, i));
		if (behind == rest.n || strchr("&#", rest.p[behind]) != NULL)
			continue;
		*target = between(rest, i, linkclean_find(rest, behind, "&#"));
		return true;
	}
	return false;
}

static void
targets(struct linkforms *f, const struct pieces *u)
{
	const struct span parts[] = { u->proto, u->host, u->rest };
	struct span whole, target;

	/* They mostly stand like that. */
	whole = span_make(u->proto.p, u->proto.n + u->host.n + u->rest.n);
	if (u->host.p != u->proto.p + u->proto.n ||
	    u->rest.p != u->host.p + u->host.n)
		whole = arena_concat(f->arena, parts, 3);
	if (f->view->redirect != NULL &&
	    f->view->redirect(f->view->context, whole, &target))
		put_target(f, target);
	else if (generic_target(u->rest, &target) &&
	    span_chr(target, '.') != target.n)
		put_target(f, target);
}

static void
host_as_ascii(struct linkforms *f, struct pieces *u)
{
	u->host_name = registry_ascii(f->arena, u->host);
	if (u->host_name.p == u->host.p || span_ieq(u->host_name, u->host))
		return;
	put_joined(f, u->proto, u->host_name, u->rest);
	if (u->no_port.n != 0 && u->no_port.n != u->rest.n)
		put_joined(f, u->proto, u->host_name, u->no_port);
	u->host = u->host_name;
}

static void
host_trimmed(struct linkforms *f, struct pieces *u)
{
	size_t at = span_chr(u->host, '@'), n;

	if (at != 0 && at < u->host.n) {
		u->host = span_skip(u->host, at + 1);
		put_joined(f, u->proto, u->host, u->rest);
	}
	for (n = u->host.n; n > 0; n--)
		if (char_alpha((unsigned char)u->host.p[n - 1]) ||
		    char_digit((unsigned char)u->host.p[n - 1]))
			break;
	if (n < u->host.n) {
		u->host.n = n;
		put_joined(f, u->proto, u->host, u->rest);
	}
}

static bool
all_digits(struct span s, int base)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!char_digit((unsigned char)s.p[i]) && (base == 10 ||
		    strchr("abcdefABCDEF", s.p[i]) == NULL || s.p[i] == '\0'))
			return false;
	return s.n != 0;
}

static bool
hex_number(struct span s)
{
	return span_istarts(s, "0x") && all_digits(span_skip(s, 2), 16);
}

static uint64_t
value_of(struct span digits, unsigned base)
{
	uint64_t value = 0;
	size_t i;
	int c;

	for (i = 0; i < digits.n; i++) {
		c = char_lower((unsigned char)digits.p[i]);
		if (value > UINT64_MAX / base - 1)
			return UINT64_MAX;
		value = value * base +
		    (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value;
}

/*
 * One of four numbers between dots, without its base; a lone zero vanishes,
 * as rules are used to.
 */
static size_t
put_octet(char *p, struct span s)
{
	struct span octal;
	size_t zeros = 0;
	uint64_t value;

	if (hex_number(s)) {
		value = value_of(span_skip(s, 2), 16);
		return value != 0 ? (size_t)snprintf(p, OCTET_MAX, "%" PRIu64,
		    value) : 0;
	}
	while (zeros < s.n && s.p[zeros] == '0')
		zeros++;
	octal = span_skip(s, zeros);
	if (zeros != 0 && octal.n != 0 && octal.n <= 3 &&
	    (octal.n < 3 || octal.p[0] <= '3') &&
	    span_chr(octal, '8') == octal.n && span_chr(octal, '9') == octal.n)
		return (size_t)snprintf(p, OCTET_MAX, "%" PRIu64,
		    value_of(octal, 8));
	if (octal.n != 0)
		memcpy(p, octal.p, octal.n);
	return octal.n;
}

/* Four numbers, each in some base, as four decimals. */
static bool
four_numbers(struct linkforms *f, const struct pieces *u)
{
	struct span rest = u->host, part;
	char *text = arena_bytes(f->arena, u->host.n + 4 * OCTET_MAX);
	size_t n = 0, parts = 0;

	while (span_cut(&rest, '.', &part)) {
		if (++parts > 4 || (!hex_number(part) && !all_digits(part, 10)))
			return false;
		if (parts > 1)
			text[n++] = '.';
		n += put_octet(text + n, part);
	}
	if (parts != 4 || u->host.p[u->host.n - 1] == '.')
		return false;
	put_joined(f, u->proto, span_make(text, n), u->rest);
	return true;
}

/* One number: its first 32 bits, left aligned if it has more. */
static void
one_number(struct linkforms *f, const struct pieces *u, uint64_t value)
{
	char text[16];

	while (value > UINT32_MAX)
		value >>= 4;
	snprintf(text, sizeof(text), "%u.%u.%u.%u",
	    (unsigned)(value >> 24), (unsigned)(value >> 16 & 255),
	    (unsigned)(value >> 8 & 255), (unsigned)(value & 255));
	put_joined(f, u->proto, arena_span(f->arena, span_of(text)), u->rest);
}

/* http://foo as http://www.foo.com, which browsers once tried. */
static void
guessed_name(struct linkforms *f, const struct pieces *u)
{
	struct span name = u->host_name, com = span_of(".com");
	char *p;

	if (!span_is(u->proto, "http://") || u->user || u->port_odd ||
	    span_is(name, "localhost"))
		return;
	if (span_starts(name, "www.") && name.n > 4)
		name = span_skip(name, 4);
	if (span_chr(name, '.') != name.n ||
	    registry_valid(f->view->registry, u->host_name))
		return;
	p = arena_bytes(f->arena, name.n + com.n);
	memcpy(p, name.p, name.n);
	memcpy(p + name.n, com.p, com.n);
	put_joined(f, span_of("http://www."), span_make(p, name.n + com.n),
	    u->rest);
}

static void
host_numbers(struct linkforms *f, const struct pieces *u)
{
	struct span digits = u->host;
	bool number = digits.n != 0 && char_digit((unsigned char)digits.p[0]);

	if (number && four_numbers(f, u))
		return;
	if (number && hex_number(digits)) {
		digits = span_skip(digits, 2);
		if (digits.n > 8)
			digits = span_skip(digits, digits.n - 8);
		one_number(f, u, value_of(digits, 16));
	} else if (number && all_digits(digits, 10)) {
		one_number(f, u, value_of(digits, 10));
	} else {
		guessed_name(f, u);
	}
}

/* All forms of one URL; those of its target come later. */
static void
make_forms(struct linkforms *f, struct span url)
{
	struct pieces u;
	struct span s;

	if (url.n <= 1 || strchr("#?&", url.p[0]) != NULL ||
	    (url.p[0] == '/' && url.p[1] != '/'))
		return;
	if (is_mail(url)) {
		mail_forms(f, url);
		return;
	}
	s = linkclean(f->arena, url);
	put(f, s);
	if (!cut_url(s, &u))
		return;
	if (u.no_port.n != u.rest.n)
		put_joined(f, u.proto, u.host, u.no_port);
	host_as_ascii(f, &u);
	host_controls(f, &u);
	targets(f, &u);
	host_trimmed(f, &u);
	host_numbers(f, &u);
}

void
linkforms_make(struct linkforms *f, struct span url)
{
	size_t i;

	f->count = f->target_count = f->bytes = 0;
	f->full = false;
	put_target(f, url);
	for (i = 0; i < f->target_count; i++)
		make_forms(f, f->items[f->targets[i]]);
}
