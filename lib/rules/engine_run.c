/* engine_run - a gate for patterns that match many bytes of a set in a row. */
#include "rules/engine_run.h"

#include <string.h>

#include "rules/regex_set.h"

#define DEPTH_MAX 300

/* Runs are worth looking for that are longer than words, or than lines. */
#define WORD_MIN 16
#define LINE_MIN 200
#define RUN_MAX 100000		/* more than that is taken for this */

static uint32_t
least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

/* All bytes that t may match, and how many it does at least. */
static void
find_extent(const struct tree *t, struct run *out, unsigned depth)
{
	const struct tree *child;
	struct run part;

	memset(out, 0, sizeof(*out));
	if (t->kind == TREE_ANY || depth > DEPTH_MAX)
		memset(&out->set, 0xff, sizeof(out->set));
	else if (t->kind == TREE_SET)
		*out = (struct run){.set = *t->set, .n = 1};
	else if (t->kind == TREE_REPEAT && t->max > 0) {
		find_extent(t->child, out, depth + 1);
		out->n = least((uint64_t)out->n * t->min, RUN_MAX);
	} else if (t->kind == TREE_CAT || t->kind == TREE_ALT) {
		for (child = t->child; child != NULL; child = child->next) {
			find_extent(child, &part, depth + 1);
			byteset_union(&out->set, &part.set);
			if (t->kind == TREE_CAT)
				out->n = least((uint64_t)out->n + part.n,
				    RUN_MAX);
			else
				out->n = child == t->child ? part.n :
				    least(out->n, part.n);
		}
	}
}

/* The part with the longest run, whole parts first. */
static void
search(const struct tree *t, struct run *out, unsigned depth)
{
	const struct tree *child;
	struct run part;

	find_extent(t, &part, depth);
	if (byteset_count(&part.set) < 256 && part.n > out->n) {
		*out = part;
		return;
	}
	if (depth > DEPTH_MAX || !(t->kind == TREE_CAT ||
	    (t->kind == TREE_REPEAT && t->min > 0)))
		return;
	for (child = t->child; child != NULL; child = child->next)
		search(child, out, depth + 1);
}

void
run_find(const struct tree *t, struct run *out)
{
	struct run whole;

	find_extent(t, &whole, 0);
	memset(out, 0, sizeof(*out));
	search(t, out, 0);
	if (out->n < (byteset_has(&out->set, ' ') ? LINE_MIN : WORD_MIN))
		out->n = 0;
	out->least = whole.n;
}

/*
 * Looks at the end of where a run may be, and backwards from there; what is no
 * member moves it on by as much.  No byte is looked at twice.
 */
bool
run_occurs(const struct run *run, struct span subject)
{
	size_t from = 0, known = 0, at;

	while (from + run->n <= subject.n) {
		for (at = from + run->n; at > known &&
		    byteset_has(&run->set, (unsigned char)subject.p[at - 1]);
		    at--)
			;
		if (at <= known)
			return true;
		known = from + run->n;
		from = at;
	}
	return false;
}
