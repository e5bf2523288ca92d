/* greykey - under which names greylisting remembers those behind a message. */
#include "check/greykey.h"

#include "base/digest.h"
#include "mail/address.h"

#define SENDER_DOMAIN_MAX 255
#define TENANT_SHOWN 80	/* bytes of a tenant that are kept as they are */
#define OWN_MAX 320	/* bytes of a name, to which a network may be added */

static struct span
sender_domain(struct inquiry *q)
{
	struct address sender = {0};

	address_path(q->arena, q->message->sender, &sender);
	return span_head(domain_lower(q->arena, sender.domain),
	    SENDER_DOMAIN_MAX);
}

static struct span
network_of(struct inquiry *q, unsigned ipv4_bits, unsigned ipv6_bits)
{
	char text[IP_TEXT_MAX];
	struct net net;

	net = ip_net(&q->message->client.ip, ipv4_bits, ipv6_bits);
	return arena_span(q->arena, span_of(net_text(&net, text)));
}

/* People's addresses are nobody's business, and keys have their limit. */
static struct span
hidden(struct inquiry *q, struct span name, size_t max)
{
	char text[DIGEST_WORD_MAX];

	if (name.n <= max && span_chr(name, '@') == name.n)
		return name;
	return arena_join(q->arena, span_of("#"),
	    span_of(digest_word(name, text)));
}

static struct span
proven_name(struct inquiry *q, const struct identities *id)
{
	if (id->tenant.n > 0)
		return arena_printf(q->arena, "tenant %.*s",
		    SPAN_ARG(hidden(q, id->tenant, TENANT_SHOWN)));
	/* Nothing tells its customers apart but what they claim. */
	if (id->provider)
		return arena_printf(q->arena, "domain %.*s for %.*s",
		    SPAN_ARG(id->proven), SPAN_ARG(id->from_org));
	return arena_printf(q->arena, "domain %.*s", SPAN_ARG(id->proven));
}

/* The letter by its envelope, which a retry does not change. */
static struct span
letter_name(struct inquiry *q)
{
	const struct message *m = q->message;
	const struct span parts[] = {m->sender, SPAN(" "),
	    m->recipient_count > 0 ? m->recipients[0].address : span_of("")};
	char text[DIGEST_WORD_MAX];

	return arena_span(q->arena, span_of(digest_word(
	    arena_concat(q->arena, parts, 3), text)));
}

static void
make_unproven(struct inquiry *q, struct span network, struct greykeys *out)
{
	const struct identities *id = inquiry_identities(q);
	const struct place *place = inquiry_place(q);
	struct span domain = sender_domain(q);

	if (id->pooled) {
		out->own = arena_printf(q->arena, "pool %.*s %.*s",
		    SPAN_ARG(id->pool), SPAN_ARG(domain));
		return;
	}
	out->own = arena_printf(q->arena, "%.*s %.*s", SPAN_ARG(network),
	    SPAN_ARG(domain));
	if (place->asn != 0)
		out->other = arena_printf(q->arena, "AS%lu %.*s",
		    (unsigned long)place->asn, SPAN_ARG(letter_name(q)));
}

void
greykeys_make(struct inquiry *q, unsigned ipv4_bits, unsigned ipv6_bits,
    struct greykeys *out)
{
	const struct identities *id = inquiry_identities(q);
	struct span network = network_of(q, ipv4_bits, ipv6_bits);

	*out = (struct greykeys) {0};
	if (id->proven.n > 0) {
		out->proven = true;
		out->own = hidden(q, proven_name(q, id), OWN_MAX);
		out->other = arena_printf(q->arena, "%.*s %.*s",
		    SPAN_ARG(network), SPAN_ARG(out->own));
	} else {
		make_unproven(q, network, out);
		out->own = hidden(q, out->own, OWN_MAX);
	}
	out->habit = id->pooled ? arena_printf(q->arena, "pool %.*s",
	    SPAN_ARG(id->pool)) : out->own;
}
