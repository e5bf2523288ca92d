/*
 * shape - what may stand behind a directive word that is kept as a setting.
 */
#ifndef RULES_SHAPE_H
#define RULES_SHAPE_H

#include "base/span.h"

enum shape {
	SHAPE_ANY,
	SHAPE_NONE,	/* nothing */
	SHAPE_WORDS,	/* one or more */
	SHAPE_PAIR,
	SHAPE_ONE_OR_TWO,
	SHAPE_THREE,
	SHAPE_FOUR,	/* or more */
	SHAPE_NAMED,	/* "(NAME) word ..." */
	SHAPE_NUMBER,	/* a decimal fraction without sign */
	SHAPE_BOOL,	/* yes, no, 1, 0 */
	SHAPE_LABELS1,	/* words without a dot */
	SHAPE_LABELS2,	/* with one dot */
	SHAPE_LABELS3,
	SHAPE_PATTERN,	/* a regular expression in delimiters */
};

/* NULL, or what is wrong with text: "wants a number", say. */
const char *shape_fault(enum shape, struct span text);

#endif
