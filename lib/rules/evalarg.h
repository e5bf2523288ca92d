/*
 * evalarg - arguments of a function that a rule calls, as numbers.  Pure
 * functions, any thread.
 */
#ifndef RULES_EVALARG_H
#define RULES_EVALARG_H

#include "rules/ruleset.h"

#define EVALARG_DIGITS_MAX 15	/* of a number; more are not read */

/*
 * Argument i: "0.05", ".2", "-1", "0400"; what follows the number is left
 * alone.  Without the argument, or when it is "undef", otherwise.
 */
double evalarg_number(const struct eval_call *, size_t i, double otherwise);

#endif
