/*
 * regex_work - how much a pattern can make PCRE2 try at worst.
 *
 * Each part is taken for its cost, the bytes that are looked at until it has
 * failed in all its ways, and its ways, the places where it may end.  What
 * follows is tried once for each way.  Less is tried where
 *
 * - a loop's bytes can never begin what follows it: it has but one way;
 * - a string follows that cannot overlap itself: of neighbouring places only
 *   some have it;
 * - a loop comes after a byte that is none of its own: however many places it
 *   begins at, it does not pass a byte twice.
 */
#include "rules/regex_work.h"

#include <math.h>

#include "rules/regex.h"
#include "rules/regex_set.h"

#define DEPTH_MAX 300
#define ROUNDS_MAX 100.0	/* of a group with more than one way */
#define SIZE_MIN 64
#define SIZE_STEP 2
#define STRING_MAX 32	/* bytes of a string that are looked at */

/* Of trying a part at some neighbouring places. */
struct work {
	double cost, ways;
	double places;		/* neighbours among the ways */
};

/* What may come next: bytes, anything, or the end of the pattern. */
struct next {
	struct byteset set;
	bool open;		/* something that is not known by its bytes */
	bool end;
};

struct bound {
	double n;		/* bytes of the subject */
	bool crosses;		/* a loop may run past the end of a line */
	unsigned depth;
};

static const struct work endless = {INFINITY, INFINITY, 1};

/* What t can begin with, added to *out; true when it may match nothing. */
static bool
add_first(const struct tree *t, struct next *out, unsigned depth)
{
	bool empty = false;

	if (depth > DEPTH_MAX) {
		out->open = true;
		return true;
	}
	switch (t->kind) {
	case TREE_SET:
		byteset_union(&out->set, t->set);
		return false;
	case TREE_CAT:
		for (t = t->child; t != NULL; t = t->next)
			if (!add_first(t, out, depth + 1))
				return false;
		return true;
	case TREE_ALT:
		for (t = t->child; t != NULL; t = t->next)
			empty |= add_first(t, out, depth + 1);
		return empty;
	case TREE_REPEAT:
		empty = add_first(t->child, out, depth + 1);
		return empty || t->min == 0;
	default:
		/* An assertion, perhaps: nobody knows where it fails. */
		out->open = true;
		return true;
	}
}

static struct next
next_of(const struct tree *t, const struct next *after, unsigned depth)
{
	struct next next = {0};

	if (add_first(t, &next, depth)) {
		byteset_union(&next.set, &after->set);
		next.open |= after->open;
		next.end |= after->end;
	}
	return next;
}

/* Whether a loop over these bytes can only end where it runs out of them. */
static bool
is_sure(const struct next *first, const struct next *after)
{
	unsigned i;

	if (first->open || after->open)
		return false;
	for (i = 0; i < 4; i++)
		if (first->set.bits[i] & after->set.bits[i])
			return false;
	return true;
}

static struct work work_of(const struct tree *, double places,
    const struct next *after, struct bound *);

/* Parts in a row, and how they have been got through so far. */
struct row {
	struct work sum;
	bool distinct;		/* no two ways are at the same place */
	const struct byteset *before;	/* the last byte of a string, or NULL */
};

/* A string: sets of one byte each, from t on; returns what comes after it. */
static const struct tree *
take_string(const struct tree *t, const struct byteset *sets[], unsigned *n)
{
	for (*n = 0; t != NULL && *n < STRING_MAX && (t->kind == TREE_SET ||
	    (t->kind == TREE_EMPTY && t->aside == NULL)); t = t->next)
		if (t->kind == TREE_SET)
			sets[(*n)++] = t->set;
	return t;
}

/* How far apart two occurrences of a string must be. */
static unsigned
distance(const struct byteset *const sets[], unsigned n)
{
	unsigned shift, i, k;
	bool meet;

	for (shift = 1; shift < n; shift++) {
		for (i = 0; i + shift < n; i++) {
			for (meet = false, k = 0; k < 4; k++)
				meet |= (sets[i]->bits[k] &
				    sets[i + shift]->bits[k]) != 0;
			if (!meet)
				break;
		}
		if (i + shift == n)
			break;
	}
	return shift;
}

static void
row_string(struct row *row, const struct byteset *const sets[], unsigned n)
{
	struct work *sum = &row->sum;

	sum->cost += sum->ways * fmin(n, 2);
	sum->ways = fmax(sum->ways / fmin(distance(sets, n), sum->places), 1);
	sum->places = 1;
	row->before = sets[n - 1];
}

