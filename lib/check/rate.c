/*
 * rate - how much mail may come from whom, or go to whom, in a time: token
 * buckets that all hosts share.
 *
 * Every message takes what it is from the bucket of each limit that is about
 * it, whatever becomes of it, since what is tried is what a limit is about.
 * Only limits by recipient leave out inbound mail that is going to be refused:
 * otherwise spam to somebody would keep honest mail away.  A message over a
 * limit comes back later, or gets a symbol; it is never refused for good.
 */
#include "check/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/lines.h"

#define TEXT_MAX 300	/* bytes of a reply */

struct rate_options {
	struct strings limits;
};

#define ROW(member) offsetof(struct rate_options, member)

static const struct option rows[] = {
	{"limits", OPTION_PATHS, ROW(limits), "", 0, 0, NULL,
	    "files of limits, one a line"},
	{0},
};

static const char *const symbols[] = {
	"RATE_LIMITED", "RATE_EXCEEDED", NULL,
};

/* What is taken from one bucket. */
struct rate_take {
	const struct rate_limit *limit;
	struct store_op *op;
	struct span whom;	/* by what it was counted, for the evidence */
};

struct rate_state {
	struct rate_take takes[RATE_TAKES_MAX];
	size_t count;
};

/* What happens while the limits of a message are gone through. */
struct asking {
	const struct rates *rates;
	const struct rate_limit *limit;
	struct inquiry *q;
	struct rate_facts facts;
	bool refused;		/* it is going to be, whatever we find */
};

static unsigned
key_needs(enum rate_key key)
{
	switch (key) {
	case RATE_HELO:
		return NEED_HELO;
	case RATE_FROM:
	case RATE_FROM_DOMAIN:
		return NEED_HEADERS;
	default:
		return 0;
	}
}

static unsigned
rate_needs(const void *self)
{
	const struct rates *rates = self;
	unsigned needs = 0;
	size_t i, k;

	for (i = 0; i < rates->count; i++) {
		needs |= NEED_CLIENT | NEED_SENDER | NEED_RCPT;
		if (rates->limits[i].unit == RATE_BYTES)
			needs |= NEED_HEADERS | NEED_BODY;
		for (k = 0; k < rates->limits[i].keys; k++)
			needs |= key_needs(rates->limits[i].key[k]);
	}
	return needs;
}

static bool
same_limit(const struct rate_limit *a, const struct rate_limit *b)
{
	size_t i;

	if (strcmp(a->name, b->name) != 0)
		return false;
	for (i = 0; i < a->keys; i++)
		if (!span_eq(span_of(a->value[i]), span_of(b->value[i])))
			return false;
	return true;
}

/* Those of one direction that may all be about one message. */
static size_t
count_general(const struct rates *rates, enum rate_way way)
{
	const struct rate_limit *l;
	size_t i, n = 0;

	for (i = 0; i < rates->count; i++) {
		l = &rates->limits[i];
		n += !rate_limit_special(l) && (l->way == way ||
		    l->way == RATE_EVERY_WAY);
	}
	return n;
}

static int
take_line(void *context, struct span entry, const char *file, unsigned line,
    struct error *error)
{
	struct rates *rates = context;
	struct rate_limit *l = &rates->limits[rates->count];
	size_t i;

	if (rates->count == RATE_LIMITS_MAX)
		return error_at(error, file, line,
		    "there are more than %d limits", RATE_LIMITS_MAX);
	if (rate_limit_parse(&rates->arena, entry, file, line, l, error) != 0)
		return -1;
	for (i = 0; i < rates->count; i++)
		if (same_limit(&rates->limits[i], l))
			return error_at(error, file, line,
			    "the same limit stands there twice");
	rates->count++;
	if (count_general(rates, RATE_INBOUND) > RATE_TAKES_MAX ||
	    count_general(rates, RATE_OUTBOUND) > RATE_TAKES_MAX)
		return error_at(error, file, line, "one message can meet more "
		    "than %d limits", RATE_TAKES_MAX);
	return 0;
}

static void
rate_unload(void *self)
{
	struct rates *rates = self;

	arena_done(&rates->arena);
	free(rates->limits);
	free(rates);
}

