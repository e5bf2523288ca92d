/*
 * progress - tells the MTA that we are still at work while a slow check keeps
 * the end of a message waiting, so that it does not give up on us.
 */
#ifndef MILTER_PROGRESS_H
#define MILTER_PROGRESS_H

#include <libmilter/mfapi.h>

#include "base/metrics.h"

#define PROGRESS_EVERY 5000	/* ms; MTAs wait 30 s and more for a reply */

struct progress;

/* One wait; lives in the caller between enter and leave. */
struct progress_wait {
	SMFICTX *ctx;
	int64_t next;		/* when to tell, by the steady clock */
	struct progress_wait *before, *after;
};

struct progress *progress_new(struct metrics *);

/* After leave has returned, nobody but the caller writes to the MTA. */
void progress_enter(struct progress *, struct progress_wait *, SMFICTX *);
void progress_leave(struct progress *, struct progress_wait *);

#endif
