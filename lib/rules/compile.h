/*
 * compile - Vectorscan's compiler in processes of their own, with limits of
 * CPU time, memory and wall clock: what it does cannot be cancelled.
 *
 * It is given strings only, not expressions.  Debian 12's Vectorscan overlooks
 * matches of expressions (its issue 317), and with strings PCRE2 is as fast
 * behind it and compiling takes a tenth of the time: measured.
 */
#ifndef RULES_COMPILE_H
#define RULES_COMPILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "rules/literal.h"

#define COMPILE_WORKERS 2		/* at the same time */
#define COMPILE_REQUEST_MAX (256u << 20)
#define COMPILE_RESULT_MAX (256u << 20)
#define COMPILE_SECONDS 60		/* CPU time of one worker */

/*
 * Every program that loads an engine calls this first in main: it is started
 * again as the compiler, which nothing but its argument tells it.  Returns -1
 * when this is the program itself, otherwise the exit status.
 */
int compile_worker(int argc, char **argv);

/*
 * One database, which finds the strings of all sets, whatever their ASCII
 * case, and tells for each set that one of its strings occurs.
 */
struct compile_job {
	const struct literals *const *sets;
	size_t n;
	bool done;
	struct buf result;	/* the database, serialized */
};

/*
 * Does the jobs, in workers, until all are done or the steady clock shows
 * deadline, in milliseconds.  Results are for buf_done.  Returns 0, or -1 with
 * *error filled in when workers could not be started or died; jobs that were
 * finished before are done even so.
 */
int compile_run(struct compile_job *jobs, size_t n, int64_t deadline,
    struct error *error);

#endif
