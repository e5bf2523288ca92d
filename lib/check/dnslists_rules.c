/*
 * dnslists_rules - rules of rule files that ask the DNS, with the same doubts
 * about their zones as about the lists of the configuration.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "check/dnslists.h"
#include "rules/lists.h"
#include "rules/netask.h"

/* The zones of a ruleset, as lists. */
struct netself {
	const struct netrules *net;
	struct dnslist *zones;
};

/* By its definition, where there is one. */
static void
make_zone(struct dnslist *out, const struct netzone *zone,
    const struct dnslists *known)
{
	const struct dnslist *list = dnslists_zone(known, zone->name);

	if (list != NULL) {
		*out = *list;
		return;
	}
	out->name = zone->name.p;
	out->zone = out->id = zone->name;
	out->asks = zone->of_hashes ? DNSLIST_EMAIL : zone->of_domains ?
	    DNSLIST_LINK : DNSLIST_CLIENT;
	dnslist_default_test(out, out->asks);
	/* Perhaps no list: then only one that says yes to all is doubted. */
	if (zone->loose)
		out->listed = span_of("");
}

struct netself *
netself_new(const struct dnslists_self *self, const struct dnslists *known)
{
	struct netself *n = mem_alloc(sizeof(*n));
	size_t i;

	n->net = self->book->rules->net;
	n->zones = mem_alloc((n->net->zone_count + 1) * sizeof(*n->zones));
	for (i = 0; i < n->net->zone_count; i++)
		make_zone(&n->zones[i], &n->net->zones[i], known);
	return n;
}

void
netself_free(struct netself *n)
{
	if (n == NULL)
		return;
	free(n->zones);
	free(n);
}

void
netself_watch(const struct netself *n, struct listhealth *health, int64_t now)
{
	size_t i;

	for (i = 0; i < n->net->zone_count; i++)
		listhealth_watch(health, &n->zones[i], now);
}

void
netself_tell(const struct netself *n, struct listhealth *health,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < n->net->zone_count; i++)
		dnslists_tell_zone(&n->zones[i], health, out);
}

static struct listhealth *
health_of(const struct inquiry *q)
{
	return q->shared != NULL ? q->shared->lists : NULL;
}

static unsigned
probe_tag(const struct netself *n, size_t zone)
{
	return (unsigned)(n->net->lookup_count + NETASK_LEADS +
	    LISTPROBE_TAGS * zone);
}

/* Self-tests go along of what health does not know yet. */
static void
add_probes(const struct netself *n, const struct inquiry *q, struct asking *a)
{
	const struct netrules *net = n->net;
	size_t i, zone, asked = a->count;
	bool *wanted = arena_alloc(asking_arena(a), net->zone_count + 1);

	for (i = 0; i < asked; i++) {
		if (a->items[i].tag >= net->lookup_count)
			continue;
		zone = net->lookups[a->items[i].tag].zone_number;
		if (zone < net->zone_count)
			wanted[zone] = true;
	}
	/* Whether links lead to these is not known yet. */
	for (i = 0; i < net->lookup_count; i++)
		if (asked > 0 && net->lookups[i].zone_number <
		    net->zone_count && (net->lookups[i].kind ==
		    NETLOOKUP_LINK_IP || net->lookups[i].kind ==
		    NETLOOKUP_LINK_NS || net->lookups[i].kind ==
		    NETLOOKUP_LINK_FULLNS))
			wanted[net->lookups[i].zone_number] = true;
	for (i = 0; i < net->zone_count; i++)
		if (wanted[i] && dnslists_trust(q, &n->zones[i]) ==
		    LIST_UNTESTED)
			listprobe_add(a, &n->zones[i], probe_tag(n, i), 0);
}

void
netself_ask(const struct dnslists_self *self, struct inquiry *q)
{
	const struct netself *n = self->rules;
	struct dnslists_state *state = q->state;
	struct netask *ask;
	bool *skip;
	size_t i;

	if (!dnslists_wanted(self, q) || n->net->count == 0)
		return;
	skip = arena_alloc(q->arena, n->net->zone_count + 1);
	for (i = 0; i < n->net->zone_count; i++)
		skip[i] = dnslists_trust(q, &n->zones[i]) == LIST_OFF;
	ask = arena_alloc(q->arena, sizeof(*ask));
	ask->net = n->net;
	ask->registry = lists_registry(self->book->lists);
	ask->private = q->dns_local;
	ask->skip = skip;
	state->netask = ask;
	state->rules = asking_new(q->dns, netask_follow, ask);
	netask_add(ask, inquiry_facts(q), asking_of(state->rules));
	add_probes(n, q, asking_of(state->rules));
	asking_start(state->rules);
}

/* What is no list may answer any address; refusals are refusals. */
static enum dnslist_word
plain_word(const struct dns_answer *a)
{
	size_t i;

	if (a == NULL || a->status == DNS_FAILED)
		return DNSLIST_ERROR;
	for (i = 0; i < a->count; i++)
		if (ip_is4(&a->records[i].ip) && a->records[i].ip.b[12] ==
		    127 && a->records[i].ip.b[13] == 255 &&
		    a->records[i].ip.b[14] == 255)
			return DNSLIST_ERROR;
	return a->status == DNS_FOUND ? DNSLIST_YES : DNSLIST_NO;
}

static enum dnslist_word
word_of(const struct netself *n, const struct question *q, size_t zone)
{
	struct dnslist_answer answer;

	if (zone >= n->net->zone_count || q->type != DNS_A ||
	    n->net->zones[zone].loose)
		return plain_word(q->answer);
	dnslist_read(&n->zones[zone], q->answer, &answer);
	return answer.word;
}

/* The zone that a question is about, or NETRULE_ZONES_MAX. */
static size_t
zone_of(const struct netself *n, const struct question *q)
{
	return q->tag < n->net->lookup_count ?
	    n->net->lookups[q->tag].zone_number : NETRULE_ZONES_MAX;
}

/* Whose word does not count, and says so in "degraded=". */
static bool *
find_silent(const struct netself *n, struct inquiry *q,
    const struct asking *a)
{
	bool *silent = arena_alloc(q->arena, n->net->zone_count + 1);
	const char *why;
	size_t i;

	for (i = 0; i < n->net->zone_count; i++)
		silent[i] = dnslists_trust(q, &n->zones[i]) == LIST_OFF ||
		    listprobe_result(a, &n->zones[i], probe_tag(n, i),
		    &why) != LISTPROBE_GOOD;
	return silent;
}

void
netself_judge(const struct dnslists_self *self, struct inquiry *q)
{
	const struct netself *n = self->rules;
	struct dnslists_state *state = q->state;
	enum dnslist_word words[ASKING_MAX];
	const struct asking *a;
	bool *silent;
	size_t i, zone;

	if (state->rules == NULL)
		return;
	dns_job_wait(state->rules, dnslists_patience(q, 0));
	a = asking_of(state->rules);
	silent = find_silent(n, q, a);
	state->left_out += a->full;
	for (i = 0; i < a->count; i++) {
		zone = zone_of(n, &a->items[i]);
		words[i] = word_of(n, &a->items[i], zone);
		if (zone >= n->net->zone_count)
			continue;
		if (health_of(q) != NULL)
			listhealth_note(health_of(q), &n->zones[zone],
			    a->items[i].subject, words[i], q->now);
		if (words[i] == DNSLIST_ERROR || silent[zone])
			result_degraded(q->result, n->zones[zone].name);
	}
	netask_judge(state->netask, inquiry_facts(q), a, words, silent);
}
