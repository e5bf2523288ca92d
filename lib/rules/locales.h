/*
 * locales - which charsets somebody reads who reads the languages of the line
 * ok_locales.  Pure functions, any thread.
 */
#ifndef RULES_LOCALES_H
#define RULES_LOCALES_H

#include <stdbool.h>

#include "rules/ruleset.h"

/* What the last such line says: "all", or languages. */
struct span locales_of(const struct ruleset *);

/* Whether these are all, so that no charset is faraway. */
bool locales_all(struct span locales);

/* Whether somebody who reads them reads this charset, however written. */
bool locales_read(struct span locales, struct span charset);

#endif
