/*
 * greylist - asks strangers with doubtful mail to come back a little later,
 * which software for sending spam seldom does.
 *
 * The key is the client's network and the sender's domain: senders with pools
 * of addresses or a fresh local part for every try pass all the same.  Once a
 * try comes after the delay, the key passes for weeks.  Without the store no
 * mail is deferred.
 */
#include "check/check.h"

#include <string.h>

#include "mail/address.h"

#define GREYLIST_SCHEMA 1
#define DOMAIN_MAX 255

enum greylist_when { WHEN_NEVER, WHEN_DOUBTFUL, WHEN_ALWAYS };

struct greylist_options {
	int64_t when;
	int64_t from_score;
	int64_t delay;
	int64_t retry_within;
	int64_t remember;
	int64_t ipv4_bits;
	int64_t ipv6_bits;
};

#define ROW(member) offsetof(struct greylist_options, member)
#define MINUTE 60000LL
#define DAY (24 * 60 * MINUTE)

static const char *const when_words[] = {"never", "doubtful", "always", NULL};

static const struct option rows[] = {
	{"when", OPTION_WORD, ROW(when), "doubtful", 0, 0, when_words,
	    "never, for doubtful mail, or always"},
	{"from_score", OPTION_SCORE, ROW(from_score), "3", -1000000, 1000000,
	    NULL, "score at which mail is doubtful"},
	{"delay", OPTION_TIME, ROW(delay), "3m", 1000, DAY, NULL,
	    "how long a stranger has to wait"},
	{"retry_within", OPTION_TIME, ROW(retry_within), "2d", 10 * MINUTE,
	    30 * DAY, NULL, "a try later than this is a first try again"},
	{"remember", OPTION_TIME, ROW(remember), "36d", DAY, 400 * DAY, NULL,
	    "how long who came back passes at once"},
	{"ipv4_bits", OPTION_INT, ROW(ipv4_bits), "24", 8, 32, NULL,
	    "size of a network of IPv4 clients"},
	{"ipv6_bits", OPTION_INT, ROW(ipv6_bits), "64", 16, 128, NULL,
	    "size of a network of IPv6 clients"},
	{0},
};

static const char *const symbols[] = {
	"GREYLISTED", "GREYLIST_RETRIED", "GREYLIST_KNOWN", NULL,
};

/* What the store keeps for a key. */
struct greylist_record {
	int64_t first;		/* wall clock of the first try, ms */
	int64_t passed;		/* of the last time it passed, or 0 */
};

/* One message's way through greylisting. */
struct greylist_state {
	bool doubtful;
	struct store_op *asked;		/* NULL: there was no room to ask */
	struct span key;
	struct greylist_record record;
	bool passed;			/* to be remembered */
};

static void *
greylist_load(const void *options, struct loading *loading)
{
	const struct greylist_options *o = options;

	if (o->retry_within <= o->delay) {
		conf_refuse(loading->conf, "greylist", "retry_within",
		    loading->error, "nobody could come back in time: it has "
		    "to be longer than delay");
		return NULL;
	}
	return (void *)(uintptr_t)options;
}

static unsigned
greylist_needs(const void *self)
{
	const struct greylist_options *o = self;

	if (o->when == WHEN_NEVER)
		return 0;
	return NEED_CLIENT | NEED_SENDER | NEED_RCPT;
}

static bool
has_protected(const struct message *m)
{
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].klass == RECIPIENT_PROTECTED)
			return true;
	return false;
}

static bool
is_doubtful(const struct greylist_options *o, const struct inquiry *q)
{
	const struct message *m = q->message;

	if (m->direction != DIRECTION_INBOUND || m->relayed ||
	    !m->client.has_ip || has_protected(m))
		return false;
	/* Who is going to be refused need not come back. */
	if (q->result->demand == ACTION_REJECT || (q->policy->reject != 0 &&
	    q->result->score >= q->policy->reject))
		return false;
	return o->when == WHEN_ALWAYS || q->result->score >= o->from_score;
}

