/*
 * finding - what "posternctl domain check" found, a line each, and how many
 * of the lines are problems.
 */
#ifndef CTL_FINDING_H
#define CTL_FINDING_H

#include "base/arena.h"
#include "base/buf.h"

#define FINDING_MAX 8192	/* bytes of one line before escaping */

struct findings {
	struct buf *out;
	struct arena *arena;	/* for what the lines are made of */
	unsigned problems;
	unsigned unanswered;	/* questions that the DNS left open */
};

enum finding { FINDING_GOOD, FINDING_NOTE, FINDING_PROBLEM };

/* Appends a line; foreign bytes in it are escaped. */
void finding_add(struct findings *, enum finding, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A note that subject cannot be judged, because the DNS gave no answer. */
void finding_unanswered(struct findings *, const char *subject,
    const char *why);

#endif
