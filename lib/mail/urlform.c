/* urlform - URLs for comparing, and escapes taken off. */
#include "mail/url.h"

#include <stdio.h>
#include <string.h>

#include "mail/urlescape.h"

struct span
url_unescape(struct arena *arena, struct span text)
{
	size_t i = span_chr(text, '%'), n;
	char *p;
	int c;

	for (; i < text.n && urlescape_at(span_skip(text, i)) < 0; i++)
		continue;
	if (i == text.n)
		return text;
	p = arena_bytes(arena, text.n);
	memcpy(p, text.p, i);
	for (n = i; i < text.n; i++) {
		c = urlescape_at(span_skip(text, i));
		p[n++] = c < 0 ? text.p[i] : (char)c;
		i += c < 0 ? 0 : 2;
	}
	return span_make(p, n);
}

/*
 * RFC 3986 6.2.2: an escape that is not needed is taken off, the others are in
 * upper case.  Writes at most s.n bytes; returns the end.
 */
static char *
put_plain(char *p, struct span s)
{
	size_t i;
	int c;

	for (i = 0; i < s.n; i++) {
		c = urlescape_at(span_skip(s, i));
		if (c < 0) {
			*p++ = s.p[i];
			continue;
		}
		i += 2;
		if (urlescape_needless(c))
			*p++ = (char)c;
		else
			p = urlescape_put(p, (unsigned char)c);
	}
	return p;
}

static char *
put_raw(char *p, struct span s)
{
	if (s.n != 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

/* Where the domain of an address begins: behind the last "@" or "%40". */
static size_t
domain_at(struct span address)
{
	size_t i;

	for (i = address.n; i > 0; i--) {
		if (address.p[i - 1] == '@')
			return i;
		if (urlescape_at(span_skip(address, i - 1)) == '@')
			return i + 2;
	}
	return 0;
}

/* The first address of mailto:, as one would write it; NULL: there is none. */
static char *
put_address(char *p, const struct url *url)
{
	struct span first = span_head(url->path, span_chr(url->path, ','));
	size_t at = domain_at(first);

	if (at == 0)
		return NULL;
	at -= first.p[at - 1] == '@' ? 1 : 3;
	p = put_plain(p, span_head(first, at));
	*p++ = '@';
	return put_raw(p, url->host);
}

static char *
put_place(char *p, const struct url *url)
{
	p = put_raw(p, span_of("//"));
	p = put_raw(p, url->host);
	if (url->port != URL_PORT_NONE)
		p += snprintf(p, sizeof(":65535"), ":%d", url->port);
	return p;
}

struct span
url_canonical(struct arena *arena, const struct url *url)
{
	/* The host of mailto: may be longer than in text; snprintf's zero. */
	char *start = arena_bytes(arena, url->text.n + url->host.n + 1);
	char *p = start, *end = NULL;

	p = put_raw(p, url->scheme);
	*p++ = ':';
	if (url->kind == URL_MAILTO && url->host.n != 0)
		end = put_address(p, url);
	if (end != NULL)
		return span_make(start, (size_t)(end - start));
	if (url->host.p != NULL && url->kind != URL_MAILTO)
		p = put_place(p, url);
	p = put_plain(p, url->path);
	if (url->query.p != NULL) {
		*p++ = '?';
		p = put_plain(p, url->query);
	}
	return span_make(start, (size_t)(p - start));
}
