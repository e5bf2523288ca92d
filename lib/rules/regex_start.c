/* regex_start - where in a subject a match can begin at all. */
#include "rules/regex_start.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rules/regex_set.h"

#define DEPTH_MAX 300
#define SETS_MIN 40	/* below it PCRE2 alone is as fast */
#define STRINGS_MAX 2048	/* kept of a part; beyond it they are cut */
#define PARTS_MAX 64	/* in a row until the first bytes are known */
#define PAIRS_MAX 16000		/* looked at when two parts are joined */

/* At most one place of so many bytes of text. */
#define PLACES_MAX 12

/* The classes, at their shares of 4096 bytes of text. */
enum {
	CLASS_LETTER = 0,	/* 26 of them */
	CLASS_DIGIT = 26,
	CLASS_SPACE,
	CLASS_HIGH,
	CLASS_MARKUP,
	CLASS_POINT,
	CLASS_OTHER,
};

/*
 * How the strings of a part begin.  Below depth they are whole; those of depth
 * classes are cut off there.
 */
struct begins {
	uint64_t *all;		/* number of classes above 32 bits of them */
	size_t n;
	unsigned depth;
};

static unsigned
class_of(unsigned byte)
{
	int c = char_lower((int)byte);

	if (char_alpha(c))
		return CLASS_LETTER + (unsigned)(c - 'a');
	if (char_digit(c))
		return CLASS_DIGIT;
	if (char_space(c))
		return CLASS_SPACE;
	if (byte >= 128)
		return CLASS_HIGH;
	if (char_among((char)c, "<>&=/#\""))
		return CLASS_MARKUP;
	return char_among((char)c, ".,:;-'!?") ? CLASS_POINT : CLASS_OTHER;
}

/* Of 1024 bytes of text. */
static unsigned
class_share(unsigned class)
{
	static const uint8_t letters[] = {60, 12, 26, 28, 92, 18, 16, 34, 56,
	    3, 6, 34, 22, 56, 62, 18, 2, 50, 52, 70, 24, 8, 14, 3, 14, 2};

	if (class < CLASS_DIGIT)
		return letters[class];
	return class == CLASS_SPACE ? 165 : 10;
}

static unsigned
length(uint64_t string)
{
	return (unsigned)(string >> 32);
}

static uint64_t
make_string(unsigned n, uint64_t classes)
{
	return (uint64_t)n << 32 | classes;
}

