/* checks - every check, in the order a message meets them. */
#include "check/check.h"

#include <string.h>

#include "base/clock.h"

const struct check *const checks[] = {
	&check_lists,		/* a client connected */
	&check_geoip,
	&check_iprev,
	&check_helo,		/* and named a sender */
	&check_spf,
	&check_recipients,	/* and whom it wants to reach */
	&check_headers,		/* the header is here */
	&check_authres,
	&check_gtube,		/* and the body */
	&check_dkim,
	&check_arc,
	&check_dmarc,
	&check_sign,
	&check_limits,
	&check_content,
	&check_reputation,
	&check_rate,
	&check_dnslists,
	&check_replies,
	&check_rules,
	&check_trust,		/* unless any of them says no */
	&check_outbound,	/* it knows the score */
	&check_greylist,	/* all have spoken */
	NULL,
};

void
inquiry_raise(struct inquiry *q, const char *symbol, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_vraise(q->result, symbol, fmt, ap);
	va_end(ap);
}

void
inquiry_raise_part(struct inquiry *q, const char *symbol, int64_t milli,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result_vraise_part(q->result, symbol, milli, fmt, ap);
	va_end(ap);
}

struct store_op *
inquiry_op(struct inquiry *q)
{
	struct store_op *op;

	if (q->op_count == INQUIRY_OPS_MAX)
		return NULL;
	/* Few messages use all of them: only those are zeroed. */
	if (q->ops == NULL)
		q->ops = arena_raw(q->arena,
		    INQUIRY_OPS_MAX * sizeof(*q->ops));
	op = &q->ops[q->op_count++];
	memset(op, 0, sizeof(*op));
	return op;
}

struct store_op *
inquiry_read(struct inquiry *q)
{
	struct store_op *op = inquiry_op(q);

	if (op != NULL)
		op->data = arena_bytes(q->arena, STORE_VALUE_MAX);
	return op;
}

struct facts *
inquiry_facts(struct inquiry *q)
{
	struct facts *f;

	if (q->facts != NULL)
		return q->facts;
	f = arena_alloc(q->arena, sizeof(*f));
	f->arena = q->arena;
	f->rules = q->book->rules;
	f->lists = q->book->lists;
	f->networks = q->book->networks;
	f->suffixes = q->book->suffixes;
	f->message = q->message;
	f->auth = q->auth;
	f->geo = q->geo;
	f->now = q->now;
	f->thorough = q->thorough;
	facts_begin(f, engine_borrow(q->pool,
	    matcher_engine(q->book->matcher)));
	q->facts = f;
	return f;
}

const struct from *
inquiry_from(struct inquiry *q)
{
	const struct header *h;
	struct from *from;

	if (q->from != NULL)
		return q->from;
	h = message_find(q->message, "From", 0);
	if (h == NULL)
		return NULL;
	from = arena_raw(q->arena, sizeof(*from));
	from->verdict = address_list(q->arena, h->value, from->address,
	    INQUIRY_FROM_MAX, &from->count);
	q->from = from;
	return from;
}

const struct place *
inquiry_place(struct inquiry *q)
{
	const struct client *client = &q->message->client;
	struct place *place;

	if (q->place != NULL)
		return q->place;
	place = arena_alloc(q->arena, sizeof(*place));
	if (q->geo != NULL && client->has_ip)
		geo_find(q->geo, &client->ip, place);
	q->place = place;
	return place;
}

int64_t
inquiry_patience(struct inquiry *q)
{
	int64_t now = clock_steady();

	if (q->patience == 0)
		q->patience = now + q->dns_deadline;
	return q->patience > now ? q->patience - now : 0;
}

void
inquiry_demand(struct inquiry *q, enum action action, const char *enhanced,
    const char *text)
{
	struct result *r = q->result;

	if (action <= r->demand)
		return;
	r->demand = action;
	r->demand_code = enhanced;
	r->demand_text = text;
}

void
inquiry_defer(struct inquiry *q, const char *enhanced, const char *text)
{
	q->result->defer = text;
	q->result->defer_code = enhanced;
}
