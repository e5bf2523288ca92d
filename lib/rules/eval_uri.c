/*
 * eval_uri - evals about links: hosts that the operator lists, links that say
 * one host and lead to another, redirectors.
 */
#include <string.h>

#include "base/ip.h"
#include "base/text.h"
#include "mail/linkclean.h"
#include "rules/eval.h"
#include "rules/lists.h"

#define REDIRECTS_MAX 64	/* in one URL */

static bool
mail_link(const struct link *k)
{
	return span_istarts(k->raw, "mailto:");
}

/* Whether a link of the message leads to a host of that list. */
static bool
host_listed(struct facts *f, struct span list)
{
	const struct links *links = facts_links(f);
	struct span host, last = {NULL, 0};
	const struct link *k;
	size_t i, n;

	for (i = 0; i < links->count; i++) {
		k = links->items[i];
		if (!k->for_rules || mail_link(k))
			continue;
		for (n = 0; n < k->host_count; n++, last = host) {
			host = k->hosts[n].host;
			/* Many lead to where the one before does. */
			if (!span_eq(host, last) && lists_uri_host(f->lists,
			    list, host) == LISTING_IN)
				return true;
		}
	}
	return false;
}

static int
uri_host_listed(struct facts *f, const struct eval_call *call)
{
	return host_listed(f, call->args[0].text);
}

static int
uri_host_blocked(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return host_listed(f, span_of("BLOCK"));
}

static int
uri_host_welcome(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return host_listed(f, span_of("WELCOME"));
}

static int
uri_truncated(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return facts_links(f)->truncated;
}

/* Four decimals of any length with dots between them. */
static bool
four_decimals(struct span s)
{
	unsigned parts;
	size_t n;

	for (parts = 0; parts < 4; parts++) {
		if (parts != 0 && !span_starts(s, "."))
			return false;
		s = span_skip(s, parts != 0);
		for (n = 0; n < s.n && char_digit((unsigned char)s.p[n]); n++)
			continue;
		if (n == 0)
			return false;
		s = span_skip(s, n);
	}
	return true;
}

/* s begins with the scheme, any slashes, perhaps a user, and an address. */
static bool
leads_to_ip(struct span s, const char *scheme)
{
	size_t at;

	if (!span_istarts(s, scheme))
		return false;
	s = span_skip(s, strlen(scheme));
	while (span_starts(s, "/"))
		s = span_skip(s, 1);
	if (four_decimals(s))
		return true;
	at = linkclean_find(s, 0, "@/");
	return at != 0 && at < s.n && s.p[at] == '@' &&
	    four_decimals(span_skip(s, at + 1));
}

/* Offset of "https:" in any case, or s.n. */
static size_t
find_https(struct span s, size_t from)
{
	static const struct span mark = SPAN("https:");

	return from < s.n ? from + span_ifind(span_skip(s, from), mark,
	    mark.n - 1) : s.n;
}

static bool
ip_behind_https(const struct html_uri *uri)
{
	struct span text;
	size_t i;

	if (!leads_to_ip(uri->uri, "http:") && !leads_to_ip(uri->uri, "https:"))
		return false;
	for (i = 0; i < uri->anchors.n; i++) {
		text = uri->anchors.p[i];
		if (!leads_to_ip(text, "https:") &&
		    find_https(text, 0) < text.n)
			return true;
	}
	return false;
}

/* The HTML of the i-th part, as rules see it; NULL for other parts. */
static const struct html_rules *
html_part(struct facts *f, size_t i)
{
	struct mime *mime = reading_mime(f->reading);
	const struct html *html = reading_html(f->reading, &mime->parts[i]);

	return html != NULL ? html->rules : NULL;
}

static int
https_ip_mismatch(struct facts *f, const struct eval_call *call)
{
	struct mime *mime = reading_mime(f->reading);
	const struct html_rules *rules;
	size_t i, n;

	(void)call;
	for (i = 0; i < mime->count; i++) {
		rules = html_part(f, i);
		for (n = 0; rules != NULL && n < rules->uri_count; n++)
			if (ip_behind_https(&rules->uris[n]))
				return 1;
	}
	return 0;
}

/* The domain of the host that begins s, valid or not, or the address. */
static struct span
domain_of(struct facts *f, struct span s, const char *stops, bool *is_ip)
{
	struct span host = span_head(s, linkclean_find(s, 0, stops));
	struct ip ip;

	*is_ip = ip_parse(host, &ip);
	return *is_ip ? host : registry_domain(f->arena, f->view.registry,
	    registry_ascii(f->arena, host));
}

/* Whether a text names a host of another domain with "https://" before it. */
static bool
https_elsewhere(struct facts *f, struct span text, struct span domain)
{
	struct span rest, named;
	size_t at = find_https(text, 0);
	bool is_ip;

	for (; at < text.n; at = find_https(text, at + 1)) {
		rest = span_skip(text, at + 6);
		if (!span_starts(rest, "//") || rest.n == 2 ||
		    strchr(" \t\n\r\f\v/:?#", rest.p[2]) != NULL)
			continue;
		named = domain_of(f, span_skip(rest, 2), " \t\n\r\f\v/:?#",
		    &is_ip);
		return (is_ip || registry_valid(f->view.registry, named)) &&
		    !span_eq(named, domain);
	}
	return false;
}

