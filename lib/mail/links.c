/* links - every address that a message leads to, and the forms for rules. */
#include "mail/links.h"

#include <string.h>

#include "mail/linkforms.h"
#include "mail/linkhost.h"
#include "mail/linkset.h"
#include "mail/linkview.h"
#include "mail/urltext.h"

const char *
link_type_name(unsigned type)
{
	static const char *const names[] = { "parsed", "unlinked",
	    "schemeless", "domainkeys" };

	if (type < HTML_TYPES)
		return html_type_name((enum html_type)type);
	return type < LINK_TYPES ? names[type - HTML_TYPES] : "";
}

struct links *
links_new(struct arena *arena, const struct links_view *view)
{
	struct links *l = arena_alloc(arena, sizeof(*l));

	l->arena = arena;
	l->view = view;
	l->by_raw = linkset_new(arena);
	l->in_text = linkset_new(arena);
	l->all_forms = linkset_new(arena);
	l->hosts = linkhosts_new(arena);
	return l;
}

/* Readers follow them in much the order in which rules got them. */
static struct link *
known_link(struct links *l, struct span raw)
{
	size_t i = l->near;

	if ((i >= l->count || !span_eq(l->items[i]->raw, raw)) &&
	    !linkset_find(l->by_raw, raw, &i))
		return NULL;
	l->near = i + 1;
	return l->items[i];
}

/* The link of that name, made if need be; NULL when there is no room. */
static struct link *
link_of(struct links *l, struct span raw)
{
	struct link *known;
	bool fresh;
	size_t i;

	if (raw.n > URL_MAX) {
		raw.n = URL_MAX;
		l->truncated = true;
	}
	if (l->count >= LINKS_MAX || l->bytes + raw.n > LINKS_BYTES_MAX) {
		known = known_link(l, raw);
		l->full = l->full || known == NULL;
		return known;
	}
	i = linkset_put(l->by_raw, raw, &fresh);
	if (!fresh)
		return l->items[i];
	l->items = arena_room(l->arena, l->items, l->count,
	    sizeof(*l->items), &l->room);
	l->items[l->count] = arena_alloc(l->arena, sizeof(struct link));
	l->items[l->count]->raw = raw;
	l->bytes += raw.n;
	return l->items[l->count++];
}

static void
add_host(struct links *l, struct link *k, struct span form)
{
	struct link_host h;
	size_t i;

	h.host = registry_ascii(l->arena, registry_place(form));
	if (!linkhost_domain(l, h.host, &h.domain))
		return;
	for (i = 0; i < k->host_count; i++)
		if (span_eq(k->hosts[i].host, h.host))
			return;
	k->hosts[k->host_count++] = h;
}

static void
make_forms(struct links *l, struct link *k)
{
	struct linkforms f;
	size_t i;

	f.arena = l->arena;
	f.view = l->view;
	linkforms_make(&f, k->raw);
	l->full = l->full || f.full;
	k->forms = arena_raw(l->arena, f.count * sizeof(*k->forms));
	k->hosts = arena_raw(l->arena, f.count * sizeof(*k->hosts));
	k->form_count = f.count;
	for (i = 0; i < f.count; i++) {
		k->forms[i] = span_head(f.items[i], URL_MAX);
		if (f.items[i].n > URL_MAX)
			l->truncated = true;
		add_host(l, k, k->forms[i]);
	}
	l->work += f.bytes;
}

/* Shows the link to rules; with_host: only if it leads to a valid host. */
static void
give_to_rules(struct links *l, struct link *k, unsigned types, bool with_host)
{
	size_t i;
	bool fresh;

	if (k->forms == NULL) {
		if (l->work > LINKS_WORK_MAX) {
			l->full = true;
			return;
		}
		make_forms(l, k);
	}
	if (with_host && k->host_count == 0)
		return;
	k->types |= types;
	k->for_rules = true;
	if (k->cleaned)
		return;
	k->cleaned = true;
	for (i = 0; i < k->form_count; i++) {
		linkset_put(l->all_forms, k->forms[i], &fresh);
		l->forms = l->all_forms->items;
		l->form_count = l->all_forms->count;
	}
}

/* False when there is no room for further ones. */
static bool
add_found(struct links *l, const struct urltext *u, bool for_rules)
{
	unsigned types = 1u << LINK_PARSED;
	struct link *k;
	bool fresh;

	linkset_put(l->in_text, u->found, &fresh);
	if (!fresh)
		return true;
	k = link_of(l, u->url);
	if (k == NULL)
		return false;
	if (u->schemeless)
		types |= 1u << LINK_SCHEMELESS;
	if (u->unlinked)
		types |= 1u << LINK_UNLINKED;
	if (for_rules && !u->cut)
		give_to_rules(l, k, types, true);
	linkview_see(l, k, NULL);
	if (u->cut)
		k->flags |= LINK_CUT;
	return true;
}

