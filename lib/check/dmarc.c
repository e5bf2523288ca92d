/*
 * dmarc - whether the author's domain stands behind the message (RFC 9989),
 * and what its owner wants done when not.
 *
 * A policy of "reject" alone does not refuse anything: refusal is the
 * operator's choice (dmarc.policy).  Even then mail that lists, forwarders and
 * sealers vouch for is spared, because DMARC breaks on its way (RFC 9989 7.4);
 * which of them, stands in Authentication-Results.
 */
#include "auth/dmarc_verdict.h"

#include <stdlib.h>

#include "auth/taglist.h"
#include "base/mem.h"
#include "check/check.h"
#include "check/identity.h"
#include "mail/domain.h"

enum dmarc_wish { WISH_SYMBOLS, WISH_QUARANTINE, WISH_REJECT };

struct dmarc_options {
	bool enabled;
	int64_t policy;
	int64_t method;
	struct strings forwarders;
	struct strings trusted_sealers;
};

/* Of a generation. */
struct dmarc_self {
	const struct dmarc_options *options;
	struct suffixes *suffixes;
	struct netset forwarders;
};

/* One message: a job for each domain of its author. */
struct dmarc_state {
	struct author author;
	struct dns_job *jobs[AUTHOR_DOMAINS_MAX];
	bool asked;
	struct dmarc_verdict verdict;
};

#define ROW(member) offsetof(struct dmarc_options, member)

static const char *const policy_words[] = {
	"symbols", "quarantine", "reject", NULL,
};
static const char *const method_words[] = {"walk", "suffix", NULL};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, ROW(enabled), "yes", 0, 0, NULL,
	    "evaluate DMARC"},
	{"policy", OPTION_WORD, ROW(policy), "symbols", 0, 0, policy_words,
	    "the harshest that a domain's policy is followed to"},
	{"method", OPTION_WORD, ROW(method), "walk", 0, 0, method_words,
	    "walk (RFC 9989) or suffix (RFC 7489)"},
	{"forwarders", OPTION_LIST, ROW(forwarders), "", 0, 0, NULL,
	    "networks whose failing mail is spared"},
	{"trusted_sealers", OPTION_LIST, ROW(trusted_sealers), "", 0, 0, NULL,
	    "domains whose ARC seals are believed"},
	{0},
};

static const char *const symbols[] = {
	"DMARC_PASS", "DMARC_NONE", "DMARC_QUAR", "DMARC_REJECT",
	"DMARC_MISSING", "DMARC_PERMERROR", "DMARC_OVERRIDE",
	"DMARC_METHODS_DIFFER", NULL,
};

static void
dmarc_unload(void *arg)
{
	struct dmarc_self *self = arg;

	suffixes_close(self->suffixes);
	netset_done(&self->forwarders);
	free(self);
}

static int
load_forwarders(struct dmarc_self *self, struct loading *loading)
{
	const struct strings *list = &self->options->forwarders;
	struct net net;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (!net_parse(span_of(list->item[i]), &net))
			return conf_refuse(loading->conf, "dmarc",
			    "forwarders", loading->error,
			    "\"%s\" is not a network", list->item[i]);
		netset_put(&self->forwarders, &net, self);
	}
	return 0;
}

static void *
dmarc_load(const void *options, struct loading *loading)
{
	struct dmarc_self *self = mem_alloc(sizeof(*self));
	struct error reason;

	self->options = options;
	netset_init(&self->forwarders);
	self->suffixes = suffixes_open("", &reason);
	if (self->suffixes != NULL && load_forwarders(self, loading) == 0)
		return self;
	if (self->suffixes == NULL)
		conf_refuse(loading->conf, "dmarc", "method", loading->error,
		    "%s", reason.text);
	dmarc_unload(self);
	return NULL;
}

static unsigned
dmarc_needs(const void *arg)
{
	const struct dmarc_self *self = arg;
	unsigned needs = NEED_CLIENT | NEED_SENDER | NEED_HEADERS | NEED_HELO |
	    NEED_BODY;

	if (!self->options->enabled)
		return 0;
	if (self->options->policy != WISH_SYMBOLS)
		needs |= NEED_QUARANTINE;
	return needs;
}

/* RFC 7208 2.4: of the null sender it is postmaster at the HELO name. */
static struct span
spf_domain(struct arena *arena, const struct message *m)
{
	size_t at = span_rchr(m->sender, '@');

	return domain_ascii(arena, m->sender.n > 0 ?
	    span_skip(m->sender, at + 1) : m->client.helo);
}

/* Every domain that could pass later: SPF's, then those of signatures. */
static size_t
find_identifiers(struct inquiry *q, struct span out[])
{
	const struct header *h;
	struct taglist tags;
	size_t n = 0, i;

	out[n++] = spf_domain(q->arena, q->message);
	for (i = 0; n < DMARC_IDENTIFIERS_MAX; i++) {
		h = message_find(q->message, "DKIM-Signature", i);
		if (h == NULL)
			break;
		if (taglist_parse(h->value, &tags) == NULL)
			out[n++] = domain_ascii(q->arena,
			    taglist_value(&tags, "d", ""));
	}
	return n;
}

