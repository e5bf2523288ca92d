/* urlput - the normalised text of a URL while it is written. */
#include "mail/urlput.h"

#include <string.h>

#define BIT(set) (1u << ESCAPE_ ## set)
#define USER BIT(USER)
#define PATH (BIT(PATH) | USER)
#define QUERY (BIT(QUERY) | BIT(WEB_QUERY) | PATH)
#define FRAGMENT (BIT(FRAGMENT) | QUERY)
#define ALL (BIT(CONTROL) | FRAGMENT)

/* The sets that a byte is in. */
static const unsigned char escaped[256] = {
	[0 ... 0x1f] = ALL, [0x7f ... 0xff] = ALL,
	[' '] = FRAGMENT, ['"'] = FRAGMENT, ['<'] = FRAGMENT, ['>'] = FRAGMENT,
	['#'] = QUERY, ['\''] = BIT(WEB_QUERY), ['`'] = BIT(FRAGMENT) | PATH,
	['?'] = PATH, ['^'] = PATH, ['{'] = PATH, ['}'] = PATH,
	['/'] = USER, [':'] = USER, [';'] = USER, ['='] = USER, ['@'] = USER,
	['['] = USER, ['\\'] = USER, [']'] = USER, ['|'] = USER,
};

void
urlput_char(struct urlput *u, char c)
{
	if (u->n < sizeof(u->out))
		u->out[u->n++] = c;
	else
		u->full = true;
}

void
urlput_span(struct urlput *u, struct span s)
{
	size_t room = sizeof(u->out) - u->n;

	if (s.n > room) {
		u->full = true;
		s.n = room;
	}
	if (s.n != 0)
		memcpy(u->out + u->n, s.p, s.n);
	u->n += s.n;
}

void
urlput_escaped(struct urlput *u, struct span s, enum escape set)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char c = 0;
	size_t n;

	for (; s.n != 0; s = span_skip(s, n + 1)) {
		for (n = 0; n < s.n; n++) {
			c = (unsigned char)s.p[n];
			if ((escaped[c] & 1u << set) != 0)
				break;
		}
		urlput_span(u, span_head(s, n));
		if (n == s.n)
			break;
		urlput_char(u, '%');
		urlput_char(u, hex[c >> 4]);
		urlput_char(u, hex[c & 15]);
	}
}

static bool
is_slash(const struct urlput *u, char c)
{
	return c == '/' || (u->web && c == '\\') || (u->file && c == '\\');
}

bool
urlput_slash_at(struct urlput *u, struct span in, size_t i)
{
	if (i >= in.n || !is_slash(u, in.p[i]))
		return false;
	if (in.p[i] == '\\')
		u->url.flags |= URL_BACKSLASH;
	return true;
}

bool
urlput_drive(struct span s)
{
	return s.n == 2 && char_alpha((unsigned char)s.p[0]) &&
	    (s.p[1] == ':' || s.p[1] == '|');
}

/* "." is one, ".." two, also as %2e; anything else none. */
static unsigned
dots_of(struct span segment)
{
	unsigned n = 0;

	while (segment.n != 0) {
		if (segment.p[0] == '.')
			segment = span_skip(segment, 1);
		else if (span_istarts(segment, "%2e"))
			segment = span_skip(segment, 3);
		else
			return 0;
		n++;
	}
	return n <= 2 ? n : 0;
}

void
urlput_shorten(struct urlput *u)
{
	struct span path = span_make(u->out + u->path, u->n - u->path);
	size_t slash = span_rchr(path, '/');

	if (u->file && path.n == 3 && urlput_drive(span_skip(path, 1)) &&
	    path.p[2] == ':')
		return;
	if (slash < path.n)
		u->n = u->path + slash;
}

static void
put_segment(struct urlput *u, struct span segment, bool more)
{
	unsigned dots = dots_of(segment);

	if (dots != 0)
		u->url.flags |= URL_DOTS;
	if (dots == 2)
		urlput_shorten(u);
	if (dots != 0) {
		if (!more)
			urlput_char(u, '/');
		return;
	}
	if (u->file && u->n == u->path && urlput_drive(segment)) {
		urlput_char(u, '/');
		urlput_char(u, segment.p[0]);
		urlput_char(u, ':');
		return;
	}
	urlput_char(u, '/');
	urlput_escaped(u, segment, ESCAPE_PATH);
}

void
urlput_segments(struct urlput *u, struct span path)
{
	size_t i;
	bool more;

	do {
		i = span_any(path, u->web || u->file ? "/\\" : "/");
		more = urlput_slash_at(u, path, i);
		put_segment(u, span_head(path, i), more);
		path = span_skip(path, i + 1);
	} while (more);
}

struct span
urlput_cut(struct span *in, const char *stops)
{
	struct span part = span_head(*in, span_any(*in, stops));

	*in = span_skip(*in, part.n);
	return part;
}

static void
put_fragment(struct urlput *u, struct span in)
{
	if (in.n == 0)
		return;
	u->has_fragment = true;
	urlput_char(u, '#');
	u->fragment = u->n;
	urlput_escaped(u, span_skip(in, 1), ESCAPE_FRAGMENT);
}

void
urlput_query(struct urlput *u, struct span in)
{
	struct span query;

	if (in.n != 0 && in.p[0] == '?') {
		query = urlput_cut(&in, "#");
		u->has_query = true;
		urlput_char(u, '?');
		u->query = u->n;
		urlput_escaped(u, span_skip(query, 1),
		    u->web || u->file ? ESCAPE_WEB_QUERY : ESCAPE_QUERY);
		u->query_end = u->n;
	}
	put_fragment(u, in);
}

void
urlput_end_path(struct urlput *u)
{
	/* WHATWG URL 4.5: otherwise it would read as a host. */
	if (!u->has_host && !u->opaque && u->n - u->path >= 2 &&
	    u->out[u->path + 1] == '/' && u->n + 2 <= sizeof(u->out)) {
		memmove(u->out + u->path + 2, u->out + u->path,
		    u->n - u->path);
		memcpy(u->out + u->path, "/.", 2);
		u->path += 2;
		u->n += 2;
	}
	u->path_end = u->n;
}
