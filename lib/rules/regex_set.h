/*
 * regex_set - the sets of bytes that escapes and classes of a pattern mean,
 * as PCRE2 reads them without UTF.  Pure functions, any thread.
 */
#ifndef RULES_REGEX_SET_H
#define RULES_REGEX_SET_H

#include "rules/regex_tree.h"

enum set_kind {
	SET_UNKNOWN,	/* not understood */
	SET_BYTE,	/* one byte, still without folding of case */
	SET_CLASS,	/* any byte of the set */
	SET_NOTHING,	/* an assertion */
	SET_ANY,	/* any string: back references and the like */
};

/*
 * Reads the escape whose backslash stands before *at, and moves *at past it.
 */
enum set_kind set_escape(struct span text, size_t *at, bool in_class,
    struct byteset *set, unsigned *byte);

/*
 * Reads the class whose bracket stands before *at, and moves *at past its
 * end.  False when it is not understood.
 */
bool set_class(struct span text, size_t *at, bool caseless,
    struct byteset *set);

/* Adds the other case of every ASCII letter in it. */
void byteset_fold(struct byteset *);
void byteset_invert(struct byteset *);
void byteset_union(struct byteset *, const struct byteset *);

#endif
