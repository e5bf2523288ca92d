/*
 * reputation - what those behind a message sent before.
 *
 * Each of them is rated by its own messages, and by its neighbourhood while
 * these are few: an address by its network, that by its autonomous system.
 * Within a shared provider the tenant is rated, never the provider, its
 * domains or its hosts; so nobody moves his neighbours.
 *
 * Who is proven can be known as good; what anybody may claim (HELO, From)
 * only as poor.  Written after the verdict by what all other symbols say, so
 * that a reputation never feeds on itself.
 */
#include "check/reputation.h"

#include <string.h>

#include "check/check.h"
#include "check/identity.h"
#include "mail/address.h"
#include "mail/domain.h"

#define HOUR 3600000LL
#define DAY (24 * HOUR)

#define ROW(member) offsetof(struct reputation_options, member)

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, ROW(enabled), "yes", 0, 0, NULL,
	    "remember what senders send"},
	{"half_life", OPTION_TIME, ROW(half_life), "2w", HOUR, 400 * DAY,
	    NULL, "after which a message of an address counts half"},
	{"domain_half_life", OPTION_TIME, ROW(domain_half_life), "30d", HOUR,
	    400 * DAY, NULL, "the same of domains and tenants"},
	{"evidence", OPTION_INT, ROW(evidence), "8", 1, 10000, NULL,
	    "messages known of a sender before it counts"},
	{"good", OPTION_INT, ROW(good), "10", 0, 49, NULL,
	    "percent of spam up to which a sender is good"},
	{"poor", OPTION_INT, ROW(poor), "70", 51, 100, NULL,
	    "percent of spam from which a sender is poor"},
	{"bad", OPTION_INT, ROW(bad), "90", 51, 100, NULL,
	    "percent of spam from which a sender is bad"},
	{0},
};

static const char *const symbols[] = {
	"REPUTATION_GOOD", "REPUTATION_POOR", "REPUTATION_BAD", NULL,
};

/* One message: those behind it, by kind. */
struct reputation_state {
	bool ready;
	struct standing standings[STANDING_KINDS];
};

int64_t
reputation_half_life(const struct reputation_options *o,
    enum standing_kind kind)
{
	return kind <= STANDING_HELO ? o->half_life : o->domain_half_life;
}

static void *
reputation_load(const void *options, struct loading *loading)
{
	const struct reputation_options *o = options;

	if (o->bad < o->poor) {
		conf_refuse(loading->conf, check_reputation.name, "bad",
		    loading->error, "is below reputation.poor");
		return NULL;
	}
	return (void *)(uintptr_t)options;
}

static unsigned
reputation_needs(const void *self)
{
	const struct reputation_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HELO | NEED_SENDER |
	    NEED_HEADERS : 0;
}

static void
put_name(struct reputation_state *state, enum standing_kind kind,
    struct span name)
{
	state->standings[kind].name = name.n <= STORE_KEY_MAX ? name :
	    span_of("");
}

/* A name in HELO that says more than the other identities do. */
static struct span
find_helo(struct inquiry *q, const struct identities *id)
{
	const struct iprev_outcome *iprev = q->auth->iprev;
	struct span helo, owner;

	helo = domain_ascii(q->arena, q->message->client.helo);
	if (domain_labels(helo) < 2)
		return span_of("");
	owner = identity_owned(q, helo);
	if (span_eq(owner, id->proven) || (iprev != NULL &&
	    iprev->result == IPREV_PASS && span_eq(owner,
	    identity_owned(q, iprev->name))))
		return span_of("");
	return helo;
}

/* Where the message comes from, unless many strangers send from there. */
static void
name_places(struct inquiry *q, const struct identities *id,
    struct reputation_state *state)
{
	const struct client *client = &q->message->client;
	const struct place *place = inquiry_place(q);
	char text[IP_TEXT_MAX];

	if (id->pooled || !client->has_ip)
		return;
	put_name(state, STANDING_ADDRESS, arena_span(q->arena,
	    span_of(ip_text(&client->ip, text))));
	put_name(state, STANDING_NETWORK, standing_network(q->arena,
	    &client->ip));
	if (place->asn != 0)
		put_name(state, STANDING_ASN, arena_printf(q->arena, "%lu",
		    (unsigned long)place->asn));
	put_name(state, STANDING_HELO, find_helo(q, id));
}

