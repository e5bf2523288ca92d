/*
 * taglist - "tag=value; tag=value" of RFC 6376 section 3.2, as in signatures
 * and key records, and the base64 and colon lists inside.  Read strictly: one
 * fault, or a tag that comes twice, and there is no list.  Pure functions, any
 * thread.
 */
#ifndef AUTH_TAGLIST_H
#define AUTH_TAGLIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define TAGLIST_MAX 64	/* tags; a list with more is none */

struct tag {
	struct span name;
	struct span value;	/* no blanks around, folding inside kept */
	struct span raw;	/* all from "=" to ";" or the end */
};

struct taglist {
	struct tag tags[TAGLIST_MAX];
	size_t count;
};

/* Spans point into text.  NULL, or what is wrong; *out is then undefined. */
const char *taglist_parse(struct span text, struct taglist *out);

/* The tag, or NULL.  Names differ by case. */
const struct tag *taglist_find(const struct taglist *, const char *name);

/* The value, or the one given for a tag that is not there. */
struct span taglist_value(const struct taglist *, const char *name,
    const char *otherwise);

/* Cuts the next item off a colon list, without blanks; may be empty. */
bool taglist_item(struct span *rest, struct span *item);

/* Whether a colon list has the item; case matters. */
bool taglist_has(struct span list, const char *item);

/*
 * Decodes base64 with folding inside (RFC 6376 2.10, whose grammar lets the
 * padding be left out) into the arena; false when it is none, or empty.
 */
bool taglist_base64(struct arena *, struct span value, struct span *out);

#endif
