/* arena - memory that is given back all at once. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * The first block is of a size that malloc has at hand in each thread: most
 * arenas are a question's, and need no other.
 */
#define ARENA_FIRST 1000
#define ARENA_BLOCK 16384	/* holds an ordinary message's headers */
#define ARENA_LARGE (8 << 20)	/* a copy of a large body */

struct arena_block {
	struct arena_block *older;
	size_t size;
	alignas(max_align_t) char bytes[];
};

struct arena_guest {
	struct arena_guest *next;
	const void *key;
	void *thing;
	void (*close)(void *);
};

void
arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

static void
arena_use(struct arena *a, struct arena_block *block)
{
	a->blocks = block;
	a->next = block->bytes;
	a->left = block->size;
}

static void
arena_grow(struct arena *a, size_t size)
{
	size_t usual = a->blocks == NULL && size <= ARENA_FIRST ?
	    ARENA_FIRST : ARENA_BLOCK;
	struct arena_block *block;

	if (size < usual)
		size = usual;
	/* Not zeroed here: arena_alloc clears what it hands out. */
	if (size < ARENA_LARGE)
		block = mem_resize(NULL, sizeof(*block) + size);
	else
		block = mem_large(NULL, sizeof(*block) + size);
	block->older = a->blocks;
	block->size = size;
	arena_use(a, block);
}

/* They may be in the arena's own memory, so they go first. */
static void
close_guests(struct arena *a)
{
	for (; a->guests != NULL; a->guests = a->guests->next)
		a->guests->close(a->guests->thing);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *block, *older, *kept = NULL;

	close_guests(a);
	/* The largest that is not larger than usual is worth keeping. */
	for (block = a->blocks; block != NULL; block = older) {
		older = block->older;
		if (block->size > ARENA_BLOCK ||
		    (kept != NULL && kept->size >= block->size)) {
			free(block);
			continue;
		}
		free(kept);
		kept = block;
	}
	arena_init(a);
	if (kept != NULL) {
		kept->older = NULL;
		arena_use(a, kept);
	}
}

void
arena_done(struct arena *a)
{
	struct arena_block *block, *older;

	close_guests(a);
	for (block = a->blocks; block != NULL; block = older) {
		older = block->older;
		free(block);
	}
	arena_init(a);
}

char *
arena_bytes(struct arena *a, size_t size)
{
	char *p;

	if (size > a->left || a->blocks == NULL)
		arena_grow(a, size);
	p = a->next;
	a->next += size;
	a->left -= size;
	a->used += size;
	return p;
}

void *
arena_raw(struct arena *a, size_t size)
{
	size_t off = (size_t)((uintptr_t)a->next % alignof(max_align_t));

	if (off != 0 && a->left >= alignof(max_align_t) - off)
		arena_bytes(a, alignof(max_align_t) - off);
	else if (off != 0)
		a->left = 0;
	return arena_bytes(a, size);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = arena_raw(a, size);

	memset(p, 0, size);
	return p;
}

char *
arena_string(struct arena *a, struct span s)
{
	char *p = arena_bytes(a, s.n + 1);

	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct span
arena_span(struct arena *a, struct span s)
{
	return span_make(arena_string(a, s), s.n);
}

struct span
arena_lower(struct arena *a, struct span s)
{
	char *p = arena_bytes(a, s.n);
	size_t i;

	for (i = 0; i < s.n; i++)
		p[i] = (char)char_lower(s.p[i]);
	return span_make(p, s.n);
}

struct span
arena_concat(struct arena *a, const struct span *parts, size_t count)
{
	size_t i, n = 0;
	char *p;

	for (i = 0; i < count; i++)
		n += parts[i].n;
	p = arena_bytes(a, n);
	for (n = 0, i = 0; i < count; n += parts[i++].n)
		if (parts[i].n != 0)
			memcpy(p + n, parts[i].p, parts[i].n);
	return span_make(p, n);
}

struct span
arena_join(struct arena *a, struct span before, struct span after)
{
	const struct span parts[] = {before, after};

	return arena_concat(a, parts, 2);
}

struct span
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	size_t left = a->left;
	va_list again;
	char *p;
	int n;

	/* Into what is left, where that is enough. */
	va_copy(again, ap);
	n = vsnprintf(a->next, left, fmt, again);
	va_end(again);
	if (n < 0)
		return span_of("");
	p = arena_bytes(a, (size_t)n + 1);
	if ((size_t)n >= left)
		vsnprintf(p, (size_t)n + 1, fmt, ap);
	return span_make(p, (size_t)n);
}

struct span
arena_printf(struct arena *a, const char *fmt, ...)
{
	struct span s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void *
arena_room(struct arena *a, void *items, size_t count, size_t size,
    size_t *room)
{
	void *larger;

	if (count < *room)
		return items;
	*room = *room != 0 ? 2 * *room : 16;
	larger = arena_alloc(a, *room * size);
	if (count != 0)
		memcpy(larger, items, count * size);
	return larger;
}

void
arena_attach(struct arena *a, const void *key, void *thing,
    void (*close)(void *))
{
	struct arena_guest *guest = arena_alloc(a, sizeof(*guest));

	*guest = (struct arena_guest){a->guests, key, thing, close};
	a->guests = guest;
}

void *
arena_attached(const struct arena *a, const void *key)
{
	const struct arena_guest *guest = a->guests;

	while (guest != NULL && guest->key != key)
		guest = guest->next;
	return guest != NULL ? guest->thing : NULL;
}
