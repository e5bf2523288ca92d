/* netjudge - what the answers of the DNS mean for the rules that asked. */
#include <string.h>

#include "rules/netanswer.h"
#include "rules/netask.h"

struct judge {
	const struct netask *net;
	struct facts *facts;
	const struct asking *asking;
	const enum dnslist_word *words;
	const bool *silent;
};

enum say { SAY_NO, SAY_UNKNOWN, SAY_YES };

/* Whether the signature counts that an askdns question is about. */
static enum say
signed_by(const struct judge *j, struct span domain)
{
	const struct auth *auth = j->facts->auth;
	const struct dkim_signature *s;
	enum say say = SAY_NO;
	size_t i;

	for (i = 0; auth != NULL && auth->dkim != NULL &&
	    i < auth->dkim->count; i++) {
		s = &auth->dkim->signatures[i];
		if (!span_ieq(s->domain, domain))
			continue;
		if (s->result == DKIM_PASS)
			return SAY_YES;
		if (s->result == DKIM_TEMPERROR)
			say = SAY_UNKNOWN;
	}
	return say;
}

static bool
about_signer(const struct netlookup *l)
{
	return l->kind == NETLOOKUP_TEMPLATE &&
	    span_find(l->text, span_of("_DKIMDOMAIN_")) < l->text.n;
}

static unsigned
response_code(const struct dns_answer *a)
{
	return a->status == DNS_NXDOMAIN ? 3 : 0;
}

static bool
record_passes(const struct judge *j, const struct nettest *test,
    enum dns_type type, const struct dns_record *r)
{
	char text[IP_TEXT_MAX];
	uint32_t number;

	if (type != DNS_A && type != DNS_AAAA)
		return nettest_passes(test, j->facts->scratch, NULL, r->data);
	number = (uint32_t)r->ip.b[12] << 24 | (uint32_t)r->ip.b[13] << 16 |
	    (uint32_t)r->ip.b[14] << 8 | r->ip.b[15];
	return nettest_passes(test, j->facts->scratch,
	    type == DNS_A ? &number : NULL, span_of(ip_text(&r->ip, text)));
}

static enum say
answer_says(const struct judge *j, const struct nettest *test, size_t number)
{
	const struct question *q = &j->asking->items[number];
	size_t i;

	if (j->words[number] == DNSLIST_ERROR)
		return SAY_UNKNOWN;
	if (test->kind == NETTEST_CODES)
		return test->low >> response_code(q->answer) & 1 ? SAY_YES :
		    SAY_NO;
	for (i = 0; i < q->answer->count; i++)
		if (record_passes(j, test, q->type, &q->answer->records[i]))
			return SAY_YES;
	return SAY_NO;
}

static enum say
question_says(const struct judge *j, const struct netlookup *l,
    const struct nettest *test, size_t number)
{
	const struct question *q = &j->asking->items[number];
	enum say say, signer;

	if (l->zone_number < j->net->net->zone_count &&
	    j->silent[l->zone_number])
		return SAY_UNKNOWN;
	say = answer_says(j, test, number);
	if (say == SAY_NO || !about_signer(l))
		return say;
	signer = signed_by(j, q->subject);
	return signer < say ? signer : say;
}

/* Whether neither A nor MX knows the sender's domain. */
static enum say
sender_says(const struct judge *j, size_t lookup)
{
	size_t i, gone = 0, asked = 0;

	for (i = 0; i < j->asking->count; i++) {
		if (j->asking->items[i].tag != lookup)
			continue;
		asked++;
		if (j->words[i] == DNSLIST_ERROR)
			return SAY_UNKNOWN;
		gone += j->asking->items[i].answer->status == DNS_NXDOMAIN;
	}
	return asked == 2 && gone == 2 ? SAY_YES : SAY_NO;
}

static enum say
lookup_says(const struct judge *j, size_t lookup, const struct nettest *test,
    struct span *evidence)
{
	const struct netlookup *l = &j->net->net->lookups[lookup];
	enum say all = SAY_NO, say;
	size_t i;

	if (l->kind == NETLOOKUP_SENDER)
		return sender_says(j, lookup);
	for (i = 0; i < j->asking->count && all != SAY_YES; i++) {
		if (j->asking->items[i].tag != lookup)
			continue;
		say = question_says(j, l, test, i);
		if (say > all)
			all = say;
		if (say == SAY_YES)
			*evidence = j->asking->items[i].subject;
	}
	/* What could not even be asked because the zone is off. */
	if (all == SAY_NO && l->zone_number < j->net->net->zone_count &&
	    j->net->skip[l->zone_number])
		all = SAY_UNKNOWN;
	return all;
}

static enum say
rule_says(const struct judge *j, const struct netrule *r,
    struct span *evidence)
{
	const struct netrules *net = j->net->net;
	enum say all = SAY_NO, say;
	size_t i;

	if (!r->by_set)
		return lookup_says(j, r->lookup, &r->test, evidence);
	for (i = 0; i < net->lookup_count && all != SAY_YES; i++) {
		if (net->lookups[i].set.n == 0 ||
		    !span_eq(net->lookups[i].set, r->set))
			continue;
		say = lookup_says(j, i, &r->test, evidence);
		if (say > all)
			all = say;
	}
	return all;
}

/* A lead that led nowhere for want of an answer. */
static bool
lead_lost(const struct judge *j)
{
	size_t i;

	for (i = 0; i < j->asking->count; i++)
		if (j->asking->items[i].tag >= j->net->net->lookup_count &&
		    j->words[i] == DNSLIST_ERROR)
			return true;
	return j->asking->full;
}

static bool
led_by_links(const struct judge *j, const struct netrule *r)
{
	enum netlookup_kind kind;

	if (r->by_set)
		return false;
	kind = j->net->net->lookups[r->lookup].kind;
	return kind == NETLOOKUP_LINK_IP || kind == NETLOOKUP_LINK_NS ||
	    kind == NETLOOKUP_LINK_FULLNS;
}

void
netask_judge(const struct netask *n, struct facts *f,
    const struct asking *asking, const enum dnslist_word *words,
    const bool *silent)
{
	struct judge j = {n, f, asking, words, silent};
	bool lost = lead_lost(&j);
	struct span evidence;
	enum say say;
	size_t i;

	for (i = 0; i < n->net->count; i++) {
		evidence = span_of("");
		say = rule_says(&j, &n->net->rules[i], &evidence);
		if (say == SAY_NO && lost && led_by_links(&j,
		    &n->net->rules[i]))
			say = SAY_UNKNOWN;
		if (say == SAY_YES)
			netanswer_hit(f, n->net->rules[i].rule,
			    arena_span(f->arena, evidence));
		else if (say == SAY_UNKNOWN)
			netanswer_unknown(f, n->net->rules[i].rule);
	}
}
