/*
 * html_rules_uri - the URIs that SpamAssassin collects from HTML: each of them
 * once, made absolute in its own way (nearly RFC 3986 section 5.2; it also
 * guesses a scheme for "//www." and "//ftp."), with the elements of each.
 */
#include <string.h>

#include "mail/html_chars.h"
#include "mail/html_rules_build.h"
#include "mail/linkset.h"

#define BASE_ENDING_MAX 4	/* of a file's name that <base> ends in */
#define BASE_ENDING_MIN 2

struct parts {
	bool has_scheme, has_authority, has_query, has_fragment;
	struct span scheme, authority, path, query, fragment;
};

void
html_rules_uri_begin(struct html_rules_build *b, size_t input)
{
	b->base = span_of("");
	b->base_left = HTML_BASE_SHARE * input;
	b->uri_set = linkset_new(b->arena);
}

size_t
html_rules_uri_entry(struct html_rules_build *b, struct span uri)
{
	bool fresh;
	size_t i = b->uri_last;

	/* An <a> asks twice for its own. */
	if (i != 0 && b->uris[i - 1].uri.p == uri.p &&
	    b->uris[i - 1].uri.n == uri.n)
		return i;
	if (b->uri_count >= HTML_LINKS_MAX)
		return linkset_find(b->uri_set, uri, &i) ? i + 1 : 0;
	i = linkset_put(b->uri_set, uri, &fresh);
	if (fresh) {
		b->uris = arena_room(b->arena, b->uris, i, sizeof(*b->uris),
		    &b->uri_room);
		b->uris[i].uri = uri;
		b->uri_count++;
	}
	b->uri_last = i + 1;
	return i + 1;
}

/* At most HTML_URL_MAX characters, without white space around. */
struct span
html_rules_uri_clean(struct html_rules_build *b, struct span uri)
{
	size_t i, chars = 0;

	uri = html_chars_trim(uri);
	if (uri.n <= HTML_URL_MAX)
		return uri;
	for (i = 0; i < uri.n; i++) {
		chars += ((unsigned char)uri.p[i] & 0xc0) != 0x80;
		if (chars > HTML_URL_MAX) {
			b->out->uri_truncated = true;
			break;
		}
	}
	return span_head(uri, i);
}

/* Up to the first byte that is in stop. */
static struct span
cut_until(struct span *rest, const char *stop)
{
	struct span part = span_head(*rest, span_any(*rest, stop));

	*rest = span_skip(*rest, part.n);
	return part;
}

/* RFC 3986 appendix B. */
static void
parse(struct span uri, struct parts *u)
{
	struct span rest = uri, scheme;

	memset(u, 0, sizeof(*u));
	u->scheme = u->authority = u->query = u->fragment = span_of("");
	scheme = cut_until(&rest, ":/?#");
	if (scheme.n != 0 && rest.n != 0 && rest.p[0] == ':') {
		u->has_scheme = true;
		u->scheme = scheme;
		rest = span_skip(rest, 1);
	} else {
		rest = uri;
	}
	if (span_starts(rest, "//")) {
		u->has_authority = true;
		rest = span_skip(rest, 2);
		u->authority = cut_until(&rest, "/?#");
	}
	u->path = cut_until(&rest, "?#");
	if (rest.n != 0 && rest.p[0] == '?') {
		u->has_query = true;
		rest = span_skip(rest, 1);
		u->query = cut_until(&rest, "#");
	}
	if (rest.n != 0) {
		u->has_fragment = true;
		rest = span_skip(rest, 1);
		u->fragment = cut_until(&rest, "\n");
	}
}

/* True for what, and nothing or a slash behind it. */
static bool
segment_is(struct span path, const char *what)
{
	size_t n = strlen(what);

	return span_starts(path, what) && (path.n == n || path.p[n] == '/');
}

