/*
 * authres - the Authentication-Results field (RFC 8601 section 2.2).  Whoever
 * removes forged fields must know for certain whom a field claims to come
 * from.  Pure functions, any thread.
 */
#ifndef AUTH_AUTHRES_H
#define AUTH_AUTHRES_H

#include "base/arena.h"
#include "base/span.h"

#define AUTHRES_RESULTS_MAX 256	/* a field with more is broken */

enum authres {
	AUTHRES_GOOD,	/* in the grammar */
	AUTHRES_LOOSE,	/* not quite: the authserv-id is certain, but a value
			 * is unquoted or empty, a key has no type, or a
			 * ";" is too many */
	AUTHRES_BROKEN	/* no telling what others read in it */
};

/*
 * Parses the value of a field.  Unless broken, *id is the authserv-id without
 * quotes, in value or in the arena; compare it without regard to case.
 */
enum authres authres_parse(struct arena *, struct span value,
    struct span *id);

#endif
