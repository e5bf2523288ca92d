/* command_rate - posternctl rate: what is left in buckets, and full ones. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check/rate.h"
#include "milter/commands.h"

#define USAGE "rate show [KEY=VALUE ...]\n       rate reset KEY=VALUE ..."

_Static_assert(RATE_LIMITS_MAX <= STORE_BATCH_MAX, "one batch asks for all");

/* One command on its way. */
struct survey {
	struct arena arena;
	const struct snapshot *snapshot;
	const struct rates *rates;	/* NULL: there are none */
	struct rate_facts facts;
	bool named[RATE_KEYS];		/* by the operator, not only derived */
	const struct rate_limit *limits[RATE_LIMITS_MAX];
	struct store_op *ops;
	size_t count;
};

static bool
take_client(struct survey *s, struct span value)
{
	struct place place;
	struct ip ip;

	if (!ip_parse(value, &ip))
		return false;
	rate_facts_client(&s->facts, &s->arena, &ip);
	memset(&place, 0, sizeof(place));
	if (s->snapshot->geo == NULL ||
	    !geo_find(s->snapshot->geo, &ip, &place))
		return true;
	if (place.asn != 0)
		s->facts.value[RATE_ASN] = arena_printf(&s->arena, "%lu",
		    (unsigned long)place.asn);
	s->facts.value[RATE_COUNTRY] = arena_lower(&s->arena,
	    span_of(place.country));
	return true;
}

/* Any part of a network that is counted; what is wider has no bucket. */
static bool
take_network(struct survey *s, struct span value)
{
	char text[IP_TEXT_MAX];
	struct net net, counted;

	if (!net_parse(value, &net))
		return false;
	counted = ip_net(&net.ip, RATE_IPV4_BITS, RATE_IPV6_BITS);
	if (net.bits < counted.bits)
		return false;
	s->facts.client = net.ip;
	s->facts.has_client = true;
	s->facts.value[RATE_NETWORK] = arena_span(&s->arena,
	    span_of(net_text(&counted, text)));
	return true;
}

static bool
take_word(struct survey *s, struct span word)
{
	size_t sign = span_chr(word, '=');
	enum rate_key key = rate_key_find(span_head(word, sign));
	struct span value = span_skip(word, sign + 1);

	if (key == RATE_KEYS || (key == RATE_ALL) != (value.n == 0))
		return false;
	s->named[key] = true;
	switch (key) {
	case RATE_ALL:
		return true;
	case RATE_CLIENT:
		return take_client(s, value);
	case RATE_SENDER:
	case RATE_FROM:
	case RATE_RECIPIENT:
		rate_facts_address(&s->facts, &s->arena, key, value);
		return s->facts.value[key].n > 0;
	case RATE_NETWORK:
		return take_network(s, value);
	case RATE_ASN:
		value = span_skip(value, span_istarts(value, "as") ? 2 : 0);
		break;
	default:
		break;
	}
	s->facts.value[key] = arena_lower(&s->arena, value);
	return true;
}

/*
 * Whether the limit is meant.  What follows from a named key is shown as well,
 * but only reset by its own name: a network is not its every client's.
 */
static bool
is_meant(const struct survey *s, const struct rate_limit *l, bool reset)
{
	bool named = false, derived = false;
	size_t i;

	for (i = 0; i < l->keys; i++) {
		named |= s->named[l->key[i]];
		derived |= s->facts.value[l->key[i]].n > 0;
	}
	return (named || (derived && !reset)) &&
	    rates_concern(s->rates, l, &s->facts);
}

static void
choose(struct survey *s, bool reset)
{
	const struct rate_limit *l;
	struct store_op *op;
	size_t i;

	s->ops = arena_alloc(&s->arena, RATE_LIMITS_MAX * sizeof(*s->ops));
	for (i = 0; s->rates != NULL && i < s->rates->count; i++) {
		l = &s->rates->limits[i];
		if (!is_meant(s, l, reset))
			continue;
		op = &s->ops[s->count];
		rate_bucket(l, &s->facts, 0, &s->arena, op);
		if (reset)
			op->verb = STORE_DELETE;
		s->limits[s->count++] = l;
	}
}

static void
show_bucket(const struct rate_limit *l, const struct store_op *op,
    struct buf *out)
{
	int64_t left = op->number / rate_limit_scale(l);

	rate_limit_units(l, left, out);
	buf_puts(out, " left of ");
	rate_limit_units(l, l->burst, out);
	if (op->number < op->burst) {
		buf_puts(out, ", full in ");
		rate_put_time(out, (op->burst - op->number) * 1000 / op->rate);
	}
	buf_puts(out, op->local ? " (of this host; the store is out of "
	    "reach)\n" : "\n");
}

static void
show_limit(const struct survey *s, size_t i, bool reset, struct buf *out)
{
	const struct store_op *op = &s->ops[i];

	buf_printf(out, "%s\n\t", s->limits[i]->text);
	rate_put_facts(s->limits[i], &s->facts, out);
	buf_puts(out, ": ");
	if (op->answer == STORE_FAILED || op->answer == STORE_UNASKED)
		buf_puts(out, "the store does not answer\n");
	else if (!reset)
		show_bucket(s->limits[i], op, out);
	else
		buf_puts(out, op->answer == STORE_FOUND ? "is full again\n" :
		    "was full\n");
}

static int
survey_run(struct survey *s, struct daemon *d, bool reset, struct buf *out)
{
	size_t i, failed;

	choose(s, reset);
	if (s->count == 0) {
		buf_puts(out, "no limit is about these alone; \"rate show\" "
		    "lists all\n");
		return EX_DATAERR;
	}
	failed = store_run(d->services.store, s->ops, s->count, clock_wall(),
	    s->snapshot->failures->store_deadline);
	for (i = 0; i < s->count; i++)
		show_limit(s, i, reset, out);
	return failed > 0 ? EX_TEMPFAIL : EX_OK;
}

static int
list_limits(const struct survey *s, struct buf *out)
{
	size_t i;

	if (s->rates == NULL)
		buf_puts(out, "no limits are configured (rate.limits)\n");
	for (i = 0; s->rates != NULL && i < s->rates->count; i++)
		buf_printf(out, "%s\n", s->rates->limits[i].text);
	return EX_OK;
}

static int
serve(struct survey *s, struct daemon *d, struct span rest, struct buf *out)
{
	struct span verb = span_of(""), word;
	bool reset, any = false;

	span_word(&rest, &verb);
	reset = span_is(verb, "reset");
	if (!reset && !span_is(verb, "show"))
		return command_misused(out, USAGE);
	while (span_word(&rest, &word)) {
		any = true;
		if (!take_word(s, word))
			return command_misused(out, USAGE "\nkeys: client, "
			    "network, asn, country, helo, user, sender, "
			    "sender-domain, from,\n      from-domain, "
			    "recipient, recipient-domain; or \"all\"");
	}
	if (!any)
		return reset ? command_misused(out, USAGE) :
		    list_limits(s, out);
	return survey_run(s, d, reset, out);
}

int
command_rate(struct daemon *d, struct span rest, struct buf *out)
{
	struct snapshot *snapshot = current_get(d->current);
	struct survey *s = mem_alloc(sizeof(*s));
	int status;

	arena_init(&s->arena);
	s->snapshot = snapshot;
	s->rates = snapshot_check(snapshot, &check_rate);
	status = serve(s, d, rest, out);
	arena_done(&s->arena);
	free(s);
	snapshot_put(snapshot);
	return status;
}
