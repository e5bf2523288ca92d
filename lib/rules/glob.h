/*
 * glob - patterns of * (any run of bytes) and ? (any byte), as rule files
 * write addresses and names.  Pure functions, any thread.
 */
#ifndef RULES_GLOB_H
#define RULES_GLOB_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Whether glob matches all of item.  Costs at most the product of both
 * lengths, and only where the glob repeats itself.
 */
bool glob_match(struct span glob, struct span item);

/* The same where * takes no dot, as in names of freemail domains. */
bool glob_match_label(struct span glob, struct span item);

#endif
