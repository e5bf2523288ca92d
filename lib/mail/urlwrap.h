/*
 * urlwrap - URLs that only lead to another one: redirectors of search engines
 * and mailers, and the scanners of incoming mail that rewrite links.  Which
 * there are and how each writes its target is a table.  Pure functions, any
 * thread.
 */
#ifndef MAIL_URLWRAP_H
#define MAIL_URLWRAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/url.h"

#define URLWRAP_DEPTH 8	/* wrappers inside each other */

enum urlwrap_kind {
	URLWRAP_SCANNER,	/* rewritten by a protection of incoming mail */
	URLWRAP_KNOWN,		/* a redirector of the table */
	URLWRAP_GENERIC		/* some URL that holds another one */
};

struct urlwrap {
	enum urlwrap_kind kind;
	const char *name;	/* "proofpoint3", "google"; "" for generic */
	struct url target;
};

/* Whether the table knows a redirector of that host (URL_HOST_NAME). */
bool urlwrap_knows(struct span host);

/*
 * The URL one step inside; false when url holds none that can be followed.
 * known: urlwrap_knows of its host; otherwise any URL in it is followed.
 */
bool urlwrap_open(struct arena *, const struct url *url, bool known,
    struct urlwrap *out);

#endif
