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

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Slips between two words: a letter too many, too few or wrong, or two that
 * changed places.  Both words are below the limit.
 */
static unsigned
suggest_distance(const char *a, const char *b)
{
	unsigned rows[3][SUGGEST_WORD_MAX + 1], *row, *above, *higher;
	size_t i, j, n = strlen(b);

	for (j = 0; j <= n; j++)
		rows[0][j] = (unsigned)j;
	for (i = 0; a[i] != '\0'; i++) {
		above = rows[i % 3];
		row = rows[(i + 1) % 3];
		higher = rows[(i + 2) % 3];
		row[0] = (unsigned)i + 1;
		for (j = 1; j <= n; j++) {
			row[j] = above[j - 1] +
			    (char_lower(a[i]) != char_lower(b[j - 1]));
			row[j] = least(row[j],
			    least(above[j], row[j - 1]) + 1);
			if (i > 0 && j > 1 &&
			    char_lower(a[i]) == char_lower(b[j - 2]) &&
			    char_lower(a[i - 1]) == char_lower(b[j - 1]))
				row[j] = least(row[j], higher[j - 2] + 1);
		}
	}
	return rows[i % 3][n];
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
