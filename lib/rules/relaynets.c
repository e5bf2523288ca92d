/* relaynets - whom rule files and the configuration vouch for. */
#include "rules/relaynets.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* Values of networks in sets; only their places count. */
static const char vouched[] = "in", excluded[] = "out";

static void
put(struct netset *set, const struct net *net, const char *value)
{
	union {
		const void *constant;
		void *value;
	} entry = {value};

	netset_put(set, net, entry.value);
}

bool
relaynets_has(const struct netset *set, const struct ip *ip)
{
	return netset_find(set, ip) == vouched;
}

/* "10." and "10.1/16" are short for addresses with zeros behind them. */
static bool
short_parse(struct span text, struct net *net)
{
	size_t slash = span_chr(text, '/'), octets = 0;
	struct span rest = span_head(text, slash), part;
	unsigned char octet[4] = {0};
	int64_t number, bits;

	while (span_cut(&rest, '.', &part)) {
		if (part.n == 0 && rest.n == 0)
			break;
		if (octets == 4 || !text_number(part, &number) ||
		    number > 255)
			return false;
		octet[octets++] = (unsigned char)number;
	}
	bits = 8 * (int64_t)octets;
	if (octets == 0 || (slash < text.n && (!text_number(span_skip(text,
	    slash + 1), &bits) || bits > 32)))
		return false;
	memset(net, 0, sizeof(*net));
	net->ip.b[10] = net->ip.b[11] = 0xff;
	memcpy(net->ip.b + 12, octet, 4);
	*net = ip_net(&net->ip, (unsigned)bits, 128);
	return true;
}

/* IPv6: brackets and a zone may be there, host bits are dropped. */
static bool
long_parse(struct span text, struct net *net)
{
	size_t slash = span_chr(text, '/');
	struct span address = span_head(text, slash);
	int64_t bits = 128;
	struct ip ip;

	if (address.n > 1 && address.p[0] == '[' &&
	    address.p[address.n - 1] == ']')
		address = span_make(address.p + 1, address.n - 2);
	address = span_head(address, span_chr(address, '%'));
	if (span_chr(address, ':') == address.n || !ip_parse(address, &ip) ||
	    (slash < text.n &&
	    (!text_number(span_skip(text, slash + 1), &bits) || bits > 128)))
		return false;
	*net = ip_net(&ip, bits > 96 ? (unsigned)bits - 96 : 0,
	    (unsigned)bits);
	return true;
}

static int
take_words(struct netset *set, const struct setting *line,
    struct error *error)
{
	struct span rest = line->rest, word;
	struct net net;
	bool exclude = false;

	while (span_word(&rest, &word)) {
		if (word.p[0] == '!') {
			exclude = true;
			word = span_skip(word, 1);
			if (word.n == 0)
				continue;
		}
		if (!short_parse(word, &net) && !long_parse(word, &net))
			return error_at(error, line->file, line->line,
			    "\"%.*s\" is not a network (as 192.0.2.0/24 or "
			    "2001:db8::/32)", SPAN_ARG(span_head(word, 80)));
		put(set, &net, exclude ? excluded : vouched);
		exclude = false;
	}
	return 0;
}

static void
clear(struct netset *set)
{
	netset_done(set);
	netset_init(set);
}

static void
take_headers(struct rule_networks *n, struct span rest)
{
	struct span word;

	while (span_word(&rest, &word)) {
		n->ip_headers = mem_array(n->ip_headers,
		    n->ip_header_count + 1, sizeof(*n->ip_headers));
		n->ip_headers[n->ip_header_count++] =
		    arena_span(&n->arena, word);
	}
}

/* The set that a line is about, or NULL. */
static struct netset *
set_of(struct rule_networks *n, const char *word)
{
	if (strncmp(word, "clear_", 6) == 0)
		word += 6;
	if (strcmp(word, "trusted_networks") == 0)
		return &n->trusted;
	if (strcmp(word, "internal_networks") == 0)
		return &n->internal;
	return strcmp(word, "msa_networks") == 0 ? &n->msa : NULL;
}

