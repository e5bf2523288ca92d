/*
 * html_scan - where a construct of HTML ends, for the two readings that
 * html_token.h offers.  Pure functions, any thread; all stop at end.
 */
#ifndef MAIL_HTML_SCAN_H
#define MAIL_HTML_SCAN_H

#include <stdbool.h>

#include "base/span.h"

/* Tab, LF, FF, CR, space. */
static inline bool
html_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

static inline bool
html_alpha(char c)
{
	return (unsigned char)((c | 32) - 'a') < 26;
}

static inline bool
html_name_end(char c)
{
	return c == '>' || c == '/' || html_space(c);
}

/* Any case of a literal; most spans are refused by their length alone. */
#define HTML_IS(span, literal) \
	((span).n == sizeof(literal) - 1 && span_iis((span), (literal)))

const char *html_scan_byte(const char *s, const char *end, char byte);

/* The "<" of the end tag of that element, or end; RCDATA and RAWTEXT. */
const char *html_scan_end(const char *s, const char *end, struct span name);

/* The same for script (sections 13.2.5.4, 13.2.5.15 to 31). */
const char *html_scan_script(const char *s, const char *end,
    struct span name);

bool html_has_curly(struct span);

/* HTML::Parser's: where what starts with "<!", "<?" or "</" at s ends; NULL
 * when it does not.  A literal element's content ends at end then.  *doctype:
 * "<!doctype" that it does not take for a comment, which it may tell at the
 * very end; *vain is how many bytes may still be looked at for nothing. */
const char *html_legacy_declaration(const char *s, const char *end,
    size_t *vain, bool *doctype);
const char *html_legacy_end(const char *s, const char *end);
bool html_legacy_comment(const char *dashes, const char *end); /* "-- >" */
const char *html_legacy_literal(const char *s, const char *end,
    struct span name);

#endif
