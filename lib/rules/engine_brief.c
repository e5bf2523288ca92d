/* engine_brief - patterns that are but a few bytes, each of some set. */
#include "rules/engine_brief.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ROWS_MAX 64		/* a bit each */
#define BYTES_MAX 4

struct row {
	unsigned n;
	const struct byteset *sets[BYTES_MAX];	/* while it is being made */
};

/* Rows in the order in which PCRE2 would try them. */
struct rows {
	struct row all[ROWS_MAX];
	unsigned n;
};

struct brief {
	uint64_t at[BYTES_MAX][256];	/* rows that have this byte there */
	uint64_t ends[BYTES_MAX];	/* rows of so many bytes and one more */
	unsigned starts;		/* bytes that rows begin with */
	char start;			/* one of them */
	bool single;			/* no row has more than one byte */
};

static bool
add_row(struct rows *out, const struct row *a, const struct row *b)
{
	struct row *row = &out->all[out->n];

	if (out->n == ROWS_MAX || a->n + b->n > BYTES_MAX)
		return false;
	*row = *a;
	memcpy(row->sets + a->n, b->sets, b->n * sizeof(*b->sets));
	row->n += b->n;
	out->n++;
	return true;
}

static bool find_rows(const struct tree *, struct rows *out);

/* Each row of the one followed by each of the other, as backtracking does. */
static bool
append(struct rows *rows, const struct tree *t)
{
	struct rows *heads = mem_alloc(sizeof(*heads));
	struct rows *tails = mem_alloc(sizeof(*tails));
	bool good = find_rows(t, tails);
	unsigned i, k;

	*heads = *rows;
	rows->n = 0;
	for (i = 0; i < heads->n && good; i++)
		for (k = 0; k < tails->n && good; k++)
			good = add_row(rows, &heads->all[i], &tails->all[k]);
	free(heads);
	free(tails);
	return good;
}

/* False where t is more than sets in rows; rows that are empty are none. */
static bool
find_rows(const struct tree *t, struct rows *out)
{
	static const struct row empty;
	const struct tree *child;
	struct rows *rows;
	struct row one = {1, {t->set}};
	bool good = true;
	unsigned i;

	if (t->kind == TREE_SET)
		return add_row(out, &empty, &one);
	if ((t->kind != TREE_CAT && t->kind != TREE_ALT) || t->child == NULL)
		return false;
	rows = mem_alloc(sizeof(*rows));
	for (child = t->child; child != NULL && good; child = child->next) {
		if (t->kind == TREE_ALT || child == t->child)
			good = find_rows(child, rows);
		else
			good = append(rows, child);
	}
	for (i = 0; i < rows->n && good; i++)
		good = add_row(out, &empty, &rows->all[i]);
	free(rows);
	return good;
}

static struct brief *
make_brief(const struct rows *rows)
{
	struct brief *b = mem_alloc(sizeof(*b));
	unsigned i, k, c;

	for (i = 0; i < rows->n; i++) {
		for (k = 0; k < rows->all[i].n; k++)
			for (c = 0; c < 256; c++)
				if (byteset_has(rows->all[i].sets[k], c))
					b->at[k][c] |= UINT64_C(1) << i;
		b->ends[rows->all[i].n - 1] |= UINT64_C(1) << i;
	}
	b->single = true;
	for (k = 1; k < BYTES_MAX; k++)
		b->single &= b->ends[k] == 0;
	for (c = 0; c < 256; c++)
		if (b->at[0][c] != 0) {
			b->starts++;
			b->start = (char)c;
		}
	return b;
}

struct brief *
brief_new(const struct tree *t)
{
	struct rows *rows = mem_alloc(sizeof(*rows));
	struct brief *b = NULL;

	if (find_rows(t, rows))
		b = make_brief(rows);
	free(rows);
	return b;
}

void
brief_free(struct brief *b)
{
	free(b);
}

size_t
brief_size(const struct brief *b)
{
	return b == NULL ? 0 : sizeof(*b);
}

/* The bytes that the first row which matches here takes, or 0. */
static unsigned
take(const struct brief *b, uint64_t left, struct span rest)
{
	uint64_t matched = left & b->ends[0], first;
	unsigned n = 0, k;

	for (k = 1; k < BYTES_MAX && k < rest.n && left != 0; k++) {
		left &= b->at[k][(unsigned char)rest.p[k]];
		matched |= left & b->ends[k];
	}
	first = matched & -matched;
	while (n < BYTES_MAX && !(b->ends[n] & first))
		n++;
	return first != 0 ? n + 1 : 0;
}

/* Whether there is a match at or after *from; then *from and *to are its. */
static bool
find_match(const struct brief *b, struct span subject, size_t *from,
    size_t *to)
{
	const uint64_t *first = b->at[0];
	unsigned n;
	size_t at;

	for (at = *from; at < subject.n; at++) {
		if (b->starts == 1)
			at += span_chr(span_skip(subject, at), b->start);
		if (at == subject.n || first[(unsigned char)subject.p[at]] == 0)
			continue;
		n = take(b, first[(unsigned char)subject.p[at]],
		    span_skip(subject, at));
		if (n > 0) {
			*from = at;
			*to = at + n;
			return true;
		}
	}
	return false;
}

/* Those that are matches by themselves. */
static size_t
count_bytes(const struct brief *b, struct span text)
{
	const char *p, *end = text.p + text.n;
	size_t n = 0;

	if (b->starts == 1)
		for (p = text.p; p < end; p++)
			n += *p == b->start;
	else
		for (p = text.p; p < end; p++)
			n += b->at[0][(unsigned char)*p] != 0;
	return n;
}

unsigned
brief_count(const struct brief *b, struct span subject, unsigned most,
    size_t *from, size_t *to)
{
	size_t at, end, rest;
	unsigned n = 1;

	if (most == 0 || !find_match(b, subject, from, to))
		return 0;
	if (b->single && most > 1) {
		rest = count_bytes(b, span_skip(subject, *to));
		return rest < most ? (unsigned)rest + 1 : most;
	}
	for (at = *to; n < most && find_match(b, subject, &at, &end); at = end)
		n++;
	return n;
}
