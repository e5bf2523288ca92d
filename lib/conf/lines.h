/*
 * lines - files that operators keep beside the configuration: lists and rules.
 * One entry a line, "#" begins a comment at the start of a word, empty lines
 * are nothing.  Whatever is wrong is refused with "file:line: reason".
 */
#ifndef CONF_LINES_H
#define CONF_LINES_H

#include "base/digest.h"
#include "base/error.h"
#include "base/span.h"
#include "conf/conf.h"

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
 * Hands every entry of a file to take, and its bytes to digest unless that is
 * NULL.  Returns 0, -1 for an entry that was refused, or LINES_UNREADABLE.
 */
int lines_read(const char *file, lines_fn *take, void *context,
    struct digest *digest, struct error *error);

/*
 * The same for all files that a key of type PATHS names.  For a file that
 * cannot be read, the error tells the line of the configuration too.  Returns
 * 0 or -1.
 */
int lines_read_all(const struct conf *, const char *section, const char *key,
    const struct strings *files, lines_fn *take, void *context,
    struct digest *digest, struct error *error);

/* The same for bytes in memory; file is only for messages. */
int lines_parse(struct span bytes, const char *file, lines_fn *take,
    void *context, struct error *error);

#endif
