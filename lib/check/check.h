/*
 * check - a check asks one question of a message and answers in symbols.
 *
 * A check is a constant table; what it needs for a generation it makes in load
 * and keeps constant afterwards, so that any number of threads may run it.  Its
 * state for one message is in the inquiry.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "auth/auth.h"
#include "conf/conf.h"
#include "conf/manifest.h"
#include "mail/address.h"
#include "mail/message.h"
#include "net/geo.h"
#include "rules/rulebook.h"
#include "shared/providers.h"
#include "shared/roster.h"
#include "shared/shared.h"
#include "store/store.h"
#include "verdict/policy.h"
#include "verdict/result.h"

/*
 * The stations of a message.  Those before STAGE_HEADERS run as soon as their
 * facts exist, unless a relay of ours brings the message: then all facts about
 * the true client come with the headers.
 */
enum stage {
	STAGE_CONNECT,	/* the client: address, name, HELO */
	STAGE_SENDER,	/* MAIL */
	STAGE_RCPT,	/* each RCPT; inquiry.recipient is that one */
	STAGE_HEADERS,	/* all header fields */
	STAGE_BODY,	/* the body as far as it is kept */
	STAGE_LAST,	/* all others have spoken, asked stores have answered */
	STAGE_METAS,	/* nothing is left but metas on what these said */
	STAGES,
};

/* What of a connection a check, or the policy, cannot do without. */
enum need {
	NEED_CLIENT = 1,
	NEED_HELO = 2,
	NEED_SENDER = 4,
	NEED_RCPT = 8,
	NEED_HEADERS = 16,
	NEED_BODY = 32,
	NEED_REFUSE_RCPT = 64,	/* answers RCPT by itself */
	NEED_EDIT = 128,	/* adds, changes, removes header fields */
	NEED_QUARANTINE = 256,
};

enum answer { ANSWERED, UNANSWERED };	/* the latter: a service failed */

#define INQUIRY_OPS_MAX 48	/* store operations of one batch */
#define INQUIRY_FROM_MAX 20	/* addresses in From that are read */

struct check;
struct dnslists;

/* What the first From field says. */
struct from {
	struct address address[INQUIRY_FROM_MAX];
	size_t count;
	unsigned verdict;	/* as address_list */
};

/* What a check sees of one message. */
struct inquiry {
	const struct message *message;
	struct recipient *recipient;	/* at STAGE_RCPT only */
	struct result *result;
	struct auth *auth;
	struct dns *dns;			/* NULL: no questions */
	bool dns_local;		/* private addresses and names are asked too */
	int64_t dns_deadline;	/* ms that all waiting for it may take */
	int64_t lists_deadline;	/* of these, that DNS lists may take */
	bool lists_defer;	/* one that does not answer defers mail */
	int64_t patience;	/* steady ms at which waiting for it ends; 0:
				 * nobody waits yet */
	const struct rulebook *book;	/* of the generation */
	struct engine_pool *pool;	/* of the process */
	bool thorough;			/* see facts.h */
	struct facts *facts;		/* ask inquiry_facts for it */
	const struct match *match;	/* of the rules, once they have run */
	struct dkim_bodies *bodies;	/* hashes of the body, all of it, to be
					 * wanted by the end of STAGE_HEADERS */
	const struct geo *geo;		/* of the generation, or NULL */
	const struct place *place;	/* ask inquiry_place for it */
	const struct providers *providers;	/* of the generation */
	const struct from *from;	/* ask inquiry_from for it */
	const struct identities *identities;	/* inquiry_identities */
	const struct shared *shared;	/* NULL: nobody refreshes it */
	const struct roster_view *roster;	/* trust and deny entries of
					 * operators; NULL: none, or unknown */
	struct store_health store;	/* when the message began */
	const struct policy *policy;
	const struct decision *decision;	/* in learn only */
	struct arena *arena;			/* lives as the message */
	int64_t now;				/* wall clock, ms */
	const struct check *check;		/* the one that is called */
	void *state;		/* check.state bytes, zero at first */
	struct store_op *ops;	/* batch being collected */
	size_t op_count;
};

