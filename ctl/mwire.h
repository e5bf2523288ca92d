/*
 * mwire - the two directions of one connection to a filter, in packets.  What
 * is put is gathered until a reply is read or much has come together, so that
 * steps without replies cost no system call each.  One thread at a time.
 */
#ifndef CTL_MWIRE_H
#define CTL_MWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct mwire {
	int fd;
	int64_t timeout;	/* milliseconds per packet read or written */
	struct buf out;
	char *in;
	size_t in_start, in_end;
};

void mwire_init(struct mwire *, int fd, int64_t timeout);	/* owns fd */
void mwire_done(struct mwire *);

/* The parts make up one packet. */
int mwire_put(struct mwire *, char command, const struct span *parts,
    size_t count, struct error *);
int mwire_flush(struct mwire *, struct error *);
int mwire_bytes(struct mwire *, struct span, struct error *);	/* at once */

/* Flushes and waits for a packet; body lives until the next call. */
int mwire_read(struct mwire *, char *kind, struct span *body,
    struct error *);
bool mwire_unread(const struct mwire *);	/* bytes that nobody took */

#endif
