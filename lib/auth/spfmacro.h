/*
 * spfmacro - the macros of RFC 7208 section 7: their grammar, and what they
 * stand for in an evaluation.
 */
#ifndef AUTH_SPFMACRO_H
#define AUTH_SPFMACRO_H

#include "auth/spfwalk.h"

enum spf_macro {
	SPF_MACRO_DOMAIN,	/* domain-spec */
	SPF_MACRO_STRING,	/* macro-string of an unknown modifier */
	SPF_MACRO_TEXT,		/* explain-string */
};

/* NULL, or what is wrong.  Pure, any thread. */
const char *spf_macro_check(struct span, enum spf_macro);

/*
 * Appends the meaning of text that was found good; domain is the one whose
 * record it is from.  False when the walk has to wait for an answer.
 */
bool spf_macro_expand(struct spf_walk *, struct span domain, struct span text,
    struct buf *out);

/*
 * The name that a domain-spec means, cut from the left to what the DNS can
 * hold.  False when the walk has to wait, or when it is no name at all.
 */
bool spf_macro_name(struct spf_walk *, struct span domain, struct span spec,
    struct span *name);

#endif
