/*
 * urlwrap - URLs that only lead to another one.
 *
 * A wrapper is a row: whose host, which path, where in the URL the target
 * stands and how it is written there.  What no row knows is looked through for
 * a URL in a parameter, in the path or in the fragment.
 */
#include "mail/urlwrap.h"

#include <string.h>

#include "mail/linkclean.h"
#include "mail/transfer.h"
#include "mail/urlescape.h"

#define DECODE_TIMES 4	/* escapes of escapes */
#define TELLING 5	/* byte from the end that differs in most names */

enum place {
	PLACE_PARAM,	/* value of the parameter named */
	PLACE_QUERY,	/* the whole query */
	PLACE_PATH,	/* path behind the row's */
	PLACE_SEGMENT,	/* path behind the row's and one segment more */
	PLACE_HOST	/* the first label of the host */
};

enum writing {
	WRITTEN_ESCAPED,	/* %XX */
	WRITTEN_BASE64,
	WRITTEN_BING,		/* "a1", then base64 */
	WRITTEN_PROOFPOINT2,	/* %XX with "-" for "%", and "_" for "/" */
	WRITTEN_PROOFPOINT3,	/* __URL__; with "*" for what base64 holds */
	WRITTEN_UNDERSCORED,	/* ___URL___.token */
	WRITTEN_HOST,		/* host/path without a scheme */
	WRITTEN_DASHED		/* a host with "-" for "." */
};

struct rule {
	const char *name;
	struct span host;	/* ".x.org": below it; "x.*": any ending; no
				 * shorter than TELLING without that */
	struct span path;	/* how it begins */
	const char *param;
	enum urlwrap_kind kind;
	enum place place;
	enum writing writing;
};

#define SCANNER(name, host, path, param, place, writing) \
	{ name, SPAN(host), SPAN(path), param, URLWRAP_SCANNER, place, writing }
#define KNOWN(name, host, path, param, place, writing) \
	{ name, SPAN(host), SPAN(path), param, URLWRAP_KNOWN, place, writing }
#define SCANNER_PARAM(name, host, path, param) \
	SCANNER(name, host, path, param, PLACE_PARAM, WRITTEN_ESCAPED)
#define KNOWN_PARAM(name, host, path, param) \
	KNOWN(name, host, path, param, PLACE_PARAM, WRITTEN_ESCAPED)