static bool
is_apart(const struct byteset *a, const struct byteset *b)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		if (a->bits[i] & b->bits[i])
			return false;
	return true;
}

static void
row_part(struct row *row, const struct tree *t, const struct work *part,
    const struct bound *b)
{
	struct work *sum = &row->sum;
	double groups = sum->ways / sum->places, cost = groups * part->cost;

	if (t->kind == TREE_REPEAT && t->child->kind == TREE_SET &&
	    row->distinct && row->before != NULL &&
	    is_apart(row->before, t->child->set))
		cost = fmin(cost, b->n + sum->ways);
	row->distinct &= part->ways <= sum->places;
	sum->cost += cost;
	sum->ways = groups * part->ways;
	sum->places = part->places;
	row->before = NULL;
}

/* All children, tried at so many neighbouring places. */
static struct work
work_row(const struct tree *t, double places, const struct next *after,
    struct bound *b)
{
	struct row row = {{0, places, places}, true, NULL};
	const struct byteset *sets[STRING_MAX];
	struct work part;
	struct next next;
	unsigned n;

	while (t != NULL) {
		if (t->kind == TREE_SET) {
			t = take_string(t, sets, &n);
			row_string(&row, sets, n);
			continue;
		}
		/* What comes after a child is what the others begin with. */
		struct tree others = {.kind = TREE_CAT, .child = t->next};

		next = t->next != NULL ? next_of(&others, after, b->depth) :
		    *after;
		part = work_of(t, row.sum.places, &next, b);
		row_part(&row, t, &part, b);
		t = t->next;
	}
	return row.sum;
}

/* Only branches that begin with the byte that is there are tried. */
static struct work
work_alt(const struct tree *t, double places, const struct next *after,
    struct bound *b)
{
	double cost[256] = {0}, ways[256] = {0}, most = 0;
	struct work sum = {0, 1, 1}, one;
	struct next first;
	unsigned c;

	for (t = t->child; t != NULL; t = t->next) {
		one = work_of(t, places, after, b);
		first = (struct next){0};
		first.open |= add_first(t, &first, b->depth);
		sum.cost += places;
		for (c = 0; c < 256; c++)
			if (first.open || byteset_has(&first.set, c)) {
				cost[c] += one.cost;
				ways[c] += one.ways;
			}
	}
	for (c = 0; c < 256; c++) {
		most = fmax(most, cost[c]);
		sum.ways = fmax(sum.ways, ways[c]);
	}
	sum.cost += most;
	return sum;
}

/* A group that is gone through so often, with several ways each time. */
static struct work
work_rounds(struct work child, double rounds)
{
	struct work sum = {0, 1, 1};
	unsigned left;

	if (rounds > ROUNDS_MAX)
		return endless;
	for (left = rounds >= 1 ? (unsigned)rounds : 0; left > 0; left--) {
		sum.cost += sum.ways * child.cost;
		sum.ways *= child.ways;
	}
	return sum;
}

/* Whether a part looks at bytes that it does not pass. */
static bool
looks_around(const struct tree *t, unsigned depth)
{
	const struct tree *child;

	if (depth > DEPTH_MAX || t->kind == TREE_ANY || t->aside != NULL)
		return true;
	for (child = t->child; child != NULL; child = child->next)
		if (looks_around(child, depth + 1))
			return true;
	return false;
}

/* A loop, begun at one place. */
static struct work
work_loop(const struct tree *t, const struct next *first,
    const struct next *after, struct bound *b)
{
	double rounds = t->max < b->n ? t->max : b->n;
	struct next inside = *first;
	struct work child, sum;

	byteset_union(&inside.set, &after->set);
	inside.open |= after->open;
	inside.end |= after->end;
	child = work_of(t->child, 1, &inside, b);
	if (child.ways > 1)
		sum = work_rounds(child, rounds);
	else if (looks_around(t->child, b->depth))
		sum = (struct work){rounds * child.cost, 1, 1};
	else
		/* There is one way through, which passes each byte once. */
		sum = (struct work){2 * fmin(rounds * child.cost, b->n), 1, 1};
	if (t->max > t->min && !is_sure(first, after)) {
		sum.places = rounds - fmin(t->min, rounds) + 1;
		sum.ways *= sum.places;
	}
	return sum;
}

static struct work
work_repeat(const struct tree *t, double places, const struct next *after,
    struct bound *b)
{
	struct next first = {0};
	struct work sum;

