/* netask - the questions that rules have for the DNS about one message. */
#include "rules/netask.h"

#include <string.h>

#include "auth/taglist.h"
#include "rules/lists.h"
#include "rules/senders.h"

#define SIGNATURES_MAX 8
#define LEADS_MAX 4		/* name servers of a domain, addresses of one */

/* While the questions of one message are made. */
struct asker {
	const struct netask *net;
	struct facts *facts;
	struct asking *asking;
	struct link_host hosts[NETASK_LINKS_MAX];
	size_t host_count;
	bool hosts_known;
};

static void
ask_name(struct asking *a, const struct netask *n, size_t lookup,
    struct span label, struct span subject)
{
	const struct netlookup *l = &n->net->lookups[lookup];

	if (label.n == 0 || (l->zone_number < n->net->zone_count &&
	    n->skip[l->zone_number]))
		return;
	asking_add(a, arena_printf(asking_arena(a), "%.*s.%.*s",
	    SPAN_ARG(label), SPAN_ARG(l->zone)), l->type, (unsigned)lookup,
	    subject);
}

static void
ask_ip(struct asking *a, const struct netask *n, size_t lookup,
    const struct ip *ip)
{
	char text[IP_TEXT_MAX];

	if (n->private || ip_is_public(ip))
		ask_name(a, n, lookup, dnslist_reverse(asking_arena(a), ip),
		    span_of(ip_text(ip, text)));
}

static bool
has_ip(const struct ip *ips, size_t count, const struct ip *ip)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (ip_eq(&ips[i], ip))
			return true;
	return false;
}

/* The addresses of relays from first on, each once, the newest first. */
static size_t
collect(const struct relays *r, size_t first, bool private, bool nice,
    struct ip *out, size_t most)
{
	size_t i, n = 0;

	for (i = first; i < r->count && n < most; i++) {
		if (!r->all[i].has_ip || (r->all[i].private && !private) ||
		    has_ip(out, n, &r->all[i].ip) ||
		    (n == 0 && r->all[i].trusted && !nice))
			continue;
		out[n++] = r->all[i].ip;
	}
	return n;
}

static void
ask_relays(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	const struct relays *r = facts_relays(a->facts);
	bool external = l->relays == NETLOOKUP_LASTEXTERNAL ||
	    l->relays == NETLOOKUP_NOTFIRSTHOP;
	struct ip ips[RELAYS_MAX];
	size_t i, n, from = 0, most = NETASK_RELAYS_MAX;

	n = collect(r, external ? r->internal : r->trusted, a->net->private,
	    l->nice, ips, RELAYS_MAX);
	if (l->relays == NETLOOKUP_LASTEXTERNAL ||
	    l->relays == NETLOOKUP_FIRSTTRUSTED)
		most = 1;
	else if (l->relays == NETLOOKUP_NOTFIRSTHOP && n > 1)
		n--;
	else if (l->relays == NETLOOKUP_UNTRUSTED)
		from = 1;
	else if (l->relays == NETLOOKUP_UNTRUSTED_ALL && n > most)
		/* The oldest ones go first. */
		from = n - most;
	for (i = from; i < n && i - from < most; i++)
		ask_ip(a->asking, a->net, lookup, &ips[i]);
}

