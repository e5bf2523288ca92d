/*
 * buf - bytes that grow up to a maximum stated at creation.  What would exceed
 * it is left out, and buf.full tells so.  One thread at a time.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct buf {
	char *p;	/* NULL until the first byte; owned by the buf */
	size_t n;
	size_t room;
	size_t max;
	bool full;	/* something was left out */
};

void buf_init(struct buf *, size_t max);
void buf_reset(struct buf *);	/* empty, memory kept */
void buf_done(struct buf *);	/* memory freed, usable again as empty */

/*
 * Makes room for n bytes in all, or for the maximum where that is less.  What
 * stays unused takes no memory where n is megabytes.
 */
void buf_expect(struct buf *, size_t n);

/* Appends as much as fits; returns how many bytes that was. */
size_t buf_add(struct buf *, const void *bytes, size_t n);
void buf_puts(struct buf *, const char *string);
void buf_span(struct buf *, struct span);
void buf_char(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The contents with a zero after them; valid until the next change. */
const char *buf_string(struct buf *);
struct span buf_contents(const struct buf *);

#endif