static void
name_domains(struct inquiry *q, const struct identities *id,
    struct reputation_state *state)
{
	size_t i;

	if (id->spf_domain.n > 0 && !identity_shared(q, id->spf_domain))
		put_name(state, STANDING_SPF, identity_owned(q,
		    id->spf_domain));
	for (i = 0; i < id->signers; i++)
		if (!identity_shared(q, id->signer[i])) {
			put_name(state, STANDING_DKIM, identity_owned(q,
			    id->signer[i]));
			break;
		}
	/* Proven, it is one of these already. */
	if (!id->from_proven && !identity_shared(q, id->from_domain))
		put_name(state, STANDING_FROM, id->from_org);
	put_name(state, STANDING_TENANT, id->tenant);
}

/* SPF and a signature mostly name the same: then one of them is asked. */
static bool
is_asked(const struct reputation_state *state, enum standing_kind kind)
{
	const struct standing *each = state->standings;

	return each[kind].name.n > 0 && !(kind == STANDING_SPF &&
	    span_eq(each[STANDING_SPF].name, each[STANDING_DKIM].name));
}

static void
ask_standing(struct inquiry *q, struct standing *s)
{
	struct store_op *ops[STANDING_OPS];
	size_t i;

	if (q->op_count + STANDING_OPS > INQUIRY_OPS_MAX)
		return;
	for (i = 0; i < STANDING_OPS; i++)
		ops[i] = inquiry_op(q);
	standing_ask(q->arena, s, ops[0]);
}

static void
reputation_ask(const void *self, struct inquiry *q)
{
	struct reputation_state *state = q->state;
	const struct identities *id;
	size_t i;

	(void)self;
	if (q->message->direction != DIRECTION_INBOUND)
		return;
	id = inquiry_identities(q);
	for (i = 0; i < STANDING_KINDS; i++)
		state->standings[i].kind = (enum standing_kind)i;
	name_places(q, id, state);
	name_domains(q, id, state);
	for (i = 0; i < STANDING_KINDS; i++)
		if (is_asked(state, (enum standing_kind)i))
			ask_standing(q, &state->standings[i]);
	state->ready = true;
}

/* Parents first: they have the higher numbers.  False: no answer. */
static bool
rate_all(struct reputation_state *state)
{
	struct standing *s;
	bool answered = true;
	size_t i;

	for (i = STANDING_KINDS; i-- > 0;) {
		s = &state->standings[i];
		if (!is_asked(state, s->kind))
			continue;
		if (!standing_take(s))
			answered = false;
		else
			standing_rate(s, i < STANDING_ASN ? s + 1 : NULL);
	}
	return answered;
}

/*
 * What somebody else may say or do, though it speaks against the message: it
 * takes more of it, which no single host can bring about (rating_share).
 */
#define VAGUE_TIMES 2

static bool
is_vague(enum standing_kind kind)
{
	return kind == STANDING_NETWORK || kind == STANDING_ASN ||
	    kind == STANDING_HELO || kind == STANDING_FROM;
}

static bool
is_supported(const struct reputation_options *o, const struct standing *s)
{
	int64_t wanted = o->evidence * RATING_ONE;

	if (is_vague(s->kind))
		wanted *= VAGUE_TIMES;
	return s->known && rating_support(s->evidence) >= wanted;
}

/* The best of those that count, or the worst, among the vague or others. */
static const struct standing *
find_extreme(const struct reputation_options *o,
    const struct reputation_state *state, bool vague, bool worst)
{
	const struct standing *found = NULL, *s;
	size_t i;

	for (i = 0; i < STANDING_KINDS; i++) {
		s = &state->standings[i];
		if (!is_supported(o, s) || is_vague(s->kind) != vague)
			continue;
		if (found == NULL || (worst ? s->rating > found->rating :
		    s->rating < found->rating))
			found = s;
	}
	return found;
}

static void
raise_standing(struct inquiry *q, const char *symbol,
    const struct reputation_options *o, const struct standing *s)
{
	struct buf text;

	buf_init(&text, RESULT_EVIDENCE_MAX);
	standing_print(s, reputation_half_life(o, s->kind), &text);
	inquiry_raise(q, symbol, "%s", buf_string(&text));
	buf_done(&text);
}

/*
 * Somebody proven and good outweighs a bad neighbourhood, and halves the
 * matter where another who is proven is bad: a good domain may have one bad
 * host, and a good host one bad customer.
 */