static void *
rate_load(const void *options, struct loading *loading)
{
	const struct rate_options *o = options;
	struct rates *rates = mem_alloc(sizeof(*rates));

	arena_init(&rates->arena);
	rates->limits = mem_alloc(RATE_LIMITS_MAX * sizeof(*rates->limits));
	if (lines_read_all(loading->conf, check_rate.name, "limits",
	    &o->limits, take_line, rates, loading->manifest,
	    loading->error) != 0) {
		rate_unload(rates);
		return NULL;
	}
	return rates;
}

static void
find_author(struct rate_facts *f, struct inquiry *q)
{
	const struct from *from = inquiry_from(q);

	if (from != NULL && from->count > 0)
		rate_facts_address(f, q->arena, RATE_FROM,
		    from->address[0].whole);
}

static void
find_facts(struct rate_facts *f, struct inquiry *q)
{
	const struct message *m = q->message;
	const struct place *place;

	f->outbound = m->direction != DIRECTION_INBOUND;
	f->value[RATE_HELO] = domain_lower(q->arena, m->client.helo);
	f->value[RATE_USER] = arena_lower(q->arena, m->user);
	rate_facts_address(f, q->arena, RATE_SENDER, m->sender);
	find_author(f, q);
	if (!m->client.has_ip)
		return;
	rate_facts_client(f, q->arena, &m->client.ip);
	place = inquiry_place(q);
	if (place->asn != 0)
		f->value[RATE_ASN] = arena_printf(q->arena, "%lu",
		    (unsigned long)place->asn);
	f->value[RATE_COUNTRY] = arena_lower(q->arena,
	    span_of(place->country));
}

/* Refused recipients are no longer of the message. */
static int64_t
recipients_of(const struct message *m)
{
	return (int64_t)(m->reached & LIMIT_RECIPIENTS ? m->recipients_seen :
	    m->recipient_count);
}

static int64_t
things_of(const struct message *m, enum rate_unit unit)
{
	if (unit == RATE_MESSAGES)
		return 1;
	if (unit == RATE_RECIPIENTS)
		return recipients_of(m);
	return (int64_t)(m->header_bytes + m->body_seen + RATE_BLOCK - 1) /
	    RATE_BLOCK;
}

static void
take(struct asking *a, int64_t things)
{
	struct rate_state *state = a->q->state;
	struct store_op *op = NULL;
	struct rate_take *t;
	struct buf whom;

	if (state->count < RATE_TAKES_MAX)
		op = inquiry_op(a->q);
	if (op == NULL)
		return;
	rate_bucket(a->limit, &a->facts, things, a->q->arena, op);
	buf_init(&whom, RESULT_EVIDENCE_MAX);
	rate_put_facts(a->limit, &a->facts, &whom);
	t = &state->takes[state->count++];
	t->limit = a->limit;
	t->op = op;
	t->whom = arena_span(a->q->arena, buf_contents(&whom));
	buf_done(&whom);
}

/* A value of some recipients, and how many they are. */
struct value {
	struct span whom;
	struct rate_facts facts;
	int64_t things;
};

/* Recipients with the same value share a bucket, and take together. */
static size_t
gather(struct asking *a, struct value *values)
{
	const struct message *m = a->q->message;
	enum rate_key key = rate_limit_has(a->limit, RATE_RECIPIENT) ?
	    RATE_RECIPIENT : RATE_RECIPIENT_DOMAIN;
	size_t i, k, n = 0;

	for (i = 0; i < m->recipient_count && i < RATE_RECIPIENTS_MAX; i++) {
		if (m->recipients[i].klass == RECIPIENT_PROTECTED)
			continue;
		rate_facts_address(&a->facts, a->q->arena, RATE_RECIPIENT,
		    m->recipients[i].address);
		if (!rates_apply(a->rates, a->limit, &a->facts))
			continue;
		for (k = 0; k < n && !span_eq(values[k].whom,
		    a->facts.value[key]); k++)
			continue;
		if (k == RATE_VALUES_MAX)
			continue;
		if (k == n) {
			n++;
			values[k].whom = a->facts.value[key];
			values[k].facts = a->facts;
			values[k].things = 0;
		}
		values[k].things++;
	}
	return n;
}

static void
take_by_recipient(struct asking *a)
{
	struct value values[RATE_VALUES_MAX];
	const struct message *m = a->q->message;
	size_t i, n;

	if (a->refused && !a->facts.outbound)
		return;
	n = gather(a, values);
	for (i = 0; i < n; i++) {
		a->facts = values[i].facts;
		take(a, a->limit->unit == RATE_RECIPIENTS ? values[i].things :
		    things_of(m, a->limit->unit));
	}
}