static const struct rule rules[] = {
	SCANNER_PARAM("proofpoint1", "urldefense.proofpoint.com", "/v1/url",
	    "u"),
	SCANNER("proofpoint2", "urldefense.proofpoint.com", "/v2/url", "u",
	    PLACE_PARAM, WRITTEN_PROOFPOINT2),
	SCANNER("proofpoint3", "urldefense.*", "/v3/", NULL,
	    PLACE_PATH, WRITTEN_PROOFPOINT3),
	SCANNER("proofpoint3", "urldefense.proofpoint.com", "/v3/", NULL,
	    PLACE_PATH, WRITTEN_PROOFPOINT3),
	SCANNER_PARAM("safelinks", ".safelinks.protection.outlook.com", "/",
	    "url"),
	SCANNER_PARAM("safelinks", ".safelinks.protection.office365.us", "/",
	    "url"),
	SCANNER_PARAM("safelinks", "statics.teams.cdn.office.net",
	    "/evergreen-assets/safelinks/", "url"),
	SCANNER_PARAM("safelinks", ".safelink.emails.azure.net", "/redirect",
	    "destination"),
	SCANNER_PARAM("barracuda", "linkprotect.cudasvc.com", "/url", "a"),
	SCANNER("cisco", "secure-web.cisco.com", "/", NULL,
	    PLACE_SEGMENT, WRITTEN_ESCAPED),
	SCANNER("sophos", ".protection.sophos.com", "/", "u",
	    PLACE_PARAM, WRITTEN_BASE64),
	SCANNER_PARAM("trendmicro", ".trendmicro.com", "/wis/clicktime/",
	    "url"),
	SCANNER_PARAM("symantec", "clicktime.symantec.com", "/", "u"),
	SCANNER_PARAM("fireeye", "protect.fireeye.com", "/", "u"),
	SCANNER_PARAM("fireeye", "protect2.fireeye.com", "/", "u"),
	SCANNER("avanan", "url.avanan.click", "/v2/", NULL,
	    PLACE_PATH, WRITTEN_UNDERSCORED),
	SCANNER("checkpoint", "protect.checkpoint.com", "/v2/", NULL,
	    PLACE_PATH, WRITTEN_UNDERSCORED),
	SCANNER_PARAM("trustwave", "scanmail.trustwave.com", "/", "u"),
	SCANNER_PARAM("vade", "antiphishing.vadesecure.com", "/", "u"),
	SCANNER_PARAM("libraesva", "urlsand.esvalabs.com", "/", "u"),
	SCANNER_PARAM("edgepilot", "link.edgepilot.com", "/s/", "u"),
	SCANNER_PARAM("gmx", "deref-gmx.*", "/mail/", "redirectUrl"),
	SCANNER_PARAM("gmx", "deref-mail.com", "/mail/", "redirectUrl"),
	KNOWN_PARAM("google", ".google.*", "/url", "q"),
	KNOWN_PARAM("google", ".google.*", "/url", "url"),
	KNOWN_PARAM("google", ".google.*", "/imgres", "imgrefurl"),
	KNOWN_PARAM("google", ".google.*", "/aclk", "adurl"),
	KNOWN_PARAM("google", ".google.*", "/pagead/", "adurl"),
	KNOWN_PARAM("google", "translate.google.*", "/translate", "u"),
	KNOWN_PARAM("google", "www.googleadservices.com", "/pagead/", "adurl"),
	KNOWN_PARAM("google", ".doubleclick.net", "/", "adurl"),
	KNOWN("google-amp", ".google.*", "/amp/s/", NULL,
	    PLACE_PATH, WRITTEN_HOST),
	KNOWN("google-amp", ".cdn.ampproject.org", "/c/s/", NULL,
	    PLACE_PATH, WRITTEN_HOST),
	KNOWN("google-translate", ".translate.goog", "/", NULL,
	    PLACE_HOST, WRITTEN_DASHED),
	KNOWN_PARAM("youtube", ".youtube.com", "/redirect", "q"),
	KNOWN("bing", ".bing.com", "/ck/a", "u", PLACE_PARAM, WRITTEN_BING),
	KNOWN_PARAM("duckduckgo", ".duckduckgo.com", "/l/", "uddg"),
	KNOWN_PARAM("facebook", ".facebook.com", "/l.php", "u"),
	KNOWN_PARAM("facebook", ".facebook.com", "/flx/warn/", "u"),
	KNOWN_PARAM("instagram", "l.instagram.com", "/", "u"),
	KNOWN_PARAM("threads", "l.threads.net", "/", "u"),
	KNOWN_PARAM("linkedin", ".linkedin.com", "/redir/", "url"),
	KNOWN_PARAM("linkedin", ".linkedin.com", "/safety/go", "url"),
	KNOWN_PARAM("vk", ".vk.com", "/away.php", "to"),
	KNOWN_PARAM("reddit", "out.reddit.com", "/", "url"),
	KNOWN_PARAM("tumblr", "t.umblr.com", "/redirect", "z"),
	KNOWN_PARAM("slack", "slack-redir.net", "/link", "url"),
	KNOWN_PARAM("steam", "steamcommunity.com", "/linkfilter/", "u"),
	KNOWN_PARAM("steam", "steamcommunity.com", "/linkfilter/", "url"),
	KNOWN("href.li", ".href.li", "/", NULL, PLACE_QUERY, WRITTEN_ESCAPED),
	KNOWN("anonym.to", ".anonym.to", "/", NULL,
	    PLACE_QUERY, WRITTEN_ESCAPED),
	KNOWN("dereferer", ".dereferer.org", "/", NULL,
	    PLACE_QUERY, WRITTEN_ESCAPED),
};

/* Whole, and without the last label, or the last two as in "co.uk". */
struct endings {
	struct span host, stem, shorter_stem;
};

static struct span
without_last(struct span host)
{
	size_t dot = span_rchr(host, '.');

	return span_head(host, dot < host.n ? dot : 0);
}

/* name is pattern, or below it when that begins with a dot. */
static bool
is_or_below(struct span name, struct span pattern)
{
	struct span tail;

	if (pattern.p[0] != '.')
		return span_eq(name, pattern);
	if (name.n < pattern.n)
		return span_eq(name, span_skip(pattern, 1));
	tail = span_skip(name, name.n - pattern.n);
	return tail.p[0] == '.' && span_eq(tail, pattern);
}

/* Nearly all are told apart by one byte. */
static inline bool
name_fits(struct span name, struct span pattern)
{
	return name.n >= TELLING && name.p[name.n - TELLING] ==
	    pattern.p[pattern.n - TELLING] && is_or_below(name, pattern);
}

static struct endings
endings_of(struct span host)
{
	struct endings e = { .host = host, .stem = without_last(host) };

	e.shorter_stem = without_last(e.stem);
	return e;
}

