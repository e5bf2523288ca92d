/*
 * url - one address of the web or of mail, as browsers understand it: the
 * basic URL parser of the WHATWG, written by what it accepts rather than as
 * its state machine.  The normalised text grows from left to right; where a
 * component lies in it is kept as an offset.
 */
#include "mail/url.h"

#include <string.h>

#include "mail/urlescape.h"
#include "mail/urlhost.h"
#include "mail/urlput.h"

#define BASE_MAX (3 * URL_MAX)

static const struct {
	struct span scheme;
	int port;
	enum url_kind kind;
} schemes[] = {
	{ SPAN("http"), 80, URL_WEB }, { SPAN("https"), 443, URL_WEB },
	{ SPAN("ftp"), 21, URL_WEB }, { SPAN("ws"), 80, URL_WEB },
	{ SPAN("wss"), 443, URL_WEB },
	{ SPAN("file"), URL_PORT_NONE, URL_FILE },
	{ SPAN("mailto"), URL_PORT_NONE, URL_MAILTO },
};

/* WHATWG URL 4.1, "starts with a Windows drive letter". */
static bool
starts_drive(struct span s)
{
	return s.n >= 2 && urlput_drive(span_head(s, 2)) &&
	    (s.n == 2 || strchr("/\\?#", s.p[2]) != NULL);
}

/* Path, query and fragment behind what is already in the path. */
static void
put_rest(struct urlput *u, struct span in)
{
	urlput_segments(u, urlput_cut(&in, "?#"));
	urlput_end_path(u);
	urlput_query(u, in);
}

/* The path start state: behind a host, or without any. */
static void
put_path(struct urlput *u, struct span in)
{
	u->path = u->n;
	if (!u->web && !u->file && (in.n == 0 || in.p[0] == '?' ||
	    in.p[0] == '#')) {
		urlput_end_path(u);
		urlput_query(u, in);
		return;
	}
	if (urlput_slash_at(u, in, 0))
		in = span_skip(in, 1);
	put_rest(u, in);
}

static void
put_opaque(struct urlput *u, struct span in)
{
	struct span path = urlput_cut(&in, "?#");
	bool space = path.n != 0 && path.p[path.n - 1] == ' ';

	u->path = u->n;
	u->opaque = true;
	if (space && in.n != 0)
		path.n--;
	urlput_escaped(u, path, ESCAPE_CONTROL);
	if (space && in.n != 0)
		urlput_span(u, span_of("%20"));
	urlput_end_path(u);
	urlput_query(u, in);
}

static void
put_userinfo(struct urlput *u, struct span info)
{
	size_t colon = span_chr(info, ':');
	struct span password = span_skip(info, colon + 1);

	u->url.flags |= URL_USERINFO;
	u->user = u->n;
	urlput_escaped(u, span_head(info, colon), ESCAPE_USER);
	u->password = u->n;
	if (password.n != 0) {
		urlput_char(u, ':');
		u->password = u->n;
		urlput_escaped(u, password, ESCAPE_USER);
	}
	u->userinfo_end = u->n;
	if (u->n != u->user)
		urlput_char(u, '@');
}

static bool
put_port(struct urlput *u, struct span digits)
{
	char text[8], *p = text + sizeof(text);
	long port = 0;
	size_t i;

	for (i = 0; i < digits.n; i++) {
		if (!char_digit((unsigned char)digits.p[i]))
			return false;
		port = port * 10 + (digits.p[i] - '0');
		if (port > 65535)
			return false;
	}
	if (digits.n == 0 || port == u->own_port)
		return true;
	u->url.port = (int)port;
	u->url.flags |= URL_PORT_ODD;
	do
		*--p = (char)('0' + port % 10);
	while ((port /= 10) != 0);
	urlput_char(u, ':');
	urlput_span(u, span_make(p, (size_t)(text + sizeof(text) - p)));
	return true;
}

