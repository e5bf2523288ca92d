/*
 * reputation - what others than its check need of it.
 */
#ifndef CHECK_REPUTATION_H
#define CHECK_REPUTATION_H

#include "check/standing.h"

/* The section "reputation". */
struct reputation_options {
	bool enabled;
	int64_t half_life;		/* of places: ms */
	int64_t domain_half_life;	/* of domains and tenants */
	int64_t evidence;		/* messages that it takes */
	int64_t good, poor, bad;	/* ratings in percent */
};

int64_t reputation_half_life(const struct reputation_options *,
    enum standing_kind);

#endif
