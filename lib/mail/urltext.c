/*
 * urltext - addresses in running text.
 *
 * What mail readers make clickable ends at white space, brackets and quotes.
 * So the text is taken in chunks between these, and a chunk without any of
 * ".@:" is passed over.  Inside a chunk each start is tried as a URL, an
 * address of mail, a bare host, in this order; where each of them would end
 * does not depend on the start, so that the whole is linear.
 */
#include "mail/urltext.h"

#include <string.h>

#include "mail/urlescape.h"

#define ESCAPE 0x1b	/* of ISO 2022: three bytes that may touch a URL */
#define NBSP 0xa0	/* as a byte, also where it is part of UTF-8 */

enum {
	WORD = 1,	/* letters, digits, "_" */
	END = 2,	/* ends any address */
	MAIL_END = 4,	/* ends an address of mail */
	START = 8,	/* an address may begin behind it */
	BARE_START = 16,	/* a bare host may begin behind it */
	HOST = 32,	/* may be in a bare host */
	TRAILING = 64	/* punctuation that readers leave off the end */
};

#define LETTER (WORD | HOST)
#define SPACE (END | MAIL_END | START | BARE_START)
#define OPENING SPACE
#define CLOSING (END | MAIL_END | BARE_START)
#define POINT (BARE_START | TRAILING)

static const unsigned char classes[256] = {
	['\t' ... '\r'] = SPACE, [ESCAPE] = SPACE, [' '] = SPACE,
	['!'] = POINT, ['"'] = OPENING, ['#'] = POINT, ['$'] = BARE_START,
	['&'] = POINT, ['\''] = MAIL_END | START | POINT,
	['('] = MAIL_END | START | POINT, [')' ... '+'] = POINT,
	[','] = MAIL_END | START | POINT, ['-'] = HOST | TRAILING,
	['.'] = HOST | TRAILING, ['/'] = BARE_START,
	['0' ... '9'] = LETTER, [':'] = POINT, [';'] = POINT,
	['<'] = OPENING, ['='] = POINT, ['>'] = OPENING, ['?'] = POINT,
	['@'] = POINT, ['A' ... 'Z'] = LETTER, ['['] = OPENING,
	['\\'] = BARE_START, [']'] = CLOSING, ['^'] = POINT,
	['_'] = LETTER | TRAILING, ['`'] = OPENING, ['a' ... 'z'] = LETTER,
	['{'] = OPENING, ['|'] = OPENING, ['}'] = CLOSING, ['~'] = POINT,
	[0x80 ... 0x9f] = MAIL_END, [NBSP] = SPACE, [0xa1 ... 0xff] = MAIL_END,
};

/* No address without one of these. */
static const char signs[] = ".@:";

static unsigned char
class_of(char c)
{
	return classes[(unsigned char)c];
}

static unsigned char
class_at(const struct urltext_scan *c, size_t i)
{
	return class_of(c->text.p[i]);
}

/* Whether an address of any kind may begin at i. */
static bool
may_start(const struct urltext_scan *c, size_t i)
{
	unsigned char here = class_at(c, i), before = 0;

	if (i != 0)
		before = class_at(c, i - 1);
	if (((here ^ before) & WORD) != 0 || (before & START) != 0)
		return true;
	return i >= 3 && c->text.p[i - 3] == ESCAPE && c->text.p[i - 2] == '(';
}

/* Length of what makes a URL of its own at the start of s, or 0. */
static size_t
known_start(struct span s)
{
	static const char *const starts[] = { "http://", "https://", "ftp://",
	    "ftp." };
	size_t i;

	if (s.n == 0 || strchr("hHfFwW", s.p[0]) == NULL)
		return 0;
	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (span_istarts(s, starts[i]))
			return strlen(starts[i]);
	if (!span_istarts(s, "www"))
		return 0;
	for (i = 3; i < s.n && i < 5 && char_digit((unsigned char)s.p[i]); i++)
		continue;
	return i < s.n && s.p[i] == '.' ? i + 1 : 0;
}

/* The ends of what follow are 0 where there is no such address at i. */

static size_t
known_end(const struct urltext_scan *c, size_t i)
{
	size_t n = known_start(span_make(c->text.p + i, c->end - i));

	return n != 0 && c->end - i > n && c->end - i - n <= URLTEXT_MAX ?
	    c->end : 0;
}

/* The same of one that goes on behind its end. */
static size_t
long_end(const struct urltext_scan *c, size_t i)
{
	size_t n = known_start(span_make(c->text.p + i, c->end - i));

	return n != 0 && c->end - i - n > URLTEXT_MAX ?
	    i + n + URLTEXT_MAX : 0;
}

