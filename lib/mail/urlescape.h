/*
 * urlescape - %XX in URLs, which browsers keep as they are and servers take
 * off.  Pure functions, any thread.
 */
#ifndef MAIL_URLESCAPE_H
#define MAIL_URLESCAPE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* The byte that %XX at the start of s stands for, or -1. */
int urlescape_at(struct span s);

/* Writes three bytes, %XX; returns their end. */
char *urlescape_put(char *p, unsigned char c);

/* True for what never needs to be escaped. */
bool urlescape_needless(int c);

/*
 * As SpamAssassin looks behind escapes: those of printable ASCII are taken
 * off, and outside of escapes what is not printable, and any of "%<>" and the
 * double quote, gets one.  text itself when it has no escape.
 */
struct span urlescape_swap(struct arena *, struct span text);

/* URL_ESCAPED and URL_ENTITY of a URL as written. */
unsigned urlescape_flags(struct span text);

#endif
