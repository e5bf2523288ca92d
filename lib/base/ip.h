/*
 * ip - addresses and networks.  IPv4 is kept as ::ffff:a.b.c.d, so that one
 * type serves both.  Pure functions, any thread.
 */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/span.h"

#define IP_TEXT_MAX 48	/* longest text of an address or network, and a zero */

struct sockaddr;

struct ip {
	uint8_t b[16];
};

struct net {
	struct ip ip;	/* host bits are zero */
	unsigned bits;	/* 0 to 128; an IPv4 /24 is 120 */
};

bool ip_parse(struct span text, struct ip *out); /* no brackets, no zone */
bool ip_from_sockaddr(const struct sockaddr *, struct ip *out);
bool ip_is4(const struct ip *);

/* Of the public Internet: not private, local, shared or for documentation. */
bool ip_is_public(const struct ip *);
bool ip_eq(const struct ip *, const struct ip *);
const char *ip_text(const struct ip *, char out[IP_TEXT_MAX]);

/* "192.0.2.0/24" or a bare address; false when host bits are set. */
bool net_parse(struct span text, struct net *out);
bool net_has(const struct net *, const struct ip *);
const char *net_text(const struct net *, char out[IP_TEXT_MAX]);

/* The network of bits4 (of 32) or bits6 (of 128) bits around an address. */
struct net ip_net(const struct ip *, unsigned bits4, unsigned bits6);

/*
 * netset - networks, each with a value of the caller's.  The lookup costs one
 * probe per prefix length in use, whatever the number of networks.
 */
struct netset {
	struct map map;
	uint8_t lengths[129];	/* which prefix lengths occur */
};

void netset_init(struct netset *);
void netset_done(struct netset *);
bool netset_put(struct netset *, const struct net *, void *value);

/* The value of the narrowest network that holds ip, or NULL. */
void *netset_find(const struct netset *, const struct ip *);

/* Walks in order of insertion: i counts from 0 to set.map.count - 1. */
struct net netset_at(const struct netset *, size_t i);

#endif
