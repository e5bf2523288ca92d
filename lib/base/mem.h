/*
 * mem - heap memory that is never NULL.  Sizes are bounded by the named limits
 * before they come here; running out inside the limits ends the process: the
 * supervisor restarts it and the MTA defers the mail.  Any thread.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);			/* zeroed; free() it */
void *mem_resize(void *old, size_t size);	/* as realloc, never fails */
/*
 * As mem_resize, for megabytes that are filled at once: in large pages where
 * the system has them, which takes half the time.
 */
void *mem_large(void *old, size_t size);
void *mem_array(void *old, size_t count, size_t size);	/* checked product */
char *mem_copy(const char *bytes, size_t n);	/* with a zero appended */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
