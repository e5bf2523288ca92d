/*
 * tokens - the words of two texts, and how often each has them.  Anything
 * between white space that has a letter, digit or "_" in it is a word.  Words
 * point into the texts; all else lives in the arena.  One thread at a time.
 */
#ifndef RULES_TOKENS_H
#define RULES_TOKENS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/linkset.h"

#define TOKENS_MAX 200000	/* of one text; more are not looked at */

enum token_side { TOKENS_LEFT, TOKENS_RIGHT, TOKENS_SIDES };

struct token_times {
	uint32_t in[TOKENS_SIDES];
};

struct tokens {
	struct link_set *words;
	struct token_times *times;	/* by number of the word */
	size_t room;
	size_t count[TOKENS_SIDES];	/* of all words, equal ones too */
};

void tokens_init(struct tokens *, struct arena *);

/*
 * Adds text to one of the two.  wide: white space and letters beyond ASCII
 * count as such, in UTF-8.
 */
void tokens_add(struct tokens *, enum token_side, struct span text, bool wide);

/* Different words. */
size_t tokens_distinct(const struct tokens *, enum token_side);

/* Different words that this side has more often than the other. */
size_t tokens_beyond(const struct tokens *, enum token_side);

#endif
