/*
 * notices - what operators should hear of soon: checks push one line about
 * somebody, one thread takes them one after another.  Said again about the same
 * subject within NOTICES_QUIET it is dropped; so is what comes while the queue
 * is full, which is counted.  Any thread; nobody waits.
 */
#ifndef SHARED_NOTICES_H
#define SHARED_NOTICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define NOTICES_MAX 64		/* waiting */
#define NOTICES_REMEMBERED 1024	/* subjects that are kept quiet */
#define NOTICES_QUIET 3600000	/* ms */
#define NOTICE_KIND_MAX 32	/* bytes, with a zero; so are the others */
#define NOTICE_SUBJECT_MAX 200
#define NOTICE_LEVEL_MAX 32
#define NOTICE_WHY_MAX 300

/* Printable UTF-8 without control bytes, whatever was pushed. */
struct notice {
	int64_t at;			/* wall clock, ms */
	char kind[NOTICE_KIND_MAX];	/* "outbound" */
	char subject[NOTICE_SUBJECT_MAX];	/* "anna@example.org" */
	char level[NOTICE_LEVEL_MAX];	/* "held" */
	char why[NOTICE_WHY_MAX];
};

struct notices;

struct notices *notices_new(void);
void notices_free(struct notices *);

/*
 * False when it is dropped.  The same kind, subject and level are the same;
 * notices may be NULL.
 */
bool notices_push(struct notices *, const char *kind, struct span subject,
    const char *level, struct span why, int64_t now);

/* The oldest one; false when there is none.  *dropped is since the last. */
bool notices_take(struct notices *, struct notice *out, uint64_t *dropped);

#endif
