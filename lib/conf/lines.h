/*
 * lines - files that operators keep beside the configuration: lists and rules.
 * One entry a line, "#" begins a comment at the start of a word, empty lines
 * are nothing.  Whatever is wrong is refused with "file:line: reason".
 */
#ifndef CONF_LINES_H
#define CONF_LINES_H

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"
#include "conf/conf.h"
#include "conf/manifest.h"

#define LINES_FILE_MAX (64 << 20)	/* bytes of one file */
#define LINES_LENGTH_MAX 8192		/* bytes of one line */
#define LINES_UNREADABLE (-2)		/* the file itself is at fault */

/*
 * Takes one entry, trimmed and without its comment.  Returns 0, or -1 with
 * *error filled in by error_at(error, file, line, ...).
 */
typedef int lines_fn(void *context, struct span entry, const char *file,
    unsigned line, struct error *error);

/*
 * Hands every entry of a file to take, and notes the file in manifest unless
 * that is NULL.  Returns 0, -1 for an entry that was refused, or
 * LINES_UNREADABLE.
 */
int lines_read(const char *file, lines_fn *take, void *context,
    struct manifest *manifest, struct error *error);

/*
 * All bytes of a file, up to LINES_FILE_MAX: 0 or LINES_UNREADABLE.  manifest
 * as above.
 */
int lines_bytes(const char *file, struct buf *out, struct manifest *manifest,
    struct error *error);

/*
 * Like lines_read for all files that a key of type PATHS names.  For a file
 * that cannot be read, the error tells the line of the configuration too.
 * manifest is not NULL.  Returns 0 or -1.
 */
int lines_read_all(const struct conf *, const char *section, const char *key,
    const struct strings *files, lines_fn *take, void *context,
    struct manifest *manifest, struct error *error);

/* Like lines_read for bytes in memory; file is only for messages. */
int lines_parse(struct span bytes, const char *file, lines_fn *take,
    void *context, struct error *error);

#endif
