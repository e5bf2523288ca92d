/*
 * urltext - addresses of the web and of mail in running text, with and without
 * a scheme, where mail readers make them clickable.  Finds what SpamAssassin
 * finds.  Pure functions, any thread; linear in the text.
 */
#ifndef MAIL_URLTEXT_H
#define MAIL_URLTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/registry.h"

#define URLTEXT_MAX 2048	/* bytes behind the scheme; the rest is cut */
#define URLTEXT_MAIL_MAX 251	/* bytes on each side of an "@" */
#define URLTEXT_HOST_MAX 252	/* bytes before the top-level domain */

enum urltext_kind {
	URLTEXT_URL,		/* http:// https:// ftp:// www. ftp. */
	URLTEXT_MAIL,		/* with or without mailto: */
	URLTEXT_SCHEMELESS	/* a host name by itself, perhaps with a path */
};

struct urltext {
	enum urltext_kind kind;
	struct span found;	/* as it stands in the text */
	struct span url;	/* the same with http://, ftp:// or mailto:
				 * before it where that was missing */
	bool schemeless;	/* the scheme was missing */
	bool unlinked;		/* readers do not make it clickable */
	bool cut;		/* longer than URLTEXT_MAX: readers find it,
				 * SpamAssassin does not */
};

/* A text while it is searched; the members are private. */
struct urltext_scan {
	const struct registry *registry;
	struct span text;
	size_t at, end;	/* of the chunk in hand: what is left to search */
	size_t at_or_end;	/* next "@" or end of mail from some point on */
	size_t mail_end;
	size_t host_end;	/* of the run of host characters in hand */
	size_t dot;	/* before the top-level domain of that run */
	size_t bare_end;	/* where an address with that host ends, or 0 */
	bool bare_cut;		/* it goes on there */
	size_t cut_end;		/* of the last chunk with one that was cut */
};

void urltext_begin(struct urltext_scan *, const struct registry *,
    struct span text);

/* The next address; false at the end.  The same may come several times. */
bool urltext_next(struct arena *, struct urltext_scan *, struct urltext *out);

#endif
