/*
 * arena - memory that is given back all at once.  What an arena hands out
 * lives until arena_reset or arena_done.  One thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/span.h"

struct arena_block;
struct arena_guest;

struct arena {
	struct arena_block *blocks;
	char *next;
	size_t left;
	size_t used;	/* bytes handed out since the last reset */
	struct arena_guest *guests;
};

void arena_init(struct arena *);
void arena_reset(struct arena *);	/* keeps one block for reuse */
void arena_done(struct arena *);

void *arena_alloc(struct arena *, size_t size);	/* zeroed, aligned for all */
void *arena_raw(struct arena *, size_t size);	/* aligned, not zeroed */
char *arena_bytes(struct arena *, size_t size);	/* neither zeroed nor aligned */
char *arena_string(struct arena *, struct span);	/* copy, with a zero */
struct span arena_span(struct arena *, struct span);	/* copy */
struct span arena_lower(struct arena *, struct span);	/* of ASCII letters */
struct span arena_join(struct arena *, struct span, struct span);
struct span arena_concat(struct arena *, const struct span *, size_t count);
struct span arena_printf(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));	/* a zero follows the span */
struct span arena_vprintf(struct arena *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/*
 * An array of count items of that size, moved where there is room for one more:
 * *room, 0 at first, is how many fit.
 */
void *arena_room(struct arena *, void *items, size_t count, size_t size,
    size_t *room);

/*
 * Something that is no memory, but ends with it: close(thing) is called by the
 * next reset, and by done.  key, the address of anything constant, finds it
 * again until then; NULL when there is none.
 */
void arena_attach(struct arena *, const void *key, void *thing,
    void (*close)(void *));
void *arena_attached(const struct arena *, const void *key);

#endif
