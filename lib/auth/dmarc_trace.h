/*
 * dmarc_trace - what a search for a DMARC record asked, and what each answer
 * brought: for people.
 */
#ifndef AUTH_DMARC_TRACE_H
#define AUTH_DMARC_TRACE_H

#include "auth/dmarc.h"

struct dmarc_query {
	struct span name;
	enum dns_type type;
	bool used;		/* false: asked ahead, but not needed */
	struct span brought;	/* foreign bytes may be in it */
};

/*
 * The questions in the order of the walks, the author's first, each name
 * once, in the arena.
 */
const struct dmarc_query *dmarc_trace(const struct dmarc_outcome *,
    struct arena *, size_t *count);

/* Why a name is the organizational domain: with the section that says so. */
const char *dmarc_rule_text(enum dmarc_rule);

#endif
