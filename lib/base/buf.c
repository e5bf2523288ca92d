/* buf - bytes that grow up to a stated maximum. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BUF_FIRST 1024

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
	b->full = false;
}

void
buf_done(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

/* Room for n more bytes and a zero; n is within the maximum. */
static void
buf_reserve(struct buf *b, size_t n)
{
	size_t room = b->room != 0 ? b->room : BUF_FIRST;

	if (b->n + n < b->room)
		return;
	while (room <= b->n + n)
		room *= 2;
	b->p = mem_resize(b->p, room);
	b->room = room;
}

void
buf_expect(struct buf *b, size_t n)
{
	if (n > b->max)
		n = b->max;
	if (n < b->room)
		return;
	b->p = mem_large(b->p, n + 1);
	b->room = n + 1;
}

size_t
buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (n > b->max - b->n) {
		n = b->max - b->n;
		b->full = true;
	}
	if (n == 0)
		return 0;
	buf_reserve(b, n);
	memcpy(b->p + b->n, bytes, n);
	b->n += n;
	return n;
}

void
buf_puts(struct buf *b, const char *string)
{
	buf_add(b, string, strlen(string));
}

void
buf_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void
buf_char(struct buf *b, char c)
{
	if (b->n < b->max && b->n + 1 < b->room)
		b->p[b->n++] = c;
	else
		buf_add(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	char small[512], *large;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < (int)sizeof(small)) {
		buf_add(b, small, n > 0 ? (size_t)n : 0);
		return;
	}
	large = mem_resize(NULL, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(large, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_add(b, large, (size_t)n);
	free(large);
}

const char *
buf_string(struct buf *b)
{
	buf_reserve(b, 0);
	b->p[b->n] = '\0';
	return b->p;
}

struct span
buf_contents(const struct buf *b)
{
	return span_make(b->p, b->n);
}
