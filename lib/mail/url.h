/*
 * url - one address of the web or of mail, taken apart and normalised as
 * browsers do it (the WHATWG URL standard), with what was odd about how it was
 * written.  Pure functions, any thread; results live in the arena.
 */
#ifndef MAIL_URL_H
#define MAIL_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/span.h"

#define URL_MAX 8192	/* bytes of one URL as written; longer ones are cut */
#define URL_HOST_MAX 1024	/* bytes of a host as written */
#define URL_PORT_NONE (-1)

enum url_kind {
	URL_OTHER,	/* tel:, cid:, javascript: ... : scheme and path only */
	URL_WEB,	/* http, https, ftp, ws, wss: has a host */
	URL_FILE,
	URL_MAILTO	/* host is that of the first address, may be empty */
};

enum url_host {
	URL_HOST_NONE,	/* none, or an empty one */
	URL_HOST_NAME,	/* lower case, A-labels; no final dot (text keeps it) */
	URL_HOST_IP4,	/* dotted decimal */
	URL_HOST_IP6,	/* in brackets, shortest form */
	URL_HOST_OPAQUE	/* of a scheme that browsers do not know */
};

/* What was odd, or-ed together. */
enum url_flag {
	URL_USERINFO = 1 << 0,	/* something before "@" */
	URL_PORT_ODD = 1 << 1,	/* a port that is not the scheme's own */
	URL_IP = 1 << 2,	/* the host is an address */
	URL_IP_ODD = 1 << 3,	/* written other than as four decimals, or
				 * as IPv4 inside IPv6 */
	URL_IDN = 1 << 4,	/* a label of the host is not ASCII */
	URL_MIXED = 1 << 5,	/* one label mixes scripts that nobody mixes */
	URL_LOOKALIKE = 1 << 16,	/* one label is of letters that all look
				 * Latin, but are Cyrillic or Greek */
	URL_HOST_ESCAPED = 1 << 6,	/* % in the host */
	URL_HOST_ODD = 1 << 7,	/* dots of other scripts, wide letters,
				 * invisible characters, final or double dot */
	URL_BACKSLASH = 1 << 8,	/* where a slash belongs */
	URL_SLASHES = 1 << 9,	/* more or fewer than two after the scheme */
	URL_CONTROL = 1 << 10,	/* tab, line end or control characters */
	URL_ENTITY = 1 << 11,	/* "&#46;" and the like are still in it */
	URL_ESCAPED = 1 << 12,	/* escapes what needs none: %61 */
	URL_DOTS = 1 << 13,	/* "." or ".." in the path */
	URL_CUT = 1 << 14,	/* longer than URL_MAX */
	URL_NUMERIC = 1 << 15,	/* host without any dot, or a name that ends
				 * in a number but is no address */
};

struct url {
	struct span text;	/* normalised, complete: http://host/path?q#f */
	enum url_kind kind;
	enum url_host host_kind;
	struct span scheme;	/* lower case, no colon */
	struct span user, password;	/* escaped as in text */
	struct span host;	/* p is NULL when there is no place for one */
	struct ip ip;		/* of URL_HOST_IP4 and _IP6 */
	int port;		/* URL_PORT_NONE for the scheme's own */
	struct span path;
	struct span query;	/* without "?"; p is NULL when there is none */
	struct span fragment;	/* without "#"; p is NULL when there is none */
	unsigned flags;		/* enum url_flag */
};

/*
 * Understands text as a browser would that shows a document from base (NULL:
 * from nowhere, only complete URLs are understood).  False when a browser
 * would not follow it; *out is then untouched.  text is UTF-8, or treated so.
 */
bool url_parse(struct arena *, struct span text, const struct url *base,
    struct url *out);

/*
 * The same for comparing and for lists, one text for all that lead to the same
 * place: no user, no final dot, no fragment, and escaped only what must be.
 */
struct span url_canonical(struct arena *, const struct url *);

/* %XX decoded once, and nothing else.  Points into text when there is none. */
struct span url_unescape(struct arena *, struct span text);

#endif
