/*
 * scan - the journey of one message: facts come in as the MTA learns them,
 * checks run at each stage, a decision goes out.  One thread at a time; the
 * snapshot and the services are shared.
 *
 *	(scan_client)  scan_begin  scan_sender  scan_recipient*  scan_header*
 *	scan_body*  scan_end  (scan_reset)
 */
#ifndef SCAN_H
#define SCAN_H

#include "snapshot.h"
#include "verdict/edits.h"
#include "verdict/report.h"

/* What lives as long as the process. */
struct services {
	struct store *store;
	struct dns *dns;		/* NULL: nothing is asked */
	struct shared *shared;		/* NULL: nobody refreshes it */
	struct engine_pool *pool;	/* scratch memory for rules */
	struct metrics *metrics;
	bool rehearsal;			/* learns and counts nothing */
	bool thorough;			/* tries all sub-rules; facts.h */
};

struct scan {
	const struct services *services;
	struct snapshot *snapshot;	/* held from begin to reset */
	const struct roster_view *roster;	/* the same; NULL: none */
	struct message message;
	struct result result;
	struct auth auth;
	struct dkim_bodies bodies;
	struct decision decision;
	struct edits edits;
	struct inquiry inquiry;
	char *state;			/* of all checks, in the arena */
	unsigned store_waits;		/* at most two; one with Redis */
	uint64_t store_mark;		/* when it began */
	bool headers_judged;
	char token[TOKEN_LENGTH + 1];
};

/* Who brings the message, as far as the connection tells. */
struct arrival {
	struct client client;
	bool local;			/* submitted on the MTA's own host */
	struct span user;		/* authenticated as, or empty */
	struct span our_name;		/* the MTA's host name, or empty */
	const char *authserv_id;	/* used where the file names none */
};

void scan_init(struct scan *);
void scan_done(struct scan *);

/*
 * Asks the DNS ahead what a client's address alone raises; the checks of its
 * messages find the questions under way, or their answers in the cache.
 */
void scan_client(struct scan *, struct snapshot *, const struct services *,
    const struct arrival *, int64_t now);

/* Begins a message with a snapshot, whose hold it takes. */
void scan_begin(struct scan *, struct snapshot *, const struct services *,
    const struct arrival *, int64_t now);

/* The MTA's name for the message, as soon and as often as it tells. */
void scan_queue_id(struct scan *, struct span queue_id);
void scan_sender(struct scan *, struct span path);

/*
 * Adds a recipient.  The decision is ACCEPT, or REJECT of this recipient; it
 * lives until the next call.  A refused recipient is no longer of the message.
 */
const struct decision *scan_recipient(struct scan *, struct span path);
void scan_header(struct scan *, struct span name, struct span value);

/* Returns false once no more of the body is wanted. */
bool scan_body(struct scan *, struct span bytes);

/*
 * Judges.  The decision, scan->edits and what they point to live until
 * scan_reset.
 */
const struct decision *scan_end(struct scan *);

/* The decision on a message that there is no room for; nothing is judged. */
const struct decision *scan_overload(struct scan *);

/* The message ends without a decision; what is known can still be reported. */
void scan_abandon(struct scan *);

/* For report_log and kin: all but file; elapsed is left to the caller. */
struct report scan_report(const struct scan *, const char *ended);

/* Ends the message, wherever it is.  May be called at any time. */
void scan_reset(struct scan *);

#endif
