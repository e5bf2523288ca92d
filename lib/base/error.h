/*
 * error - why something that an operator wrote was refused, as text of the
 * form "file:line: reason".  Library code fills it in, the caller reports it.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define ERROR_MAX 1024

struct error {
	char text[ERROR_MAX];
};

/*
 * Store the reason; foreign bytes in it are made printable.  With a NULL file
 * the text is the reason alone, with line 0 it is "file: reason".  All return
 * -1, so that a loader can write "return error_at(...)".  e may be NULL.
 */
int error_at(struct error *e, const char *file, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int error_set(struct error *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The candidate nearest to word (for "did you mean"), or NULL when none is
 * near.  candidates ends with NULL.
 */
const char *error_suggest(const char *word, const char *const *candidates);

#endif