/* The domain of an address, without dots at its ends. */
static struct span
domain_of(struct asker *a, struct span address)
{
	struct span host = span_skip(address, span_rchr(address, '@') + 1);

	while (host.n > 0 && host.p[0] == '.')
		host = span_skip(host, 1);
	while (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	return registry_ascii(a->facts->arena, host);
}

static void
ask_host(struct asker *a, size_t lookup, struct span host)
{
	struct ip ip;

	if (ip_parse(host, &ip))
		ask_ip(a->asking, a->net, lookup, &ip);
	else if (registry_fqdn(host) &&
	    registry_valid(a->net->registry, host))
		ask_name(a->asking, a->net, lookup, host, host);
}

static void
ask_addresses(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct senders *s = arena_alloc(a->facts->arena, sizeof(*s));
	struct span host;
	size_t i;

	if (l->kind == NETLOOKUP_ENVFROM)
		senders_add(a->facts, "EnvelopeFrom:addr", s);
	else
		senders_from(a->facts, s);
	for (i = 0; i < s->count && i < NETASK_VALUES_MAX; i++) {
		host = domain_of(a, s->items[i]);
		if (l->kind == NETLOOKUP_FROM_DOMAIN)
			host = registry_domain(a->facts->arena,
			    a->net->registry, host);
		ask_host(a, lookup, host);
	}
}

/* In which order links are taken: those that people click first. */
static unsigned
link_order(const struct link *k)
{
	size_t i;

	if (k->types & 1u << HTML_TYPE_A) {
		for (i = 0; i < k->anchor_count; i++)
			if (k->anchors[i].n > 0)
				return 0;
		return 5;
	}
	if (k->types & 1u << HTML_TYPE_FORM)
		return 1;
	if (k->types & 1u << HTML_TYPE_IMG)
		return 2;
	return k->types == 1u << LINK_PARSED ? 4 : 3;
}

static void
take_hosts(struct asker *a, const struct link *k, size_t most)
{
	struct facts *f = a->facts;
	size_t i, n;

	for (i = 0; i < k->host_count && a->host_count < most; i++) {
		if (lists_skips_domain(f->lists, k->hosts[i].domain) ||
		    lists_skips_domain(f->lists, k->hosts[i].host))
			continue;
		for (n = 0; n < a->host_count; n++)
			if (span_eq(a->hosts[n].host, k->hosts[i].host))
				break;
		if (n == a->host_count)
			a->hosts[a->host_count++] = k->hosts[i];
	}
}

static void
find_hosts(struct asker *a)
{
	struct facts *f = a->facts;
	int64_t most = ruleset_number(f->rules, "uridnsbl_max_domains",
	    NETASK_LINKS_MAX);
	bool skip_mail = ruleset_number(f->rules, "uridnsbl_skip_mailto",
	    1) != 0;
	const struct links *links;
	const struct link *k;
	unsigned order;
	size_t i;

	if (a->hosts_known)
		return;
	a->hosts_known = true;
	links = facts_links(f);
	if (most > NETASK_LINKS_MAX || most < 0)
		most = NETASK_LINKS_MAX;
	for (order = 0; order <= 5; order++)
		for (i = 0; i < links->count; i++) {
			k = links->items[i];
			if (k->for_rules && link_order(k) == order &&
			    !(skip_mail && span_istarts(k->raw, "mailto:")))
				take_hosts(a, k, (size_t)most);
		}
}

static void
ask_link(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct ip ip;
	size_t i;

	find_hosts(a);
	for (i = 0; i < a->host_count; i++) {
		if (ip_parse(a->hosts[i].host, &ip)) {
			if (!l->domains_only && ip_is4(&ip))
				ask_ip(a->asking, a->net, lookup, &ip);
		} else if (!l->ips_only &&
		    span_chr(a->hosts[i].host, '[') > 0) {
			ask_name(a->asking, a->net, lookup, l->notrim ?
			    a->hosts[i].host : a->hosts[i].domain,
			    a->hosts[i].host);
		}
	}
}

/* What the addresses and name servers of links are asked for. */
static void
ask_leads(struct asker *a)
{
	const struct netrules *net = a->net->net;
	unsigned base = (unsigned)net->lookup_count;
	struct ip ip;
	size_t i;

	if (!net->any_hosts && !net->any_servers)
		return;
	find_hosts(a);
	for (i = 0; i < a->host_count; i++) {
		if (ip_parse(a->hosts[i].host, &ip) ||
		    span_chr(a->hosts[i].host, '[') == 0)
			continue;
		if (net->any_servers)
			asking_add(a->asking, a->hosts[i].domain, DNS_NS,
			    base + NETASK_SERVERS, a->hosts[i].domain);
		if (net->any_hosts)
			asking_add(a->asking, a->hosts[i].host, DNS_A,
			    base + NETASK_HOST, a->hosts[i].host);
	}
}

/* The values of a tag of askdns; how many. */
static size_t
signers(struct asker *a, struct span *out)
{
	const struct message *m = a->facts->message;
	struct taglist *tags = arena_alloc(a->facts->arena, sizeof(*tags));
	const struct header *h;
	size_t i, n = 0;

	for (i = 0; i < SIGNATURES_MAX; i++) {
		h = message_find(m, "DKIM-Signature", i);
		if (h == NULL)
			break;
		if (taglist_parse(h->value, tags) != NULL)
			continue;
		out[n] = arena_lower(a->facts->arena,
		    taglist_value(tags, "d", ""));
		n += out[n].n > 0;
	}
	return n;
}

static size_t
of_relay(struct asker *a, struct span tag, struct span *out)
{
	const struct relays *r = facts_relays(a->facts);
	const struct relay *last;

	if (r->internal >= r->count)
		return 0;
	last = &r->all[r->internal];
	if (span_is(tag, "_LASTEXTERNALRDNS_"))
		*out = last->rdns;
	else if (span_is(tag, "_LASTEXTERNALHELO_"))
		*out = last->helo;
	else if (!last->has_ip || (last->private && !a->net->private))
		*out = span_of("");
	else if (span_is(tag, "_LASTEXTERNALREVIP_"))
		*out = dnslist_reverse(a->facts->arena, &last->ip);
	else
		*out = last->ip_text;
	return out->n > 0;
}

static size_t
tag_values(struct asker *a, struct span tag, struct span *out)
{
	struct senders *s;
	size_t i;

	if (span_is(tag, "_DKIMDOMAIN_"))
		return signers(a, out);
	if (span_is(tag, "_URIDOMAINS_") || span_is(tag, "_URIHOSTS_")) {
		find_hosts(a);
		for (i = 0; i < a->host_count; i++)
			out[i] = span_is(tag, "_URIHOSTS_") ?
			    a->hosts[i].host : a->hosts[i].domain;
		return a->host_count;
	}
	if (span_starts(tag, "_LASTEXTERNAL"))
		return of_relay(a, tag, out);
	s = arena_alloc(a->facts->arena, sizeof(*s));
	senders_add(a->facts, span_is(tag, "_SENDERDOMAIN_") ?
	    "EnvelopeFrom:addr" : "From:addr", s);
	if (s->count == 0)
		return 0;
	*out = domain_of(a, s->items[0]);
	return out->n > 0;
}

static void
ask_template(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct span values[NETASK_VALUES_MAX] = {{NULL, 0}}, tag, name;
	size_t from = 0, to, i, n;

	if (l->zone_number < a->net->net->zone_count &&
	    a->net->skip[l->zone_number])
		return;
	while (from < l->text.n && !(l->text.p[from] == '_' &&
	    from + 1 < l->text.n && l->text.p[from + 1] >= 'A' &&
	    l->text.p[from + 1] <= 'Z'))
		from++;
	if (from == l->text.n) {
		asking_add(a->asking, l->text, l->type, (unsigned)lookup,
		    l->text);
		return;
	}
	to = from + 2 + span_chr(span_skip(l->text, from + 1), '_');
	tag = span_head(span_skip(l->text, from), to - from);
	n = tag_values(a, tag, values);
	for (i = 0; i < n; i++) {
		name = arena_printf(a->facts->arena, "%.*s%.*s%.*s",
		    (int)from, l->text.p, SPAN_ARG(values[i]),
		    SPAN_ARG(span_skip(l->text, to)));
		asking_add(a->asking, name, l->type, (unsigned)lookup,
		    values[i]);
	}
}

/* A and MX of the sender's domain. */
static void
ask_sender(struct asker *a, size_t lookup)
{
	struct senders *s = arena_alloc(a->facts->arena, sizeof(*s));
	struct span host;

	senders_add(a->facts, "EnvelopeFrom:addr", s);
	if (s->count == 0)
		return;
	host = domain_of(a, s->items[0]);
	if (!registry_fqdn(host))
		return;
	asking_add(a->asking, host, DNS_A, (unsigned)lookup, host);
	asking_add(a->asking, host, DNS_MX, (unsigned)lookup, host);
}

static void
ask_hashed(struct asker *a, size_t lookup, struct span text)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct arena *arena = a->facts->arena;
	struct span name = l->keep_case ? text : arena_lower(arena, text);

	if (!l->raw)
		name = l->base32 ? hash_base32(arena, l->hash, name) :
		    hash_hex(arena, l->hash, name);
	ask_name(a->asking, a->net, lookup, name, text);
}

