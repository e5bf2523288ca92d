/*
 * source - messages to look at: files, directories with all beneath them, mbox
 * files and standard input ("-").
 */
#ifndef CTL_SOURCE_H
#define CTL_SOURCE_H

#include "base/error.h"
#include "base/span.h"

#define SOURCE_FILE_MAX (1LL << 30)	/* bytes of one file */

/* Takes one message; name is its file, and ":n" within an mbox file. */
typedef void source_fn(void *context, const char *name, struct span message);

/*
 * Hands every message of the paths, which end with NULL, to take.  Returns
 * how many files could not be read; each is told on standard error.
 */
int source_walk(char *const *paths, source_fn *take, void *context);

#endif