static size_t
mail_end(struct urltext_scan *c, size_t i)
{
	struct span s = span_make(c->text.p + i, c->end - i);

	if (c->mail_end < i)
		c->mail_end = i;
	while (c->mail_end < c->end &&
	    (class_at(c, c->mail_end) & MAIL_END) == 0)
		c->mail_end++;
	if (span_istarts(s, "mailto:") && c->mail_end > i + 7 &&
	    c->mail_end - i - 7 <= URLTEXT_MAX)
		return c->mail_end;
	if (c->at_or_end < i)
		c->at_or_end = i;
	while (c->at_or_end < c->mail_end && c->text.p[c->at_or_end] != '@')
		c->at_or_end++;
	if (c->at_or_end == c->mail_end || c->at_or_end == i ||
	    c->at_or_end - i > URLTEXT_MAIL_MAX ||
	    c->mail_end == c->at_or_end + 1 ||
	    c->mail_end - c->at_or_end - 1 > URLTEXT_MAIL_MAX)
		return 0;
	return c->mail_end;
}

/* Where port and path end that follow a host at i; 0 if something else does. */
static size_t
behind_host(const struct urltext_scan *c, size_t i, bool *cut)
{
	size_t n;

	if (i < c->end && c->text.p[i] == '.')
		i++;
	if (i < c->end && c->text.p[i] == ':') {
		for (n = 1; n <= 5 && i + n < c->end &&
		    char_digit((unsigned char)c->text.p[i + n]); n++)
			continue;
		i += n > 1 ? n : 0;
	}
	if (i < c->end && c->text.p[i] == '/' && c->end - i > 1) {
		*cut = c->end - i - 1 > URLTEXT_MAX;
		return *cut ? i + 1 + URLTEXT_MAX : c->end;
	}
	return i == c->end ? i : 0;
}

/* Finds out about the run of HOST that i is in. */
static void
look_at_host(struct urltext_scan *c, size_t i)
{
	struct span run;
	size_t end = i, label;

	while (end < c->end && (class_at(c, end) & HOST) != 0)
		end++;
	c->host_end = end;
	c->bare_end = 0;
	c->bare_cut = false;
	if (end > i && c->text.p[end - 1] == '.')
		end--;
	for (label = end; label > i && c->text.p[label - 1] != '.' &&
	    c->text.p[label - 1] != '_'; label--)
		continue;
	if (label <= i || label == end || c->text.p[label - 1] != '.')
		return;
	c->dot = label - 1;
	run = span_make(c->text.p + c->dot, end - c->dot);
	if (registry_valid(c->registry, run))
		c->bare_end = behind_host(c, end, &c->bare_cut);
}

static size_t
bare_end(struct urltext_scan *c, size_t i)
{
	unsigned char here = class_at(c, i);

	if ((here & WORD) == 0 || c->text.p[i] == '_' ||
	    (i != 0 && (class_at(c, i - 1) & BARE_START) == 0))
		return 0;
	if (c->host_end <= i)
		look_at_host(c, i);
	if (c->bare_end == 0 || c->dot <= i ||
	    c->dot - i > URLTEXT_HOST_MAX)
		return 0;
	return c->bare_end;
}

/* The next chunk that can hold an address. */
static bool
next_chunk(struct urltext_scan *c)
{
	size_t from = c->end;
	size_t sign = from + span_any(span_skip(c->text, from), signs);

	c->at = c->end = sign;
	if (sign == c->text.n)
		return false;
	while (c->at > from && (class_at(c, c->at - 1) & END) == 0)
		c->at--;
	while (c->end < c->text.n && (class_at(c, c->end) & END) == 0)
		c->end++;
	return true;
}

/* Without what readers do not take for a part of it. */
static struct span
trimmed(struct span found)
{
	struct span head = span_head(found, span_chr(found, '('));
	size_t close = span_rchr(head, ')');

	if (close < head.n)
		found.n = close;
	while (found.n != 0 &&
	    (class_of(found.p[found.n - 1]) & TRAILING) != 0)
		found.n--;
	return found;
}

/* "http://" and the like with nothing behind it. */
static bool
empty_url(struct span s)
{
	size_t i = 0, slashes = 0;

	while (i < s.n && (class_of(s.p[i]) & WORD) != 0)
		i++;
	if (i == 0 || i == s.n || s.p[i++] != ':')
		return false;
	while (i < s.n && s.p[i] == '/') {
		i++;
		slashes++;
	}
	return i == s.n && slashes <= 2;
}

static bool
starts_www(struct span s)
{
	return span_istarts(s, "www") && known_start(s) != 0;
}

/* Misread marks before an address of mail: "email:", "skype:", ":". */
static struct span
without_mark(struct span s)
{
	static const char *const marks[] = { "skype", "e-mail", "email",
	    "-mail", "mail" };
	struct span rest = s;
	size_t i, n = 0;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (span_istarts(s, marks[i])) {
			rest = span_skip(s, strlen(marks[i]));
			break;
		}
	while (n < rest.n && rest.p[n] == ':')
		n++;
	return n != 0 ? span_skip(rest, n) : s;
}