/* RFC 3986 section 5.2.4, nearly: only one leading "../" is dropped. */
static struct span
remove_dots(struct html_rules_build *b, struct span path)
{
	char *out;
	size_t n = 0, i;

	if (span_find(path, span_of("./")) == path.n &&
	    span_find(path, span_of("/.")) == path.n)
		return span_is(path, "0") ? span_head(path, 0) : path;
	out = arena_bytes(b->arena, path.n);
	if (span_starts(path, "./"))
		path = span_skip(path, 1);
	else if (span_starts(path, "../"))
		path = span_skip(path, 2);
	while (path.n != 0) {
		if (segment_is(path, "/.")) {
			if (path.n == 2)
				path = span_make("/", 1);
			else
				path = span_skip(path, 2);
		} else if (segment_is(path, "/..")) {
			if (path.n == 3)
				path = span_make("/", 1);
			else
				path = span_skip(path, 3);
			while (n > 0 && out[--n] != '/')
				;
		} else {
			for (i = 1; i < path.n && path.p[i] != '/'; i++)
				;
			memcpy(out + n, path.p, i);
			n += i;
			path = span_skip(path, i);
		}
	}
	return span_make(out, n);
}

static struct span
merge(struct html_rules_build *b, const struct parts *base, struct span path)
{
	size_t slash;

	if (base->has_authority && (base->path.n == 0 ||
	    span_is(base->path, "0")))
		return arena_join(b->arena, span_of("/"), path);
	slash = span_rchr(base->path, '/');
	if (slash == base->path.n)
		return path;
	return arena_join(b->arena, span_head(base->path, slash + 1), path);
}

static void
resolve(struct html_rules_build *b, const struct parts *base,
    const struct parts *r, struct parts *t)
{
	*t = *r;
	if (r->has_scheme && !(base->has_scheme &&
	    span_eq(r->scheme, base->scheme))) {
		t->path = remove_dots(b, r->path);
		return;
	}
	t->has_scheme = base->has_scheme;
	t->scheme = base->scheme;
	if (r->has_authority) {
		t->path = remove_dots(b, r->path);
		return;
	}
	t->has_authority = base->has_authority;
	t->authority = base->authority;
	if (r->path.n == 0) {
		t->path = base->path;
		if (!r->has_query) {
			t->has_query = base->has_query;
			t->query = base->query;
		}
	} else if (r->path.p[0] == '/') {
		t->path = remove_dots(b, r->path);
	} else {
		t->path = remove_dots(b, merge(b, base, r->path));
	}
}

/* "www." or "ftp.", digits allowed before the dot. */
static bool
host_like(struct span authority, const char *what)
{
	size_t i = strlen(what);

	if (!span_istarts(authority, what))
		return false;
	while (i < authority.n && char_digit((unsigned char)authority.p[i]))
		i++;
	return i < authority.n && authority.p[i] == '.';
}

static struct span
compose(struct html_rules_build *b, const struct parts *t)
{
	struct span parts[9];
	size_t n = 0;

	if (t->has_scheme && !span_is(t->scheme, "0")) {
		parts[n++] = t->scheme;
		parts[n++] = span_of(":");
	} else if (t->has_authority && host_like(t->authority, "www")) {
		parts[n++] = span_of("http:");
	} else if (t->has_authority && host_like(t->authority, "ftp")) {
		parts[n++] = span_of("ftp:");
	}
	if (t->has_authority) {
		parts[n++] = span_of("//");
		parts[n++] = t->authority;
	}
	parts[n++] = t->path;
	if (t->has_query) {
		parts[n++] = span_of("?");
		parts[n++] = t->query;
	}
	if (t->has_fragment) {
		parts[n++] = span_of("#");
		parts[n++] = t->fragment;
	}
	return arena_concat(b->arena, parts, n);
}

/* What nothing about has to change: the ordinary absolute URL. */
static bool
is_complete(const struct parts *r)
{
	return r->has_scheme && !span_is(r->scheme, "0") &&
	    r->has_authority && !span_is(r->path, "0") &&
	    span_find(r->path, span_of("/.")) == r->path.n &&
	    span_chr(r->fragment, '\n') == r->fragment.n;
}

/* The same of most of them, seen at once. */
static bool
is_ordinary(struct span uri)
{
	return (span_starts(uri, "https://") || span_starts(uri, "http://")) &&
	    span_find(uri, span_of("/.")) == uri.n &&
	    span_chr(uri, '\n') == uri.n;
}

