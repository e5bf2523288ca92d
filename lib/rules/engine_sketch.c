/* engine_sketch - a gate for patterns that contain no fixed string. */
#include "rules/engine_sketch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/literal.h"
#include "rules/regex_set.h"

#define DEPTH_MAX 300
#define ROWS_DEPTH_MAX 32	/* of parts that are looked into */
#define STEPS_MAX 64		/* of a pattern that are looked at */

/* A row need not be rarer than this. */
#define RARE (SKETCH_ALWAYS >> 17)
#define COMMON (SKETCH_ALWAYS >> LITERAL_COMMON_BITS)
#define WORD_BITS 64

/* Words of 64 bits are handled in groups: a vector of AVX2, or two of SSE2. */
#define GROUP 4
#define GROUPS_MAX 4

typedef uint64_t lanes __attribute__((vector_size(GROUP * sizeof(uint64_t)),
    aligned(2 * sizeof(uint64_t)), may_alias));

#ifdef __x86_64__
#define WIDE __attribute__((target("avx2")))
#define HAS_WIDE __builtin_cpu_supports("avx2")
#else
#define WIDE
#define HAS_WIDE false
#endif

struct sketches {
	size_t words;		/* a multiple of GROUP */
	bool wide;		/* this processor has AVX2 */
	uint64_t *begin;	/* [words] first steps */
	uint64_t *end;		/* [words] last steps */
	uint64_t *go;		/* [256][words] */
	uint64_t *stay;		/* [256][words] */
	unsigned *owner;	/* [words * WORD_BITS] of a last step */
};

/* The steps of a whole pattern, of which a sketch takes some. */
struct steps {
	unsigned n;
	struct byteset go[STEPS_MAX];
	struct byteset stay[STEPS_MAX];
};

/* A sketch that is being made. */
struct draft {
	unsigned n;
	uint64_t rate;
	struct sketch_row rows[SKETCH_ROWS];
};

/* What a subtree may begin with, and what it is made of. */
struct extent {
	struct byteset first, all;
	uint32_t min, max;	/* bytes; min no higher than 1, max than 2 */
};

static uint32_t
least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void find_extent(const struct tree *, struct extent *, unsigned depth);

static void
extent_cat(const struct tree *t, struct extent *out, unsigned depth)
{
	struct extent e;

	for (t = t->child; t != NULL; t = t->next) {
		find_extent(t, &e, depth);
		if (out->min == 0)
			byteset_union(&out->first, &e.first);
		byteset_union(&out->all, &e.all);
		out->min = least(out->min + e.min, 1);
		out->max = least(out->max + e.max, 2);
	}
}

static void
extent_alt(const struct tree *t, struct extent *out, unsigned depth)
{
	struct extent e;

	out->min = 1;
	for (t = t->child; t != NULL; t = t->next) {
		find_extent(t, &e, depth);
		byteset_union(&out->first, &e.first);
		byteset_union(&out->all, &e.all);
		out->min = least(out->min, e.min);
		out->max = e.max > out->max ? e.max : out->max;
	}
}

static void
find_extent(const struct tree *t, struct extent *out, unsigned depth)
{
	memset(out, 0, sizeof(*out));
	if (t->kind == TREE_ANY || depth > DEPTH_MAX) {
		memset(&out->first, 0xff, sizeof(out->first));
		out->all = out->first;
		out->max = 2;
	} else if (t->kind == TREE_SET) {
		out->first = out->all = *t->set;
		out->min = out->max = 1;
	} else if (t->kind == TREE_ALT) {
		extent_alt(t, out, depth + 1);
	} else if (t->kind == TREE_CAT) {
		extent_cat(t, out, depth + 1);
	} else if (t->kind == TREE_REPEAT && t->max > 0) {
		find_extent(t->child, out, depth + 1);
		out->min = t->min > 0 ? out->min : 0;
		out->max = t->max > 1 ? least(out->max * 2, 2) : out->max;
	}
}