/* A slash, something, and then an "@". */
static bool
slash_before_at(struct span s)
{
	size_t slash = span_chr(s, '/'), at = span_rchr(s, '@');

	return slash < s.n && at < s.n && at > slash + 1;
}

/* "@", something, and then a dot. */
static bool
dot_behind_at(struct span s)
{
	size_t at = span_chr(s, '@');
	struct span rest = span_skip(s, at + 2);

	return span_chr(rest, '.') != rest.n;
}

/* Puts the scheme before it that is missing; false when it is no address. */
static bool
complete(struct arena *arena, struct urltext *u)
{
	struct span s = u->found;

	u->url = s;
	if (span_istarts(s, "http:") || span_istarts(s, "https:") ||
	    span_istarts(s, "ftp:") || span_istarts(s, "mailto:"))
		return true;
	u->schemeless = true;
	if (span_istarts(s, "ftp.")) {
		u->url = arena_join(arena, span_of("ftp://"), s);
	} else if (starts_www(s) || slash_before_at(s)) {
		u->url = arena_join(arena, span_of("http://"), s);
	} else if (span_chr(s, '@') != s.n) {
		if (!dot_behind_at(s) ||
		    span_find(s, span_of("&nbsp;")) != s.n)
			return false;
		u->url = arena_join(arena, span_of("mailto:"), without_mark(s));
	} else {
		if (span_chr(s, '.') == s.n)
			return false;
		u->unlinked = true;
		u->url = arena_join(arena, span_of("http://"), s);
	}
	return true;
}

/* The host of a mailto: exists as far as its top-level domain goes. */
static bool
mail_good(struct arena *arena, const struct registry *registry,
    struct urltext *u)
{
	struct span host;
	size_t n;

	u->url = urlescape_swap(arena, u->url);
	host = span_skip(u->url, span_chr(u->url, '@') + 1);
	for (n = 0; n < host.n && strchr("?&>", host.p[n]) == NULL; n++)
		continue;
	host.n = n;
	while (span_iends(host, "%20"))
		host.n -= 3;
	return registry_valid(registry, registry_ascii(arena, host));
}

static bool
accepted(struct arena *arena, const struct registry *registry,
    struct span host, struct urltext *u)
{
	struct span s = u->found;

	if (u->kind == URLTEXT_MAIL && span_chr(s, '@') == s.n)
		return false;
	if (host.n != 0 && !registry_fqdn(host))
		return false;
	if (span_istarts(s, "cid:") || span_istarts(s, "mid:") ||
	    empty_url(s) || !complete(arena, u))
		return false;
	return !span_istarts(u->url, "mailto:") ||
	    mail_good(arena, registry, u);
}

/* The end of an address that begins at i, or 0; *u is then untouched. */
static size_t
address_at(struct urltext_scan *c, size_t i, struct urltext *u,
    struct span *host)
{
	size_t end = known_end(c, i);

	*host = span_of(NULL);
	if (end != 0) {
		u->kind = URLTEXT_URL;
		return end;
	}
	end = mail_end(c, i);
	if (end != 0) {
		u->kind = URLTEXT_MAIL;
		return end;
	}
	end = long_end(c, i);
	if (end != 0) {
		u->kind = URLTEXT_URL;
		u->cut = true;
		return end;
	}
	end = bare_end(c, i);
	if (end == 0)
		return 0;
	u->kind = URLTEXT_SCHEMELESS;
	u->cut = c->bare_cut;
	for (*host = span_make(c->text.p + i, c->dot + 1 - i);
	    i + host->n < c->end && c->text.p[i + host->n] != '.' &&
	    (class_at(c, i + host->n) & HOST) != 0; )
		host->n++;
	return end;
}

void
urltext_begin(struct urltext_scan *scan, const struct registry *registry,
    struct span text)
{
	memset(scan, 0, sizeof(*scan));
	scan->registry = registry;
	scan->text = text;
}

/* The next address in the chunk, wanted or not. */
static bool
next_address(struct urltext_scan *c, struct urltext *u, struct span *host)
{
	size_t start, end;

	while (c->at < c->end) {
		start = c->at++;
		if (!may_start(c, start))
			continue;
		memset(u, 0, sizeof(*u));
		end = address_at(c, start, u, host);
		if (end == 0 || (u->cut && c->cut_end == c->end))
			continue;
		/* One of a chunk is enough; what else begins in it counts. */
		if (u->cut)
			c->cut_end = c->end;
		else
			c->at = end;
		u->found = trimmed(span_make(c->text.p + start, end - start));
		return true;
	}
	return false;
}

bool
urltext_next(struct arena *arena, struct urltext_scan *scan,
    struct urltext *out)
{
	struct urltext u;
	struct span host;

	do {
		while (next_address(scan, &u, &host))
			if (accepted(arena, scan->registry, host, &u)) {
				*out = u;
				return true;
			}
	} while (next_chunk(scan));
	return false;
}
