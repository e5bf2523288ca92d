/* meta_eval - what a meta counts, and what it may come to. */
#include <stdint.h>

#include "rules/meta_state.h"

/* Perl's ^ works on whole numbers; ours are far below 2 to the 62. */
static double
exclusive(double a, double b)
{
	const double most = 4e18;

	if (!(a < most && a > -most && b < most && b > -most))
		return 0;
	return (double)((int64_t)a ^ (int64_t)b);
}

static double
combine(enum op op, double a, double b)
{
	switch (op) {
	case OP_MULTIPLY:
		return a * b;
	case OP_DIVIDE:
		return b != 0 ? a / b : 0;
	case OP_ADD:
		return a + b;
	case OP_SUBTRACT:
		return a - b;
	case OP_LESS:
		return a < b;
	case OP_AT_MOST:
		return a <= b;
	case OP_MORE:
		return a > b;
	case OP_AT_LEAST:
		return a >= b;
	case OP_EQUAL:
		return a == b;
	case OP_UNEQUAL:
		return a != b;
	case OP_XOR:
		return exclusive(a, b);
	case OP_AND:	/* as Perl: the operand that decides */
		return a != 0 ? b : a;
	default:	/* OP_OR */
		return a != 0 ? a : b;
	}
}

/* Values stay finite, so that no rule counts for infinity. */
static double
counts(double value)
{
	if (!(value != 0))
		return 0;
	return value > 0 && value < META_NUMBER_MAX ? value : 1;
}

/* Something between two numbers. */
struct range {
	double low, high;
};

/* So that nothing is infinite, and "-" and "*" always have a value. */
static double
cut(double value)
{
	if (value > META_NUMBER_MAX)
		return META_NUMBER_MAX;
	return value < -META_NUMBER_MAX ? -META_NUMBER_MAX : value;
}

/* How a value stands to zero. */
enum truth { TRUE, FALSE, OPEN };

static enum truth
truth(struct range r)
{
	if (r.low > 0 || r.high < 0)
		return TRUE;
	return r.low < 0 || r.high > 0 ? OPEN : FALSE;
}

static struct range
hull(struct range a, struct range b)
{
	return (struct range){a.low < b.low ? a.low : b.low,
	    a.high > b.high ? a.high : b.high};
}

static const struct range any = {-META_NUMBER_MAX, META_NUMBER_MAX};
static const struct range yes = {1, 1}, no = {0, 0}, open = {0, 1};

/* "*" takes its extremes where its operands do; "/" unless zero is between. */
static struct range
corners(enum op op, struct range a, struct range b)
{
	const double all[] = {combine(op, a.low, b.low), combine(op, a.low,
	    b.high), combine(op, a.high, b.low), combine(op, a.high, b.high)};
	struct range out = {all[0], all[0]};
	size_t i;

	if (op == OP_DIVIDE && truth(b) == OPEN)
		return any;
	for (i = 1; i < sizeof(all) / sizeof(all[0]); i++)
		out = hull(out, (struct range){all[i], all[i]});
	return out;
}

/* A comparison that the extremes agree on is decided. */
static struct range
compare(enum op op, struct range a, struct range b)
{
	bool apart = a.high < b.low || b.high < a.low, points;

	points = a.low == a.high && b.low == b.high;
	if (op == OP_EQUAL || op == OP_UNEQUAL) {
		if (apart)
			return op == OP_UNEQUAL ? yes : no;
		if (!points)
			return open;
	}
	if (combine(op, a.low, b.high) == combine(op, a.high, b.low))
		return combine(op, a.low, b.high) != 0 ? yes : no;
	return open;
}

static struct range
choose(enum truth which, struct range a, struct range b)
{
	if (which == OPEN)
		return hull(a, b);
	return which == TRUE ? a : b;
}

