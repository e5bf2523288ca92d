/*
 * change - one change of the lists that all hosts share, as the record that
 * the store keeps of it: what, who, when and why.
 *
 *	1 add trust id=00c0ffee00c0ffee at=2026-11-23T10:00:00Z by="root" \
 *	    dkim:example.org owner="anna" expires=... reason="..."
 *	1 del deny id=... at=... by="root" client:192.0.2.1 reason="..."
 *
 * It begins with the version of its layout.  Pure functions, any thread.
 */
#ifndef SHARED_CHANGE_H
#define SHARED_CHANGE_H

#include "shared/entry.h"

#define CHANGE_MAX (ENTRY_LINE_MAX + 200)	/* bytes; a record holds it */

enum change_verb {
	CHANGE_ADD,	/* or replace */
	CHANGE_DEL,
	CHANGE_KEEP,	/* an old one again, before it is forgotten */
};

struct change {
	enum change_verb verb;
	bool again;		/* had lost its number, may be there twice */
	uint64_t id;		/* by which it is known, at random */
	struct entry entry;	/* by and added: of the change */
};

/* 0, or -1 when it is none of these; a newer layout is none. */
int change_parse(struct span, struct change *);

void change_put(struct buf *out, const struct change *);

/* For people: time, who, verb, and the entry's words. */
void change_tell(struct buf *out, const struct change *);

#endif
