/*
 * meta - the expression of a meta rule: names of rules, numbers, + - * /,
 * comparisons, && || ! ^ ?: and parentheses, as Perl would compute it.  Made
 * while loading, then constant; any thread may evaluate.
 */
#ifndef RULES_META_H
#define RULES_META_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

#define META_LENGTH_MAX (1 << 16)	/* bytes of an expression */
#define META_DEPTH_MAX 250	/* parentheses, signs and ! in one another */
#define META_STEPS_MAX 100000	/* operators and operands */
#define META_STACK_MAX 256	/* operands that wait for an operator */

struct meta;

/* What a name stands for, by the reader of the expression. */
struct meta_names {
	void *context;
	bool local_only;	/* what local_tests_only stands for */
	/* The index of its value, or -1 for what never hits. */
	int (*find)(void *context, struct span name);
	/*
	 * Writes the indices of all names that match a glob of * and ?, as in
	 * rules_matching(glob); returns how many, at most max of them written.
	 */
	size_t (*match)(void *context, struct span glob, unsigned *out,
	    size_t max);
};

/* NULL with the reason in *error, without file and line. */
const struct meta *meta_parse(struct arena *, struct span text,
    const struct meta_names *, struct error *);

/*
 * values[index] tells what each operand counts: 0 unless it hit, otherwise its
 * hits, or the value of a meta.  Returns 0 when the meta does not hit and what
 * it counts for others when it does: the value if that is positive, else 1.
 * Dividing by zero gives 0.
 */
double meta_eval(const struct meta *, const double *values);

/*
 * What meta_eval can give when each operand counts something from low[index]
 * to high[index]: from *least to *most.  Exact where all operands are.
 */
void meta_bounds(const struct meta *, const double *low, const double *high,
    double *least, double *most);

/*
 * Operands without which it does not hit; settling these first decides most.
 */
const unsigned *meta_required(const struct meta *, size_t *count);

/* The operands, each once, in order of appearance; lives as long as meta. */
const unsigned *meta_operands(const struct meta *, size_t *count);

#endif
