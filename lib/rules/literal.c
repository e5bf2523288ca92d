/* literal - the strings that every match of a pattern needs. */
#include "rules/literal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/regex.h"
#include "rules/regex_perl.h"

#define EXACT_MAX 256	/* strings told apart while they grow together */
#define SET_MAX 6	/* bytes of a set that still count as strings */

/* What is known of a part of a pattern. */
struct part {
	/* It matches these and nothing else, or begins and ends with one. */
	struct literals words;
	bool exact;
	bool edges;
	struct needs needs;	/* it contains these */
	uint32_t max;		/* bytes, or LITERAL_ANYWHERE */
	unsigned least;		/* bytes of a string worth keeping */
	unsigned depth;		/* in the tree */
};

static void find_part(const struct tree *, struct part *);

/* Of what is found in the other one; nothing is known yet. */
static void
part_init(struct part *p, const struct part *around)
{
	memset(p, 0, sizeof(*p));
	p->least = around->least;
	p->depth = around->depth + 1;
}

static void
literals_done(struct literals *l)
{
	free(l->all);
	memset(l, 0, sizeof(*l));
}

void
needs_cut(struct needs *needs, size_t n)
{
	while (needs->n > n)
		literals_done(&needs->all[--needs->n]);
}

void
needs_done(struct needs *needs)
{
	needs_cut(needs, 0);
}

static void
part_done(struct part *p)
{
	literals_done(&p->words);
	needs_done(&p->needs);
}

static void
words_init(struct literals *words, size_t n)
{
	memset(words, 0, sizeof(*words));
	words->n = n;
	words->all = mem_array(NULL, n, sizeof(*words->all));
	memset(words->all, 0, n * sizeof(*words->all));
}

static int
compare(const void *a, const void *b)
{
	const struct literal *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order != 0 ? order : (int)x->n - (int)y->n;
}

static void
words_sort(struct literals *words)
{
	size_t i, n = 0;

	if (words->n < 2)
		return;
	qsort(words->all, words->n, sizeof(*words->all), compare);
	for (i = 1; i < words->n; i++)
		if (compare(&words->all[n], &words->all[i]) != 0)
			words->all[++n] = words->all[i];
	words->n = n + 1;
}

static void
words_append(struct literals *words, const struct literals *more)
{
	words->all = mem_array(words->all, words->n + more->n,
	    sizeof(*words->all));
	memcpy(words->all + words->n, more->all,
	    more->n * sizeof(*words->all));
	words->n += more->n;
}

/* Appends while there are no more than max different ones. */
static bool
words_collect(struct literals *words, const struct literals *more, size_t max)
{
	words_append(words, more);
	if (words->n > max)
		words_sort(words);
	return words->n <= max;
}

static bool
words_usable(const struct literals *words, unsigned least)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		if (words->all[i].n < least)
			return false;
	return words->n > 0 && words->n <= LITERAL_COUNT_MAX;
}

static bool
words_same(const struct literals *a, const struct literals *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (compare(&a->all[i], &b->all[i]) != 0)
			return false;
	return true;
}

static uint32_t
plus(uint32_t a, uint32_t b)
{
	return a < LITERAL_ANYWHERE - b ? a + b : LITERAL_ANYWHERE;
}

static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint64_t product = (uint64_t)a * b;

	return product < LITERAL_ANYWHERE ? (uint32_t)product :
	    LITERAL_ANYWHERE;
}

/* Adds a copy of the words, if they are among the rarest. */
static void
consider(struct part *p, const struct literals *words, unsigned times,
    uint32_t before)
{
	struct literals new = {.times = times, .before = before};
	struct needs *needs = &p->needs;
	size_t at = 0, i;

	if (!words_usable(words, p->least))
		return;
	new.rate = literals_rate(words, times);
	while (at < needs->n && needs->all[at].rate <= new.rate)
		at++;
	for (i = 0; i < needs->n; i++)
		if (words_same(&needs->all[i], words) &&
		    needs->all[i].times >= times)
			return;
	if (at == NEEDS_MAX)
		return;
	needs_cut(needs, NEEDS_MAX - 1);
	words_append(&new, words);
	memmove(&needs->all[at + 1], &needs->all[at],
	    (needs->n - at) * sizeof(new));
	needs->all[at] = new;
	needs->n++;
}

static void
consider_all(struct part *p, const struct needs *more, unsigned factor,
    uint32_t before)
{
	unsigned times;
	size_t i;

	for (i = 0; i < more->n; i++) {
		times = more->all[i].times * factor;
		consider(p, &more->all[i], times < NEEDS_TIMES_MAX ?
		    times : NEEDS_TIMES_MAX,
		    plus(before, more->all[i].before));
	}
}

