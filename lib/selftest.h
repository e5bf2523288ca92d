/*
 * selftest - the operator's own messages that a generation has to judge right
 * before it judges any other: *.eml in ham, below the folder that
 * "rules.selftest" names, must not be spam, those in spam must be, whatever
 * the mode does about it.
 *
 * Fields X-Postern-Expect in front of a message ask for more: NAME is a symbol
 * that must be found, !NAME one that must not, score>=N, score>N, score<=N and
 * score<N bound the points.  They are taken off before the message is judged.
 */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "snapshot.h"

#define SELFTEST_FILES_MAX 1000		/* of each kind */
#define SELFTEST_BYTES_MAX (64 << 20)	/* of all messages together */
#define SELFTEST_TIME_MS 30000		/* for all of them */

/*
 * 0, or -1 with "file: reason".  Without DNS and with an empty store; a
 * message's time is that of its topmost Received field, else of its Date,
 * else now.  Nothing is learned or counted.  *count is how many were judged;
 * without a folder there are none.
 */
int selftest_run(struct snapshot *, int64_t now, size_t *count,
    struct error *);

#endif