static bool
put_host(struct urlput *u, struct span host)
{
	struct urlhost h = { .kind = URL_HOST_NONE };

	u->has_host = true;
	u->host = u->n;
	if (host.n != 0) {
		if (!urlhost_parse(u->arena, host, u->web || u->file, &h))
			return false;
		if (u->file && span_is(h.text, "localhost"))
			h.text.n = 0;
		urlput_span(u, h.text);
	} else if (u->web) {
		return false;
	}
	u->url.host_kind = h.text.n != 0 ? h.kind : URL_HOST_NONE;
	u->url.ip = h.ip;
	u->url.flags |= h.flags;
	u->host_end = u->n;
	return true;
}

/* Where the colon before a port is, or host.n. */
static size_t
port_colon(struct span host)
{
	size_t i, depth = 0;

	for (i = 0; i < host.n; i++) {
		if (host.p[i] == '[')
			depth = 1;
		else if (host.p[i] == ']')
			depth = 0;
		else if (host.p[i] == ':' && depth == 0)
			break;
	}
	return i;
}

/* in begins behind "//". */
static bool
put_authority(struct urlput *u, struct span in)
{
	struct span authority = urlput_cut(&in, u->web ? "/\\?#" : "/?#"), host;
	size_t at = span_rchr(authority, '@'), colon;

	urlput_span(u, span_of("//"));
	u->user = u->password = u->userinfo_end = u->n;
	host = authority;
	if (at < authority.n) {
		put_userinfo(u, span_head(authority, at));
		host = span_skip(authority, at + 1);
		if (host.n == 0)
			return false;
	}
	colon = port_colon(host);
	if ((colon == 0 && host.n != 0) ||
	    !put_host(u, span_head(host, colon)) ||
	    !put_port(u, span_skip(host, colon + 1)))
		return false;
	put_path(u, in);
	return true;
}

/* Everything of base up to (not with) its path; the scheme is the same. */
static void
copy_authority(struct urlput *u)
{
	const struct url *base = u->base;
	const char *text = base->text.p;

	if (base->host.p == NULL)
		return;
	u->n = 0;
	u->has_host = true;
	urlput_span(u, span_make(text, (size_t)(base->path.p - text)));
	u->user = (size_t)(base->user.p - text);
	u->password = (size_t)(base->password.p - text);
	u->userinfo_end = u->password + base->password.n;
	u->host = (size_t)(base->host.p - text);
	u->host_end = u->host + base->host.n;
	u->url.host_kind = base->host_kind;
	u->url.ip = base->ip;
	u->url.port = base->port;
	u->url.flags |= base->flags & (URL_USERINFO | URL_PORT_ODD | URL_IP |
	    URL_IP_ODD | URL_IDN | URL_MIXED | URL_LOOKALIKE |
	    URL_HOST_ESCAPED | URL_HOST_ODD | URL_NUMERIC);
}

static void
copy_path(struct urlput *u)
{
	u->path = u->n;
	urlput_span(u, u->base->path);
}

/* in begins with neither slash: what stays of base depends on its start. */
static void
put_beside(struct urlput *u, struct span in)
{
	copy_path(u);
	if (in.n == 0 || in.p[0] == '?' || in.p[0] == '#') {
		urlput_end_path(u);
		if ((in.n == 0 || in.p[0] == '#') && u->base->query.p != NULL) {
			u->has_query = true;
			urlput_char(u, '?');
			u->query = u->n;
			urlput_span(u, u->base->query);
			u->query_end = u->n;
		}
		urlput_query(u, in);
		return;
	}
	if (u->file && starts_drive(in))
		u->n = u->path;
	else
		urlput_shorten(u);
	put_rest(u, in);
}

static bool
put_relative(struct urlput *u, struct span in)
{
	if (urlput_slash_at(u, in, 0) && urlput_slash_at(u, in, 1)) {
		in = span_skip(in, 2);
		while (u->web && urlput_slash_at(u, in, 0))
			in = span_skip(in, 1);
		return put_authority(u, in);
	}
	copy_authority(u);
	if (urlput_slash_at(u, in, 0)) {
		u->path = u->n;
		put_rest(u, span_skip(in, 1));
		return true;
	}
	put_beside(u, in);
	return true;
}