/* A path alone, and no base that it could be joined with. */
static bool
is_bare(const struct parts *r)
{
	return !r->has_scheme && !r->has_authority && !r->has_fragment &&
	    r->path.n != 0 && !span_is(r->path, "0") &&
	    span_chr(r->path, '.') == r->path.n;
}

static struct span
target(struct html_rules_build *b, struct span uri)
{
	struct parts base, r, t;

	if (is_ordinary(uri))
		return uri;
	parse(uri, &r);
	if (is_complete(&r) && span_chr(uri, '\n') == uri.n)
		return uri;
	if (b->base.n == 0 && is_bare(&r))
		return uri;
	if (b->base.n > b->base_left) {
		b->base = span_of("");
		b->out->uri_truncated = true;
	}
	b->base_left -= b->base.n;
	parse(b->base, &base);
	resolve(b, &base, &r, &t);
	return compose(b, &t);
}

/* Kept as they are. */
static bool
opaque(struct span uri)
{
	return span_istarts(uri, "data:") || span_istarts(uri, "mailto:") ||
	    span_istarts(uri, "file:") || span_istarts(uri, "cid:") ||
	    span_istarts(uri, "tel:");
}

void
html_rules_uri(struct html_rules_build *b, enum html_type type,
    struct span uri)
{
	size_t entry;

	uri = html_rules_uri_clean(b, uri);
	if (uri.n == 0)
		return;
	if (!opaque(uri))
		uri = target(b, uri);
	if (uri.n == 0)
		return;
	entry = html_rules_uri_entry(b, uri);
	if (entry != 0)
		b->uris[entry - 1].types |= 1u << type;
}

/* "http://host/dir/index.html" without its last part. */
static struct span
without_file(struct span uri, size_t host)
{
	size_t slash, dot, start = host;

	while (start < uri.n && uri.p[start] != '/')
		start++;
	if (start == host || start == uri.n)
		return uri;
	dot = span_rchr(uri, '.');
	if (dot >= uri.n || dot <= start)
		return uri;
	if (uri.n - dot - 1 < BASE_ENDING_MIN ||
	    uri.n - dot - 1 > BASE_ENDING_MAX ||
	    span_chr(span_skip(uri, dot), '/') != uri.n - dot)
		return uri;
	/* The name before the dot has neither a dot nor a slash. */
	for (slash = dot; slash > start + 1 && uri.p[slash - 1] != '/' &&
	    uri.p[slash - 1] != '.'; slash--)
		;
	return slash < dot ? span_head(uri, slash) : uri;
}

void
html_rules_uri_base(struct html_rules_build *b, struct span href)
{
	struct span uri = html_rules_uri_clean(b, href), rest;
	size_t host, slashes = 0;

	/* Perl takes a "0" for nothing at all. */
	if (span_is(href, "0") || href.n == 0)
		return;
	html_rules_uri(b, HTML_TYPE_BASE, uri);
	if (!span_istarts(uri, "http:") && !span_istarts(uri, "https:") &&
	    !span_istarts(uri, "ftp:"))
		return;
	host = span_chr(uri, ':') + 1;
	rest = span_skip(uri, host);
	while (slashes < 2 && slashes < rest.n && rest.p[slashes] == '/')
		slashes++;
	uri = without_file(uri, host + slashes);
	if (uri.p[uri.n - 1] == '/')
		b->base = uri;
	else
		b->base = arena_printf(b->arena, "%.*s/", SPAN_ARG(uri));
}

void
html_rules_uri_end(struct html_rules_build *b)
{
	struct html_uri *out = arena_alloc(b->arena,
	    b->uri_count * sizeof(*out));
	size_t i;

	for (i = 0; i < b->uri_count; i++) {
		out[i].uri = b->uris[i].uri;
		out[i].types = b->uris[i].types;
		out[i].anchors.p = b->uris[i].anchors.p;
		out[i].anchors.n = b->uris[i].anchors.n;
	}
	b->out->uris = out;
	b->out->uri_count = b->uri_count;
}
