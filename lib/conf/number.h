/*
 * number - the numbers of a configuration (INT, TIME, SIZE, SCORE), from text
 * and back.  Pure functions.
 */
#ifndef CONF_NUMBER_H
#define CONF_NUMBER_H

#include "base/buf.h"
#include "base/span.h"
#include "conf/conf.h"

/* False also when the number does not fit. */
bool number_parse(enum option_type, struct span text, int64_t *out);

/* Appends the shortest exact text that number_parse reads back. */
void number_put(struct buf *, enum option_type, int64_t number);

/* Appends what number_parse takes and the bounds, as in "must be ...". */
void number_describe(struct buf *, const struct option *);

#endif
