/*
 * report - a verdict in words: header fields in SpamAssassin's form, the log
 * line, and the JSON object that posternctl(1) documents.  Foreign bytes are
 * escaped.  Any thread.
 */
#ifndef VERDICT_REPORT_H
#define VERDICT_REPORT_H

#include "base/buf.h"
#include "auth/auth.h"
#include "verdict/policy.h"

/* Bytes of one report: above what RESULT_SYMBOLS_MAX symbols can need. */
#define REPORT_MAX (1 << 20)

/* What a report tells about one message. */
struct report {
	const char *file;	/* scanned file, or NULL */
	const struct message *message;
	const struct result *result;
	const struct auth *auth;
	const struct decision *decision;
	const char *generation;
	const char *mode;
	const char *ended;	/* message, recipient, aborted, overload */
	struct span recipient;	/* that was refused before DATA, or empty */
	int64_t elapsed;	/* ms since MAIL, or -1 */
};

/* "15.2" and the value of X-Spam-Status, folded; arena memory. */
struct span report_score(struct arena *, const struct result *);
struct span report_status(struct arena *, const struct result *,
    const struct decision *, const char *generation);

/* One line without its newline: queue id, then key=value. */
void report_log(const struct report *, struct buf *out);

/* One JSON object on one line, without a newline. */
void report_json(const struct report *, struct buf *out);

/* For people: score, action, then one symbol a line; several lines. */
void report_text(const struct report *, struct buf *out);

#endif
