/*
 * linkclean - a URL tidied up the way SpamAssassin does before rules see it:
 * slashes, escapes, missing scheme, references.  For linkforms.c, urlwrap.c and
 * evals.
 */
#ifndef MAIL_LINKCLEAN_H
#define MAIL_LINKCLEAN_H

#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"

struct span linkclean(struct arena *, struct span url);

/* "http:" or "https:" at the start of s: its length, otherwise 0. */
size_t linkclean_scheme(struct span s);

/* Where "http:" or "https:" begins next, from there on, or s.n. */
size_t linkclean_next(struct span s, size_t from);

/* Offset of the first of stops from there on, or s.n. */
size_t linkclean_find(struct span s, size_t from, const char *stops);

#endif