static bool
host_fits(const struct endings *e, struct span pattern)
{
	if (pattern.p[pattern.n - 1] != '*')
		return name_fits(e->host, pattern);
	pattern.n -= strlen(".*");
	return name_fits(e->stem, pattern) ||
	    name_fits(e->shorter_stem, pattern);
}

/* The value of a parameter; also of "amp;name", an entity left over. */
static struct span
param_of(struct span query, const char *name)
{
	struct span part;
	size_t equals;

	while (span_cut(&query, '&', &part)) {
		if (span_starts(part, "amp;"))
			part = span_skip(part, 4);
		equals = span_chr(part, '=');
		if (equals < part.n && span_iis(span_head(part, equals), name))
			return span_skip(part, equals + 1);
	}
	return span_of(NULL);
}

static struct span
placed(struct arena *arena, const struct url *url, const struct rule *rule)
{
	struct span behind = span_skip(url->path, rule->path.n);
	size_t slash;

	switch (rule->place) {
	case PLACE_PARAM:
		return param_of(url->query, rule->param);
	case PLACE_QUERY:
		return url->query;
	case PLACE_HOST:
		return span_head(url->host, span_chr(url->host, '.'));
	case PLACE_SEGMENT:
		slash = span_chr(behind, '/');
		behind = span_skip(behind, slash + 1);
		/* FALLTHROUGH */
	case PLACE_PATH:
		if (url->query.p == NULL)
			return behind;
		return arena_printf(arena, "%.*s?%.*s", SPAN_ARG(behind),
		    SPAN_ARG(url->query));
	}
	return span_of(NULL);
}

static struct span
translated(struct arena *arena, struct span s, const char *from,
    const char *to)
{
	char *p = arena_bytes(arena, s.n);
	const char *at;
	size_t i;

	for (i = 0; i < s.n; i++) {
		at = s.p[i] != '\0' ? strchr(from, s.p[i]) : NULL;
		p[i] = at != NULL ? to[at - from] : s.p[i];
	}
	return span_make(p, s.n);
}

/* Also in the alphabet that suits URLs. */
static struct span
from_base64(struct arena *arena, struct span s)
{
	s = url_unescape(arena, s);
	return base64_decode(arena, translated(arena, s, "-_", "+/"), NULL);
}

/* How many characters one "**X" stands for. */
static size_t
run_length(char c)
{
	static const char lengths[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *at = c != '\0' ? strchr(lengths, c) : NULL;

	return at != NULL ? (size_t)(at - lengths) + 2 : 0;
}

/* Proofpoint's third: what is not plain went to base64 behind the URL. */
static struct span
from_proofpoint3(struct arena *arena, struct span s)
{
	size_t start = span_starts(s, "__") ? 2 : 0, end, i, n, used = 0;
	struct span kept, out;
	char *p;

	end = span_find(s, span_of("__;"));
	if (end == s.n)
		return span_of(NULL);
	kept = span_skip(s, end + 3);
	kept = from_base64(arena, span_head(kept, span_chr(kept, '!')));
	p = arena_bytes(arena, end + kept.n);
	out = span_make(p, 0);
	for (i = start; i < end; i++) {
		n = s.p[i] == '*';
		if (n == 0) {
			p[out.n++] = s.p[i];
			continue;
		}
		if (i + 2 < end && s.p[i + 1] == '*') {
			n = run_length(s.p[i + 2]);
			i += 2;
		}
		for (; n > 0 && used < kept.n; n--)
			do
				p[out.n++] = kept.p[used++];
			while (used < kept.n && (kept.p[used] & 0xc0) == 0x80);
	}
	return out;
}

static struct span
from_underscored(struct span s)
{
	size_t start = span_find(s, span_of("___"));
	struct span inside = span_skip(s, start + 3);
	size_t end = span_find(inside, span_of("___"));

	return end < inside.n ? span_head(inside, end) : span_of(NULL);
}

/* "foo-bar--baz" is foo.bar-baz. */
static struct span
from_dashed(struct arena *arena, const struct url *url, struct span s)
{
	char *p = arena_bytes(arena, s.n);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		p[n++] = s.p[i] != '-' ? s.p[i] : '.';
		if (s.p[i] == '-' && i + 1 < s.n && s.p[i + 1] == '-') {
			p[n - 1] = '-';
			i++;
		}
	}
	return arena_printf(arena, "%.*s://%.*s%.*s", SPAN_ARG(url->scheme),
	    (int)n, p, SPAN_ARG(url->path));
}

/* Takes escapes off once, and again until a URL appears. */
static struct span
unescaped(struct arena *arena, struct span s)
{
	struct span next;
	unsigned i;

	for (i = 0; i < DECODE_TIMES; i++) {
		next = url_unescape(arena, s);
		if (next.p == s.p)
			break;
		s = next;
		if (span_istarts(s, "http://") || span_istarts(s, "https://"))
			break;
	}
	return s;
}