/* Role addresses, and those that mail services make up for each message. */
static bool
nobody(struct span local)
{
	static const char *const names[] = {"abuse", "support", "sales",
	    "info", "helpdesk", "contact", "kontakt", "postmaster",
	    "hostmaster", "domainmaster"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (span_iis(local, names[i]))
			return true;
	return span_istarts(local, "undisclosed") ||
	    span_istarts(local, "bounce-") || span_istarts(local, "bounced-");
}

static void
ask_email(struct asker *a, size_t lookup, struct span address)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct facts *f = a->facts;
	size_t at = span_rchr(address, '@'), i, n = 0;
	struct span local = span_head(address, at), domain;
	char *p;

	if (at == address.n || nobody(local))
		return;
	domain = span_skip(address, at + 1);
	if (lists_skips_domain(f->lists, domain) ||
	    lists_skips_domain(f->lists, registry_domain(f->arena,
	    a->net->registry, domain)))
		return;
	if (l->notag)
		local = span_head(local, span_chr(local, '+'));
	p = arena_bytes(f->arena, local.n + 1);
	for (i = 0; i < local.n; i++)
		if (!l->nodot || local.p[i] != '.')
			p[n++] = local.p[i];
	if (l->domain_only)
		domain = registry_domain(f->arena, a->net->registry, domain);
	if (l->host_only || l->domain_only)
		ask_hashed(a, lookup, domain);
	else if (l->user_only)
		ask_hashed(a, lookup, span_make(p, n));
	else
		ask_hashed(a, lookup, arena_printf(f->arena, "%.*s@%.*s",
		    (int)n, p, SPAN_ARG(domain)));
}

