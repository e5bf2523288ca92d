/*
 * rules - the rule files (*.cf), in SpamAssassin's line format: so far the
 * lines "score NAME points" and "describe NAME text".  Read while loading.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include "conf/lines.h"
#include "verdict/weights.h"

#define RULES_NAME_MAX 64	/* bytes of a symbol's name */
#define RULES_SCORE_MAX 1000000	/* thousandths of a point, either way */

/*
 * Takes one line into context, a struct weights: the line read last wins.
 * Only symbols that weights already holds can be scored or described.
 * Returns 0, or -1 with *error filled in and weights fit only to be freed.
 */
lines_fn rules_line;

#endif
