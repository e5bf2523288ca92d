/* mem - heap memory that is never NULL. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)2 << 20)

static _Noreturn void
mem_fail(void)
{
	static const char text[] = "postern: out of memory\n";

	fputs(text, stderr);
	abort();
}

void *
mem_alloc(size_t size)
{
	void *p = calloc(1, size != 0 ? size : 1);

	if (p == NULL)
		mem_fail();
	return p;
}

void *
mem_resize(void *old, size_t size)
{
	void *p = realloc(old, size != 0 ? size : 1);

	if (p == NULL)
		mem_fail();
	return p;
}

void *
mem_large(void *old, size_t size)
{
	void *p = mem_resize(old, size);
	uintptr_t from = ((uintptr_t)p + LARGE_PAGE - 1) & -LARGE_PAGE;
	uintptr_t to = ((uintptr_t)p + size) & -LARGE_PAGE;

	/* A system without them says so, and nothing is lost. */
	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
	return p;
}

void *
mem_array(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		mem_fail();
	return mem_resize(old, bytes);
}

char *
mem_copy(const char *bytes, size_t n)
{
	char *p = mem_alloc(n + 1);

	if (n != 0)
		memcpy(p, bytes, n);
	return p;
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_fail();
	return p;
}