static bool
by_recipient(const struct rate_limit *l)
{
	return rate_limit_has(l, RATE_RECIPIENT) ||
	    rate_limit_has(l, RATE_RECIPIENT_DOMAIN);
}

static bool
is_refused(const struct inquiry *q)
{
	return q->result->demand == ACTION_REJECT || (q->policy->reject != 0 &&
	    q->result->score >= q->policy->reject);
}

static void
rate_ask(const void *self, struct inquiry *q)
{
	struct asking a = {.rates = self, .q = q, .refused = is_refused(q)};
	size_t i;

	find_facts(&a.facts, q);
	for (i = 0; i < a.rates->count; i++) {
		a.limit = &a.rates->limits[i];
		if (!by_recipient(a.limit) &&
		    rates_apply(a.rates, a.limit, &a.facts))
			take(&a, things_of(q->message, a.limit->unit));
	}
	/* Last, for they could use up all the room. */
	for (i = 0; i < a.rates->count; i++) {
		a.limit = &a.rates->limits[i];
		if (by_recipient(a.limit))
			take_by_recipient(&a);
	}
}

static bool
is_over(const struct rate_take *t)
{
	return t->op->answer == STORE_FOUND && t->op->number < 0;
}

/*
 * Inbound mail for several is not held up because one of them gets too much:
 * it waits when all do.
 */
static bool
spares(const struct inquiry *q, const struct rate_take *over)
{
	const struct rate_state *state = q->state;
	size_t i, asked = 0;

	if (q->message->direction != DIRECTION_INBOUND ||
	    !by_recipient(over->limit))
		return false;
	for (i = 0; i < state->count; i++) {
		if (state->takes[i].limit != over->limit)
			continue;
		if (!is_over(&state->takes[i]))
			return true;
		asked++;
	}
	return asked == RATE_VALUES_MAX;
}

static void
put_evidence(const struct rate_take *t, int64_t wait, struct buf *out)
{
	buf_puts(out, "more than ");
	rate_limit_amount(t->limit, out);
	buf_puts(out, " for ");
	buf_span(out, t->whom);
	buf_puts(out, ", back in ");
	rate_put_time(out, wait);
}

static void
defer(struct inquiry *q, const struct rate_take *t, int64_t wait)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_puts(&text, "Too much: more than ");
	rate_limit_amount(t->limit, &text);
	buf_puts(&text, " for ");
	rate_limit_whom(t->limit, &text);
	buf_puts(&text, ", please try again in ");
	rate_put_time(&text, wait);
	inquiry_defer(q, "4.7.1", arena_string(q->arena, buf_contents(&text)));
	buf_done(&text);
}

static void
raise_over(struct inquiry *q, const char *symbol, const struct rate_take *t)
{
	struct buf evidence;

	buf_init(&evidence, RESULT_EVIDENCE_MAX);
	put_evidence(t, rate_wait(t->op), &evidence);
	inquiry_raise(q, symbol, "%.*s", SPAN_ARG(buf_contents(&evidence)));
	buf_done(&evidence);
}

static enum answer
rate_run(const void *self, struct inquiry *q)
{
	const struct rate_state *state = q->state;
	const struct rate_take *t, *longest = NULL;
	bool failed = false;
	size_t i;

	(void)self;
	for (i = 0; i < state->count; i++) {
		t = &state->takes[i];
		failed |= t->op->answer != STORE_FOUND;
		if (!is_over(t))
			continue;
		if (t->limit->action == RATE_SCORE || spares(q, t))
			raise_over(q, "RATE_EXCEEDED", t);
		else if (longest == NULL ||
		    rate_wait(t->op) > rate_wait(longest->op))
			longest = t;
	}
	if (longest != NULL) {
		raise_over(q, "RATE_LIMITED", longest);
		defer(q, longest, rate_wait(longest->op));
	}
	return failed ? UNANSWERED : ANSWERED;
}

const struct check check_rate = {
	.name = "rate",
	.options = rows,
	.size = sizeof(struct rate_options),
	.symbols = symbols,
	.service = "store",
	.state = sizeof(struct rate_state),
	.load = rate_load,
	.unload = rate_unload,
	.needs = rate_needs,
	.ask[STAGE_LAST] = rate_ask,
	.run[STAGE_LAST] = rate_run,
};