static int
take_line(struct rule_networks *n, const struct setting *line,
    struct error *error)
{
	struct netset *set = set_of(n, line->word);

	if (strcmp(line->word, "originating_ip_headers") == 0)
		take_headers(n, line->rest);
	else if (strcmp(line->word, "clear_originating_ip_headers") == 0)
		n->ip_header_count = 0;
	if (set == NULL)
		return 0;
	if (line->word[0] == 'c') {
		clear(set);
		return 0;
	}
	return take_words(set, line, error);
}

static bool
is_loopback(const struct net *net)
{
	static const char *const names[] = {"127.0.0.0/8", "::1"};
	struct net loopback;
	size_t i;

	for (i = 0; i < 2; i++)
		if (net_parse(span_of(names[i]), &loopback) &&
		    net->bits >= loopback.bits && net_has(&loopback, &net->ip))
			return true;
	return false;
}

static void
copy(struct netset *to, const struct netset *from)
{
	struct net net;
	size_t i;

	for (i = 0; i < from->map.count; i++) {
		net = netset_at(from, i);
		put(to, &net, map_value(&from->map, i));
	}
}

/* Copies what the configuration names; whether there was any but ourselves. */
static bool
vouch(struct rule_networks *n, const struct netset *from)
{
	bool any = false;
	struct net net;
	size_t i;

	for (i = 0; i < from->map.count; i++) {
		net = netset_at(from, i);
		put(&n->trusted, &net, vouched);
		put(&n->internal, &net, vouched);
		any = any || !is_loopback(&net);
	}
	return any;
}

/* The lines alone: who names only one of two means both. */
static void
settle(struct rule_networks *n)
{
	if (n->trusted.map.count > 0 && n->internal.map.count == 0)
		copy(&n->internal, &n->trusted);
	else if (n->trusted.map.count == 0)
		copy(&n->trusted, &n->internal);
	n->guess = n->trusted.map.count == 0;
}

static void
vouch_for_loopback(struct rule_networks *n)
{
	struct net net;

	if (net_parse(span_of("127.0.0.0/8"), &net)) {
		put(&n->trusted, &net, vouched);
		put(&n->internal, &net, vouched);
	}
	if (net_parse(span_of("::1"), &net)) {
		put(&n->trusted, &net, vouched);
		put(&n->internal, &net, vouched);
	}
}

struct rule_networks *
rule_networks_new(const struct ruleset *rules, const struct networks *conf,
    struct error *error)
{
	struct rule_networks *n = mem_alloc(sizeof(*n));
	size_t i;

	arena_init(&n->arena);
	netset_init(&n->trusted);
	netset_init(&n->internal);
	netset_init(&n->msa);
	for (i = 0; i < rules->lines.count; i++)
		if (take_line(n, rules->lines.items[i], error) != 0) {
			rule_networks_free(n);
			return NULL;
		}
	settle(n);
	if (conf != NULL) {
		if (vouch(n, &conf->trusted))
			n->guess = false;
		if (vouch(n, &conf->relays))
			n->guess = false;
	}
	vouch_for_loopback(n);
	return n;
}

void
rule_networks_free(struct rule_networks *n)
{
	if (n == NULL)
		return;
	netset_done(&n->trusted);
	netset_done(&n->internal);
	netset_done(&n->msa);
	free(n->ip_headers);
	arena_done(&n->arena);
	free(n);
}

static void
digest_set(const struct netset *set, const char *name, struct digest *digest)
{
	char text[IP_TEXT_MAX];
	struct net net;
	size_t i;

	digest_add(digest, span_of(name));
	for (i = 0; i < set->map.count; i++) {
		net = netset_at(set, i);
		digest_add(digest, span_of(net_text(&net, text)));
	}
}

void
rule_networks_digest(const struct networks *conf, struct digest *digest)
{
	digest_set(&conf->trusted, "trusted", digest);
	digest_set(&conf->relays, "relays", digest);
}
