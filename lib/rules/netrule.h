/*
 * netrule - rules that ask the DNS: check_rbl and its kin, uridnsbl, urirhssub
 * and their kin, askdns, check_hashbl_emails, as rule files write them.
 * What many rules ask alike is one lookup.  Made when all files are read, then
 * constant, any thread.
 */
#ifndef RULES_NETRULE_H
#define RULES_NETRULE_H

#include "base/hash.h"
#include "net/dns.h"
#include "rules/regex.h"
#include "rules/ruleset.h"

#define NETRULE_LOOKUPS_MAX 500	/* different ones of all rules */
#define NETRULE_ZONES_MAX 200

enum netlookup_kind {
	NETLOOKUP_CLIENT,	/* check_rbl: relays of the message */
	NETLOOKUP_FROM_HOST,	/* check_rbl_from_host */
	NETLOOKUP_FROM_DOMAIN,
	NETLOOKUP_ENVFROM,
	NETLOOKUP_LINK,		/* urirhsbl: domains or addresses of links */
	NETLOOKUP_LINK_IP,	/* uridnsbl: addresses of hosts */
	NETLOOKUP_LINK_NS,	/* urinsrhsbl: domains of name servers */
	NETLOOKUP_LINK_FULLNS,	/* urifullnsrhsbl: their names */
	NETLOOKUP_TEMPLATE,	/* askdns */
	NETLOOKUP_SENDER,	/* check_dns_sender */
	NETLOOKUP_EMAIL,	/* check_hashbl_emails */
	NETLOOKUP_URI,		/* check_hashbl_uris */
};

/* Which relays check_rbl asks about: what follows "-" in the set's name. */
enum netlookup_relays {
	NETLOOKUP_UNTRUSTED_ALL,	/* nothing known: all untrusted ones */
	NETLOOKUP_NOTFIRSTHOP,
	NETLOOKUP_LASTEXTERNAL,
	NETLOOKUP_FIRSTTRUSTED,
	NETLOOKUP_UNTRUSTED,
};

/* One way to make questions of a message. */
struct netlookup {
	enum netlookup_kind kind;
	struct span zone;	/* lower case, no final dot; of a template what
				 * stands behind its last tag */
	size_t zone_number;
	enum dns_type type;
	struct span set;	/* CLIENT: the name of its set */
	enum netlookup_relays relays;
	bool nice;		/* trusted relays are asked about too */
	bool domains_only, ips_only, notrim;
	bool of_hosts, of_servers;	/* LINK_IP: tflags a and ns */
	struct span text;	/* TEMPLATE: as written; EMAIL: HEADERS */
	enum hash_kind hash;
	bool raw, base32, keep_case, nodot, notag;
	bool user_only, host_only, domain_only;
	size_t most;		/* of hashed ones */
};

enum nettest_kind {
	NETTEST_ANY,		/* any answer */
	NETTEST_BITS,		/* low: one of these bits, in 127.0.0.0/8 */
	NETTEST_RANGE,		/* low to high */
	NETTEST_MASK,		/* high is the mask */
	NETTEST_TEXT,		/* exactly that */
	NETTEST_REGEX,
	NETTEST_CODES,		/* low: bits 1 << response code */
};

/* What of an answer makes a rule hit. */
struct nettest {
	enum nettest_kind kind;
	uint32_t low, high;
	struct span text;
	struct regex *regex;	/* belongs to the ruleset */
};

struct netrule {
	const struct rule *rule;
	struct nettest test;
	size_t lookup;		/* check_rbl_sub: see set */
	bool by_set;		/* hits by what all lookups of the set got */
	struct span set;
};

struct netzone {
	struct span name;	/* a zero follows */
	bool of_addresses, of_domains, of_hashes;	/* what it is asked */
	bool loose;		/* only askdns asks it: perhaps no list */
};

struct netrules {
	struct netrule *rules;
	size_t count, room;
	struct netlookup *lookups;
	size_t lookup_count;
	struct netzone *zones;
	size_t zone_count;
	bool any_servers, any_hosts;	/* some lookup follows links there */
};

/*
 * Reads all rules of RULE_NETWORK and the lines that go with them; what is not
 * supported says so in rule.unsupported.
 */
struct ruleset_reader;
void netrules_read(struct ruleset_reader *);

/*
 * A test as uri*sub lines ("127.0.0.2", "0x10", "1-2", "8/8") write it; false
 * for what is none.
 */
bool nettest_number(struct span text, struct nettest *out);

/* Whether the answer, an IPv4 address or (address NULL) a text, passes. */
bool nettest_passes(const struct nettest *, struct regex_scratch *,
    const uint32_t *address, struct span text);

#endif
