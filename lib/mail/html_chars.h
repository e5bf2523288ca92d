/*
 * html_chars - characters of UTF-8 that text of HTML treats specially.  Pure
 * functions, any thread.
 */
#ifndef MAIL_HTML_CHARS_H
#define MAIL_HTML_CHARS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum html_char {
	HTML_CHAR_PLAIN,
	HTML_CHAR_SPACE,	/* Unicode's White_Space */
	HTML_CHAR_ZERO,		/* takes no room: U+200B, U+00AD, U+E0041 ... */
	HTML_CHAR_BIDI,		/* direction of writing */
	HTML_CHAR_CONTROL	/* C0 and C1 without white space */
};

/* The character at s < end and how many bytes it has, at least 1. */
enum html_char html_char_at(const char *s, const char *end, size_t *n);

/* Characters of text: bytes that do not continue one. */
size_t html_chars_count(struct span text);
/* Those of them that are HTML_CHAR_SPACE. */
size_t html_chars_spaces(struct span text);

/* text without HTML_CHAR_SPACE at its ends. */
struct span html_chars_trim(struct span text);

#endif
