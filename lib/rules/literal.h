/*
 * literal - the strings of which every match of a pattern contains one.  Where
 * none of them occurs the pattern need not be tried.
 */
#ifndef RULES_LITERAL_H
#define RULES_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/regex_tree.h"

#define LITERAL_BYTES_MAX 23	/* of one string; the rest of it is not used */
#define LITERAL_LEAST 3		/* bytes of a string worth looking for */
#define LITERAL_COUNT_MAX 512	/* strings of one pattern */
#define LITERAL_DEPTH_MAX 1000	/* of the tree */

/* How often random text holds a string, where this is always. */
#define LITERAL_ALWAYS (UINT64_C(1) << 40)

struct literal {
	uint8_t n;
	char p[LITERAL_BYTES_MAX];	/* lower case */
};

struct literals {
	struct literal *all;	/* malloc'd */
	size_t n;		/* 0: there are none that each match needs */
	uint64_t rate;		/* guess of their number per byte of text */
};

/*
 * -log2 of how often a byte stands in text, so that the sum over a string is
 * that of the string.  Rough: it has to tell good gates from bad ones.
 */
unsigned literal_rarity(char);

/* Finds the rarest strings; literals_done frees them. */
void literals_find(const struct tree *, struct literals *out);
void literals_done(struct literals *);

/* The same of a pattern: none where its syntax is not understood. */
void literals_read(struct span pattern, unsigned flags, struct literals *out);

/* True when subject holds one of them, whatever its ASCII case. */
bool literals_occur(const struct literals *, struct span subject);

/* False when the pattern, whose literals these are, cannot match. */
bool literals_allow(const struct literals *, struct span subject);

#endif