/* a and then b, of which no more than depth classes are kept. */
static uint64_t
join(uint64_t a, uint64_t b, unsigned depth)
{
	unsigned n = length(a) + length(b);
	uint64_t classes = (a & UINT32_MAX) << START_BITS * length(b) |
	    (b & UINT32_MAX);

	if (n > depth) {
		classes >>= START_BITS * (n - depth);
		n = depth;
	}
	return make_string(n, classes);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
tidy(struct begins *b)
{
	size_t i, n = 0;

	if (b->n < 2)
		return;
	qsort(b->all, b->n, sizeof(*b->all), compare);
	for (i = 1; i < b->n; i++)
		if (b->all[i] != b->all[n])
			b->all[++n] = b->all[i];
	b->n = n + 1;
}

static void
cut(struct begins *b, unsigned depth)
{
	size_t i;

	if (depth >= b->depth)
		return;
	for (i = 0; i < b->n; i++)
		b->all[i] = join(b->all[i], 0, depth);
	b->depth = depth;
	tidy(b);
}

static void
cut_to_size(struct begins *b)
{
	while (b->n > STRINGS_MAX && b->depth > 0)
		cut(b, b->depth - 1);
}

static void
add(struct begins *b, uint64_t string)
{
	b->all = mem_array(b->all, b->n + 1, sizeof(*b->all));
	b->all[b->n++] = string;
}

/* Puts in order only what has grown too large; the caller does the rest. */
static void
unite(struct begins *to, const struct begins *from)
{
	size_t i;

	cut(to, from->depth);
	to->all = mem_array(to->all, to->n + from->n, sizeof(*to->all));
	for (i = 0; i < from->n; i++)
		to->all[to->n++] = join(from->all[i], 0, to->depth);
	if (to->n <= 2 * STRINGS_MAX)
		return;
	tidy(to);
	cut_to_size(to);
}

/* The number of whole strings; *least is the length of the shortest. */
static size_t
count_whole(const struct begins *b, unsigned *least)
{
	size_t i, n = 0;

	*least = START_DEPTH;
	for (i = 0; i < b->n; i++) {
		if (length(b->all[i]) >= b->depth)
			continue;
		n++;
		if (length(b->all[i]) < *least)
			*least = length(b->all[i]);
	}
	return n;
}

/* *a becomes a followed by b, which may be cut. */
static void
append(struct begins *a, struct begins *b)
{
	struct begins out = {NULL, 0, 0};
	unsigned least;
	size_t whole = count_whole(a, &least), i, k, max;

	while (whole > 0) {
		if (a->depth > least + b->depth)
			cut(a, least + b->depth);
		else if (whole * b->n > PAIRS_MAX && b->depth > 0)
			cut(b, b->depth - 1);
		else
			break;
		whole = count_whole(a, &least);
	}
	if (whole == 0)
		return;
	max = a->n + whole * b->n;
	out.all = mem_array(NULL, max, sizeof(*out.all));
	out.depth = a->depth;
	for (i = 0; i < a->n; i++) {
		if (length(a->all[i]) >= a->depth) {
			out.all[out.n++] = a->all[i];
			continue;
		}
		for (k = 0; k < b->n; k++)
			out.all[out.n++] = join(a->all[i], b->all[k],
			    a->depth);
	}
	free(a->all);
	*a = out;
	tidy(a);
	cut_to_size(a);
}

static struct begins find_begins(const struct tree *, unsigned depth);

/* Anything: no string of it is known. */
static struct begins
begin_anyhow(void)
{
	struct begins out = {NULL, 0, 0};

	add(&out, make_string(0, 0));
	return out;
}

static struct begins
begin_set(const struct tree *t)
{
	struct begins out = {NULL, 0, START_DEPTH};
	uint32_t classes = 0;
	unsigned c;

	for (c = byteset_next(t->set, 0); c < 256;
	    c = byteset_next(t->set, c + 1))
		classes |= UINT32_C(1) << class_of(c);
	for (c = 0; c < 32; c++)
		if (classes >> c & 1)
			add(&out, make_string(1, c));
	return out;
}

static struct begins
begin_children(const struct tree *t, unsigned depth)
{
	struct begins out = {NULL, 0, START_DEPTH}, b;
	const struct tree *child;
	unsigned least, parts = 0;

	if (t->kind == TREE_CAT)
		add(&out, make_string(0, 0));
	for (child = t->child; child != NULL; child = child->next) {
		if (t->kind == TREE_CAT && count_whole(&out, &least) == 0)
			break;
		if (t->kind == TREE_CAT && ++parts > PARTS_MAX) {
			free(out.all);
			return begin_anyhow();
		}
		b = find_begins(child, depth);
		if (t->kind == TREE_CAT)
			append(&out, &b);
		else
			unite(&out, &b);
		free(b.all);
	}
	tidy(&out);
	cut_to_size(&out);
	return out;
}

static struct begins
begin_repeat(const struct tree *t, unsigned depth)
{
	struct begins out = {NULL, 0, START_DEPTH}, once, more;
	uint32_t i;

	more = out;
	add(&more, make_string(0, 0));
	if (t->min == 0)
		unite(&out, &more);
	once = find_begins(t->child, depth);
	/* One time more than there are bytes changes nothing any more. */
	for (i = 1; i <= t->max && i <= START_DEPTH + 1; i++) {
		append(&more, &once);
		if (i >= t->min || i == START_DEPTH + 1)
			unite(&out, &more);
	}
	free(more.all);
	free(once.all);
	tidy(&out);
	cut_to_size(&out);
	return out;
}

static struct begins
find_begins(const struct tree *t, unsigned depth)
{
	struct begins out = {NULL, 0, START_DEPTH};

	if (depth > DEPTH_MAX || t->kind == TREE_ANY)
		return begin_anyhow();
	if (t->kind == TREE_SET)
		return begin_set(t);
	if (t->kind == TREE_REPEAT)
		return begin_repeat(t, depth + 1);
	if (t->kind == TREE_CAT || t->kind == TREE_ALT)
		return begin_children(t, depth + 1);
	add(&out, make_string(0, 0));
	return out;
}

static size_t
count_sets(const struct tree *t, unsigned depth)
{
	size_t n = t->kind == TREE_SET;

	if (depth < DEPTH_MAX)
		for (t = t->child; t != NULL && n < SETS_MIN; t = t->next)
			n += count_sets(t, depth + 1);
	return n;
}

/* Whether matches are long enough, and begin at few places of text. */
static bool
is_useful(const struct begins *b)
{
	uint64_t sum = 0, one;
	unsigned k, least;
	size_t i;

	if (b->depth < START_LEAST ||
	    (count_whole(b, &least) > 0 && least < START_LEAST))
		return false;
	for (i = 0; i < b->n; i++) {
		one = UINT64_C(1) << 40;
		for (k = 0; k < length(b->all[i]); k++)
			one = one / 1024 * class_share(b->all[i] >>
			    START_BITS * k & 31);
		sum += one;
	}
	return sum < (UINT64_C(1) << 40) / PLACES_MAX;
}

static unsigned
hash(uint32_t classes)
{
	return classes * UINT32_C(2654435761) >>
	    (32 - START_LEAST * START_BITS);
}

static void
set_bit(uint32_t *words, unsigned bit)
{
	words[bit / 32] |= UINT32_C(1) << bit % 32;
}

static bool
has_bit(const uint32_t *words, unsigned bit)
{
	return (words[bit / 32] >> bit % 32 & 1) != 0;
}

static struct regex_start *
make_start(const struct begins *b)
{
	struct regex_start *s = mem_alloc(sizeof(*s));
	unsigned c, first;
	size_t i;

	s->depth = b->depth;
	for (c = 0; c < 256; c++)
		s->class[c] = (uint8_t)class_of(c);
	for (i = 0; i < b->n; i++) {
		first = (unsigned)((b->all[i] & UINT32_MAX) >>
		    START_BITS * (length(b->all[i]) - START_LEAST));
		set_bit(s->likely, first);
		if (length(b->all[i]) < b->depth)
			set_bit(s->sure, first);
		else
			set_bit(s->deep, hash((uint32_t)b->all[i]));
	}
	return s;
}

struct regex_start *
start_new(const struct tree *t)
{
	struct regex_start *s = NULL;
	struct begins b;

	if (count_sets(t, 0) < SETS_MIN)
		return NULL;
	b = find_begins(t, 0);
	if (is_useful(&b))
		s = make_start(&b);
	free(b.all);
	return s;
}

/* Three bytes were right: and those that follow? */
static bool
goes_on(const struct regex_start *s, const unsigned char *p, size_t n,
    unsigned classes)
{
	unsigned i, all = classes;

	if (has_bit(s->sure, classes))
		return true;
	if (n < s->depth)
		return false;
	for (i = START_LEAST; i < s->depth; i++)
		all = all << START_BITS | s->class[p[i]];
	return has_bit(s->deep, hash(all));
}

size_t
start_find(const struct regex_start *s, struct span subject, size_t at)
{
	const unsigned char *p = (const unsigned char *)subject.p;
	unsigned classes;

	if (subject.n < START_LEAST || at > subject.n - START_LEAST)
		return subject.n;
	classes = (unsigned)s->class[p[at]] << START_BITS |
	    s->class[p[at + 1]];
	for (; at + 2 < subject.n; at++) {
		classes = (classes << START_BITS | s->class[p[at + 2]]) &
		    ((1u << START_LEAST * START_BITS) - 1);
		if (has_bit(s->likely, classes) &&
		    goes_on(s, p + at, subject.n - at, classes))
			return at;
	}
	return subject.n;
}