/* Every word of a followed by every one of b; false when that is too much. */
static bool
words_cross(struct literals *a, const struct literals *b)
{
	struct literals both;
	struct literal *w;
	size_t i, k;

	if (a->n * b->n > EXACT_MAX)
		return false;
	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			if (a->all[i].n + b->all[k].n > LITERAL_BYTES_MAX)
				return false;
	words_init(&both, a->n * b->n);
	both.before = a->before;
	for (i = 0; i < both.n; i++) {
		w = &both.all[i];
		*w = a->all[i / b->n];
		memcpy(w->p + w->n, b->all[i % b->n].p, b->all[i % b->n].n);
		w->n += b->all[i % b->n].n;
	}
	free(a->all);
	*a = both;
	words_sort(a);
	return true;
}

static void
words_empty(struct literals *words)
{
	literals_done(words);
	words_init(words, 1);
}

static void
find_set(const struct tree *t, struct part *out)
{
	struct byteset folded = {{0}};
	unsigned c, lower;
	struct literal *w;

	for (c = byteset_next(t->set, 0); c < 256;
	    c = byteset_next(t->set, c + 1)) {
		lower = (unsigned)char_lower((int)c);
		byteset_add(&folded, lower, lower);
	}
	if (byteset_count(&folded) > SET_MAX)
		return;
	words_init(&out->words, byteset_count(&folded));
	out->exact = true;
	w = out->words.all;
	for (c = byteset_next(&folded, 0); c < 256;
	    c = byteset_next(&folded, c + 1)) {
		w->p[0] = (char)c;
		w++->n = 1;
	}
}

/*
 * Adds what follows to the run of words that came directly before it; whole is
 * as long as what came until now.
 */
static void
join(struct part *whole, struct literals *run, struct part *next)
{
	if (next->exact && words_cross(run, &next->words))
		return;
	if (next->edges && words_cross(run, &next->words))
		next->exact = false;
	consider(whole, run, 1, run->before);
	consider_all(whole, &next->needs, 1, whole->max);
	whole->exact = false;
	if (next->exact || next->edges) {
		free(run->all);
		*run = next->words;
		memset(&next->words, 0, sizeof(next->words));
	} else {
		words_empty(run);
	}
	/* Of what repeats it is the last one that goes on. */
	run->before = next->exact ? whole->max : plus(whole->max, next->max);
}

static void
find_cat(const struct tree *t, struct part *out)
{
	struct literals run = {0};
	struct part next;

	words_empty(&run);
	out->exact = true;
	for (t = t->child; t != NULL; t = t->next) {
		part_init(&next, out);
		find_part(t, &next);
		join(out, &run, &next);
		out->max = plus(out->max, next.max);
		part_done(&next);
	}
	if (out->exact) {
		out->words = run;
		return;
	}
	consider(out, &run, 1, run.before);
	literals_done(&run);
}

/* The union of what the branches need; false when one needs nothing. */
static bool
add_branch(struct literals *sum, struct part *branch)
{
	const struct literals *need = &branch->words;
	unsigned times = 1;

	if (!branch->exact) {
		if (branch->needs.n == 0)
			return false;
		need = &branch->needs.all[0];
		times = need->times;
		if (need->before > sum->before)
			sum->before = need->before;
	}
	if (sum->n == 0 || times < sum->times)
		sum->times = times;
	return words_usable(need, branch->least) &&
	    words_collect(sum, need, LITERAL_COUNT_MAX);
}

static void
find_alt(const struct tree *t, struct part *out)
{
	struct literals need = {0};
	struct part branch;
	bool all = true;

	out->exact = true;
	for (t = t->child; t != NULL && (out->exact || all); t = t->next) {
		part_init(&branch, out);
		find_part(t, &branch);
		if (branch.max > out->max)
			out->max = branch.max;
		all = all && add_branch(&need, &branch);
		out->exact = out->exact && branch.exact &&
		    words_collect(&out->words, &branch.words, EXACT_MAX);
		part_done(&branch);
	}
	words_sort(&need);
	if (t != NULL)
		out->max = LITERAL_ANYWHERE;
	if (all)
		consider(out, &need, need.times, need.before);
	literals_done(&need);
	if (out->exact)
		words_sort(&out->words);
	else
		literals_done(&out->words);
}

/* The part, or nothing. */
static void
make_optional(struct part *p)
{
	struct literals empty;

	needs_done(&p->needs);
	p->edges = false;
	if (!p->exact) {
		literals_done(&p->words);
		return;
	}
	words_init(&empty, 1);
	words_append(&p->words, &empty);
	literals_done(&empty);
}

/* What is matched so often needs its strings each time. */
static void
repeat_needs(struct part *p, unsigned times)
{
	struct needs once = p->needs;

	if (times > NEEDS_TIMES_MAX)
		times = NEEDS_TIMES_MAX;
	memset(&p->needs, 0, sizeof(p->needs));
	consider_all(p, &once, times, 0);
	needs_done(&once);
	if (p->exact)
		consider(p, &p->words, times, 0);
}

