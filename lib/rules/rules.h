/*
 * rules - the rule files (*.cf), in SpamAssassin's line format: so far the
 * lines "score NAME points" and "describe NAME text".  Read while loading.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "base/digest.h"
#include "base/error.h"
#include "verdict/weights.h"

#define RULES_NAME_MAX 64	/* bytes of a symbol's name */
#define RULES_SCORE_MAX 1000000	/* thousandths of a point, either way */

/*
 * Reads one file into weights; the file read last wins.  Only symbols that
 * weights already holds can be scored or described.  Returns 0, or -1 with
 * *error filled in and weights in a state fit only to be freed.
 */
int rules_read(const char *file, struct weights *, struct digest *,
    struct error *);

#endif