static void
scan_text(struct links *l, struct span text, bool for_rules)
{
	struct urltext_scan scan;
	struct urltext u;

	urltext_begin(&scan, l->view->registry, text);
	while (urltext_next(l->arena, &scan, &u))
		if (!add_found(l, &u, for_rules))
			break;
}

void
links_add_text(struct links *l, struct span paragraph)
{
	scan_text(l, paragraph, true);
}

void
links_add_shown(struct links *l, struct span text)
{
	scan_text(l, text, false);
}

/* A text of <a> that the link does not have yet. */
static void
add_text(struct links *l, struct span **texts, size_t *count, size_t *room,
    struct span text)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (span_eq((*texts)[i], text))
			return;
	if (*count == LINK_SHOWN_MAX) {
		l->full = true;
		return;
	}
	*texts = arena_room(l->arena, *texts, *count, sizeof(**texts), room);
	(*texts)[(*count)++] = text;
}

/* What SpamAssassin found in the part. */
static void
add_uris(struct links *l, const struct html_rules *rules)
{
	const struct html_uri *u;
	struct link *k;
	size_t i, n;

	l->truncated = l->truncated || rules->uri_truncated;
	for (i = 0; i < rules->uri_count; i++) {
		u = &rules->uris[i];
		k = link_of(l, u->uri);
		if (k == NULL)
			return;
		give_to_rules(l, k, u->types != 0 ? u->types :
		    1u << LINK_PARSED, false);
		for (n = 0; n < u->anchors.n; n++)
			add_text(l, &k->anchors, &k->anchor_count,
			    &k->anchor_room, u->anchors.p[n]);
	}
}

/*
 * Where a relative URL leads, under which it is filed.  Without a base it leads
 * nowhere, but readers put "http://" before "www.example.com".
 */
static struct span
absolute(struct links *l, struct span url, const struct url *base)
{
	struct url at;

	if (base != NULL && l->work > LINKS_WORK_MAX) {
		l->full = true;
		return url;
	}
	if (base != NULL) {
		l->work += base->text.n;
		return url_parse(l->arena, url, base, &at) ? at.text : url;
	}
	if (span_starts(url, "//"))
		return arena_printf(l->arena, "http:%.*s", SPAN_ARG(url));
	if (url.n == 0 || strchr("/?#.", url.p[0]) != NULL ||
	    span_chr(url, '.') == url.n || span_chr(url, ':') != url.n)
		return url;
	return arena_printf(l->arena, "http://%.*s", SPAN_ARG(url));
}

/* The link that an element leads to; one that is new is parsed already. */
static struct link *
link_from(struct links *l, struct span url, const struct url *base)
{
	struct link *k = known_link(l, url);
	struct url at;

	if (k != NULL && k->good)
		return k;
	if (!url_parse(l->arena, url, NULL, &at))
		return link_of(l, absolute(l, url, base));
	if (k == NULL)
		k = link_of(l, url);
	if (k != NULL && !k->seen && k->raw.n == url.n) {
		k->url = at;
		k->good = true;
	}
	return k;
}

void
links_add_html(struct links *l, const struct html *html)
{
	const struct html_link *from;
	struct url base;
	struct link *k;
	bool based;
	size_t i;

	based = html->base.n != 0 &&
	    url_parse(l->arena, html->base, NULL, &base);
	add_uris(l, html->rules);
	for (i = 0; i < html->link_count; i++) {
		from = &html->links[i];
		/* Leads to a place in the same message. */
		if (from->url.n == 0 || from->url.p[0] == '#')
			continue;
		k = link_from(l, from->url, based ? &base : NULL);
		if (k == NULL)
			return;
		if (from->source == HTML_A && from->text.n != 0)
			add_text(l, &k->shown, &k->shown_count,
			    &k->shown_room, from->text);
		linkview_see(l, k, from);
	}
}

void
links_add_signature(struct links *l, struct span domain)
{
	struct link *k;

	k = link_of(l, arena_printf(l->arena, "domainkeys:%.*s",
	    SPAN_ARG(domain)));
	if (k == NULL || k->for_rules)
		return;
	k->forms = arena_alloc(l->arena, sizeof(*k->forms));
	k->hosts = arena_alloc(l->arena, sizeof(*k->hosts));
	k->forms[0] = k->raw;
	add_host(l, k, k->raw);
	k->for_rules = k->host_count != 0;
	k->types |= 1u << LINK_DOMAINKEYS;
}

struct link *
links_add(struct links *l, struct span url)
{
	struct link *k = link_of(l, url);

	if (k != NULL)
		linkview_see(l, k, NULL);
	return k;
}
