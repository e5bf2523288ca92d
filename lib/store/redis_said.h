/*
 * redis_said - what a server's error means, and where it sends us.  Pure
 * functions over foreign bytes.
 */
#ifndef STORE_REDIS_SAID_H
#define STORE_REDIS_SAID_H

#include "base/span.h"
#include "store/backend.h"
#include "store/redis_reply.h"

/* Kinds of trouble that are counted apart; names in redis_said.c. */
enum redis_kind_of_trouble {
	SAID_UNREACHABLE,	/* no connection */
	SAID_LOST,		/* a connection ended early */
	SAID_LATE,		/* no answer in time */
	SAID_CROWDED,		/* no free connection in time */
	SAID_LOADING,
	SAID_OOM,
	SAID_NOAUTH,
	SAID_NOPERM,
	SAID_READONLY,
	SAID_TRYAGAIN,
	SAID_CLUSTERDOWN,
	SAID_MASTERDOWN,
	SAID_MISCONF,
	SAID_BUSY,
	SAID_NOSCRIPT,
	SAID_MOVED,
	SAID_ASK,
	SAID_WRONGTYPE,
	SAID_OTHER,
	SAIDS,
};

_Static_assert((int)SAIDS < STORE_TROUBLES_MAX, "all must fit, and an end");

const char *said_name(enum redis_kind_of_trouble);

/*
 * The first word of an error that is known.  Servers before 7 put theirs, when
 * a script gets one, behind words of their own.
 */
enum redis_kind_of_trouble said_find(struct span error);

/* What it means for an operation. */
enum store_trouble said_trouble(enum redis_kind_of_trouble);

/*
 * "MOVED 3999 192.0.2.1:6381"; host is empty where it is that of the server
 * which said so.  False when it is not of this form.
 */
struct redis_redirect {
	unsigned slot;
	struct span host;
	unsigned port;
};

bool said_redirect(struct span error, struct redis_redirect *);

/*
 * Calls visit for each range of slots of a reply to CLUSTER SLOTS, with its
 * master; false when it is no such reply.
 */
bool said_slots(const struct reply *, void (*visit)(void *context,
    unsigned first, unsigned last, struct span host, unsigned port),
    void *context);

#endif