/* While loading: the file, what was read, where to say why not. */
struct loading {
	const struct conf *conf;
	const struct rulebook *book;
	const struct weights *weights;	/* scored already */
	const struct dnslists *dnslists;	/* all that are defined */
	const struct providers *providers;
	struct manifest *manifest;
	struct error *error;
};

struct check {
	const char *name;		/* also of its section in the file */
	const struct option *options;	/* its keys */
	size_t size;			/* of the struct they fill */
	const char *const *symbols;	/* all it can raise; ends with NULL */
	const char *service;		/* what it asks, for "degraded=" */
	size_t state;			/* bytes it wants per message */

	/*
	 * Makes what the functions below get as self; NULL on error.  Without
	 * load, self is the struct of options.
	 */
	void *(*load)(const void *options, struct loading *);
	void (*unload)(void *self);

	/* Bits of enum need; 0 says that it is switched off. */
	unsigned (*needs)(const void *self);

	/*
	 * Optional: queue store operations, ask the DNS, once the stage's
	 * facts exist.  That of STAGE_CONNECT is also called ahead of the
	 * messages, when the client connects.
	 */
	void (*ask[STAGES])(const void *self, struct inquiry *);

	/* Optional: judge; only adds symbols, or wishes to defer. */
	enum answer (*run[STAGES])(const void *self, struct inquiry *);

	/* Optional: queue writes that follow from the decision. */
	void (*learn)(const void *self, struct inquiry *);

	/* Optional: the message ends, judged or not; frees what state holds. */
	void (*drop)(const void *self, struct inquiry *);
};

/* Adds a symbol that the check has declared, with printf-like evidence. */
void inquiry_raise(struct inquiry *, const char *symbol, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, counted so many thousandths of its weight. */
void inquiry_raise_part(struct inquiry *, const char *symbol, int64_t milli,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * A zeroed operation of the current batch to fill in, or NULL when the batch
 * is full.  One queued in ask has its answer when STAGE_LAST runs.  That of
 * inquiry_read has room for a value that it finds (op.data), which lives as the
 * message; numbers, and whether something is there, need none.
 */
struct store_op *inquiry_op(struct inquiry *);
struct store_op *inquiry_read(struct inquiry *);

/*
 * How long a check may still wait for the DNS, in ms: the time is one for all
 * checks and begins when the first of them waits.
 */
int64_t inquiry_patience(struct inquiry *);

/*
 * What the message says: its parts, texts, links, header fields.  Made at the
 * first call, from STAGE_BODY on; all checks share it.
 */
struct facts *inquiry_facts(struct inquiry *);

/*
 * The addresses in From, or NULL where the message has no such field.  Read at
 * the first call, from STAGE_HEADERS on; all checks share it.
 */
const struct from *inquiry_from(struct inquiry *);

/*
 * Where the client is; empty where nothing is known.  Made at the first call;
 * never NULL.
 */
const struct place *inquiry_place(struct inquiry *);

/* Asks that the sender come back later; text is static or arena memory. */
void inquiry_defer(struct inquiry *, const char *enhanced, const char *text);

/*
 * Demands at least this action, whatever the score: QUARANTINE, or REJECT with
 * an enhanced status code and a text, static or arena memory.
 */
void inquiry_demand(struct inquiry *, enum action, const char *enhanced,
    const char *text);

/* Every check, in the order a message meets them; ends with NULL. */
extern const struct check *const checks[];

extern const struct check check_lists, check_geoip, check_iprev, check_helo,
    check_spf, check_recipients, check_headers, check_authres, check_dkim,
    check_arc, check_dmarc, check_sign, check_gtube, check_limits,
    check_content, check_dnslists, check_rules, check_reputation,
    check_greylist, check_rate, check_outbound, check_replies, check_trust;

#endif
