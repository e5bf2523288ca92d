/* dnslists_ask - what of a message is asked of which list. */
#include <string.h>

#include "auth/author.h"
#include "base/clock.h"
#include "check/dnslists.h"
#include "mail/address.h"
#include "mail/domain.h"
#include "rules/lists.h"

struct ask {
	const struct dnslists_self *self;
	struct inquiry *q;
	struct dnslists_state *state;
	enum stage stage;
};

bool
dnslists_wanted(const struct dnslists_self *self, const struct inquiry *q)
{
	if (q->dns == NULL)
		return false;
	return q->message->direction == DIRECTION_INBOUND ||
	    self->options->outbound;
}

enum list_trust
dnslists_trust(const struct inquiry *q, const struct dnslist *list)
{
	if (q->shared == NULL || q->shared->lists == NULL)
		return LIST_UNTESTED;
	return listhealth_trust(q->shared->lists, list, q->now);
}

int64_t
dnslists_patience(struct inquiry *q, int64_t deadline)
{
	struct dnslists_state *state = q->state;
	int64_t now = clock_steady(), most = inquiry_patience(q), left;

	if (deadline == 0 || deadline > q->lists_deadline)
		deadline = q->lists_deadline;
	if (state->began == 0)
		state->began = now;
	left = state->began + deadline - now;
	if (left < 0)
		return 0;
	return left < most ? left : most;
}

static struct asking *
job_of(struct ask *a, size_t number)
{
	struct dns_job **job =
	    &a->state->jobs[a->stage][a->self->used[number].deadline];

	if (*job == NULL)
		*job = asking_new(a->q->dns, NULL, NULL);
	return asking_of(*job);
}

/* Where health does not know a list yet, its self-test goes along. */
static void
ask_list(struct ask *a, size_t number, struct span label,
    struct span subject)
{
	const struct used_list *used = &a->self->used[number];
	enum list_trust trust = dnslists_trust(a->q, &used->list);
	struct asking *job;

	if (label.n == 0)
		return;
	if (trust == LIST_OFF) {
		a->state->off[number] = true;
		return;
	}
	job = job_of(a, number);
	if (trust == LIST_UNTESTED)
		listprobe_add(job, &used->list, DNSLISTS_TAG_PROBES +
		    LISTPROBE_TAGS * (unsigned)number, 0);
	if (!asking_add(job, dnslist_name(a->q->arena, &used->list, label),
	    DNS_A, (unsigned)number, subject))
		a->state->left_out++;
}

/* The same question of all lists that are asked such things. */
static void
ask_all(struct ask *a, unsigned kind, struct span label, struct span subject)
{
	size_t i;

	for (i = 0; i < a->self->count; i++)
		if (a->self->used[i].list.asks & kind)
			ask_list(a, i, label, subject);
}

/* What somebody registered; of a name that is none of these, all of it. */
static struct span
registered(const struct ask *a, struct span host)
{
	struct span domain = suffixes_registered(a->self->book->suffixes,
	    host);

	return domain.n > 0 ? domain : host;
}

/* A name that could be anybody's; not those that everybody's mail bears. */
static void
ask_domain(struct ask *a, unsigned kind, struct span name)
{
	struct span host, domain;

	if ((a->self->asks & kind) == 0 || name.n == 0)
		return;
	host = domain_ascii(a->q->arena, name);
	domain = registered(a, host);
	if (span_chr(domain, '.') == domain.n ||
	    lists_skips_domain(a->self->book->lists, domain) ||
	    lists_skips_domain(a->self->book->lists, host))
		return;
	ask_all(a, kind, domain, domain);
}

static void
ask_client(struct ask *a)
{
	const struct client *client = &a->q->message->client;
	char text[IP_TEXT_MAX];

	/* No list knows addresses that everybody has. */
	if (!client->has_ip ||
	    (!a->q->dns_local && !ip_is_public(&client->ip)))
		return;
	ask_all(a, ip_is4(&client->ip) ? DNSLIST_CLIENT : DNSLIST_CLIENT6,
	    dnslist_reverse(a->q->arena, &client->ip),
	    arena_span(a->q->arena, span_of(ip_text(&client->ip, text))));
	if (a->q->message->direction == DIRECTION_INBOUND)
		ask_domain(a, DNSLIST_RDNS, client->name);
}

static void
ask_sender(struct ask *a)
{
	const struct message *m = a->q->message;
	struct address sender;

	if (m->direction != DIRECTION_INBOUND)
		return;
	if (m->client.helo.n == 0 || m->client.helo.p[0] != '[')
		ask_domain(a, DNSLIST_HELO, m->client.helo);
	if (m->sender.n > 0 && (address_path(a->q->arena, m->sender,
	    &sender) & ADDRESS_EMPTY) == 0)
		ask_domain(a, DNSLIST_SENDER, sender.domain);
}

