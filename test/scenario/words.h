/*
 * words - the escapes of scenario files, and the patterns that they compare
 * with.
 */
#ifndef TEST_SCENARIO_WORDS_H
#define TEST_SCENARIO_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define WORDS_MAX (16 << 20)	/* bytes that a text may become */

/* What \{names} stand for. */
struct words {
	int64_t now;		/* wall clock, ms: \{date}, \{date +5d} */
	struct span generation;	/* \{generation} */
	struct span token;	/* \{token} */
};

/*
 * The text with its escapes resolved: \n \t \\ \xHH, \{date}, \{1000 x} for
 * "x" a thousand times.  False when one of them is unknown.  In a pattern "*"
 * stands for anything, and \* for itself.
 */
bool words_text(struct arena *, const struct words *, const char *text,
    struct span *out);
bool words_match(struct arena *, const struct words *, const char *pattern,
    struct span text);

/* "90s", "4m", "2h" or "3d", perhaps with a sign, in ms. */
bool words_duration(struct span, int64_t *ms);

/* A moment as RFC 5322 3.3 writes it. */
struct span words_date(struct arena *, int64_t ms);

#endif