static void
dmarc_ask(const void *arg, struct inquiry *q)
{
	const struct dmarc_self *self = arg;
	struct dmarc_state *state = q->state;
	struct span identifiers[DMARC_IDENTIFIERS_MAX];
	struct dmarc_input input = {
		.identifiers = identifiers,
		.method = (enum dmarc_method)self->options->method,
		.suffixes = self->suffixes,
		.compare = true,
	};
	size_t i;

	if (q->dns == NULL || q->message->direction != DIRECTION_INBOUND)
		return;
	state->asked = true;
	author_of(q->arena, q->message, &state->author);
	input.identifier_count = find_identifiers(q, identifiers);
	for (i = 0; i < state->author.count; i++) {
		input.author = state->author.domains[i];
		state->jobs[i] = dmarc_start(q->dns, &input);
	}
}

/* What SPF and DKIM found, in DMARC's terms. */
static void
find_facts(struct inquiry *q, struct dmarc_facts *out)
{
	const struct spf_outcome *spf = q->auth->spf_mailfrom;
	const struct dkim_outcome *dkim = q->auth->dkim;
	struct dmarc_identifier *each;
	size_t i;

	*out = (struct dmarc_facts) {0};
	out->spf.domain = spf_domain(q->arena, q->message);
	if (spf != NULL) {
		out->spf.pass = spf->result == SPF_PASS;
		out->spf.temperror = spf->result == SPF_TEMPERROR;
	}
	if (dkim == NULL || dkim->count == 0)
		return;
	each = arena_alloc(q->arena, dkim->count * sizeof(*each));
	for (i = 0; i < dkim->count; i++) {
		each[i].domain = domain_ascii(q->arena,
		    dkim->signatures[i].domain);
		/* RFC 6376 3.6.1: t=y is to be treated as unsigned. */
		each[i].pass = dkim->signatures[i].result == DKIM_PASS &&
		    !dkim->signatures[i].testing;
		each[i].temperror =
		    dkim->signatures[i].result == DKIM_TEMPERROR;
	}
	out->dkim = each;
	out->dkim_count = dkim->count;
}

static bool
trusted_sealer(const struct dmarc_self *self, struct span domain)
{
	const struct strings *list = &self->options->trusted_sealers;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (span_iis(domain, list->item[i]))
			return true;
	return false;
}

/*
 * The newest sealer is ours to trust, and says that DMARC passed before.  A
 * chain whose keys are not known for want of an answer may be whole.
 */
static bool
sealed(const struct dmarc_self *self, struct inquiry *q, struct span author)
{
	const struct arc_outcome *arc = q->auth->arc;

	return arc != NULL &&
	    (arc->result == ARC_PASS || arc->result == ARC_TEMPERROR) &&
	    !arc->partial && !arc->testing &&
	    trusted_sealer(self, arc->sealers[0].domain) &&
	    arcclaims_has(&arc->claims, "dmarc", "pass", author);
}

/* Whether the list is of that domain, which passed or, answered, might have. */
static bool
list_within(struct span list, const struct dmarc_identifier *id)
{
	return (id->pass || id->temperror) && domain_within(list, id->domain);
}

/* A list that proves to be the one its List-Id names (RFC 2919). */
static bool
from_list(struct inquiry *q, const struct dmarc_facts *facts)
{
	const struct header *id = message_find(q->message, "List-Id", 0);
	struct span list;
	size_t i, at;

	if (id == NULL)
		return false;
	at = span_rchr(id->value, '<');
	list = span_skip(id->value, at + 1);
	list = domain_ascii(q->arena, span_head(list, span_chr(list, '>')));
	for (i = 0; i < facts->dkim_count; i++)
		if (list_within(list, &facts->dkim[i]))
			return true;
	return list_within(list, &facts->spf);
}

/* Whom the operator believes more than the failure, or NULL. */
static const char *
find_trust(const struct dmarc_self *self, struct inquiry *q,
    struct span author)
{
	const struct client *client = &q->message->client;

	if (sealed(self, q, author))
		return q->auth->arc->result == ARC_PASS ? "trusted_sealer" :
		    "sealer_unanswered";
	if (client->has_ip &&
	    netset_find(&self->forwarders, &client->ip) != NULL)
		return "trusted_forwarder";
	return NULL;
}

/* A signature of the author's, over more of the header than was kept. */
static bool
has_cut(struct inquiry *q, struct span author)
{
	const struct dkim_outcome *dkim = q->auth->dkim;
	size_t i;

	for (i = 0; i < dkim->count; i++)
		if (dkim->signatures[i].cut && span_ieq(
		    identity_owned(q, dkim->signatures[i].domain),
		    identity_owned(q, author)))
			return true;
	return false;
}

/*
 * Why nobody is held or refused, though the points stay.  What was not looked
 * at might have passed, and anybody can be a list, by his own domain's proof.
 */
