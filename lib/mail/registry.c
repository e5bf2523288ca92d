/* registry - top-level domains and delegation points of rule files. */
#include "mail/registry.h"

#include <string.h>

#include "base/ip.h"
#include "base/text.h"
#include "mail/domain.h"
#include "mail/idn.h"

#define LEVELS_MAX 4	/* labels of the longest delegation point */

/* RFC 1480: below these, .us is delegated by locality. */
static const char states[] =
    "ak al ar az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi "
    "mn mo ms mt nc nd ne nh nj nm nv ny oh ok or pa pr ri sc sd tn tx ut va "
    "vi vt wa wi wv wy ";

void
registry_init(struct registry *r)
{
	size_t i;

	for (i = 0; i < REGISTRY_LEVELS; i++)
		map_init(&r->names[i]);
	r->otherwise = NULL;
}

void
registry_done(struct registry *r)
{
	registry_clear(r);
}

void
registry_clear(struct registry *r)
{
	size_t i;

	for (i = 0; i < REGISTRY_LEVELS; i++)
		map_done(&r->names[i]);
}

static struct span
lowered(struct arena *arena, struct span s)
{
	return span_count_between(s, 'A', 'Z') != 0 ? arena_lower(arena, s) : s;
}

void
registry_add(struct registry *r, unsigned level, struct span name)
{
	struct arena arena;

	if (level < 1 || level > REGISTRY_LEVELS)
		return;
	arena_init(&arena);
	map_put(&r->names[level - 1], registry_ascii(&arena, name), r);
	arena_done(&arena);
}

struct span
registry_ascii(struct arena *arena, struct span host)
{
	struct span ace;

	if (span_ascii(host) || !text_utf8(host))
		return lowered(arena, host);
	ace = idn_ascii(arena, host);
	return ace.n != 0 ? ace : host;
}

/* Letters and digits, "_" too, and "-" but not at the ends. */
static bool
label_good(struct span label)
{
	size_t i;
	int c;

	if (label.n < 1 || label.n > DOMAIN_LABEL_MAX ||
	    label.p[0] == '-' || label.p[label.n - 1] == '-')
		return false;
	for (i = 0; i < label.n; i++) {
		c = (unsigned char)label.p[i];
		if (!char_alpha(c) && !char_digit(c) && c != '-' && c != '_')
			return false;
	}
	return true;
}

bool
registry_fqdn(struct span host)
{
	struct span rest, label;
	size_t labels, n = 0;

	while (host.n != 0 && host.p[host.n - 1] == '.')
		host.n--;
	labels = domain_labels(host);
	if (host.n > DOMAIN_MAX || labels < 2)
		return false;
	for (rest = host; n < labels; n++) {
		label = span_head(rest, span_chr(rest, '.'));
		rest = span_skip(rest, label.n + 1);
		if (!label_good(label))
			return false;
		/* The DNS knows names with "_", but nobody registers them. */
		if (labels - n <= 2 && span_chr(label, '_') != label.n)
			return false;
	}
	return true;
}

static bool
has(const struct registry *r, unsigned level, struct span name)
{
	return map_find(&r->names[level - 1], name) != NULL;
}

bool
registry_open(const struct registry *r)
{
	return r->names[0].count == 0 && r->otherwise != NULL;
}

bool
registry_valid(const struct registry *r, struct span host)
{
	size_t dot = span_rchr(host, '.'), i;
	char tld[REGISTRY_TLD_MAX];
	struct span last = span_skip(host, dot + 1);

	for (i = 0; i < host.n; i++)
		if (char_space((unsigned char)host.p[i]))
			return false;
	if (dot == host.n || last.n == 0 || last.n > sizeof(tld))
		return false;
	for (i = 0; i < last.n; i++)
		tld[i] = (char)char_lower((unsigned char)last.p[i]);
	if (registry_open(r))
		return suffixes_top(r->otherwise, span_make(tld, last.n));
	return has(r, 1, span_make(tld, last.n));
}

static bool
is_state(struct span label)
{
	const char *p;

	if (label.n != 2)
		return false;
	for (p = states; *p != '\0'; p += 3)
		if (memcmp(p, label.p, 2) == 0)
			return true;
	return false;
}

