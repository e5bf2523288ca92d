/*
 * memo - what was found out about short names lately, for what is dear to find
 * out and cheap to forget: yes or no.  Any thread asks and tells at any time.
 * Nobody waits: what is just being written is not known, and not told.
 */
#ifndef BASE_MEMO_H
#define BASE_MEMO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

#define MEMO_NAME_MAX 48	/* longer names are never known */

struct memo;

struct memo *memo_new(size_t places);	/* a power of two, 64 bytes each */
void memo_free(struct memo *);

/* False when nothing is known of the name; *answer is then untouched. */
bool memo_find(const struct memo *, struct span name, bool *answer);

/* Takes the place of another name. */
void memo_put(struct memo *, struct span name, bool answer);

#endif
