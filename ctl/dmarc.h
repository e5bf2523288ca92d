/*
 * dmarc - what DMARC finds for an author domain, told step by step.
 */
#ifndef CTL_DMARC_H
#define CTL_DMARC_H

#include "auth/dmarc.h"

#define DMARC_EXPLAIN_MAX (1 << 20)	/* bytes; records may be long */

/*
 * Appends each question with what it brought, and what follows.  suffixes may
 * be NULL: then no comparison.  Returns EX_OK, EX_TEMPFAIL when the DNS gave no
 * answer that matters, or EX_USAGE when domain is no name of one.
 */
int dmarc_explain(struct dns *, const char *domain, const struct suffixes *,
    struct buf *out);

#endif
