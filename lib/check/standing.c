/* standing - what the store knows of one identity. */
#include "check/standing.h"

#include "base/digest.h"
#include "mail/address.h"

#define STANDING_CLASS "reputation"
#define STANDING_SCHEMA 1
#define NAME_MAX 253		/* bytes of a name as part of a key */
#define IPV4_BITS 24
#define IPV6_BITS 64
#define HOUR 3600000LL
#define DAY (24 * HOUR)

static const char *const words[STANDING_KINDS] = {
	[STANDING_ADDRESS] = "address",
	[STANDING_NETWORK] = "network",
	[STANDING_ASN] = "asn",
	[STANDING_HELO] = "helo",
	[STANDING_SPF] = "spf",
	[STANDING_DKIM] = "dkim",
	[STANDING_FROM] = "from",
	[STANDING_TENANT] = "tenant",
};

const char *
standing_word(enum standing_kind kind)
{
	return words[kind];
}

struct span
standing_network(struct arena *arena, const struct ip *ip)
{
	struct net net = ip_net(ip, IPV4_BITS, IPV6_BITS);
	char text[IP_TEXT_MAX];

	return arena_span(arena, span_of(net_text(&net, text)));
}

static bool
parse_address(struct arena *arena, struct span value, struct span *name)
{
	char text[IP_TEXT_MAX];
	struct ip ip;

	if (!ip_parse(value, &ip))
		return false;
	*name = arena_span(arena, span_of(ip_text(&ip, text)));
	return true;
}

/* A network as it is counted, or any address in it. */
static bool
parse_network(struct arena *arena, struct span value, struct span *name)
{
	struct span address = span_head(value, span_chr(value, '/'));
	struct ip ip;

	if (!ip_parse(address, &ip))
		return false;
	*name = standing_network(arena, &ip);
	return address.n == value.n || span_ieq(*name, value);
}

bool
standing_parse(struct arena *arena, struct span word, struct standing *out)
{
	size_t colon = span_chr(word, ':'), i;
	struct span value = span_skip(word, colon + 1);

	*out = (struct standing) {0};
	if (value.n == 0 || value.n > STORE_KEY_MAX)
		return false;
	for (i = 0; i < STANDING_KINDS; i++)
		if (span_is(span_head(word, colon), words[i])) {
			out->kind = (enum standing_kind)i;
			break;
		}
	if (i == STANDING_KINDS)
		return false;
	out->name = value;
	if (i == STANDING_ADDRESS)
		return parse_address(arena, value, &out->name);
	if (i == STANDING_NETWORK)
		return parse_network(arena, value, &out->name);
	if (i == STANDING_ASN && span_istarts(value, "AS"))
		out->name = span_skip(value, 2);
	else if (i != STANDING_ASN && i != STANDING_TENANT)
		out->name = domain_lower(arena, value);
	return true;
}

/* People's addresses are nobody's business, and long names would not fit. */
static struct span
key_name(struct arena *arena, const struct standing *s)
{
	char text[DIGEST_WORD_MAX];

	if (s->name.n <= NAME_MAX && span_chr(s->name, '@') == s->name.n)
		return s->name;
	return arena_join(arena, span_of("#"),
	    span_of(digest_word(s->name, text)));
}

static void
address_op(struct arena *arena, const struct standing *s, struct store_op *op,
    bool spam)
{
	const struct span parts[] = {span_of(words[s->kind]), SPAN(":"),
	    key_name(arena, s), span_of(spam ? " spam" : " ham")};

	op->klass = STANDING_CLASS;
	op->schema = STANDING_SCHEMA;
	op->key = arena_concat(arena, parts, 4);
}

void
standing_ask(struct arena *arena, struct standing *s, struct store_op *ops)
{
	address_op(arena, s, &ops[0], true);
	address_op(arena, s, &ops[1], false);
	ops[0].verb = ops[1].verb = STORE_GET;
	s->asked = ops;
}

bool
standing_take(struct standing *s)
{
	const struct store_op *ops = s->asked;
	size_t i;

	s->known = false;
	for (i = 0; ops != NULL && i < STANDING_OPS; i++)
		if (ops[i].answer != STORE_FOUND &&
		    ops[i].answer != STORE_ABSENT)
			return false;
	if (ops == NULL)
		return false;
	s->evidence.spam = ops[0].answer == STORE_FOUND ? ops[0].number : 0;
	s->evidence.ham = ops[1].answer == STORE_FOUND ? ops[1].number : 0;
	s->known = true;
	return true;
}

void
standing_rate(struct standing *s, const struct standing *parent)
{
	int64_t above = RATING_NEUTRAL;

	if (parent != NULL && parent->known)
		above = parent->rating;
	s->rating = rating_of(s->evidence, above, STANDING_WEIGHT);
}

/* All hosts were asked, and none has heard of it. */
static bool
is_new(const struct standing *s)
{
	return s->known && rating_support(s->evidence) == 0 &&
	    !s->asked[0].local && !s->asked[1].local;
}

void
standing_add(struct arena *arena, const struct standing *s,
    struct store_op *op, bool spam, int64_t amount, int64_t half_life)
{
	address_op(arena, s, op, spam);
	op->verb = STORE_DECAY;
	op->amount = amount;
	op->half_life = half_life;
	op->ttl = is_new(s) ? half_life / STANDING_TRIAL :
	    STANDING_LIVES * half_life;
}

static void
put_count(struct buf *out, int64_t thousandths, const char *what)
{
	int64_t tenths = (thousandths + 50) / 100;

	buf_printf(out, "%lld.%lld %s", (long long)tenths / 10,
	    (long long)tenths % 10, what);
}

void
standing_print(const struct standing *s, int64_t half_life, struct buf *out)
{
	buf_printf(out, "%s ", words[s->kind]);
	buf_span(out, s->name);
	buf_puts(out, ": ");
	put_count(out, s->evidence.spam, "spam, ");
	put_count(out, s->evidence.ham, "ham in ");
	if (half_life % DAY == 0)
		buf_printf(out, "%lld d", (long long)(half_life / DAY));
	else
		buf_printf(out, "%lld h", (long long)(half_life / HOUR));
	buf_printf(out, " half lives, %lld.%02lld",
	    (long long)((s->rating + 5) / 10) / 100,
	    (long long)((s->rating + 5) / 10) % 100);
}
