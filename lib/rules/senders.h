/*
 * senders - all addresses that say from whom a message is, or for whom, as
 * SpamAssassin gathers them for its lists: in lower case, each once.  They live
 * in the message's arena.
 */
#ifndef RULES_SENDERS_H
#define RULES_SENDERS_H

#include "rules/facts.h"

#define SENDERS_MAX 200		/* addresses; further ones are left out */

struct senders {
	struct span items[SENDERS_MAX];
	size_t count;
};

/* Adds the addresses in fields of that name, such as "From:addr". */
void senders_add(struct facts *, const char *field, struct senders *);

/* Of the header and the envelope. */
void senders_from(struct facts *, struct senders *out);
void senders_to(struct facts *, struct senders *out);

#endif