/* in begins behind "file://". */
static bool
put_file_host(struct urlput *u, struct span in)
{
	struct span rest = in, host = urlput_cut(&rest, "/\\?#");

	urlput_span(u, span_of("//"));
	u->user = u->password = u->userinfo_end = u->n;
	if (urlput_drive(host)) {
		if (!put_host(u, span_of("")))
			return false;
		u->path = u->n;
		put_rest(u, in);
		return true;
	}
	if (!put_host(u, host))
		return false;
	put_path(u, rest);
	return true;
}

static void
put_empty_host(struct urlput *u)
{
	urlput_span(u, span_of("//"));
	u->user = u->password = u->userinfo_end = u->n;
	u->host = u->host_end = u->n;
	u->has_host = true;
}

static bool
put_file(struct urlput *u, struct span in)
{
	bool from_base = u->base != NULL && u->base->kind == URL_FILE;
	struct span drive;

	if (urlput_slash_at(u, in, 0) && urlput_slash_at(u, in, 1))
		return put_file_host(u, span_skip(in, 2));
	if (from_base)
		copy_authority(u);
	else
		put_empty_host(u);
	if (urlput_slash_at(u, in, 0)) {
		in = span_skip(in, 1);
		u->path = u->n;
		if (from_base && !starts_drive(in)) {
			drive = span_head(span_skip(u->base->path, 1), 2);
			if (urlput_drive(drive) && drive.p[1] == ':' &&
			    (u->base->path.n == 3 || u->base->path.p[3] == '/'))
				urlput_span(u, span_head(u->base->path, 3));
		}
		put_rest(u, in);
		return true;
	}
	if (from_base) {
		put_beside(u, in);
		return true;
	}
	u->path = u->n;
	put_rest(u, in);
	return true;
}

static void
put_scheme(struct urlput *u, struct span scheme)
{
	size_t i;

	for (i = 0; i < scheme.n; i++)
		urlput_char(u, (char)char_lower(scheme.p[i]));
	u->url.scheme = span_make(u->out, u->n);
	urlput_char(u, ':');
	u->url.kind = URL_OTHER;
	u->own_port = URL_PORT_NONE;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (span_eq(u->url.scheme, schemes[i].scheme)) {
			u->url.kind = schemes[i].kind;
			u->own_port = schemes[i].port;
			break;
		}
	u->web = u->url.kind == URL_WEB;
	u->file = u->url.kind == URL_FILE;
}

static bool
put_absolute(struct urlput *u, struct span in)
{
	size_t slashes = 0;

	while (urlput_slash_at(u, in, slashes))
		slashes++;
	if (u->file)
		return put_file(u, in);
	if (u->web) {
		if (u->base != NULL && slashes < 2 &&
		    span_eq(u->base->scheme, u->url.scheme))
			return put_relative(u, in);
		if (slashes != 2)
			u->url.flags |= URL_SLASHES;
		return put_authority(u, span_skip(in, slashes));
	}
	if (slashes >= 2)
		return put_authority(u, span_skip(in, 2));
	if (slashes == 1)
		put_path(u, in);
	else
		put_opaque(u, in);
	return true;
}

static bool
put_from_base(struct urlput *u, struct span in)
{
	const struct url *base = u->base;
	bool opaque;

	if (base == NULL)
		return false;
	/* The host of mailto: is no part of its structure. */
	opaque = base->host.p == NULL || base->kind == URL_MAILTO;
	if (base->path.n != 0 && base->path.p[0] == '/')
		opaque = false;
	if (opaque && (in.n == 0 || in.p[0] != '#'))
		return false;
	put_scheme(u, base->scheme);
	u->opaque = opaque;
	if (opaque) {
		put_beside(u, in);
		return true;
	}
	return u->file ? put_file(u, in) : put_relative(u, in);
}

