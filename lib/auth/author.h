/*
 * author - the domain that a message claims as its author's (RFC 9989 section
 * 5.3.1), from all its From fields together.  Pure functions, any thread.
 *
 * No message is skipped for want of a single domain (11.5).  The rule: every
 * domain that a reader may take for the author's is evaluated, and the most
 * strict policy of those that fail counts.  A message with several domains
 * passes only if all do.  One that is broken (several From fields, readers may
 * differ, or not all could be checked) can fail but never pass (4.4); one
 * without any domain is permerror.
 */
#ifndef AUTH_AUTHOR_H
#define AUTH_AUTHOR_H

#include "mail/message.h"

#define AUTHOR_DOMAINS_MAX 8	/* that are evaluated; 11.5 */
#define AUTHOR_ADDRESSES_MAX 64	/* that are read, of each field */
#define AUTHOR_FIELDS_MAX 8	/* From fields of a message that are read */

enum author_kind {
	AUTHOR_ONE,	/* as it should be: domains[0] */
	AUTHOR_SEVERAL,	/* a good From field with several domains */
	AUTHOR_BROKEN,	/* domains, but they may not be all or the right ones */
	AUTHOR_NONE	/* no domain at all */
};

struct author {
	enum author_kind kind;
	const char *reason;	/* NULL for AUTHOR_ONE */
	size_t count;		/* domains to evaluate */
	struct span domains[AUTHOR_DOMAINS_MAX];	/* different ones, as
							 * domain_ascii */
};

/*
 * fields are the values of all From fields, raw.  Domains live in the arena.
 */
void author_find(struct arena *, const struct span *fields, size_t count,
    struct author *out);

/* From all From fields of a message. */
void author_of(struct arena *, const struct message *, struct author *out);

#endif
