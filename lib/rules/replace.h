/*
 * replace - tags such as <A> inside regular expressions, which replace_rules
 * asks to be replaced by what replace_tag says.  Filled and used while
 * loading, by one thread.
 */
#ifndef RULES_REPLACE_H
#define RULES_REPLACE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

#define REPLACE_PASSES_MAX 6	/* tags within tags */
#define REPLACE_LENGTH_MAX (1 << 20)	/* bytes that a pattern may become */

enum replace_kind {
	REPLACE_TAG,	/* what <NAME> stands for */
	REPLACE_PRE,	/* what <pre NAME> puts before each tag */
	REPLACE_INTER,	/* between adjacent ones */
	REPLACE_POST,	/* behind each */
	REPLACE_KINDS
};

struct replace;

struct replace *replace_new(void);
void replace_free(struct replace *);

/* The newest definition of a name counts; text is copied. */
void replace_put(struct replace *, enum replace_kind, struct span name,
    struct span text);

/* What tags begin and end with, "<" and ">" at first; neither empty. */
void replace_delimit(struct replace *, struct span start, struct span end);

/*
 * Stores pattern with its tags replaced: itself when there are none.  Returns
 * -1 with *error filled in when it becomes too long.
 */
int replace_apply(const struct replace *, struct arena *, struct span pattern,
    struct span *out, struct error *error);

#endif
