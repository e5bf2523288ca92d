/*
 * facts - what rules may ask about one message.  Most is made when it is asked
 * for first, and kept until the message ends.  One thread at a time; all that
 * is returned lives in the message's arena.
 *
 * Texts are those that SpamAssassin would hand to rules, so that rules written
 * for it hit the same; where it is blind, symbols of our own checks see more.
 */
#ifndef RULES_FACTS_H
#define RULES_FACTS_H

#include "auth/auth.h"
#include "mail/links.h"
#include "mail/message.h"
#include "mail/reading.h"
#include "mail/suffix.h"
#include "rules/engine.h"
#include "rules/regex.h"
#include "rules/relays.h"
#include "rules/ruleset.h"

/* Of all redirector_patterns, per message; see regex.h. */
#define FACTS_REDIRECT_STEPS 1000000

/* Places where a file of evals keeps what it found out for all its rows. */
enum facts_slot {
	SLOT_MIME, SLOT_BODY, SLOT_HEADER, SLOT_RECEIVED, SLOT_ADDRESS,
	SLOT_IMAGE, FACTS_SLOTS
};

struct facts_named {
	const char *name;
	struct span value;
};

/* What fieldaddr.h reads in a value; those asked for last come first. */
struct facts_addresses {
	struct span value;
	const struct fieldaddr *items;
	size_t count;
	struct facts_addresses *next;
};

struct fieldaddr;
struct field_texts;	/* fieldtext.c */
struct geo;		/* net/geo.h */
struct lists;		/* lists.h: addresses and domains that rules name */

struct facts {
	/* Given; all but auth and geo is never NULL. */
	struct arena *arena;
	const struct ruleset *rules;
	const struct lists *lists;
	const struct rule_networks *networks;
	const struct suffixes *suffixes;
	const struct message *message;
	const struct auth *auth;
	const struct geo *geo;		/* NULL: nobody knows places */
	int64_t now;			/* wall clock, ms */
	bool thorough;			/* sub-rules are tried that make no
					 * difference */

	/* Made by facts_begin. */
	struct reading *reading;	/* parts, texts; links by facts_links */
	struct engine_scratch *engine;
	struct regex_scratch *scratch;	/* for regex_match */
	struct links_view view;

	void *slots[FACTS_SLOTS];	/* NULL at first */
	struct netanswer *network;	/* by rule.index, or NULL */

	struct field_texts *texts;	/* private to fieldtext.c */
	struct facts_addresses *addresses;	/* private to field.c */

	/* Private to facts.c. */
	struct relays *relays;
	struct span *fields;		/* by field_key.index */
	bool *field_known;
	struct facts_named *named;	/* what facts_get has found */
	size_t named_count, named_room;
	struct span full;
	uint64_t redirect_steps;
};

/*
 * Makes ready what was given.  The scratch stays the caller's, who takes it
 * back when the message ends.
 */
void facts_begin(struct facts *, struct engine_scratch *);

/* Every link of the message. */
const struct links *facts_links(struct facts *);

/*
 * The value of a header field, real or pseudo, as a header rule sees it:
 * decoded to UTF-8 and unfolded unless :raw; several values joined, each with
 * a line end.  p is NULL when there is no such field.
 */
struct span facts_field(struct facts *, const struct field_key *);

/*
 * The same by name, such as "Subject" or "From:addr", for evals.  Of addresses,
 * names, hosts and EnvelopeFrom it is the first one, without line end.  Empty
 * when there is no such field.  name must live as long as the message.
 */
struct span facts_get(struct facts *, const char *name);

/* Header and body as they arrived, but with LF line ends. */
struct span facts_full(struct facts *);

/* Who handed the message to whom: the trust path. */
const struct relays *facts_relays(struct facts *);

#endif
