/*
 * relays - the way a message took, as its Received fields tell it, parted
 * where trust ends (SpamAssassin's X-Spam-Relays-*).  A milter never sees the
 * Received field of its own MTA: the first relay is made from the connection.
 */
#ifndef RULES_RELAYS_H
#define RULES_RELAYS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/span.h"
#include "conf/networks.h"
#include "mail/message.h"
#include "rules/ruleset.h"

#define RELAYS_MAX 100		/* Received fields that are read */

struct relay {
	struct ip ip;
	bool has_ip;		/* false: only of a few kinds of web mail */
	struct span ip_text;	/* as written, or empty */
	struct span rdns;	/* empty when unknown */
	struct span helo;
	struct span by;
	struct span ident;
	struct span envelope_from;
	struct span id;
	struct span auth;	/* how the client was authenticated, or empty */
	bool internal, msa, trusted;
	bool private;		/* an address that no stranger has */
	bool no_reverse_dns;	/* the MTA looked and found none */
	struct span as_string;	/* "[ ip=... rdns=... ... ]" */
};

struct relays {
	const struct relay *all;	/* newest first */
	size_t count;
	size_t trusted;		/* all[0 .. trusted) are trusted */
	size_t internal;	/* all[0 .. internal) are internal */
	size_t unparseable;	/* fields that nobody understands */
	bool own;		/* all[0] is the connection, not a field */
	/*
	 * Handovers, skipped ones too, before trust ends: the field of this
	 * number (from 0, all[0] counted when it is our own) is the first that
	 * cannot be believed, but whoever wrote it can.
	 */
	size_t trusted_fields, internal_fields;
	/* The pseudo header fields. */
	struct span trusted_text, untrusted_text, internal_text, external_text;
};

/* trusted_networks and kin; constant, any thread. */
struct rule_networks;

/*
 * From the lines of rule files, and what the configuration says: all hosts it
 * trusts and all its relays are trusted and internal.  NULL with *error filled
 * in for a line that cannot be understood.  networks may be NULL; neither need
 * outlive it.
 */
struct rule_networks *rule_networks_new(const struct ruleset *,
    const struct networks *, struct error *);
void rule_networks_free(struct rule_networks *);

/* Adds what the configuration says to the digest of what rules are made of. */
void rule_networks_digest(const struct networks *, struct digest *);

/*
 * Reads the message's Received fields.  Where a client is known, the first
 * relay is what our MTA will write about it.
 */
void relays_find(struct arena *, const struct message *,
    const struct rule_networks *, struct relays *out);

/* The first of these that is not trusted, or the last; NULL without any. */
const struct relay *relays_entrance(struct arena *, const struct message *,
    const struct rule_networks *);

#endif
