/*
 * terms - what this filter and the MTA agree on for one connection: the steps
 * and replies that some check needs, and no others.  Measured: leaving out the
 * rest doubles what a filter can do.  Pure functions.
 */
#ifndef MILTER_TERMS_H
#define MILTER_TERMS_H

#include <stdbool.h>

struct terms {
	unsigned long actions;	/* SMFIF_* that we may use */
	unsigned long steps;	/* SMFIP_*: not sent, not answered, extras */
	unsigned needs;		/* enum need that the MTA satisfies, or cannot
				 * satisfy for any generation */
};

/* The terms for a generation's needs out of what the MTA offers. */
struct terms terms_make(unsigned needs, unsigned long actions,
    unsigned long steps);

/* Whether a generation with these needs can work on these terms. */
bool terms_satisfy(const struct terms *, unsigned needs);

#endif
