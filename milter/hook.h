/*
 * hook - runs the operator's program for one notice after another, without
 * ever waiting for it: one process at a time, in a group of its own, killed
 * when its time is over.  One thread.
 */
#ifndef MILTER_HOOK_H
#define MILTER_HOOK_H

#include "milter/log.h"
#include "shared/notices.h"

#define HOOK_TIME 10000		/* ms that the program may take */

struct hook;

struct hook *hook_new(struct notices *, struct log *);

/* Kills what still runs. */
void hook_free(struct hook *);

/*
 * Called every some 100 ms: sees to the program that runs, and takes the next
 * notice when there is none: it is logged, and handed to program unless that
 * is empty.  now is the steady clock.
 *
 * The program gets kind, subject, level and reason as arguments, the same as
 * "key: value" lines on its input, PATH and POSTERN_VERSION in its environment,
 * and nothing else of ours; there is no shell.
 */
void hook_tick(struct hook *, const char *program, int64_t now);

#endif