static struct span
decoded(struct arena *arena, const struct url *url, const struct rule *rule,
    struct span s)
{
	switch (rule->writing) {
	case WRITTEN_ESCAPED:
		return unescaped(arena, s);
	case WRITTEN_BASE64:
		return from_base64(arena, s);
	case WRITTEN_BING:
		return span_starts(s, "a1") ?
		    from_base64(arena, span_skip(s, 2)) : span_of(NULL);
	case WRITTEN_PROOFPOINT2:
		return url_unescape(arena, translated(arena, s, "-_", "%/"));
	case WRITTEN_PROOFPOINT3:
		return from_proofpoint3(arena, s);
	case WRITTEN_UNDERSCORED:
		return unescaped(arena, from_underscored(s));
	case WRITTEN_HOST:
		return arena_printf(arena, "https://%.*s", SPAN_ARG(s));
	case WRITTEN_DASHED:
		return from_dashed(arena, url, s);
	}
	return span_of(NULL);
}

/* A complete URL of the web, and not of a name without dots. */
static bool
good_target(struct arena *arena, struct span text, struct url *out)
{
	struct url url;

	if (text.n == 0 || !url_parse(arena, text, NULL, &url) ||
	    url.kind != URL_WEB || url.host_kind == URL_HOST_NONE ||
	    (url.host_kind == URL_HOST_NAME &&
	    span_chr(url.host, '.') == url.host.n))
		return false;
	*out = url;
	return true;
}

/* Of a host alone, as some redirectors take it. */
static bool
known_target(struct arena *arena, struct span text, struct url *out)
{
	if (span_chr(text, ':') == text.n && span_chr(text, '.') != text.n) {
		while (text.n != 0 && text.p[0] == '/')
			text = span_skip(text, 1);
		text = arena_printf(arena, "http://%.*s", SPAN_ARG(text));
	}
	return good_target(arena, text, out);
}

static bool
open_known(struct arena *arena, const struct url *url, struct urlwrap *out)
{
	struct endings e = endings_of(url->host);
	const struct rule *rule;
	struct span s;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		rule = &rules[i];
		if (!span_eq(span_head(url->path, rule->path.n), rule->path) ||
		    !host_fits(&e, rule->host))
			continue;
		s = placed(arena, url, rule);
		if (s.n != 0)
			s = decoded(arena, url, rule, s);
		if (known_target(arena, s, &out->target)) {
			out->kind = rule->kind;
			out->name = rule->name;
			return true;
		}
	}
	return false;
}

/* A whole value that is a URL, whatever way it is written. */
static bool
open_value(struct arena *arena, struct span value, struct url *out)
{
	struct span s = unescaped(arena, value);

	if (span_starts(s, "aHR0c"))	/* "http" in base64 */
		s = from_base64(arena, s);
	if (span_starts(s, "//") || span_istarts(s, "www."))
		return known_target(arena, s, out);
	return span_istarts(s, "http") && good_target(arena, s, out);
}

/* A URL that begins somewhere inside of s. */
static bool
open_inside(struct arena *arena, struct span s, struct url *out)
{
	struct span plain = url_unescape(arena, s), rest;
	size_t i;

	for (i = linkclean_next(plain, 0); i + 8 < plain.n;
	    i = linkclean_next(plain, i + 1)) {
		rest = span_skip(plain, i);
		if (span_starts(span_skip(rest, linkclean_scheme(rest)), "/"))
			return good_target(arena, rest, out);
	}
	return false;
}

static bool
open_generic(struct arena *arena, const struct url *url, struct url *out)
{
	struct span query = url->query, part;

	while (span_cut(&query, '&', &part))
		if (open_value(arena, span_skip(part,
		    span_chr(part, '=') + 1), out) ||
		    open_inside(arena, part, out))
			return true;
	return open_inside(arena, url->path, out) ||
	    (url->fragment.n != 0 &&
	    (open_value(arena, url->fragment, out) ||
	    open_inside(arena, url->fragment, out)));
}

bool
urlwrap_knows(struct span host)
{
	struct endings e = endings_of(host);
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (host_fits(&e, rules[i].host))
			return true;
	return false;
}

bool
urlwrap_open(struct arena *arena, const struct url *url, bool known,
    struct urlwrap *out)
{
	if (url->kind != URL_WEB || url->host_kind == URL_HOST_NONE)
		return false;
	if (known && open_known(arena, url, out))
		return true;
	if (!open_generic(arena, url, &out->target))
		return false;
	out->kind = URLWRAP_GENERIC;
	out->name = "";
	return true;
}