static void
ask_email(struct ask *a, struct span address)
{
	size_t i;

	for (i = 0; i < a->self->count; i++)
		if (a->self->used[i].list.asks & DNSLIST_EMAIL)
			ask_list(a, i, dnslist_hashed(a->q->arena,
			    &a->self->used[i].list, address), address);
}

/* Addresses in From and Reply-To: whom an answer would reach. */
static void
ask_emails(struct ask *a)
{
	static const char *const fields[] = {"From", "Reply-To"};
	struct address found[DNSLISTS_EMAILS_MAX];
	const struct header *h;
	size_t i, k, count;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		h = message_find(a->q->message, fields[i], 0);
		if (h == NULL)
			continue;
		address_list(a->q->arena, h->value, found,
		    DNSLISTS_EMAILS_MAX / 2, &count);
		for (k = 0; k < count; k++)
			if (found[k].domain.n > 0)
				ask_email(a, domain_lower(a->q->arena,
				    found[k].whole));
	}
}

static void
ask_headers(struct ask *a)
{
	struct author author;
	size_t i;

	if (a->self->asks & DNSLIST_FROM) {
		author_of(a->q->arena, a->q->message, &author);
		for (i = 0; i < author.count; i++)
			ask_domain(a, DNSLIST_FROM, author.domains[i]);
	}
	if (a->self->asks & DNSLIST_EMAIL)
		ask_emails(a);
}

/* Different hosts of links, up to the limit. */
struct hosts {
	struct span hosts[DNSLISTS_LINKS_MAX], domains[DNSLISTS_LINKS_MAX];
	size_t count;
};

static void
take_host(struct ask *a, struct hosts *h, const struct url *url,
    struct span domain)
{
	size_t i;

	if (url->kind != URL_WEB || url->host.n == 0 ||
	    lists_skips_domain(a->self->book->lists, domain) ||
	    lists_skips_domain(a->self->book->lists, url->host))
		return;
	/* One host of a domain is enough, but for lists of hosts. */
	for (i = 0; i < h->count; i++)
		if (span_eq(h->hosts[i], url->host) ||
		    ((a->self->asks & DNSLIST_LINK_HOST) == 0 &&
		    domain.n > 0 && span_eq(h->domains[i], domain)))
			return;
	if (h->count == (size_t)a->self->options->links) {
		a->state->left_out++;
		return;
	}
	h->hosts[h->count] = url->host;
	h->domains[h->count++] = domain;
	if (url->host_kind == URL_HOST_IP4 &&
	    (a->q->dns_local || ip_is_public(&url->ip)))
		ask_all(a, DNSLIST_LINK_IP, dnslist_reverse(a->q->arena,
		    &url->ip), url->host);
	if (url->host_kind != URL_HOST_NAME || domain.n == 0)
		return;
	ask_all(a, DNSLIST_LINK, domain, domain);
	ask_all(a, DNSLIST_LINK_HOST, url->host, url->host);
}

/* What readers can click first: decoys must not crowd it out. */
static bool
clickable(const struct link *k)
{
	return (k->sources & 1u << HTML_A) != 0 && k->shown_count > 0 &&
	    (k->flags & LINK_HIDDEN) == 0;
}

static void
ask_links(struct ask *a)
{
	const struct links *links;
	struct hosts *hosts;
	const struct link *k;
	size_t i;
	int rest;

	if ((a->self->asks & DNSLIST_OF_LINKS) == 0 ||
	    a->self->options->links == 0)
		return;
	hosts = arena_alloc(a->q->arena, sizeof(*hosts));
	links = facts_links(inquiry_facts(a->q));
	for (rest = 0; rest < 2; rest++)
		for (i = 0; i < links->count; i++) {
			k = links->items[i];
			if (!k->good || clickable(k) == (rest == 1))
				continue;
			take_host(a, hosts, &k->target, k->target_domain);
			take_host(a, hosts, &k->url, k->domain);
		}
}

void
dnslists_ask(const struct dnslists_self *self, struct inquiry *q,
    enum stage stage)
{
	struct ask a = {self, q, q->state, stage};
	size_t i;

	if (!dnslists_wanted(self, q))
		return;
	if (stage == STAGE_CONNECT)
		ask_client(&a);
	else if (stage == STAGE_SENDER)
		ask_sender(&a);
	else if (stage == STAGE_HEADERS)
		ask_headers(&a);
	else
		ask_links(&a);
	for (i = 0; i < self->deadline_count; i++)
		if (a.state->jobs[stage][i] != NULL)
			asking_start(a.state->jobs[stage][i]);
}