static const char *
find_excuse(struct inquiry *q, const struct dmarc_facts *facts,
    struct span author)
{
	if (q->auth->spf_mailfrom == NULL || q->auth->dkim == NULL ||
	    has_cut(q, author))
		return "not_evaluated";
	return from_list(q, facts) ? "mailing_list" : NULL;
}

static void
follow_policy(const struct dmarc_self *self, struct inquiry *q,
    const struct dmarc_verdict *v)
{
	enum dmarc_policy wish = v->disposition;
	struct span text;

	if (self->options->policy == WISH_SYMBOLS)
		return;
	if (wish == DMARC_REJECT && self->options->policy == WISH_REJECT) {
		text = arena_printf(q->arena, "Not authenticated as its author"
		    " %.*s asks for (DMARC)", SPAN_ARG(v->author));
		inquiry_demand(q, ACTION_REJECT, "5.7.26", text.p);
	} else {
		inquiry_demand(q, ACTION_QUARANTINE, NULL, NULL);
	}
}

static void
judge_failure(const struct dmarc_self *self, struct inquiry *q,
    const struct dmarc_verdict *v, const struct dmarc_facts *facts)
{
	static const char *const names[] = {
		[DMARC_UNSET] = "DMARC_NONE",
		[DMARC_NONE] = "DMARC_NONE",
		[DMARC_QUARANTINE] = "DMARC_QUAR",
		[DMARC_REJECT] = "DMARC_REJECT",
	};
	const char *trust = NULL;

	if (v->disposition >= DMARC_QUARANTINE)
		trust = find_trust(self, q, v->author);
	if (trust != NULL) {
		q->auth->dmarc_override = trust;
		inquiry_raise(q, "DMARC_OVERRIDE", "%s: %.*s", trust,
		    SPAN_ARG(v->author));
		return;
	}
	inquiry_raise(q, names[v->disposition], "%.*s: %s",
	    SPAN_ARG(v->author), v->reason);
	if (v->disposition < DMARC_QUARANTINE)
		return;
	q->auth->dmarc_override = find_excuse(q, facts, v->author);
	if (q->auth->dmarc_override == NULL)
		follow_policy(self, q, v);
}

static enum answer
judge(const struct dmarc_self *self, struct inquiry *q,
    const struct dmarc_verdict *v, const struct dmarc_facts *facts)
{
	switch (v->result) {
	case DMARC_RESULT_PASS:
		inquiry_raise(q, "DMARC_PASS", "%.*s", SPAN_ARG(v->author));
		break;
	case DMARC_RESULT_FAIL:
		judge_failure(self, q, v, facts);
		break;
	case DMARC_RESULT_NONE:
		inquiry_raise(q, "DMARC_MISSING", "%.*s",
		    SPAN_ARG(v->author));
		break;
	case DMARC_RESULT_PERMERROR:
		inquiry_raise(q, "DMARC_PERMERROR", "%s", v->reason);
		break;
	case DMARC_RESULT_TEMPERROR:
		return UNANSWERED;
	}
	return ANSWERED;
}

/* Told in the log, so that operators see where RFC 9989 changes things. */
static void
note_difference(struct inquiry *q, const struct dmarc_outcome *outcome)
{
	struct buf how;

	buf_init(&how, RESULT_EVIDENCE_MAX);
	if (dmarc_differs(outcome, &how))
		inquiry_raise(q, "DMARC_METHODS_DIFFER", "%s",
		    buf_string(&how));
	buf_done(&how);
}

static enum answer
dmarc_run(const void *arg, struct inquiry *q)
{
	const struct dmarc_self *self = arg;
	struct dmarc_state *state = q->state;
	struct dmarc_verdict each[AUTHOR_DOMAINS_MAX];
	const struct dmarc_outcome *outcome;
	struct dmarc_facts facts;
	size_t i;

	if (!state->asked)
		return ANSWERED;
	find_facts(q, &facts);
	for (i = 0; i < state->author.count; i++) {
		dns_job_wait(state->jobs[i], inquiry_patience(q));
		outcome = dmarc_outcome(state->jobs[i]);
		dmarc_evaluate(outcome, &facts, &each[i]);
		note_difference(q, outcome);
	}
	dmarc_combine(&state->author, each, &state->verdict);
	q->auth->dmarc = &state->verdict;
	return judge(self, q, &state->verdict, &facts);
}

static void
dmarc_drop(const void *arg, struct inquiry *q)
{
	struct dmarc_state *state = q->state;
	size_t i;

	(void)arg;
	for (i = 0; i < AUTHOR_DOMAINS_MAX; i++)
		dns_job_free(state->jobs[i]);
}

const struct check check_dmarc = {
	.name = "dmarc",
	.options = rows,
	.size = sizeof(struct dmarc_options),
	.symbols = symbols,
	.service = "dns",
	.state = sizeof(struct dmarc_state),
	.load = dmarc_load,
	.unload = dmarc_unload,
	.needs = dmarc_needs,
	.ask[STAGE_HEADERS] = dmarc_ask,
	.run[STAGE_BODY] = dmarc_run,
	.drop = dmarc_drop,
};
