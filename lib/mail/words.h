/*
 * words - header text as people read it: unfolded, its encoded words (RFC 2047,
 * RFC 2231 section 5) decoded, all of it valid UTF-8.  Tolerant as mail readers
 * are: blanks inside words, words inside quotes or glued to other text, and
 * characters split across words.  Pure functions, any thread; results point
 * into the value where nothing changes, else into the arena.
 */
#ifndef MAIL_WORDS_H
#define MAIL_WORDS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

enum words_fault {
	WORDS_UNKNOWN = 1,	/* a charset that nobody knows */
	WORDS_WRONG = 2,	/* text that is not in its charset */
	WORDS_8BIT = 4,		/* raw bytes above 127 that are UTF-8 */
	WORDS_NOT_UTF8 = 8,	/* and such that are not */
	WORDS_ENCODED = 16	/* no fault: there were encoded words */
};

/*
 * Trims, unfolds and decodes.  Line ends may remain where an encoded word held
 * them.  Adds to *faults, which may be NULL.
 */
struct span words_decode(struct arena *, struct span value, unsigned *faults);

/* The same without the encoded words: unfolded, trimmed, valid UTF-8. */
struct span words_unfold(struct arena *, struct span value, unsigned *faults);

/* Only unfolded and trimmed: one line, its bytes kept. */
struct span words_line(struct arena *, struct span value);

/*
 * False for fields in which SpamAssassin leaves encoded words alone: Received,
 * Message-ID, Date, MIME-Version, References, In-Reply-To, List-*.
 */
bool words_allowed(struct span name);

#endif
