/*
 * outbound - what all hosts know of one user who sends, and how it is asked
 * of the store: for the check of the same name, and for operators.
 *
 * Classes of records; keys are digests of the user, or of user and recipient:
 *	acct		outbound_account.h
 *	acct-hold	outbound_level.h
 *	acct-fresh	recipients of late that the user never wrote to
 *	acct-usual	the same over weeks, of mail that nothing was wrong with
 *	acct-bad	refused recipients and spam of late
 *	acct-slow	a bucket that mail passes through while slowed
 *	acct-sent	a recipient the user wrote to: "k" and the day, or "t"
 *			for one that was only tried
 */
#ifndef CHECK_OUTBOUND_H
#define CHECK_OUTBOUND_H

#include "base/map.h"
#include "check/check.h"
#include "check/outbound_account.h"
#include "check/outbound_level.h"

enum outbound_mode { OUTBOUND_OFF, OUTBOUND_OBSERVE, OUTBOUND_ENFORCE };

struct outbound_options {
	int64_t mode;			/* enum outbound_mode */
	int64_t new_recipients;		/* these: what is worth one point */
	int64_t networks;
	int64_t systems;
	int64_t countries;
	int64_t refusals;
	int64_t links;
	int64_t learn_for;		/* ms that a user counts as new */
	struct ladder ladder;
	int64_t slow_rate;		/* recipients per hour while slowed */
	struct strings exempt;
	const char *contact;
	const char *notify;		/* program, or "" */
};

/* What the check of a generation has. */
struct outbound {
	const struct outbound_options *options;
	struct map exempt;		/* users, lower case */
	struct arena arena;
	const char *blocked;		/* reply to a blocked user */
};

enum outbound_read {
	READ_ACCOUNT, READ_HOLD, READ_FRESH, READ_USUAL, READ_BAD,
	OUTBOUND_READS
};

/* What is known of a user. */
struct conduct {
	bool heard;		/* all of it was answered */
	bool hold_heard;
	struct account account;
	bool stranger;		/* the user never sent before */
	struct hold hold;
	int64_t fresh, usual, bad;	/* thousandths */
};

/* The key of a user's records: arena memory. */
struct span outbound_key(struct arena *, struct span user);

/* The key of a recipient of a user, both as they are written. */
struct span outbound_sent_key(struct arena *, struct span user,
    struct span recipient);

/* Fills in the operation that reads what. */
void outbound_read(struct store_op *, enum outbound_read what,
    struct span key);

/*
 * What their answers say; those that read values have room for them (op.data),
 * into which spans of *out point.
 */
void outbound_conduct(struct store_op *const ops[OUTBOUND_READS], int64_t now,
    struct conduct *out);

/*
 * A record of the class of holds, as store_walk gives it: false when it is not
 * one, or when nobody is held back by it (any more).
 */
#define OUTBOUND_HOLD_CLASS "acct-hold"

bool outbound_hold_record(const struct store_record *, int64_t now,
    struct hold *out);

/* Whether a user is new, so that everything is new to us. */
bool outbound_young(const struct outbound_options *, const struct conduct *,
    int64_t now);

/* What can be told by the conduct alone; links are the message's. */
void outbound_evidence(const struct outbound_options *,
    const struct conduct *, int64_t now, struct evidence *out);

/* Further operations; strings go to the arena. */
void outbound_put_account(struct store_op *, struct arena *, struct span key,
    const struct account *);
void outbound_put_hold(struct store_op *, struct arena *, struct span key,
    const struct hold *, int64_t now);
void outbound_count(struct store_op *, enum outbound_read which,
    struct span key, int64_t number);
void outbound_slow(struct store_op *, struct span key, int64_t rate,
    int64_t recipients);
void outbound_get_sent(struct store_op *, struct span key);
void outbound_put_sent(struct store_op *, struct arena *, struct span key,
    bool known, int64_t now);

/* A recipient that was written to before, and whether to note it again. */
struct sent {
	bool known, tried, old;
};

struct sent outbound_sent(const struct store_op *, int64_t now);

#endif
