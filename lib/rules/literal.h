/*
 * literal - the strings that every match of a pattern needs: one or more of
 * this set, and one or more of that.  Where they do not all occur the pattern
 * need not be tried.
 */
#ifndef RULES_LITERAL_H
#define RULES_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/regex_tree.h"

#define LITERAL_BYTES_MAX 23	/* of one string; the rest of it is not used */
#define LITERAL_LEAST 3		/* bytes of a string that engines look for */
#define LITERAL_COUNT_MAX 4096	/* strings of one pattern */
#define LITERAL_DEPTH_MAX 1000	/* of the tree */

/* How often random text holds a string, where this is always. */
#define LITERAL_ALWAYS (UINT64_C(1) << 40)

#define LITERAL_ANYWHERE UINT32_MAX

struct literal {
	uint8_t n;
	char p[LITERAL_BYTES_MAX];	/* lower case */
	uint8_t key;			/* for span_ifind */
};

struct literals {
	struct literal *all;	/* malloc'd */
	size_t n;
	unsigned times;		/* so many of them, at different places */
	uint32_t before;	/* bytes of a match before the first one of
				 * them, at most; or LITERAL_ANYWHERE */
	uint64_t rate;		/* guess of how often they do in a text, by
				 * its bytes */
};

#define NEEDS_MAX 3		/* sets of one pattern */
#define NEEDS_TIMES_MAX 200

/* Sets that each match needs, the rarest first. */
struct needs {
	struct literals all[NEEDS_MAX];
	size_t n;
};

/*
 * -log2 of how often a byte stands in text, so that the sum over a string is
 * that of the string.  Rough: it has to tell good gates from bad ones.
 */
unsigned literal_rarity(char);

/* Whether that are bytes in a row of which any mail is full, as "://". */
bool literal_common(const struct byteset *sets, unsigned n);

#define LITERAL_COMMON_BITS 8	/* such stand once in 256 bytes */

/* The rate of so many strings of a set. */
uint64_t literals_rate(const struct literals *, unsigned times);

/* Finds the rarest sets; needs_done frees them. */
void needs_find(const struct tree *, struct needs *out);
void needs_done(struct needs *);

/* Drops all sets but the first n. */
void needs_cut(struct needs *, size_t n);

/*
 * The same of a pattern that is tried by itself, where one byte is worth
 * looking for: none where its syntax is not understood.
 */
void needs_read(struct span pattern, unsigned flags, struct needs *out);

/*
 * False when the pattern, whose needs these are, cannot match subject; case is
 * ASCII's, and does not matter.
 */
bool needs_met(const struct needs *, struct span subject);

#endif
