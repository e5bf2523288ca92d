/* base_ip - addresses, networks, and the narrowest of nested ones. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "base/ip.h"
#include "test/unit/test.h"

struct row {
	const char *name, *input, *expected;	/* "-": refused */
};

static const struct row addresses[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.1" },
	{ "IPv4, least", "0.0.0.0", "0.0.0.0" },
	{ "IPv4, most", "255.255.255.255", "255.255.255.255" },
	{ "IPv4, one to three digits", "9.10.99.100", "9.10.99.100" },
	{ "IPv4, zeros inside", "101.0.20.200", "101.0.20.200" },
	{ "IPv4, part too large", "192.0.2.256", "-" },
	{ "IPv4, three parts", "192.0.2", "-" },
	{ "IPv4, five parts", "192.0.2.1.1", "-" },
	{ "IPv4, octal looks", "192.0.2.010", "-" },
	{ "IPv4, hexadecimal", "0xc0.0.2.1", "-" },
	{ "IPv4, as a number", "3221225985", "-" },
	{ "IPv6", "2001:db8::1", "2001:db8::1" },
	{ "RFC 4291 2.2: upper case", "2001:DB8:0:0:8:800:200C:417A",
	    "2001:db8::8:800:200c:417a" },
	{ "RFC 4291 2.2: unspecified", "::", "::" },
	{ "RFC 4291 2.2: longest", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	{ "RFC 4291 2.2: twice ::", "1::2::3", "-" },
	{ "RFC 4291 2.2: five digits", "2001:0db80::1", "-" },
	{ "RFC 4291 2.2: nine groups", "1:2:3:4:5:6:7:8:9", "-" },
	{ "RFC 4291 2.5.5.2: mapped", "::ffff:192.0.2.1", "192.0.2.1" },
	{ "RFC 4291 2.5.5.2: mapped in hex", "::ffff:c000:201", "192.0.2.1" },
	{ "RFC 4291 2.5.5.1: compatible", "::192.0.2.1", "::192.0.2.1" },
	{ "zone", "fe80::1%eth0", "-" },
	{ "brackets", "[192.0.2.1]", "-" },
	{ "blank before", " 192.0.2.1", "-" },
	{ "blank behind", "192.0.2.1 ", "-" },
	{ "nothing", "", "-" },
	{ "name", "localhost", "-" },
	{ "far too long", "00000000000000000000000000000000000000000000000001",
	    "-" },
}, networks[] = {
	{ "IPv4", "192.0.2.0/24", "192.0.2.0/24" },
	{ "bare IPv4", "192.0.2.1", "192.0.2.1/32" },
	{ "all of IPv4", "0.0.0.0/0", "0.0.0.0/0" },
	{ "one bit", "128.0.0.0/1", "128.0.0.0/1" },
	{ "31 bits", "192.0.2.2/31", "192.0.2.2/31" },
	{ "32 bits", "192.0.2.3/32", "192.0.2.3/32" },
	{ "33 bits", "192.0.2.3/33", "-" },
	{ "host bit, last", "192.0.2.1/31", "-" },
	{ "host bit, first", "192.0.2.128/24", "-" },
	{ "host bits under /0", "1.0.0.0/0", "-" },
	{ "IPv6", "2001:db8::/32", "2001:db8::/32" },
	{ "bare IPv6", "::1", "::1/128" },
	{ "everything", "::/0", "::/0" },
	{ "129 bits", "::/129", "-" },
	{ "host bits of IPv6", "2001:db8::1/64", "-" },
	{ "odd bits", "2001:db8:8000::/33", "2001:db8:8000::/33" },
	{ "mapped, bits of 128", "::ffff:192.0.2.0/120", "192.0.2.0/24" },
	{ "mapped, bits of 32", "::ffff:192.0.2.0/24", "-" },
	{ "bare mapped", "::ffff:192.0.2.1", "192.0.2.1/32" },
	{ "all mapped", "::ffff:0:0/96", "0.0.0.0/0" },
	{ "no bits", "192.0.2.0/", "-" },
	{ "no address", "/24", "-" },
	{ "sign", "192.0.2.0/+24", "-" },
	{ "blank", "192.0.2.0/ 24", "-" },
	{ "mask", "192.0.2.0/255.255.255.0", "-" },
	{ "two slashes", "192.0.2.0/24/24", "-" },
	{ "many digits", "192.0.2.0/0000000000024", "-" },
	{ "huge", "192.0.2.0/99999999999999999999", "-" },
};

static struct ip
ip_of(const char *text)
{
	struct ip ip;

	memset(&ip, 0xee, sizeof(ip));
	ip_parse(span_of(text), &ip);
	return ip;
}

static void
test_rows(void)
{
	char text[IP_TEXT_MAX];
	struct net net;
	struct ip ip;
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		CHECK_TEXT(addresses[i].name,
		    ip_parse(span_of(addresses[i].input), &ip) ?
		    ip_text(&ip, text) : "-", addresses[i].expected);
	for (i = 0; i < sizeof(networks) / sizeof(networks[0]); i++)
		CHECK_TEXT(networks[i].name,
		    net_parse(span_of(networks[i].input), &net) ?
		    net_text(&net, text) : "-", networks[i].expected);
	CHECK("NUL inside", !ip_parse(span_make("1.2.3.4\0", 8), &ip));
	CHECK("not terminated", ip_parse(span_make("192.0.2.123", 9), &ip) &&
	    strcmp(ip_text(&ip, text), "192.0.2.1") == 0);
}

static const struct {
	const char *net, *ip;
	bool has;
} members[] = {
	{ "192.0.2.0/24", "192.0.2.0", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/24", "192.0.1.255", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
	{ "192.0.2.0/24", "::192.0.2.7", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "2001:db8::1", true },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::", false },
	{ "::1", "::1", true },
	{ "::1", "::", false },
};

static void
test_members(void)
{
	struct netset set;
	struct net net;
	struct ip ip;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		CHECK(members[i].net, net_parse(span_of(members[i].net), &net));
		ip = ip_of(members[i].ip);
		CHECK(members[i].ip, net_has(&net, &ip) == members[i].has);
		netset_init(&set);
		netset_put(&set, &net, &set);
		CHECK(members[i].ip, (netset_find(&set, &ip) == &set) ==
		    members[i].has);
		netset_done(&set);
	}
}

/* Values are the networks' own texts. */
static const char *const nested[] = {
	"10.1.2.3/32", "10.0.0.0/8", "10.1.0.0/16", "::/0", "2001:db8::/32",
	"2001:db8:1::/48", "2001:db8:1::1", "10.1.2.0/24",
};

static const struct row narrowest[] = {
	{ "host", "10.1.2.3", "10.1.2.3/32" },
	{ "24", "10.1.2.4", "10.1.2.0/24" },
	{ "16", "10.1.3.4", "10.1.0.0/16" },
	{ "8", "10.2.3.4", "10.0.0.0/8" },
	{ "IPv6 host", "2001:db8:1::1", "2001:db8:1::1" },
	{ "48", "2001:db8:1::2", "2001:db8:1::/48" },
	{ "32", "2001:db8:2::2", "2001:db8::/32" },
	{ "nothing narrower", "2002::", "::/0" },
	{ "mapped addresses lie in ::/0", "11.0.0.0", "::/0" },
};

static void
test_netset(void)
{
	struct netset set;
	struct net net;
	struct ip ip;
	void *found;
	size_t i;

	netset_init(&set);
	ip = ip_of("10.1.2.3");
	CHECK("empty set", netset_find(&set, &ip) == NULL);
	for (i = 0; i < sizeof(nested) / sizeof(nested[0]); i++) {
		CHECK(nested[i], net_parse(span_of(nested[i]), &net));
		CHECK(nested[i], netset_put(&set, &net,
		    (void *)(uintptr_t)nested[i]));
		CHECK(nested[i], !netset_put(&set, &net, &set));
	}
	for (i = 0; i < sizeof(narrowest) / sizeof(narrowest[0]); i++) {
		ip = ip_of(narrowest[i].input);
		found = netset_find(&set, &ip);
		CHECK_TEXT(narrowest[i].name, found != NULL ? found : "none",
		    narrowest[i].expected);
	}
	netset_done(&set);
}

/* The network around an address, for every length of prefix. */
static void
test_around(void)
{
	const struct ip v4 = ip_of("203.0.113.255"),
	    v6 = ip_of("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
	char text[IP_TEXT_MAX];
	struct net net, again;
	unsigned bits;

	for (bits = 0; bits <= 128; bits++) {
		net = ip_net(&v6, 24, bits);
		CHECK("v6", net.bits == bits && net_has(&net, &v6));
		net_text(&net, text);
		CHECK(text, net_parse(span_of(text), &again) &&
		    again.bits == bits && ip_eq(&again.ip, &net.ip));
		if (bits > 32)
			continue;
		net = ip_net(&v4, bits, 64);
		CHECK("v4", net.bits == bits + 96 && net_has(&net, &v4));
		net_text(&net, text);
		CHECK(text, net_parse(span_of(text), &again) &&
		    again.bits == bits + 96 && ip_eq(&again.ip, &net.ip));
	}
	net = ip_net(&v4, 24, 64);
	CHECK_TEXT("/24", net_text(&net, text), "203.0.113.0/24");
	net = ip_net(&v6, 24, 64);
	CHECK_TEXT("/64", net_text(&net, text), "2001:db8:ffff:ffff::/64");
}

static void
test_sockaddr(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr other = { .sa_family = AF_UNIX };
	char text[IP_TEXT_MAX];
	struct ip ip;

	inet_pton(AF_INET, "192.0.2.9", &in.sin_addr);
	CHECK("IPv4", ip_from_sockaddr((struct sockaddr *)&in, &ip));
	CHECK_TEXT("IPv4", ip_text(&ip, text), "192.0.2.9");
	inet_pton(AF_INET6, "::ffff:192.0.2.9", &in6.sin6_addr);
	CHECK("mapped", ip_from_sockaddr((struct sockaddr *)&in6, &ip));
	CHECK("mapped is IPv4", ip_is4(&ip));
	CHECK("local", !ip_from_sockaddr(&other, &ip));
	CHECK("none", !ip_from_sockaddr(NULL, &ip));
}

int
main(void)
{
	test_rows();
	test_members();
	test_netset();
	test_around();
	test_sockaddr();
	return test_end();
}