static void
find_repeat(const struct tree *t, struct part *out)
{
	struct literals once;
	uint32_t i;

	if (t->max == 0) {
		words_init(&out->words, 1);
		out->exact = true;
		return;
	}
	if (t->min == 0 && t->max > 1) {
		out->max = t->child->kind == TREE_SET ? t->max :
		    LITERAL_ANYWHERE;
		return;
	}
	out->depth++;
	find_part(t->child, out);
	if (t->min == 0) {
		make_optional(out);
		return;
	}
	repeat_needs(out, t->min);
	out->max = multiply(out->max, t->max);
	if (!out->exact)
		return;
	words_init(&once, 1);
	for (i = 0; i < t->min && words_cross(&once, &out->words); i++)
		;
	if (i == t->max) {
		free(out->words.all);
		out->words = once;
		return;
	}
	out->exact = false;
	out->edges = true;
	literals_done(&once);
}

static void
find_part(const struct tree *t, struct part *out)
{
	if (out->depth > LITERAL_DEPTH_MAX) {
		out->max = LITERAL_ANYWHERE;
		return;
	}
	switch (t->kind) {
	case TREE_EMPTY:
		words_init(&out->words, 1);
		out->exact = true;
		break;
	case TREE_SET:
		find_set(t, out);
		out->max = 1;
		break;
	case TREE_CAT:
		find_cat(t, out);
		break;
	case TREE_ALT:
		find_alt(t, out);
		break;
	case TREE_REPEAT:
		find_repeat(t, out);
		break;
	case TREE_ANY:
		out->max = LITERAL_ANYWHERE;
		break;
	}
}

static bool
contains(const struct literal *longer, const struct literal *word)
{
	return memmem(longer->p, longer->n, word->p, word->n) != NULL;
}

/* Drops words that hold another of them. */
static void
words_reduce(struct literals *words)
{
	size_t i, k, n = 0;

	for (i = 0; i < words->n; i++) {
		for (k = 0; k < words->n; k++)
			if (k != i && words->all[k].n < words->all[i].n &&
			    contains(&words->all[i], &words->all[k]))
				break;
		/* Marked only, for the others are compared with it. */
		if (k < words->n)
			words->all[i].n |= 0x80;
	}
	for (i = 0; i < words->n; i++)
		if (!(words->all[i].n & 0x80))
			words->all[n++] = words->all[i];
	words->n = n;
}

static void
words_key(struct literals *words)
{
	struct literal *w;

	for (w = words->all; w < words->all + words->n; w++)
		w->key = (uint8_t)span_rarest(span_make(w->p, w->n));
}

/* No string shorter than least is kept. */
static void
find(const struct tree *tree, unsigned least, struct needs *out)
{
	struct part whole = {.least = least};
	size_t i;

	find_part(tree, &whole);
	if (whole.exact || whole.edges)
		consider(&whole, &whole.words, 1, 0);
	for (i = 0; i < whole.needs.n; i++) {
		words_reduce(&whole.needs.all[i]);
		words_key(&whole.needs.all[i]);
	}
	*out = whole.needs;
	literals_done(&whole.words);
}

void
needs_find(const struct tree *tree, struct needs *out)
{
	find(tree, LITERAL_LEAST, out);
}

void
needs_read(struct span pattern, unsigned flags, struct needs *out)
{
	const struct tree *tree;
	struct arena arena;
	struct buf plain;

	memset(out, 0, sizeof(*out));
	arena_init(&arena);
	buf_init(&plain, REGEX_PATTERN_MAX);
	regex_unperl(pattern, &plain);
	tree = plain.full ? NULL :
	    tree_parse(&arena, buf_contents(&plain), flags, NULL);
	if (tree != NULL)
		find(tree, 1, out);
	buf_done(&plain);
	arena_done(&arena);
}

/* Places where a string of the set begins, up to most; at least that many. */
static unsigned
count_places(const struct literals *l, struct span subject, unsigned most)
{
	unsigned count = 0;
	const struct literal *w;
	struct span rest;
	size_t at;

	for (w = l->all; w < l->all + l->n; w++)
		for (rest = subject; count < most; rest = span_skip(rest,
		    at + 1)) {
			at = span_ifind(rest, span_make(w->p, w->n), w->key);
			if (at >= rest.n)
				break;
			count++;
		}
	return count;
}

bool
needs_met(const struct needs *needs, struct span subject)
{
	size_t i;

	for (i = 0; i < needs->n; i++)
		if (count_places(&needs->all[i], subject,
		    needs->all[i].times) < needs->all[i].times)
			return false;
	return true;
}