static void
judge(const struct reputation_options *o, struct inquiry *q,
    const struct reputation_state *state)
{
	const struct standing *best = find_extreme(o, state, false, false);
	const struct standing *worst = find_extreme(o, state, false, true);
	const struct standing *vague = find_extreme(o, state, true, true);
	bool good = best != NULL && best->rating <= 10 * o->good;
	bool bad = worst != NULL && worst->rating >= 10 * o->bad;
	bool poor = worst != NULL && worst->rating >= 10 * o->poor;

	if (bad && !good)
		raise_standing(q, "REPUTATION_BAD", o, worst);
	else if (bad || (poor && !good))
		raise_standing(q, "REPUTATION_POOR", o, worst);
	else if (good && !poor)
		raise_standing(q, "REPUTATION_GOOD", o, best);
	else if (!good && vague != NULL && vague->rating >= 10 * o->poor)
		raise_standing(q, "REPUTATION_POOR", o, vague);
}

static enum answer
reputation_run(const void *self, struct inquiry *q)
{
	const struct reputation_options *o = self;
	struct reputation_state *state = q->state;

	if (!state->ready)
		return ANSWERED;
	if (!rate_all(state))
		return UNANSWERED;
	/* Half of what is known may say the opposite of all of it. */
	if (!q->store.cold && !q->store.local)
		judge(o, q, state);
	return ANSWERED;
}

/* Opinions about senders, ours and the operator's. */
static bool
is_opinion(const char *symbol)
{
	size_t i;

	if (strcmp(symbol, "TRUSTED_SENDER") == 0)
		return true;
	for (i = 0; symbols[i] != NULL; i++)
		if (strcmp(symbol, symbols[i]) == 0)
			return true;
	return false;
}

/* What the message itself says, and no meta on what we remember. */
static int64_t
other_score(const struct result *r)
{
	int64_t score = r->score;
	size_t i;

	for (i = 0; i < r->count; i++)
		if (!r->symbols[i].weight->shadow &&
		    (r->symbols[i].weight->hearsay ||
		    is_opinion(r->symbols[i].weight->name)))
			score -= r->symbols[i].score;
	return score;
}

enum lesson { LESSON_NONE, LESSON_SPAM, LESSON_HAM };

/* What is neither clearly spam nor clearly ham teaches nothing. */
static enum lesson
find_lesson(const struct inquiry *q)
{
	const struct result *r = q->result;
	int64_t score = other_score(r);

	if (score >= q->policy->required)
		return LESSON_SPAM;
	if (score > q->policy->required / 2 || r->demand > ACTION_MARK ||
	    r->defer != NULL || r->degraded_count > 0 ||
	    q->decision->action > ACTION_MARK)
		return LESSON_NONE;
	return LESSON_HAM;
}

static void
teach(const struct reputation_options *o, struct inquiry *q,
    const struct standing *s, bool spam, int64_t amount)
{
	struct store_op *op;

	if (s->name.n == 0 || amount <= 0)
		return;
	op = inquiry_op(q);
	if (op != NULL)
		standing_add(q->arena, s, op, spam, amount,
		    reputation_half_life(o, s->kind));
}

static void
reputation_learn(const void *self, struct inquiry *q)
{
	const struct reputation_state *state = q->state;
	const struct standing *s = state->standings;
	enum lesson lesson;
	int64_t amount;
	size_t i;

	if (!state->ready)
		return;
	lesson = find_lesson(q);
	if (lesson == LESSON_NONE)
		return;
	for (i = 0; i < STANDING_KINDS; i++) {
		amount = RATING_ONE;
		if (i == STANDING_NETWORK || i == STANDING_ASN)
			amount = rating_share(s[STANDING_ADDRESS].evidence,
			    STANDING_SHARE);
		if (i == STANDING_ASN)
			amount = amount * rating_share(
			    s[STANDING_NETWORK].evidence, STANDING_SHARE) /
			    RATING_ONE;
		teach(self, q, &s[i], lesson == LESSON_SPAM, amount);
	}
}

const struct check check_reputation = {
	.name = "reputation",
	.options = rows,
	.size = sizeof(struct reputation_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct reputation_state),
	.load = reputation_load,
	.needs = reputation_needs,
	.ask[STAGE_LAST] = reputation_ask,
	.run[STAGE_LAST] = reputation_run,
	.learn = reputation_learn,
};