static void
add_step(struct steps *s, const struct extent *e)
{
	if (e->min > 0 && s->n < STEPS_MAX) {
		s->go[s->n] = e->first;
		if (e->max > 1)
			s->stay[s->n] = e->all;
		s->n++;
	} else if (s->n > 0) {
		byteset_union(&s->stay[s->n - 1], &e->all);
	}
}

/* Walks down what is surely matched in a row. */
static void
find_steps(const struct tree *t, struct steps *s, unsigned depth)
{
	const struct tree *child;
	struct extent e;
	uint32_t i;

	if (depth < DEPTH_MAX && t->kind == TREE_CAT) {
		for (child = t->child; child != NULL; child = child->next)
			find_steps(child, s, depth + 1);
		return;
	}
	if (depth < DEPTH_MAX && t->kind == TREE_REPEAT && t->min > 0) {
		for (i = 0; i < t->min && i < SKETCH_STEPS; i++)
			find_steps(t->child, s, depth + 1);
		if (t->max == i)
			return;
		find_extent(t->child, &e, depth);
		e.min = 0;
	} else {
		find_extent(t, &e, depth);
	}
	add_step(s, &e);
}

/* Of 1024 bytes of text, as many as are in the set; rough. */
static unsigned
share(const struct byteset *set)
{
	unsigned c, sum = 0;

	for (c = byteset_next(set, 0); c < 256; c = byteset_next(set, c + 1)) {
		if (c == ' ')
			sum += 160;
		else if (c >= 'a' && c <= 'z')
			sum += strchr("etaoinsr", (int)c) != NULL ? 60 : 16;
		else
			sum += c < 128 ? 3 : 1;
	}
	return sum < 1024 ? sum : 1024;
}

static uint64_t
times(uint64_t rate, unsigned of_1024)
{
	return rate / 1024 * (of_1024 < 1024 ? of_1024 : 1024);
}

/* The likelihood of the next step: at once, or while staying at the last. */
static unsigned
chance(const struct steps *s, unsigned step, bool first)
{
	unsigned go = share(&s->go[step]), stay;

	if (first)
		return go;
	stay = share(&s->stay[step - 1]);
	return go * 1024 / (1025 - stay);
}

/* Takes the likeliest to be rare of all runs of steps, as one row. */
static void
take_row(const struct steps *s, struct draft *out)
{
	unsigned from, n, best = 0;
	uint64_t rate;

	for (from = 0; from < s->n; from++) {
		rate = SKETCH_ALWAYS;
		for (n = 0; n < SKETCH_STEPS && from + n < s->n; n++) {
			rate = times(rate, chance(s, from + n, n == 0));
			if (rate < COMMON && literal_common(s->go + from,
			    n + 1))
				rate = COMMON;
			if (rate >= out->rate || (out->rate < RARE &&
			    n + 1 >= out->rows[0].n))
				continue;
			out->n = 1;
			out->rate = rate;
			out->rows[0].n = n + 1;
			best = from;
			if (rate < RARE)
				break;
		}
	}
	n = out->rows[0].n;
	memcpy(out->rows[0].go, s->go + best, n * sizeof(*s->go));
	memcpy(out->rows[0].stay, s->stay + best, n * sizeof(*s->stay));
}

static void find_rows(const struct tree *, struct draft *, unsigned depth);

/* The rows of all branches together, if they are few. */
static void
join_branches(const struct tree *t, struct draft *out, unsigned depth)
{
	struct draft *branch = mem_alloc(sizeof(*branch));

	out->n = 0;
	out->rate = 0;
	for (t = t->child; t != NULL; t = t->next) {
		find_rows(t, branch, depth + 1);
		if (branch->n == 0 || out->n + branch->n > SKETCH_ROWS) {
			out->n = 0;
			out->rate = SKETCH_ALWAYS;
			break;
		}
		memcpy(out->rows + out->n, branch->rows,
		    branch->n * sizeof(*branch->rows));
		out->n += branch->n;
		out->rate += branch->rate;
	}
	free(branch);
}

static bool
is_better(const struct draft *a, const struct draft *b)
{
	if (a->n == 0 || b->n == 0)
		return a->n > 0;
	/* Rows cost time: many must be much rarer. */
	return a->rate * (a->n > b->n ? 16 : 1) < b->rate;
}

