/*
 * freemail - addresses at providers where anybody gets one, in the text of a
 * message too, as SpamAssassin's FreeMail finds them.  One thread at a time;
 * addresses are in lower case and live in the message's arena.
 */
#ifndef RULES_FREEMAIL_H
#define RULES_FREEMAIL_H

#include "rules/facts.h"

#define FREEMAIL_LINKS_MAX 20	/* addresses taken from "mailto:" links */
#define FREEMAIL_BODY_MAX 40	/* addresses taken from links and text */

/* Whether the address is one, and not of a role or a machine. */
bool freemail_is(struct facts *, struct span address);

/* Whether an envelope sender looks like a list, a robot or a bounce. */
bool freemail_bulk(struct span sender);

/* Those in the text. */
struct freemail_body {
	struct span items[FREEMAIL_BODY_MAX];
	size_t count;
	bool skipped;		/* so many addresses that they say nothing */
};

void freemail_find(struct facts *, struct freemail_body *out);

#endif