/* Length of the scheme in front of its colon, 0 when there is none. */
static size_t
scheme_length(struct span in)
{
	size_t i;

	if (in.n == 0 || !char_alpha((unsigned char)in.p[0]))
		return 0;
	for (i = 1; i < in.n; i++)
		if (!char_alpha((unsigned char)in.p[i]) &&
		    !char_digit((unsigned char)in.p[i]) &&
		    in.p[i] != '+' && in.p[i] != '-' && in.p[i] != '.')
			break;
	return i < in.n && in.p[i] == ':' ? i : 0;
}

/* Without what browsers take off before they look: WHATWG URL 4.4. */
static struct span
cleaned(struct urlput *u, struct span text)
{
	char *p;
	size_t i, n = 0;
	unsigned char c;

	while (text.n != 0 && (unsigned char)text.p[0] <= ' ')
		text = span_skip(text, 1);
	while (text.n != 0 && (unsigned char)text.p[text.n - 1] <= ' ')
		text.n--;
	if (text.n > URL_MAX) {
		u->url.flags |= URL_CUT;
		text.n = URL_MAX;
	}
	for (i = span_prose_run(text); i < text.n; i++) {
		c = (unsigned char)text.p[i];
		if (c >= 0x20 && c != 0x7f)
			continue;
		u->url.flags |= URL_CONTROL;
		n += c == '\t' || c == '\n' || c == '\r';
	}
	if (n == 0)
		return text;
	p = arena_bytes(u->arena, text.n - n);
	for (i = n = 0; i < text.n; i++)
		if (strchr("\t\n\r", text.p[i]) == NULL || text.p[i] == '\0')
			p[n++] = text.p[i];
	return span_make(p, n);
}

/* The domain of the first address of a mailto: path. */
static bool
mail_host(struct urlput *u, struct url *url)
{
	struct span path = url_unescape(u->arena, url->path);
	struct span address = span_head(path, span_chr(path, ','));
	size_t at = span_rchr(address, '@');
	struct urlhost h;

	if (at == address.n)
		return false;
	address = span_trim(span_skip(address, at + 1));
	if (!urlhost_parse(u->arena, address, true, &h))
		return false;
	url->host = h.text;
	url->host_kind = h.kind;
	url->ip = h.ip;
	url->flags |= h.flags;
	return true;
}

static void
finish(struct urlput *u, struct url *out)
{
	struct url url = u->url;
	const char *p;

	url.text = arena_span(u->arena, span_make(u->out, u->n));
	p = url.text.p;
	url.scheme.p = p;
	if (u->has_host) {
		url.user = span_make(p + u->user, u->password - u->user);
		url.password = span_make(p + u->password,
		    u->userinfo_end - u->password);
		if (url.password.n != 0)
			url.user.n--;	/* the colon */
		url.host = span_make(p + u->host, u->host_end - u->host);
	}
	url.path = span_make(p + u->path, u->path_end - u->path);
	if (u->has_query)
		url.query = span_make(p + u->query, u->query_end - u->query);
	if (u->has_fragment)
		url.fragment = span_make(p + u->fragment, u->n - u->fragment);
	if (url.kind == URL_MAILTO && u->opaque)
		mail_host(u, &url);
	if (url.host.n != 0 && url.host_kind == URL_HOST_NAME &&
	    url.host.p[url.host.n - 1] == '.')
		url.host.n--;
	*out = url;
}

bool
url_parse(struct arena *arena, struct span text, const struct url *base,
    struct url *out)
{
	struct urlput u;
	struct span in;
	size_t scheme;
	bool good;

	memset(&u, 0, offsetof(struct urlput, out));
	u.arena = arena;
	u.base = base != NULL && base->text.n <= BASE_MAX ? base : NULL;
	u.url.port = URL_PORT_NONE;
	in = cleaned(&u, text);
	u.url.flags |= urlescape_flags(in);
	scheme = scheme_length(in);
	if (scheme != 0) {
		put_scheme(&u, span_head(in, scheme));
		good = put_absolute(&u, span_skip(in, scheme + 1));
	} else {
		good = put_from_base(&u, in);
	}
	if (!good || u.full)
		return false;
	finish(&u, out);
	return true;
}
