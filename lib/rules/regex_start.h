/*
 * regex_start - where in a subject a match can begin at all, by the first few
 * bytes of it.  For patterns that begin with many alternatives, which PCRE2
 * would try one by one at every byte.  Constant once built.
 */
#ifndef RULES_REGEX_START_H
#define RULES_REGEX_START_H

#include "rules/regex_tree.h"

#define START_BITS 5			/* of a class of bytes */
#define START_LEAST 3			/* bytes that a match must have */
#define START_DEPTH 6			/* bytes that are looked at, at most */

/* One bit for each of three classes, and for a hash of START_DEPTH of them. */
#define START_WORDS ((1u << START_LEAST * START_BITS) / 32)

struct regex_start {
	uint32_t likely[START_WORDS];	/* goes on as deep says, or is: */
	uint32_t sure[START_WORDS];	/* enough as it is */
	uint32_t deep[START_WORDS];
	unsigned depth;
	uint8_t class[256];
};

/* NULL where it would not help: too many places, or matches too short. */
struct regex_start *start_new(const struct tree *);

/* The next offset from at on where a match may begin, or subject.n. */
size_t start_find(const struct regex_start *, struct span subject, size_t at);

#endif
