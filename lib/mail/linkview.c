/* linkview - a link as the reader sees it. */
#include "mail/linkview.h"

#include "mail/domain.h"
#include "mail/linkhost.h"
#include "mail/urltext.h"

static struct span
registered(struct links *l, const struct url *url)
{
	if (url->host_kind != URL_HOST_NAME)
		return span_of(NULL);
	return linkhost_registered(l, url->host);
}

static bool
redirects(struct links *l, const struct url *url)
{
	return url->host_kind == URL_HOST_NAME &&
	    linkhost_redirects(l, url->host);
}

static void
unwrap(struct links *l, struct link *k)
{
	struct urlwrap w;

	k->target = k->url;
	k->wrapper = "";
	while (urlwrap_open(l->arena, &k->target, redirects(l, &k->target),
	    &w)) {
		if (k->wraps == URLWRAP_DEPTH) {
			k->flags |= LINK_DEEP;
			break;
		}
		k->wraps++;
		k->flags |= LINK_WRAPPED;
		if (w.kind == URLWRAP_SCANNER)
			k->flags |= LINK_SCANNED;
		if (k->wrapper[0] == '\0')
			k->wrapper = w.name;
		k->target = w.target;
	}
	k->target_domain = k->wraps == 0 ? k->domain :
	    registered(l, &k->target);
}

static void
follow(struct links *l, struct link *k)
{
	k->wrapper = "";
	k->good = k->good || url_parse(l->arena, k->raw, NULL, &k->url);
	if (!k->good) {
		/* Perhaps for the length of its host alone. */
		if (k->raw.n > URL_HOST_MAX)
			k->flags |= LINK_CUT;
		return;
	}
	if ((k->url.flags & URL_CUT) != 0)
		k->flags |= LINK_CUT;
	k->domain = registered(l, &k->url);
	unwrap(l, k);
}

/* True when the address in a shown text is not where the link leads. */
static bool
misleads(struct links *l, const struct link *k, const struct urltext *shown)
{
	struct url url;
	struct span domain;

	if (shown->kind == URLTEXT_MAIL ||
	    !url_parse(l->arena, shown->url, NULL, &url))
		return false;
	if (url.host_kind != URL_HOST_NAME)
		return url.host_kind != URL_HOST_NONE &&
		    !span_eq(url.host, k->target.host);
	domain = registered(l, &url);
	return domain.n != 0 && !span_eq(domain, k->target_domain);
}

static void
compare_shown(struct links *l, struct link *k, struct span text)
{
	struct urltext_scan scan;
	struct urltext u;

	if (!k->good || k->target.kind != URL_WEB ||
	    k->target.host_kind == URL_HOST_NONE)
		return;
	urltext_begin(&scan, l->view->registry, text);
	while ((k->flags & LINK_MISMATCH) == 0 &&
	    urltext_next(l->arena, &scan, &u))
		if (misleads(l, k, &u))
			k->flags |= LINK_MISMATCH;
}

void
linkview_see(struct links *l, struct link *k, const struct html_link *from)
{
	bool hidden = from != NULL && (from->how & HTML_UNSEEN) != 0;

	if (!k->seen) {
		follow(l, k);
		if (hidden)
			k->flags |= LINK_HIDDEN;
	}
	k->seen = true;
	if (!hidden)
		k->flags &= ~(unsigned)LINK_HIDDEN;
	if (from == NULL)
		return;
	k->sources |= 1u << from->source;
	if (from->source == HTML_A)
		compare_shown(l, k, from->text);
}