/* Of the parts that each match has, the one whose rows are rarest. */
static void
search_parts(const struct tree *t, struct draft *out, unsigned depth)
{
	struct draft *part = mem_alloc(sizeof(*part));
	const struct tree *child;

	for (child = t->child; child != NULL; child = child->next) {
		if (child->kind == TREE_SET || child->kind == TREE_EMPTY)
			continue;
		find_rows(child, part, depth + 1);
		if (is_better(part, out))
			*out = *part;
	}
	free(part);
}

static void
find_rows(const struct tree *t, struct draft *out, unsigned depth)
{
	struct steps *s;

	out->n = 0;
	out->rate = SKETCH_ALWAYS;
	if (depth > ROWS_DEPTH_MAX || t->kind == TREE_ANY ||
	    (t->kind == TREE_REPEAT && t->min == 0))
		return;
	if (t->kind == TREE_ALT) {
		join_branches(t, out, depth);
		return;
	}
	s = mem_alloc(sizeof(*s));
	out->rows[0].n = 0;
	find_steps(t, s, 0);
	take_row(s, out);
	free(s);
	if (t->kind != TREE_SET)
		search_parts(t, out, depth);
}

void
sketch_find(const struct tree *t, struct sketch *out)
{
	struct draft *draft = mem_alloc(sizeof(*draft));

	find_rows(t, draft, 0);
	out->n = draft->n;
	out->rate = draft->rate;
	out->rows = mem_alloc(draft->n * sizeof(*out->rows));
	memcpy(out->rows, draft->rows, draft->n * sizeof(*out->rows));
	free(draft);
}

void
sketch_done(struct sketch *s)
{
	free(s->rows);
	memset(s, 0, sizeof(*s));
}

/* Sets a bit in the table's row of every byte of the set. */
static void
spread(const struct byteset *set, uint64_t *table, size_t words, size_t word,
    uint64_t one)
{
	unsigned c;

	for (c = byteset_next(set, 0); c < 256; c = byteset_next(set, c + 1))
		table[c * words + word] |= one;
}

static void
place(struct sketches *s, const struct sketch_row *row, unsigned number,
    size_t bit)
{
	static const struct byteset all = {{~UINT64_C(0), ~UINT64_C(0),
	    ~UINT64_C(0), ~UINT64_C(0)}};
	size_t word = bit / WORD_BITS;
	uint64_t one;
	unsigned i;

	s->begin[word] |= UINT64_C(1) << bit % WORD_BITS;
	for (i = 0; i < row->n; i++) {
		one = UINT64_C(1) << (bit + i) % WORD_BITS;
		spread(&row->go[i], s->go, s->words, word, one);
		/* Where a row has ended is remembered. */
		spread(i + 1 < row->n ? &row->stay[i] : &all, s->stay,
		    s->words, word, one);
		if (i + 1 == row->n)
			s->end[word] |= one;
	}
	s->owner[bit + row->n - 1] = number;
}

/* Where a row of n steps goes: none crosses the border of a word. */
static size_t
fit(size_t bit, unsigned n)
{
	if (bit % WORD_BITS + n > WORD_BITS)
		bit += WORD_BITS - bit % WORD_BITS;
	return bit;
}

static size_t
count_bits(const struct sketch *const *all, size_t n)
{
	size_t i, bit = 0;
	unsigned row;

	for (i = 0; i < n; i++)
		for (row = 0; row < all[i]->n; row++)
			bit = fit(bit, all[i]->rows[row].n) +
			    all[i]->rows[row].n;
	return bit;
}

