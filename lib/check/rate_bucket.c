/* rate_bucket - whom a limit is about, and the bucket it takes from. */
#include "check/rate.h"

#include "base/digest.h"
#include "base/text.h"
#include "mail/address.h"

#define RATE_SCHEMA 1
#define RATE_TTL 60000	/* ms; a bucket that is not full is kept anyway */
#define RATE_PLAIN_MAX 80	/* bytes of a value that is shown in a key */

void
rate_facts_client(struct rate_facts *f, struct arena *arena,
    const struct ip *ip)
{
	char text[IP_TEXT_MAX];
	struct net net = ip_net(ip, RATE_IPV4_BITS, RATE_IPV6_BITS);

	f->client = *ip;
	f->has_client = true;
	f->value[RATE_CLIENT] = arena_span(arena, span_of(ip_text(ip, text)));
	f->value[RATE_NETWORK] = arena_span(arena,
	    span_of(net_text(&net, text)));
}

void
rate_facts_address(struct rate_facts *f, struct arena *arena,
    enum rate_key key, struct span address)
{
	struct address parsed;

	f->value[key] = f->value[key + 1] = span_of("");
	if (address_path(arena, address, &parsed) & ADDRESS_EMPTY)
		return;
	f->value[key] = domain_lower(arena, parsed.whole);
	f->value[key + 1] = domain_lower(arena, parsed.domain);
}

static bool
value_matches(const struct rate_limit *l, size_t i,
    const struct rate_facts *f)
{
	enum rate_key key = l->key[i];

	if (key == RATE_ALL)
		return true;
	if (f->value[key].n == 0)
		return false;
	if (l->value[i] == NULL)
		return true;
	if (key == RATE_CLIENT || key == RATE_NETWORK)
		return f->has_client && net_has(&l->net[i], &f->client);
	return span_ieq(f->value[key], span_of(l->value[i]));
}

static bool
limit_matches(const struct rate_limit *l, const struct rate_facts *f)
{
	size_t i;

	for (i = 0; i < l->keys; i++)
		if (!value_matches(l, i, f))
			return false;
	return true;
}

bool
rate_limit_special(const struct rate_limit *l)
{
	size_t i;

	for (i = 0; i < l->keys; i++)
		if (l->value[i] != NULL)
			return true;
	return false;
}

static bool
same_keys(const struct rate_limit *a, const struct rate_limit *b)
{
	size_t i;

	for (i = 0; i < a->keys; i++)
		if (!rate_limit_has(b, a->key[i]))
			return false;
	return a->keys == b->keys;
}

static bool
stands_in(const struct rate_limit *special, const struct rate_limit *l)
{
	return rate_limit_special(special) && same_keys(special, l) &&
	    (special->way == l->way || special->way == RATE_EVERY_WAY) &&
	    (special->unlimited || special->unit == l->unit);
}

bool
rates_concern(const struct rates *rates, const struct rate_limit *l,
    const struct rate_facts *f)
{
	size_t i;

	if (l->unlimited || !limit_matches(l, f))
		return false;
	if (rate_limit_special(l))
		return true;
	for (i = 0; i < rates->count; i++)
		if (stands_in(&rates->limits[i], l) &&
		    limit_matches(&rates->limits[i], f))
			return false;
	return true;
}

bool
rates_apply(const struct rates *rates, const struct rate_limit *l,
    const struct rate_facts *f)
{
	if (l->way != RATE_EVERY_WAY &&
	    l->way != (f->outbound ? RATE_OUTBOUND : RATE_INBOUND))
		return false;
	return rates_concern(rates, l, f);
}

static bool
is_personal(enum rate_key key)
{
	return key == RATE_USER || key == RATE_SENDER || key == RATE_FROM ||
	    key == RATE_RECIPIENT;
}

/* Shown in a key: short, nobody's address, and without separators. */
static bool
is_plain(enum rate_key key, struct span value)
{
	size_t i;

	if (is_personal(key) || value.n > RATE_PLAIN_MAX)
		return false;
	for (i = 0; i < value.n; i++)
		if (!char_word(value.p[i]) && !char_among(value.p[i], ".:/-"))
			return false;
	return true;
}

static struct span
bucket_key(const struct rate_limit *l, const struct rate_facts *f,
    struct arena *arena)
{
	char word[DIGEST_WORD_MAX];
	struct span value, out;
	struct buf key;
	size_t i;

	buf_init(&key, STORE_KEY_MAX);
	buf_puts(&key, l->name);
	for (i = 0; i < l->keys; i++) {
		if (l->key[i] == RATE_ALL)
			continue;
		value = f->value[l->key[i]];
		buf_char(&key, ' ');
		if (is_plain(l->key[i], value))
			buf_span(&key, value);
		else
			buf_puts(&key, digest_word(value, word));
	}
	out = arena_span(arena, buf_contents(&key));
	buf_done(&key);
	return out;
}

void
rate_bucket(const struct rate_limit *l, const struct rate_facts *f,
    int64_t things, struct arena *arena, struct store_op *op)
{
	int64_t scale = rate_limit_scale(l);

	op->verb = STORE_TAKE;
	op->klass = "rate";
	op->schema = RATE_SCHEMA;
	op->key = bucket_key(l, f, arena);
	op->ttl = RATE_TTL;
	op->rate = l->count * scale / l->window;
	op->burst = l->burst * scale;
	/* What is larger than the bucket passes when that is full. */
	op->amount = (things < l->burst ? things : l->burst) * scale;
}

int64_t
rate_wait(const struct store_op *op)
{
	int64_t lack = op->number < 0 ? -op->number : 0;

	/* At most STORE_NUMBER_MAX thousandths: the product fits. */
	return (lack * 1000 + op->rate - 1) / op->rate;
}

void
rate_put_facts(const struct rate_limit *l, const struct rate_facts *f,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < l->keys; i++) {
		if (i > 0)
			buf_char(out, ' ');
		buf_puts(out, rate_key_name(l->key[i]));
		if (l->key[i] == RATE_ALL)
			continue;
		buf_char(out, '=');
		text_escape(out, f->value[l->key[i]]);
	}
}
