/* eval_relay - functions about the way a message took. */
#include "rules/eval.h"

#include <string.h>

#include "mail/registry.h"

/* The relays behind the last one that is trusted. */
struct hops {
	const struct relay *items;
	size_t count;
};

static struct hops
untrusted(struct facts *f)
{
	const struct relays *r = facts_relays(f);
	struct hops hops = {r->all + r->trusted, r->count - r->trusted};

	return hops;
}

static int
all_trusted(struct facts *f, const struct eval_call *call)
{
	const struct relays *r = facts_relays(f);

	(void)call;
	return r->trusted > 0 && r->trusted == r->count && r->unparseable == 0;
}

static int
no_relays(struct facts *f, const struct eval_call *call)
{
	const struct relays *r = facts_relays(f);

	(void)call;
	return r->count == 0 && r->unparseable == 0;
}

static int
relays_unparseable(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return facts_relays(f)->unparseable > 0;
}

/* An IPv4 address written with four numbers, and not a private one. */
static bool
public_ip4(struct span text, struct ip *ip)
{
	const uint8_t *b = ip->b + 12;

	if (span_chr(text, ':') < text.n || !ip_parse(text, ip))
		return false;
	return b[0] != 10 && b[0] != 127 && !(b[0] == 169 && b[1] == 254) &&
	    !(b[0] == 172 && b[1] >= 16 && b[1] < 32) &&
	    !(b[0] == 192 && b[1] == 168) &&
	    !(b[0] == 100 && b[1] >= 64 && b[1] < 128);
}

/* Another address as HELO name, and not one of the same /24. */
static int
helo_ip_mismatch(struct facts *f, const struct eval_call *call)
{
	struct hops hops = untrusted(f);
	struct ip helo, ip;
	size_t i;

	(void)call;
	for (i = 0; i < hops.count; i++)
		if (public_ip4(hops.items[i].helo, &helo) &&
		    public_ip4(hops.items[i].ip_text, &ip) &&
		    memcmp(helo.b, ip.b, 15) != 0)
			return 1;
	return 0;
}

/* An address without brackets as HELO name: not what RFC 5321 4.1.3 wants. */
static int
numeric_helo(struct facts *f, const struct eval_call *call)
{
	struct hops hops = untrusted(f);
	struct ip ip;
	size_t i;

	(void)call;
	for (i = 0; i < hops.count; i++)
		if (public_ip4(hops.items[i].helo, &ip))
			return 1;
	return 0;
}

/* The domain or a name below it. */
static bool
below(struct span name, struct span domain)
{
	return span_iends(name, domain.p) && (name.n == domain.n ||
	    name.p[name.n - domain.n - 1] == '.');
}