struct sketches *
sketches_new(const struct sketch *const *all, size_t n)
{
	struct sketches *s = mem_alloc(sizeof(*s));
	size_t i, bit = 0;
	unsigned row;

	s->words = (count_bits(all, n) + WORD_BITS - 1) / WORD_BITS;
	s->words = (s->words + GROUP - 1) / GROUP * GROUP;
	s->wide = HAS_WIDE;
	s->begin = mem_alloc(s->words * sizeof(uint64_t));
	s->end = mem_alloc(s->words * sizeof(uint64_t));
	s->go = mem_alloc(256 * s->words * sizeof(uint64_t));
	s->stay = mem_alloc(256 * s->words * sizeof(uint64_t));
	s->owner = mem_alloc(s->words * WORD_BITS * sizeof(unsigned));
	for (i = 0; i < n; i++)
		for (row = 0; row < all[i]->n; row++) {
			bit = fit(bit, all[i]->rows[row].n);
			place(s, &all[i]->rows[row], (unsigned)i, bit);
			bit += all[i]->rows[row].n;
		}
	return s;
}

void
sketches_free(struct sketches *s)
{
	if (s == NULL)
		return;
	free(s->begin);
	free(s->end);
	free(s->go);
	free(s->stay);
	free(s->owner);
	free(s);
}

size_t
sketches_size(const struct sketches *s)
{
	return sizeof(*s) + s->words * (2 * 257 * sizeof(uint64_t) +
	    WORD_BITS * sizeof(unsigned));
}

/* One byte's steps, of a group. */
static inline __attribute__((always_inline)) void
advance(lanes *state, const lanes *begin, const lanes *go, const lanes *stay)
{
	*state = ((*state << 1 | *begin) & *go) | (*state & *stay);
}

/*
 * Follows the words of some groups, no more than fit into registers, over the
 * subject.  A last step runs over into the next first one, which is always
 * open anyway.
 */
static inline __attribute__((always_inline)) void
follow(const struct sketches *s, size_t word, unsigned groups,
    struct span subject, uint64_t *out)
{
	lanes state[GROUPS_MAX] = {{0}}, begin[GROUPS_MAX];
	const lanes *go, *stay;
	size_t i, row;

	memcpy(begin, s->begin + word, groups * sizeof(*begin));
	for (i = 0; i < subject.n; i++) {
		row = (unsigned char)subject.p[i] * s->words + word;
		go = (const lanes *)(s->go + row);
		stay = (const lanes *)(s->stay + row);
		advance(state, begin, go, stay);
		if (groups > 1)
			advance(state + 1, begin + 1, go + 1, stay + 1);
		if (groups > 2) {
			advance(state + 2, begin + 2, go + 2, stay + 2);
			advance(state + 3, begin + 3, go + 3, stay + 3);
		}
	}
	memcpy(out, state, groups * sizeof(*state));
}

/* From a word on, so many groups at most; returns how many words they had. */
static inline __attribute__((always_inline)) size_t
follow_some(const struct sketches *s, size_t word, unsigned most,
    struct span subject, uint64_t *out)
{
	size_t groups = (s->words - word) / GROUP;

	if (most >= 4 && groups >= 4) {
		follow(s, word, 4, subject, out);
		return 4 * GROUP;
	}
	if (groups >= 2) {
		follow(s, word, 2, subject, out);
		return 2 * GROUP;
	}
	follow(s, word, 1, subject, out);
	return GROUP;
}

static size_t
follow_plain(const struct sketches *s, size_t word, struct span subject,
    uint64_t *out)
{
	return follow_some(s, word, 2, subject, out);
}

static WIDE size_t
follow_wide(const struct sketches *s, size_t word, struct span subject,
    uint64_t *out)
{
	return follow_some(s, word, GROUPS_MAX, subject, out);
}

void
sketches_scan(const struct sketches *s, struct span subject, sketch_fn *tell,
    void *arg)
{
	uint64_t seen[GROUPS_MAX * GROUP];
	size_t word, n, k;
	unsigned bit;

	for (word = 0; word < s->words; word += n) {
		n = s->wide ? follow_wide(s, word, subject, seen) :
		    follow_plain(s, word, subject, seen);
		for (k = 0; k < n; k++)
			for (seen[k] &= s->end[word + k]; seen[k] != 0;
			    seen[k] &= seen[k] - 1) {
				bit = (unsigned)__builtin_ctzll(seen[k]);
				tell(arg, s->owner[(word + k) * WORD_BITS +
				    bit]);
			}
	}
}