/* Domain that an <a href> of the web leads to, if it has a valid one. */
static struct span
anchor_domain(struct facts *f, const struct html_uri *uri)
{
	size_t n = linkclean_scheme(uri->uri);
	struct span s = span_skip(uri->uri, n), domain;
	bool is_ip;

	if (uri->anchors.n == 0 || n == 0 || !span_starts(s, "//"))
		return span_of(NULL);
	domain = domain_of(f, span_skip(s, 2), "/:?#", &is_ip);
	return !is_ip && registry_fqdn(domain) &&
	    registry_valid(f->view.registry, domain) ? domain : span_of(NULL);
}

static bool
any_https(const struct html_rules *rules)
{
	const struct html_texts *anchors;
	size_t i, n;

	for (i = 0; i < rules->uri_count; i++) {
		anchors = &rules->uris[i].anchors;
		for (n = 0; n < anchors->n; n++)
			if (find_https(anchors->p[n], 0) < anchors->p[n].n)
				return true;
	}
	return false;
}

static bool
part_misleads(struct facts *f, const struct html_rules *rules, int64_t least,
    int64_t most)
{
	const struct html_uri *uri;
	struct span domain;
	int64_t anchors = 0;
	bool hit = false;
	size_t i, n;

	for (i = 0; i < rules->uri_count; i++) {
		uri = &rules->uris[i];
		domain = anchor_domain(f, uri);
		if (domain.n == 0)
			continue;
		anchors++;
		for (n = 0; n < uri->anchors.n && !hit; n++)
			hit = https_elsewhere(f, uri->anchors.p[n], domain);
	}
	return hit && anchors >= least && anchors < most;
}

static int64_t
number_or(const struct eval_call *call, size_t i, int64_t otherwise)
{
	int64_t n;

	return i < call->count && text_number(call->args[i].text, &n) ? n :
	    otherwise;
}

static int
https_http_mismatch(struct facts *f, const struct eval_call *call)
{
	struct mime *mime = reading_mime(f->reading);
	int64_t least = number_or(call, 0, 1);
	int64_t most = number_or(call, 1, INT64_MAX);
	const struct html_rules *rules;
	size_t i;

	for (i = 0; i < mime->count; i++) {
		rules = html_part(f, i);
		if (rules != NULL && any_https(rules) &&
		    part_misleads(f, rules, least != 0 ? least : 1, most))
			return 1;
	}
	return 0;
}

static struct span
redirect_domain(struct facts *f, struct span host)
{
	struct span name, domain;

	return registry_host(f->arena, f->view.registry, host, &name,
	    &domain) ? domain : host;
}

static struct span
host_behind_scheme(struct span s)
{
	s = span_skip(s, linkclean_scheme(s));
	s = span_starts(s, "//") ? span_skip(s, 2) :
	    span_skip(s, span_starts(s, "/"));
	return span_head(s, linkclean_find(s, 0, "/:?"));
}

/* Where the first URL with a host begins, from there on; or s.n. */
static size_t
inner_url(struct span s, size_t from)
{
	for (; from + 5 < s.n; from++)
		if (linkclean_scheme(span_skip(s, from)) != 0 &&
		    host_behind_scheme(span_skip(s, from)).n != 0)
			return from;
	return s.n;
}

static bool
redirects(struct facts *f, struct span s)
{
	struct span here, there;
	unsigned n;
	size_t at;

	for (n = 0; n < REDIRECTS_MAX; n++) {
		at = linkclean_scheme(s);
		here = host_behind_scheme(s);
		if (at == 0 || !span_starts(span_skip(s, at), "//") ||
		    here.n == 0)
			return false;
		at = inner_url(s, (size_t)(here.p - s.p) + here.n + 1);
		if (at == s.n)
			return false;
		s = span_skip(s, at);
		there = host_behind_scheme(s);
		if (!span_eq(redirect_domain(f, here),
		    redirect_domain(f, there)))
			return true;
	}
	return false;
}

static int
http_redirector(struct facts *f, const struct eval_call *call)
{
	const struct links *links = facts_links(f);
	size_t i;

	(void)call;
	for (i = 0; i < links->form_count; i++)
		if (redirects(f, links->forms[i]))
			return 1;
	return 0;
}

const struct eval evals_uri[] = {
	{ "check_for_http_redirector", http_redirector, 0, 0, 0, "URIEval" },
	{ "check_https_http_mismatch", https_http_mismatch, 0, 2, 0,
	    "HTTPSMismatch" },
	{ "check_https_ip_mismatch", https_ip_mismatch, 0, 0, 0, "URIEval" },
	{ "check_uri_host_in_blacklist", uri_host_blocked, 0, 0, 0,
	    "WLBLEval" },
	{ "check_uri_host_in_blocklist", uri_host_blocked, 0, 0, 0,
	    "WLBLEval" },
	{ "check_uri_host_in_welcomelist", uri_host_welcome, 0, 0, 0,
	    "WLBLEval" },
	{ "check_uri_host_in_whitelist", uri_host_welcome, 0, 0, 0,
	    "WLBLEval" },
	{ "check_uri_host_listed", uri_host_listed, 1, 1, 0, "WLBLEval" },
	{ "check_uri_truncated", uri_truncated, 0, 0, 0, "URIEval" },
	{ NULL, NULL, 0, 0, 0, NULL },
};
