/* error - why something that an operator wrote was refused. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/text.h"

#define SUGGEST_WORD_MAX 64

static int __attribute__((format(printf, 4, 0)))
error_fill(struct error *e, const char *file, unsigned line, const char *fmt,
    va_list ap)
{
	char reason[ERROR_MAX];
	struct buf out;

	if (e == NULL)
		return -1;
	vsnprintf(reason, sizeof(reason), fmt, ap);
	buf_init(&out, ERROR_MAX - 1);
	if (file != NULL) {
		text_escape(&out, span_of(file));
		if (line != 0)
			buf_printf(&out, ":%u", line);
		buf_puts(&out, ": ");
	}
	text_escape(&out, span_of(reason));
	memcpy(e->text, buf_string(&out), out.n + 1);
	buf_done(&out);
	return -1;
}

int
error_at(struct error *e, const char *file, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_fill(e, file, line, fmt, ap);
	va_end(ap);
	return -1;
}

int
error_set(struct error *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_fill(e, NULL, 0, fmt, ap);
	va_end(ap);
	return -1;
}

/* Edits (insert, delete, replace) between two words; both below the limit. */
static unsigned
suggest_distance(const char *a, const char *b)
{
	unsigned row[SUGGEST_WORD_MAX + 1], diagonal, above, best;
	size_t i, j, n = strlen(b);

	for (j = 0; j <= n; j++)
		row[j] = (unsigned)j;
	for (i = 0; a[i] != '\0'; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i + 1;
		for (j = 0; j < n; j++) {
			above = row[j + 1];
			best = diagonal +
			    (char_lower(a[i]) != char_lower(b[j]));
			if (above + 1 < best)
				best = above + 1;
			if (row[j] + 1 < best)
				best = row[j] + 1;
			row[j + 1] = best;
			diagonal = above;
		}
	}
	return row[n];
}

const char *
error_suggest(const char *word, const char *const *candidates)
{
	const char *found = NULL;
	size_t n = strlen(word);
	unsigned distance, best = n / 3 + 1;

	if (n > SUGGEST_WORD_MAX)
		return NULL;
	/* A third of the word may differ, but no more than two letters. */
	if (best > 3)
		best = 3;
	for (; *candidates != NULL; candidates++) {
		if (strlen(*candidates) > SUGGEST_WORD_MAX)
			continue;
		distance = suggest_distance(word, *candidates);
		if (distance < best) {
			best = distance;
			found = *candidates;
		}
	}
	return found;
}