/* Arithmetic is all that may come to a number that has to be cut. */
static struct range
calculate(enum op op, struct range a, struct range b)
{
	struct range r = any;

	if (op == OP_ADD)
		r = (struct range){a.low + b.low, a.high + b.high};
	else if (op == OP_SUBTRACT)
		r = (struct range){a.low - b.high, a.high - b.low};
	else if (op != OP_XOR || (a.low == a.high && b.low == b.high))
		r = corners(op, a, b);
	return (struct range){cut(r.low), cut(r.high)};
}

static struct range
either(struct range a, struct range b)
{
	enum truth left = truth(a);

	return left == TRUE ? a : left == FALSE ? b : hull(a, b);
}

static struct range
pushed(const struct step *s, const double *low, const double *high)
{
	struct range r;

	if (s->push == PUSH_NUMBER)
		return (struct range){s->number, s->number};
	r = (struct range){low[s->index], high[s->index]};
	return s->push == PUSH_VALUE ? r : choose(truth(r), no, yes);
}

/*
 * Bounds that meet stay together: what is known is computed likewise.  The top
 * of the stack is kept beside the rest.
 */
static struct range
compute(const struct meta *meta, const double *low, const double *high)
{
	struct range stack[META_STACK_MAX], *rest = stack, top = no;
	const struct step *s, *end = meta->steps + meta->count;

	for (s = meta->steps; s < end; s++) {
		if (s->push != PUSH_NOTHING) {
			*rest++ = top;
			top = pushed(s, low, high);
		}
		switch (s->op) {
		case OP_NONE:
			break;
		case OP_NOT:
			top = choose(truth(top), no, yes);
			break;
		case OP_MINUS:
			top = (struct range){-top.high, -top.low};
			break;
		case OP_DONE_FALSE:
		case OP_DONE_TRUE:
			if (truth(top) == (s->op == OP_DONE_TRUE ? TRUE :
			    FALSE))
				s = meta->steps + s->index - 1;
			break;
		case OP_CHOOSE:
			rest -= 2;
			top = choose(truth(rest[0]), rest[1], top);
			break;
		case OP_AND:
			top = choose(truth(*--rest), top, no);
			break;
		case OP_OR:
			top = either(*--rest, top);
			break;
		default:
			rest--;
			top = s->op >= OP_LESS && s->op <= OP_UNEQUAL ?
			    compare(s->op, *rest, top) :
			    calculate(s->op, *rest, top);
		}
	}
	return top;
}

bool
meta_requires(const struct meta *meta, unsigned operand, double *low,
    double *high)
{
	size_t i;

	for (i = 0; i < meta->operand_count; i++) {
		low[meta->operands[i]] = 0;
		high[meta->operands[i]] = meta->operands[i] == operand ? 0 :
		    META_NUMBER_MAX;
	}
	return truth(compute(meta, low, high)) == FALSE;
}

/* A quick look: false where what must hit does not. */
static bool
may_hit(const struct meta *meta, const double *values)
{
	size_t i;

	for (i = 0; i < meta->required_count; i++)
		if (values[meta->required[i]] == 0)
			return false;
	return true;
}

double
meta_eval(const struct meta *meta, const double *values)
{
	return may_hit(meta, values) ?
	    counts(compute(meta, values, values).low) : 0;
}

static void
compute_bounds(const struct meta *meta, const double *low, const double *high,
    double *least, double *most)
{
	struct range r = compute(meta, low, high);

	if (r.low == r.high) {
		*least = *most = counts(r.low);
		return;
	}
	*most = r.low < 0 && r.high < 1 ? 1 : r.high;
	*least = 0;
	if (truth(r) == TRUE)
		*least = r.low > 0 && (r.low < 1 || r.high < META_NUMBER_MAX) ?
		    r.low : 1;
}

void
meta_bounds(const struct meta *meta, const double *low, const double *high,
    double *least, double *most)
{
	if (may_hit(meta, high))
		compute_bounds(meta, low, high, least, most);
	else
		*least = *most = 0;
}