static struct span
greylist_key(const struct greylist_options *o, const struct inquiry *q)
{
	const struct message *m = q->message;
	struct address sender = {0};
	char text[IP_TEXT_MAX];
	struct net net;

	net = ip_net(&m->client.ip, (unsigned)o->ipv4_bits,
	    (unsigned)o->ipv6_bits);
	address_path(q->arena, m->sender, &sender);
	return arena_printf(q->arena, "%s %.*s", net_text(&net, text),
	    SPAN_ARG(span_head(domain_lower(q->arena, sender.domain),
	    DOMAIN_MAX)));
}

static void
greylist_op(struct inquiry *q, struct store_op *op, enum store_verb verb,
    int64_t ttl)
{
	const struct greylist_state *state = q->state;

	op->verb = verb;
	op->klass = "grey";
	op->schema = GREYLIST_SCHEMA;
	op->key = state->key;
	op->ttl = ttl;
	op->value = arena_span(q->arena, span_make(
	    (const char *)&state->record, sizeof(state->record)));
}

static void
greylist_ask(const void *self, struct inquiry *q)
{
	const struct greylist_options *o = self;
	struct greylist_state *state = q->state;

	state->doubtful = is_doubtful(o, q);
	if (!state->doubtful)
		return;
	state->asked = inquiry_op(q);
	if (state->asked == NULL)
		return;
	state->key = greylist_key(o, q);
	state->record.first = q->now;
	/*
	 * Noted before the answer, not after it: a first try that could not be
	 * noted must not be deferred, or it would be deferred for ever.
	 */
	greylist_op(q, state->asked, STORE_PUT_NEW, o->retry_within);
}

static void
greylist_defer(struct inquiry *q, struct greylist_state *state, int64_t wait)
{
	struct span text;

	text = arena_printf(q->arena,
	    "Greylisted, please try again in %lld seconds",
	    (long long)(wait + 999) / 1000);
	inquiry_raise(q, "GREYLISTED", "%.*s, %lld s to wait",
	    SPAN_ARG(state->key), (long long)(wait + 999) / 1000);
	inquiry_defer(q, "4.7.1", text.p);
}

/* A key that was seen before: known, come back in time, or too early. */
static void
judge_seen(const struct greylist_options *o, struct inquiry *q,
    struct greylist_state *state)
{
	struct greylist_record *record = &state->record;
	int64_t waited;

	memcpy(record, state->asked->data, sizeof(*record));
	/* A clock set back must not make anybody wait for years. */
	waited = q->now >= record->first ? q->now - record->first : o->delay;
	if (record->passed != 0) {
		inquiry_raise(q, "GREYLIST_KNOWN", "%.*s",
		    SPAN_ARG(state->key));
		/* Written anew once a day, not for every message. */
		state->passed = q->now - record->passed > DAY;
		record->passed = q->now;
	} else if (waited >= o->delay) {
		inquiry_raise(q, "GREYLIST_RETRIED", "%.*s after %lld s",
		    SPAN_ARG(state->key), (long long)waited / 1000);
		record->passed = q->now;
		state->passed = true;
	} else {
		greylist_defer(q, state, o->delay - waited);
	}
}

static enum answer
greylist_run(const void *self, struct inquiry *q)
{
	const struct greylist_options *o = self;
	struct greylist_state *state = q->state;

	if (!state->doubtful)
		return ANSWERED;
	if (state->asked == NULL)
		return UNANSWERED;
	if (state->asked->answer == STORE_FOUND &&
	    state->asked->length == sizeof(state->record)) {
		judge_seen(o, q, state);
	} else if (state->asked->answer == STORE_ABSENT) {
		greylist_defer(q, state, o->delay);
	} else {
		return UNANSWERED;
	}
	return ANSWERED;
}

static void
greylist_learn(const void *self, struct inquiry *q)
{
	const struct greylist_options *o = self;
	struct greylist_state *state = q->state;
	struct store_op *op;

	/* Who is refused for good earns nothing by trying. */
	if (!state->passed || q->decision->action == ACTION_REJECT)
		return;
	op = inquiry_op(q);
	if (op != NULL)
		greylist_op(q, op, STORE_PUT, o->remember);
}

const struct check check_greylist = {
	.name = "greylist",
	.options = rows,
	.size = sizeof(struct greylist_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct greylist_state),
	.load = greylist_load,
	.needs = greylist_needs,
	.ask[STAGE_LAST] = greylist_ask,
	.run[STAGE_LAST] = greylist_run,
	.learn = greylist_learn,
};
