/*
 * onetime - whether a short text hands over a code to log in or confirm with,
 * which is of no use to anybody some minutes later.  Pure function, any
 * thread; linear in the text, which is foreign bytes.
 */
#ifndef CHECK_ONETIME_H
#define CHECK_ONETIME_H

#include <stdbool.h>

#include "base/span.h"

#define ONETIME_TEXT_MAX 3000	/* bytes; more is no such mail */
#define ONETIME_NEAR 160	/* bytes between a word and its code */

/*
 * pieces are paragraphs of UTF-8, the first one the subject: a word in there
 * is near everything.
 */
bool onetime_code(const struct span *pieces, size_t count);

#endif
