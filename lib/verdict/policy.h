/*
 * policy - from a score to an answer.  Every recipient is asked about by
 * itself; a message for several gets the mildest of their actions, so that
 * nobody's mail is refused because of another name in the envelope.
 *
 * The mode changes what is done, never what is computed: struct decision
 * holds both.  Pure functions, any thread.
 */
#ifndef VERDICT_POLICY_H
#define VERDICT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "mail/message.h"
#include "verdict/result.h"

enum mode { MODE_OBSERVE, MODE_MARK, MODE_ENFORCE };
enum newsletter {
	NEWSLETTER_ACCEPT,	/* as any other mail */
	NEWSLETTER_MARK,	/* a header field says what it is */
	NEWSLETTER_TAG,		/* and so does the Subject */
	NEWSLETTER_QUARANTINE,	/* held in the MTA's queue */
};
enum overload { OVERLOAD_ACCEPT, OVERLOAD_DEFER };

/* The symbol of inbound mail that actions.newsletter is about. */
#define NEWSLETTER_SYMBOL "NEWSLETTER"

/* The sections "actions" and "recipients" of the configuration. */
struct policy {
	int64_t mode;		/* enum mode; from the top of the file */
	int64_t required;	/* thousandths; at or above it is spam */
	int64_t quarantine;	/* 0: never */
	int64_t reject;		/* 0: never */
	int64_t role_strictness;	/* taken off these for role aliases */
	const char *tag_subject;
	int64_t newsletter;	/* enum newsletter */
	const char *newsletter_tag;
	const char *reject_text;
	struct strings refuse_at_rcpt;	/* symbols that refuse before DATA */
	int64_t overload;	/* enum overload: when there is no room */
};

#define TOKEN_LENGTH 8
#define REPLY_MAX 400

struct decision {
	enum action action;	/* what the rules say */
	enum action done;	/* what this mode lets happen */
	bool spam;		/* score at or above required */
	bool newsletter;	/* one, and no spam */
	int64_t required;	/* of the recipient whose action was taken */
	char token[TOKEN_LENGTH + 1];	/* what support staff looks up */
	/* DEFER and REJECT: */
	char code[4];		/* RFC 5321 4.2 */
	char enhanced[12];	/* RFC 3463, RFC 7372 */
	char text[REPLY_MAX];	/* printable ASCII, no percent signs added */
};

const char *mode_name(int64_t mode);
const char *action_name(enum action);

/* The action for one recipient, whatever the mode. */
enum action policy_recipient(const struct policy *, const struct message *,
    const struct result *, enum recipient_class);

/* The decision on a whole message, at its end. */
void policy_decide(const struct policy *, const struct message *,
    const struct result *, const char *token, struct decision *out);

/*
 * The decision on one recipient before DATA: ACCEPT or REJECT.  Messages that
 * come through our own relay, and protected recipients, are never refused.
 */
void policy_early(const struct policy *, const struct message *,
    const struct result *, enum recipient_class, const char *token,
    struct decision *out);

/* The decision on a message that there is no room to look at. */
void policy_overload(const struct policy *, const char *token,
    struct decision *out);

#endif
