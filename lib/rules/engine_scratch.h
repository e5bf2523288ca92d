/*
 * engine_scratch - what one thread needs to scan one message: which patterns
 * may match, what they took so far, what hit.  For engine's own files.
 */
#ifndef RULES_ENGINE_SCRATCH_H
#define RULES_ENGINE_SCRATCH_H

#include "rules/engine_state.h"

#define ENGINE_FINISHED UINT32_MAX	/* in place of steps */

/* What has come of a pattern's needs in a scan. */
struct seen {
	uint32_t scan;		/* the last one that it came in */
	uint8_t missing;	/* needs that are not met yet */
	uint8_t found[NEEDS_MAX];	/* strings of each, up to its times */
	uint32_t from;		/* no match begins before */
	uint32_t last;		/* nor after this place */
};

/* A text that a pattern may match. */
struct chance {
	struct span subject;
	unsigned slot;
	uint32_t from, last;	/* where in it a match can begin */
	uint32_t next;		/* of the same slot, + 1, while it waits */
};

struct engine_scratch {
	struct engine_scratch *next;	/* in the pool */
	hs_scratch_t *hs;
	struct regex_scratch *regex;

	/* As many as there are slots, and by slot: */
	size_t room;
	struct seen *seen;
	uint32_t scan;			/* this one's number, for any engine */
	uint32_t *steps;		/* in this message */
	uint32_t *waits;		/* last of its chances that wait, + 1 */

	unsigned *candidates;		/* slots to be tried by PCRE2 */
	size_t candidate_count;

	/* These are few as a rule, and grow. */
	struct chance *waiting;		/* of this message */
	size_t waiting_count, waiting_room;
	unsigned *waiters;		/* ids */
	size_t waiter_count, waiter_room;
	unsigned *touched;		/* slots that have steps */
	size_t touched_count, touched_room;
	unsigned *limited;		/* ids */
	size_t limited_count, limited_room;
	struct engine_hit *hits;
	size_t hit_count, hit_room;
	uint64_t all_steps;		/* in this message */
	struct engine_capture captures[ENGINE_CAPTURES_MAX];
	unsigned capture_count;
};

/* The list with room for one more than count; it may have moved. */
void *scratch_fit(void *list, size_t *room, size_t count, size_t size);

#define CHANCES_MAX 64	/* whose filters run at once */

/*
 * Those of at most so many chances that come through their filters are tried:
 * what matches is added to the scratch's hits.
 */
void chances_try(const struct engine *, struct engine_scratch *,
    const struct chance *, size_t n);

#endif
