/*
 * torturemail - the messages of a torture: what anybody could send, and what
 * nobody should.  Pure functions.
 */
#ifndef CTL_TORTUREMAIL_H
#define CTL_TORTUREMAIL_H

#include <stdint.h>

#include "base/buf.h"

enum mail {
	MAIL_PLAIN,
	MAIL_SPAM,		/* the line that every filter knows */
	MAIL_HEADERS,		/* 10,000 fields, of which most count */
	MAIL_DEEP,		/* parts within parts */
	MAIL_LINE,		/* a line of megabytes, in body and header */
	MAIL_BOMB,		/* what bad patterns take long to refuse */
	MAIL_LARGE,		/* a body of a megabyte */
	MAILS,
};

#define MAIL_MAX (16 << 20)	/* bytes of a message */
#define MAIL_FIELDS 9990	/* an MTA sends 10,000 in all */
#define MAIL_DEPTH 5000

/* Appends a message with CRLF; now is wall time in ms. */
void mail_put(struct buf *, enum mail, int64_t now, uint64_t number);

#endif