	if (t->max <= 1) {
		sum = work_of(t->child, places, after, b);
		sum.ways += places;
		sum.places = fmin(sum.places, places);
		return sum;
	}
	/* What may be empty, over and over, is nobody's business. */
	if (add_first(t->child, &first, b->depth))
		return endless;
	if (byteset_has(&first.set, '\n') || first.open)
		b->crosses = true;
	sum = work_loop(t, &first, after, b);
	sum.cost *= places;
	sum.ways *= places;
	return sum;
}

static struct work
work_of(const struct tree *t, double places, const struct next *after,
    struct bound *b)
{
	static const struct next end = {.end = true};
	struct work work = {places, places, places};

	if (b->depth > DEPTH_MAX)
		return endless;
	b->depth++;
	switch (t->kind) {
	case TREE_SET:
		break;
	case TREE_CAT:
		work = work_row(t->child, places, after, b);
		break;
	case TREE_ALT:
		work = work_alt(t, places, after, b);
		break;
	case TREE_REPEAT:
		work = work_repeat(t, places, after, b);
		break;
	case TREE_ANY:
		b->crosses = true;
		work = t->endless ? endless :
		    (struct work){places * b->n, places * 2, 1};
		break;
	default:
		if (t->aside != NULL)
			work.cost += work_of(t->aside, places, &end, b).cost;
		break;
	}
	b->depth--;
	return work;
}

/* Branches of the whole are rows of their own. */
static double
work_whole(const struct tree *t, double places, struct bound *b)
{
	static const struct next end = {.end = true};
	struct tree row = *t;
	double cost = 0;

	if (t->kind == TREE_ALT) {
		for (t = t->child; t != NULL; t = t->next)
			cost += work_whole(t, places, b);
		return cost;
	}
	row.next = NULL;
	return work_row(t->kind == TREE_CAT ? t->child : &row, places, &end,
	    b).cost;
}

double
work_bound(const struct tree *t, double n, enum work_start start)
{
	struct bound b = {.n = n};
	double cost = work_whole(t, 1, &b);

	/* Lines of their own are cheaper than one that is as long as all. */
	if (start == WORK_ONCE || (start == WORK_LINES && !b.crosses))
		return n + cost;
	return work_whole(t, n, &b);
}

void
work_sizes(const struct tree *t, enum work_start start, const double limit[2],
    size_t size[2])
{
	double cost;
	size_t n;

	size[0] = size[1] = 0;
	for (n = SIZE_MIN; n <= WORK_SIZE_MAX; n *= SIZE_STEP) {
		cost = work_bound(t, (double)n, start);
		/* Not a number is too much as well. */
		if (!(cost <= limit[1]))
			return;
		size[1] = n;
		if (cost <= limit[0])
			size[0] = n;
	}
}

/* "(?im)", or what is left of it without Perl's own: how long, or 0. */
static size_t
modifiers_length(struct span pattern)
{
	size_t n = 2;

	if (!span_starts(pattern, "(?"))
		return 0;
	while (n < pattern.n && char_among(pattern.p[n], "ims"))
		n++;
	return n < pattern.n && pattern.p[n] == ')' ? n + 1 : 0;
}

static struct span
skip_modifiers(struct span pattern)
{
	size_t n;

	while ((n = modifiers_length(pattern)) > 0)
		pattern = span_skip(pattern, n);
	return pattern;
}

bool
work_anchored(struct span pattern)
{
	pattern = skip_modifiers(pattern);
	if (span_starts(pattern, "^"))
		pattern = span_skip(pattern, 1);
	else if (span_starts(pattern, "\\A"))
		pattern = span_skip(pattern, 2);
	else
		return false;
	/* "^*" is no anchor, nor is it with nothing in between. */
	return pattern.n == 0 || !(char_among(pattern.p[0], "*?{+") ||
	    span_starts(pattern, "(?#") || span_starts(pattern, "\\E") ||
	    span_starts(pattern, "\\Q"));
}

enum work_start
work_begins(const struct tree *t, struct span pattern, unsigned flags)
{
	if (flags & REGEX_ANCHORED)
		return WORK_ONCE;
	/* In extended patterns blanks may hide what follows the anchor. */
	if (t->kind == TREE_ALT || flags & REGEX_EXTENDED ||
	    !work_anchored(pattern))
		return WORK_ANYWHERE;
	/* (?m) inside is hidden from us. */
	return flags & REGEX_LINES || span_starts(pattern, "(?") ?
	    WORK_LINES : WORK_ONCE;
}
