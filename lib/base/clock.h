/*
 * clock - the two clocks, in milliseconds.  Only the outermost code asks them;
 * everything below is told the time, so that tests can choose it.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall(void);	/* since 1970; may jump */
int64_t clock_steady(void);	/* for durations and deadlines */

#endif