static void
ask_emails(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	struct senders *s = arena_alloc(a->facts->arena, sizeof(*s));
	struct span rest = l->text, field;
	size_t i;

	while (span_cut(&rest, '/', &field)) {
		field = span_trim(field);
		if (span_is(field, "ALLFROM"))
			senders_from(a->facts, s);
	}
	rest = l->text;
	while (span_cut(&rest, '/', &field)) {
		field = span_trim(field);
		if (!span_is(field, "ALLFROM") && !span_is(field, "ALL") &&
		    !span_is(field, "body"))
			senders_add(a->facts, arena_printf(a->facts->arena,
			    "%.*s:addr", SPAN_ARG(field)).p, s);
	}
	for (i = 0; i < s->count && i < l->most; i++)
		ask_email(a, lookup, s->items[i]);
}

static bool
skips(const struct asker *a, const struct link *k)
{
	size_t i;

	for (i = 0; i < k->host_count; i++)
		if (lists_skips_domain(a->facts->lists, k->hosts[i].host) ||
		    lists_skips_domain(a->facts->lists, k->hosts[i].domain))
			return true;
	return k->host_count == 0 || !k->cleaned || !k->for_rules ||
	    span_istarts(k->raw, "mailto:");
}

static void
ask_uris(struct asker *a, size_t lookup)
{
	const struct netlookup *l = &a->net->net->lookups[lookup];
	const struct links *links = facts_links(a->facts);
	size_t i, k, n = 0;

	for (i = 0; i < links->count; i++) {
		if (skips(a, links->items[i]))
			continue;
		for (k = 0; k < links->items[i]->form_count && n < l->most;
		    k++, n++)
			ask_hashed(a, lookup, links->items[i]->forms[k]);
	}
}

static void
ask_lookup(struct asker *a, size_t lookup)
{
	switch (a->net->net->lookups[lookup].kind) {
	case NETLOOKUP_CLIENT:
		ask_relays(a, lookup);
		break;
	case NETLOOKUP_FROM_HOST:
	case NETLOOKUP_FROM_DOMAIN:
	case NETLOOKUP_ENVFROM:
		ask_addresses(a, lookup);
		break;
	case NETLOOKUP_LINK:
		ask_link(a, lookup);
		break;
	case NETLOOKUP_TEMPLATE:
		ask_template(a, lookup);
		break;
	case NETLOOKUP_SENDER:
		ask_sender(a, lookup);
		break;
	case NETLOOKUP_EMAIL:
		ask_emails(a, lookup);
		break;
	case NETLOOKUP_URI:
		ask_uris(a, lookup);
		break;
	case NETLOOKUP_LINK_IP:
	case NETLOOKUP_LINK_NS:
	case NETLOOKUP_LINK_FULLNS:
		break;		/* netask_follow */
	}
}

void
netask_add(const struct netask *n, struct facts *f, struct asking *asking)
{
	struct asker *a = arena_alloc(f->arena, sizeof(*a));
	size_t i;

	a->net = n;
	a->facts = f;
	a->asking = asking;
	for (i = 0; i < n->net->lookup_count; i++)
		ask_lookup(a, i);
	ask_leads(a);
}

/* The name server of a link's domain. */
static void
follow_server(struct asking *a, const struct netask *n, struct span server,
    struct span subject)
{
	const struct netlookup *l;
	size_t i;

	for (i = 0; i < n->net->lookup_count; i++) {
		l = &n->net->lookups[i];
		if (l->kind == NETLOOKUP_LINK_NS)
			ask_name(a, n, i, registry_domain(asking_arena(a),
			    n->registry, server), subject);
		else if (l->kind == NETLOOKUP_LINK_FULLNS)
			ask_name(a, n, i, server, subject);
	}
	asking_add(a, server, DNS_A, (unsigned)n->net->lookup_count +
	    NETASK_SERVER, subject);
}

static void
follow_address(struct asking *a, const struct netask *n, const struct ip *ip,
    bool of_server)
{
	const struct netlookup *l;
	size_t i;

	for (i = 0; i < n->net->lookup_count; i++) {
		l = &n->net->lookups[i];
		if (l->kind == NETLOOKUP_LINK_IP &&
		    (of_server ? l->of_servers : l->of_hosts))
			ask_ip(a, n, i, ip);
	}
}

void
netask_follow(struct asking *a, const struct question *q)
{
	const struct netask *n = a->context;
	const struct dns_answer *answer = q->answer;
	struct span subject = q->subject;
	unsigned base = (unsigned)n->net->lookup_count, tag = q->tag;
	size_t i;

	if (tag < base)
		return;
	for (i = 0; i < answer->count && i < LEADS_MAX; i++)
		if (tag == base + NETASK_SERVERS)
			follow_server(a, n, answer->records[i].data, subject);
		else
			follow_address(a, n, &answer->records[i].ip,
			    tag == base + NETASK_SERVER);
}
