/*
 * sendlist - envelopes that "posternctl send" takes in turn, from a file.
 */
#ifndef CTL_SENDLIST_H
#define CTL_SENDLIST_H

#include "base/arena.h"
#include "ctl/mclient.h"

#define SENDLIST_MAX 1000000	/* lines */

struct sendlist {
	struct arena arena;
	const struct mclient_envelope *usual;	/* what lines do not say */
	struct mclient_envelope *each;
	size_t count, room;
};

/*
 * Reads lines "ADDRESS[,NAME] HELO FROM RCPT [USER]"; what else there is to an
 * envelope is that of usual, which lives as long as the list.  0, or -1 with
 * *error filled in; sendlist_done is due in either case.
 */
int sendlist_read(struct sendlist *, const char *path,
    const struct mclient_envelope *usual, struct error *error);
void sendlist_done(struct sendlist *);

#endif
