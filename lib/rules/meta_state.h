/*
 * meta_state - a meta as it was parsed: steps in postfix, for a stack.  For
 * meta's own files.
 */
#ifndef RULES_META_STATE_H
#define RULES_META_STATE_H

#include "rules/meta.h"

#define META_NUMBER_MAX 1e15		/* wider than any count of hits */

/* What a step puts on the stack; PUSH_ABSENT is "!NAME". */
enum push { PUSH_NOTHING, PUSH_NUMBER, PUSH_VALUE, PUSH_ABSENT };

/* What it does then, with as many as the operator takes. */
enum op {
	OP_NONE, OP_NOT, OP_MINUS,
	OP_DONE_FALSE, OP_DONE_TRUE,	/* skip what the top has decided */
	OP_MULTIPLY, OP_DIVIDE, OP_ADD, OP_SUBTRACT,
	OP_LESS, OP_AT_MOST, OP_MORE, OP_AT_LEAST, OP_EQUAL, OP_UNEQUAL,
	OP_XOR, OP_AND, OP_OR,
	OP_CHOOSE	/* of three */
};

struct step {
	enum push push : 8;
	enum op op : 8;
	unsigned index;		/* of the value; of OP_DONE, the next step */
	double number;
};

struct meta {
	const struct step *steps;
	size_t count;
	const unsigned *operands;
	size_t operand_count;
	bool idle;		/* does not hit unless an operand does */
	const unsigned *required;	/* does not hit unless all of these */
	size_t required_count;		/* do; some may be missing here */
};

/*
 * Whether it cannot hit when that operand does not, whatever the others do.
 * room is for two values by index.
 */
bool meta_requires(const struct meta *, unsigned operand, double *low,
    double *high);

#endif
