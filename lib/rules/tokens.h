/*
 * tokens - the words of a text, sorted so that equal ones stand together.
 * Anything between white space that has a letter, digit or "_" in it is a
 * word.  Words point into the text; the array lives in the arena.
 */
#ifndef RULES_TOKENS_H
#define RULES_TOKENS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

#define TOKENS_MAX 200000	/* further words are not looked at */

struct tokens {
	struct span *items;
	size_t count, room;
};

/* wide: white space and letters beyond ASCII count as such, in UTF-8. */
void tokens_add(struct arena *, struct tokens *, struct span text, bool wide);

void tokens_sort(struct tokens *);

/* Different words of sorted ones. */
size_t tokens_distinct(const struct tokens *);

/* Different words that a has more often than b; both are sorted. */
size_t tokens_beyond(const struct tokens *a, const struct tokens *b);

#endif