static bool
large_provider(struct span helo)
{
	static const char *const domains[] = {"lycos.com", "lycos.co.uk",
	    "hotmail.com", "localhost.com", "excite.com", "caramail.com",
	    "cs.com", "aol.com", "msn.com", "yahoo.com", "drizzle.com"};
	size_t i;

	for (i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
		if (below(helo, span_of(domains[i])))
			return true;
	return false;
}

/* The oldest relay with a public address decides. */
static int
no_rdns_dotcom_helo(struct facts *f, const struct eval_call *call)
{
	struct hops hops = untrusted(f);
	const struct relay *r;
	int hit = 0;
	size_t i;

	(void)call;
	for (i = 0; i < hops.count; i++) {
		r = &hops.items[i];
		if (!r->private)
			hit = r->no_reverse_dns && large_provider(r->helo);
	}
	return hit;
}

static int
sender_no_reverse(struct facts *f, const struct eval_call *call)
{
	struct hops hops = untrusted(f);
	const struct relay *last;

	(void)call;
	if (hops.count == 0)
		return 0;
	last = &hops.items[hops.count - 1];
	return span_chr(last->rdns, '.') < last->rdns.n && !last->private;
}

/* The last dot but skip of them; s.n when there are not as many. */
static size_t
dot_from_end(struct span s, unsigned skip)
{
	size_t i;

	for (i = s.n; i-- > 0; )
		if (s.p[i] == '.' && skip-- == 0)
			return i;
	return s.n;
}

/*
 * The last two labels when the top-level domain is long, or one that registers
 * directly below it, else the last three.  An address is left as it is.
 */
static struct span
rough_domain(struct span host)
{
	size_t last, cut, i;
	struct span top;

	for (i = 0; i < host.n && !char_alpha((unsigned char)host.p[i]); i++)
		;
	last = dot_from_end(host, 0);
	if (i == host.n || last == host.n)
		return host;
	top = span_skip(host, last + 1);
	cut = dot_from_end(host, top.n >= 3 || span_iis(top, "ie") ||
	    span_iis(top, "fr") || span_iis(top, "de") ? 1 : 2);
	return cut == host.n ? host : span_skip(host, cut + 1);
}

/* Two bytes at least, a dot, and a label without hyphen. */
static bool
domain_like(struct span s)
{
	size_t dot = span_rchr(s, '.'), i;

	if (s.n == 0 || dot < 2 || dot + 1 >= s.n || !char_word(s.p[0]))
		return false;
	for (i = 0; i < s.n; i++)
		if (!char_word(s.p[i]) && (i > dot ||
		    (s.p[i] != '.' && s.p[i] != '-')))
			return false;
	return true;
}

/* The name of the machine itself, in words and in figures. */
static bool
itself(const struct relay *r, struct span name)
{
	return span_is(r->ip_text, "127.0.0.1") && (span_iis(name,
	    "localhost") || span_iis(name, "localhost.localdomain"));
}

/*
 * How often a relay calls itself otherwise than the next one, which took the
 * message from it, found it to be called.
 */
static int
broken_links(struct hops hops)
{
	struct span by, from;
	size_t i;
	int n = 0;

	for (i = 1; i < hops.count; i++) {
		by = rough_domain(hops.items[i].by);
		from = rough_domain(hops.items[i - 1].rdns);
		if (!domain_like(by) || !domain_like(from) ||
		    itself(&hops.items[i - 1], from) || span_ieq(by, from) ||
		    (span_iis(by, "msn.com") && span_iis(from,
		    "hotmail.com")))
			continue;
		n++;
	}
	return n;
}

static int
forged_received_trail(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return broken_links(untrusted(f)) > 1;
}

/* An address far from its own as HELO name; a private one may be an error. */
static int
forged_received_ip_helo(struct facts *f, const struct eval_call *call)
{
	struct hops hops = untrusted(f);
	struct ip helo;
	size_t i;

	(void)call;
	for (i = 0; i < hops.count; i++)
		if (domain_like(rough_domain(hops.items[i].by)) &&
		    public_ip4(hops.items[i].helo, &helo) &&
		    hops.items[i].has_ip && ip_is4(&hops.items[i].ip) &&
		    memcmp(helo.b, hops.items[i].ip.b, 14) != 0)
			return 1;
	return 0;
}

static struct span
registered(struct facts *f, struct span host)
{
	return registry_domain(f->arena, f->view.registry,
	    registry_ascii(f->arena, host));
}

/* The sender's domain is that of the relay that brought it. */
static int
mailfrom_matches_rcvd(struct facts *f, const struct eval_call *call)
{
	const struct relays *r = facts_relays(f);
	struct span sender = facts_get(f, "EnvelopeFrom:addr"), domain;
	size_t i, at = span_rchr(sender, '@'), dot;
	bool outside = r->trusted < r->count;
	size_t from = outside ? r->trusted : 0;
	size_t to = outside ? r->trusted + 1 : r->trusted;

	(void)call;
	if (sender.n == 0 || at == sender.n)
		return 0;
	domain = span_skip(sender, at + 1);
	dot = span_rchr(domain, '.');
	if (dot == 0 || dot + 1 >= domain.n)
		return 0;
	domain = registered(f, domain);
	for (i = from; i < to; i++)
		if (r->all[i].rdns.n > 0 &&
		    span_eq(domain, registered(f, r->all[i].rdns)))
			return 1;
	return 0;
}

const struct eval evals_relay[] = {
	{"check_all_trusted", all_trusted, 0, 0, 0, "RelayEval"},
	{"check_for_forged_received_ip_helo", forged_received_ip_helo, 0, 0,
	    0, "RelayEval"},
	{"check_for_forged_received_trail", forged_received_trail, 0, 0, 0,
	    "RelayEval"},
	{"check_for_no_rdns_dotcom_helo", no_rdns_dotcom_helo, 0, 0, 0,
	    "RelayEval"},
	{"check_for_numeric_helo", numeric_helo, 0, 0, 0, "RelayEval"},
	{"check_for_sender_no_reverse", sender_no_reverse, 0, 0, 0,
	    "RelayEval"},
	{"check_mailfrom_matches_rcvd", mailfrom_matches_rcvd, 0, 0, 0,
	    "WLBLEval"},
	{"check_no_relays", no_relays, 0, 0, 0, "RelayEval"},
	{"check_relays_unparseable", relays_unparseable, 0, 0, 0,
	    "RelayEval"},
	{"helo_ip_mismatch", helo_ip_mismatch, 0, 0, 0, "RelayEval"},
	{0},
};
