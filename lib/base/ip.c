/* ip - addresses and networks. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool
ip_is4(const struct ip *ip)
{
	return memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool
ip_parse(struct span text, struct ip *out)
{
	char string[IP_TEXT_MAX];
	struct ip ip;

	if (text.n == 0 || text.n >= sizeof(string) ||
	    memchr(text.p, '\0', text.n) != NULL)
		return false;
	/* Most names end here. */
	if (!char_digit(text.p[text.n - 1]) && span_chr(text, ':') == text.n)
		return false;
	memcpy(string, text.p, text.n);
	string[text.n] = '\0';
	memcpy(ip.b, mapped, sizeof(mapped));
	if (inet_pton(AF_INET, string, ip.b + 12) != 1 &&
	    inet_pton(AF_INET6, string, ip.b) != 1)
		return false;
	*out = ip;
	return true;
}

bool
ip_from_sockaddr(const struct sockaddr *sa, struct ip *out)
{
	if (sa != NULL && sa->sa_family == AF_INET) {
		memcpy(out->b, mapped, sizeof(mapped));
		memcpy(out->b + 12,
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
		    4);
		return true;
	}
	if (sa != NULL && sa->sa_family == AF_INET6) {
		memcpy(out->b,
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
		    16);
		return true;
	}
	return false;
}

static char *
put_octet(char *p, unsigned n)
{
	if (n >= 100)
		*p++ = (char)('0' + n / 100);
	if (n >= 10)
		*p++ = (char)('0' + n / 10 % 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

const char *
ip_text(const struct ip *ip, char out[IP_TEXT_MAX])
{
	char *p = out;
	size_t i;

	/* Cannot fail: the family is known and the room is enough. */
	if (!ip_is4(ip))
		return inet_ntop(AF_INET6, ip->b, out, IP_TEXT_MAX);
	/* Every line of the log has one, and the C library's is a printf. */
	for (i = 12; i < 16; i++) {
		p = put_octet(p, ip->b[i]);
		*p++ = i < 15 ? '.' : '\0';
	}
	return out;
}

static void
ip_mask(struct ip *ip, unsigned bits)
{
	unsigned i = bits / 8;

	if (i < 16)
		ip->b[i++] &= (uint8_t)(0xff00 >> (bits % 8));
	for (; i < 16; i++)
		ip->b[i] = 0;
}

bool
net_parse(struct span text, struct net *out)
{
	size_t slash = span_chr(text, '/');
	struct span digits = span_skip(text, slash + 1);
	struct net net;
	struct ip ip;
	int64_t bits = 128;
	unsigned lead;

	if (!ip_parse(span_head(text, slash), &ip))
		return false;
	lead = ip_is4(&ip) && span_chr(text, ':') == text.n ? 96 : 0;
	if (slash != text.n) {
		if (digits.n > 3 || !text_number(digits, &bits) ||
		    bits > 128 - lead)
			return false;
		bits += lead;
	}
	net.ip = ip;
	net.bits = (unsigned)bits;
	ip_mask(&net.ip, net.bits);
	if (!ip_eq(&net.ip, &ip))
		return false;
	*out = net;
	return true;
}

bool
net_has(const struct net *net, const struct ip *ip)
{
	struct ip masked = *ip;

	ip_mask(&masked, net->bits);
	return ip_eq(&masked, &net->ip);
}

const char *
net_text(const struct net *net, char out[IP_TEXT_MAX])
{
	bool v4 = ip_is4(&net->ip) && net->bits >= 96;
	size_t n;

	/* "::ffff:0:0/64" and the like would read as IPv4 otherwise. */
	if (v4)
		ip_text(&net->ip, out);
	else
		inet_ntop(AF_INET6, net->ip.b, out, IP_TEXT_MAX);
	n = strlen(out);
	snprintf(out + n, IP_TEXT_MAX - n, "/%u",
	    v4 ? net->bits - 96 : net->bits);
	return out;
}

struct net
ip_net(const struct ip *ip, unsigned bits4, unsigned bits6)
{
	struct net net = {*ip, ip_is4(ip) ? bits4 + 96 : bits6};

	ip_mask(&net.ip, net.bits);
	return net;
}

/* A network as the key of a map: its bits, then its address. */
struct net_key {
	char bytes[17];
};

static struct span
net_key(const struct net *net, struct net_key *key)
{
	key->bytes[0] = (char)net->bits;
	memcpy(key->bytes + 1, net->ip.b, 16);
	return span_make(key->bytes, sizeof(key->bytes));
}

bool
ip_is_public(const struct ip *ip)
{
	/* RFC 1122, 1918, 3849, 3927, 4193, 4291, 5737, 6598. */
	static const char *const special[] = {
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24",
		"192.168.0.0/16", "198.51.100.0/24", "203.0.113.0/24",
		"::/127", "2001:db8::/32", "fc00::/7", "fe80::/10",
	};
	struct net net;
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (net_parse(span_of(special[i]), &net) && net_has(&net, ip))
			return false;
	return true;
}

void
netset_init(struct netset *set)
{
	memset(set, 0, sizeof(*set));
	map_init(&set->map);
}

void
netset_done(struct netset *set)
{
	map_done(&set->map);
}

bool
netset_put(struct netset *set, const struct net *net, void *value)
{
	struct net_key key;

	set->lengths[net->bits] = 1;
	return map_put(&set->map, net_key(net, &key), value);
}

void *
netset_find(const struct netset *set, const struct ip *ip)
{
	const uint8_t *length;
	struct net net = {*ip, sizeof(set->lengths)};
	struct net_key key;
	void *value = NULL;

	while (value == NULL &&
	    (length = memrchr(set->lengths, 1, net.bits)) != NULL) {
		net.bits = (unsigned)(length - set->lengths);
		ip_mask(&net.ip, net.bits);
		value = map_find(&set->map, net_key(&net, &key));
	}
	return value;
}

struct net
netset_at(const struct netset *set, size_t i)
{
	struct span key = map_key(&set->map, i);
	struct net net = {.bits = (unsigned char)key.p[0]};

	memcpy(net.ip.b, key.p + 1, sizeof(net.ip.b));
	return net;
}
