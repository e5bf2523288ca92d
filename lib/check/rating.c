/* rating - how bad somebody is likely to be. */
#include "check/rating.h"

/* Sums stay far below 2^63, whatever a store says. */
#define SEEN_MAX INT64_C(1000000000000)

static int64_t
seen(int64_t amount)
{
	if (amount < 0)
		return 0;
	return amount < SEEN_MAX ? amount : SEEN_MAX;
}

int64_t
rating_support(struct evidence e)
{
	return seen(e.spam) + seen(e.ham);
}

int64_t
rating_of(struct evidence e, int64_t parent, int64_t weight)
{
	int64_t total = rating_support(e) + weight * RATING_ONE;

	if (total == 0)
		return parent;
	return (seen(e.spam) * RATING_ONE + weight * RATING_ONE * parent +
	    total / 2) / total;
}

int64_t
rating_share(struct evidence e, int64_t full)
{
	int64_t most = full * RATING_ONE;

	return RATING_ONE * most / (most + rating_support(e));
}
