/*
 * rating - how bad somebody is likely to be, from few observations and from
 * what is known of those around.  Pure arithmetic, any thread.
 *
 * A rating is the mean of a Beta distribution: the observations, and as many
 * more as the weight says that look like the parent's rating.  So somebody new
 * is rated as his neighbourhood, and the more is known of him, the less that
 * counts.
 */
#ifndef CHECK_RATING_H
#define CHECK_RATING_H

#include <stdint.h>

#define RATING_ONE 1000		/* of ratings and observations: thousandths */
#define RATING_NEUTRAL 500	/* above everybody: nothing is known */

/*
 * What was seen of somebody, faded with time: thousandths of messages.  What
 * is below 0 counts as 0.
 */
struct evidence {
	int64_t spam, ham;
};

/* From 0, all ham, to 1000, all spam.  weight: messages that parent counts. */
int64_t rating_of(struct evidence, int64_t parent, int64_t weight);

/* Thousandths of messages, both kinds. */
int64_t rating_support(struct evidence);

/*
 * How much of one more message of somebody of whom so much was seen is told to
 * the neighbourhood, in thousandths: all at first, ever less later, so that
 * one loud host or domain does not speak for all around it.  full: messages
 * at which it is half.
 */
int64_t rating_share(struct evidence, int64_t full);

#endif
