/*
 * loosedate - a date somewhere in a text, read as SpamAssassin reads it, so
 * that rules about times hit the same.  mail/date.h knows the grammar.  Pure
 * functions, any thread.
 */
#ifndef RULES_LOOSEDATE_H
#define RULES_LOOSEDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define LOOSEDATE_WORDS_MAX 2000	/* the rest of a text is not read */

/*
 * Seconds since 1970 of the first date; false when there is none.  What is out
 * of range becomes the nearest possible, a zone that is unknown is UTC.
 */
bool loosedate_find(struct span text, int64_t *out);

#endif