/* True when names are registered directly below these n labels. */
static bool
delegates(const struct registry *r, struct span name, size_t n)
{
	bool us = span_is(domain_tail(name, 1), "us");
	struct span rest = name, first, second, third;

	if (n == 2)
		return has(r, 2, name);
	span_cut(&rest, '.', &first);
	span_cut(&rest, '.', &second);
	if (n == 3)
		return us ? is_state(second) : has(r, 3, name);
	span_cut(&rest, '.', &third);
	return us && is_state(third) && ((span_is(first, "pvt") &&
	    span_is(second, "k12")) || span_is(first, "ci") ||
	    span_is(first, "co"));
}

/* Without doubled, leading and final dots. */
static struct span
single_dots(struct arena *arena, struct span host)
{
	struct span out;
	char *p;
	size_t i;

	while (host.n != 0 && host.p[0] == '.')
		host = span_skip(host, 1);
	while (host.n != 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (span_find(host, span_of("..")) == host.n)
		return host;
	p = arena_bytes(arena, host.n);
	out = span_make(p, 0);
	for (i = 0; i < host.n; i++)
		if (host.p[i] != '.' || host.p[i - 1] != '.')
			p[out.n++] = host.p[i];
	return out;
}

struct span
registry_domain(struct arena *arena, const struct registry *r,
    struct span host)
{
	struct span name = single_dots(arena, lowered(arena, host));
	size_t labels = domain_labels(name), n;
	struct span found;

	if (registry_open(r)) {
		found = suffixes_registered(r->otherwise, name);
		return found.n > 0 ? found : name;
	}
	n = labels < LEVELS_MAX ? labels : LEVELS_MAX;
	for (; n > 1; n--)
		if (delegates(r, domain_tail(name, n), n))
			break;
	return domain_tail(name, n + 1);
}

/* url without scheme, path, user and port. */
static struct span
web_place(struct span url)
{
	size_t i, n;

	for (n = 0; n < url.n && char_alpha((unsigned char)url.p[n]); n++)
		continue;
	if (n != 0 && n < url.n && url.p[n] == ':') {
		for (i = 0, n++; i < 2 && n < url.n && url.p[n] == '/'; i++)
			n++;
		url = span_skip(url, n);
	}
	url = span_head(url, span_any(url, "/?#"));
	url = span_head(url, span_chr(url, '\0'));
	n = span_rchr(url, '@');
	if (n < url.n)
		url = span_skip(url, n + 1);
	for (n = url.n; n > 0 && char_digit((unsigned char)url.p[n - 1]); n--)
		continue;
	if (n > 0 && url.p[n - 1] == ':')
		url.n = n - 1;
	return url;
}

/* Empty unless there is exactly one "@". */
static struct span
mail_place(struct span url)
{
	size_t at;

	url = span_head(url, span_chr(url, '?'));
	at = span_chr(url, '@');
	if (at != span_rchr(url, '@'))
		return span_of(NULL);
	return span_skip(url, at + 1);
}

/* An escape of what is printable: another form has it decoded. */
static bool
half_decoded(struct span s)
{
	size_t i;
	char c, d;

	for (i = span_chr(s, '%'); i + 2 < s.n; i++) {
		if (s.p[i] != '%')
			continue;
		c = s.p[i + 1];
		d = (char)char_lower((unsigned char)s.p[i + 2]);
		if (!char_digit((unsigned char)d) && (d < 'a' || d > 'f'))
			continue;
		if ((c == '2' && d != '0') || (c >= '3' && c <= '6') ||
		    (c == '7' && d != 'f'))
			return true;
	}
	return false;
}

struct span
registry_place(struct span url)
{
	struct span place;

	if (span_istarts(url, "javascript:") || span_istarts(url, "cid:") ||
	    span_istarts(url, "file:"))
		return span_of(NULL);
	place = span_istarts(url, "mailto:") ? mail_place(span_skip(url, 7)) :
	    web_place(url);
	return half_decoded(place) ? span_of(NULL) : place;
}

enum registry_kind
registry_kind(const struct registry *r, struct span host)
{
	struct ip ip;

	if (ip_parse(host, &ip))
		return REGISTRY_ADDRESS;
	return registry_fqdn(host) && registry_valid(r, host) ? REGISTRY_NAME :
	    REGISTRY_NOTHING;
}

bool
registry_host(struct arena *arena, const struct registry *r, struct span url,
    struct span *host, struct span *domain)
{
	struct span name = registry_ascii(arena, registry_place(url));
	enum registry_kind kind = registry_kind(r, name);

	if (kind == REGISTRY_NOTHING)
		return false;
	*host = name;
	*domain = kind == REGISTRY_ADDRESS ? name :
	    registry_domain(arena, r, name);
	return true;
}
