/* engine_filter - tells of most texts that a pattern cannot match them. */
#include "rules/engine_filter.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "rules/literal.h"

#define DEPTH_MAX 300
#define PARTS_MAX 100000	/* of the tree, as often as they are taken */
#define NODES_MAX 4096
#define NODES_WHOLE 2048	/* past them no branch is gone through whole */
#define COUNT_MAX 40		/* a higher minimum is taken for this one */
#define SPAN_MAX 8		/* a wider range, for no limit at all */
#define WORD_BITS 64
#define LANES 4			/* texts at once: one table's delay is the
				 * others' time */
#define STRIDE 32		/* bytes between two looks at the states */
#define NO_EXIT 256		/* by more than one byte, or a common one */
#define EXIT_RARITY 6		/* see literal_rarity */

/* States of the table, by their row. */
enum { STATE_PASSED, STATE_STUCK, STATE_FIRST };

struct filter {
	unsigned states, width;	/* of a row, without the exit */
	uint8_t class[256];
	uint16_t go[];		/* by state and class: where the next state's
				 * row begins; and the state's exit */
};

/* A step from one node to another: by a byte of the set, or by none. */
struct edge {
	const struct byteset *set;	/* or NULL */
	unsigned to;
	unsigned next;			/* of the same node, + 1 */
};

enum { NODE_PASSED, NODE_FIRST };

/* The automaton as it follows from the tree, which may be at many nodes. */
struct nodes {
	struct edge *edges;
	unsigned edge_count;
	unsigned first[NODES_MAX];	/* edge of each node, + 1 */
	unsigned n;
	unsigned parts;
	bool full;
};

static void
add_edge(struct nodes *a, unsigned from, const struct byteset *set,
    unsigned to)
{
	struct edge *e;

	a->edges = mem_array(a->edges, a->edge_count + 1, sizeof(*a->edges));
	e = &a->edges[a->edge_count++];
	e->set = set;
	e->to = to;
	e->next = a->first[from];
	a->first[from] = a->edge_count;
}

static unsigned
add_node(struct nodes *a)
{
	if (a->n < NODES_MAX)
		return a->n++;
	a->full = true;
	return NODE_PASSED;
}

static unsigned
add_loop(struct nodes *a, unsigned at)
{
	unsigned loop = add_node(a);

	add_edge(a, at, NULL, loop);
	return loop;
}

static unsigned build(struct nodes *, const struct tree *, unsigned at,
    unsigned depth);

static unsigned
build_any(struct nodes *a, unsigned at)
{
	static const struct byteset all = {{~UINT64_C(0), ~UINT64_C(0),
	    ~UINT64_C(0), ~UINT64_C(0)}};
	unsigned loop = add_loop(a, at);

	add_edge(a, loop, &all, loop);
	return loop;
}

/* Of what is too large each branch begins, so that most texts fail there. */
static unsigned
build_cat(struct nodes *a, const struct tree *t, unsigned at, unsigned depth)
{
	for (t = t->child; t != NULL; t = t->next) {
		at = build(a, t, at, depth);
		if (a->n <= NODES_WHOLE || t->kind != TREE_SET)
			continue;
		add_edge(a, at, NULL, NODE_PASSED);
		return NODE_PASSED;
	}
	return at;
}

static unsigned
build_alt(struct nodes *a, const struct tree *t, unsigned at, unsigned depth)
{
	unsigned end = add_node(a);

	for (t = t->child; t != NULL; t = t->next)
		add_edge(a, build(a, t, at, depth), NULL, end);
	return end;
}

static unsigned
build_repeat(struct nodes *a, const struct tree *t, unsigned at,
    unsigned depth)
{
	uint32_t i, min = t->min < COUNT_MAX ? t->min : COUNT_MAX;
	unsigned end;

	for (i = 0; i < min && !a->full; i++)
		at = build(a, t->child, at, depth);
	if (t->max == t->min && t->min <= COUNT_MAX)
		return at;
	if (t->max - t->min > SPAN_MAX || t->min > COUNT_MAX) {
		end = add_loop(a, at);
		add_edge(a, build(a, t->child, end, depth), NULL, end);
		return end;
	}
	end = add_loop(a, at);
	for (i = t->min; i < t->max && !a->full; i++) {
		at = build(a, t->child, at, depth);
		add_edge(a, at, NULL, end);
	}
	return end;
}

/* Adds t from a node on; returns where it ends. */
static unsigned
build(struct nodes *a, const struct tree *t, unsigned at, unsigned depth)
{
	unsigned end;

	if (++a->parts > PARTS_MAX || depth > DEPTH_MAX)
		a->full = true;
	if (a->full) {
		add_edge(a, at, NULL, NODE_PASSED);
		return NODE_PASSED;
	}
	switch (t->kind) {
	case TREE_SET:
		end = add_node(a);
		add_edge(a, at, t->set, end);
		return end;
	case TREE_CAT:
		return build_cat(a, t, at, depth + 1);
	case TREE_ALT:
		return build_alt(a, t, at, depth + 1);
	case TREE_REPEAT:
		return build_repeat(a, t, at, depth + 1);
	case TREE_ANY:
		return build_any(a, at);
	case TREE_EMPTY:
		break;
	}
	return at;
}

/* The table while it is being made.  Sets of nodes are rows of bits. */
struct draft {
	struct nodes nodes;
	size_t words;		/* of a set */
	uint64_t *reach;	/* by node: itself, and what no byte leads to */
	struct map states;	/* from a set to its state, + 1 */
	struct filter *filter;
	unsigned char sample[256];	/* a byte of each class */
	enum work_start start;
	size_t cells, states_max;
};

static bool
set_has(const uint64_t *set, unsigned node)
{
	return (set[node / WORD_BITS] >> node % WORD_BITS & 1) != 0;
}

static void
find_reach(const struct nodes *a, unsigned from, uint64_t *set)
{
	unsigned todo[NODES_MAX], n = 0, at, e;

	set[from / WORD_BITS] |= UINT64_C(1) << from % WORD_BITS;
	todo[n++] = from;
	while (n > 0) {
		at = todo[--n];
		for (e = a->first[at]; e != 0; e = a->edges[e - 1].next) {
			at = a->edges[e - 1].to;
			if (a->edges[e - 1].set != NULL || set_has(set, at))
				continue;
			set[at / WORD_BITS] |= UINT64_C(1) << at % WORD_BITS;
			todo[n++] = at;
		}
	}
}

static void
find_reaches(struct draft *d)
{
	unsigned i;

	d->words = (d->nodes.n + WORD_BITS - 1) / WORD_BITS;
	d->reach = mem_alloc(d->nodes.n * d->words * sizeof(*d->reach));
	for (i = 0; i < d->nodes.n; i++)
		find_reach(&d->nodes, i, d->reach + i * d->words);
}

/* Bytes that no set tells apart are one class. */
static void
split_classes(struct filter *f, const struct byteset *set)
{
	int16_t parts[256][2];
	unsigned c, width = 0;
	int16_t *part;

	memset(parts, 0xff, sizeof(parts));
	for (c = 0; c < 256; c++) {
		part = &parts[f->class[c]][byteset_has(set, c)];
		if (*part < 0)
			*part = (int16_t)width++;
		f->class[c] = (uint8_t)*part;
	}
	f->width = width;
}

static void
find_classes(struct draft *d)
{
	static const struct byteset newline = {{UINT64_C(1) << '\n', 0, 0, 0}};
	unsigned i;

	if (d->start == WORK_LINES)
		split_classes(d->filter, &newline);
	for (i = 0; i < d->nodes.edge_count; i++)
		if (d->nodes.edges[i].set != NULL)
			split_classes(d->filter, d->nodes.edges[i].set);
	for (i = 0; i < 256; i++)
		d->sample[d->filter->class[i]] = (uint8_t)i;
}

static void
unite(const struct draft *d, uint64_t *set, unsigned node)
{
	size_t i;

	for (i = 0; i < d->words; i++)
		set[i] |= d->reach[node * d->words + i];
}

/* All that a byte leads to from the nodes of a set. */
static void
step(const struct draft *d, const uint64_t *from, unsigned byte, uint64_t *to)
{
	const struct edge *e;
	unsigned node, next;
	uint64_t bits;
	size_t i;

	memset(to, 0, d->words * sizeof(*to));
	for (i = 0; i < d->words; i++)
		for (bits = from[i]; bits != 0; bits &= bits - 1) {
			node = (unsigned)(i * WORD_BITS) +
			    (unsigned)__builtin_ctzll(bits);
			for (next = d->nodes.first[node]; next != 0;
			    next = e->next) {
				e = &d->nodes.edges[next - 1];
				if (e->set != NULL &&
				    byteset_has(e->set, byte))
					unite(d, to, e->to);
			}
		}
	if (d->start == WORK_ANYWHERE ||
	    (d->start == WORK_LINES && byte == '\n'))
		unite(d, to, NODE_FIRST);
}

/* The state of a set of nodes; one too many has passed. */
static unsigned
find_state(struct draft *d, const uint64_t *set)
{
	struct span key = span_make((const char *)set,
	    d->words * sizeof(*set));
	uintptr_t state;
	size_t i;

	if (set_has(set, NODE_PASSED))
		return STATE_PASSED;
	for (i = 0; i < d->words && set[i] == 0; i++)
		;
	/* At the start of a line there may be another way. */
	if (i == d->words && d->start == WORK_ONCE)
		return STATE_STUCK;
	state = (uintptr_t)map_find(&d->states, key);
	if (state != 0)
		return (unsigned)state;
	if (d->states.count == d->states_max)
		return STATE_PASSED;
	state = STATE_FIRST + d->states.count;
	map_put(&d->states, key, (void *)state);
	return (unsigned)state;
}

/* The only byte by which a state is left, where it is worth looking for. */
static unsigned
find_exit(const struct filter *f, unsigned row)
{
	unsigned c, exit = NO_EXIT;

	for (c = 0; c < 256; c++) {
		if (f->go[row + f->class[c]] == row)
			continue;
		if (exit != NO_EXIT || literal_rarity((char)c) < EXIT_RARITY)
			return NO_EXIT;
		exit = c;
	}
	return exit;
}

static void
make_row(struct draft *d, size_t state)
{
	uint64_t from[NODES_MAX / WORD_BITS], to[NODES_MAX / WORD_BITS];
	struct filter *f = d->filter;
	unsigned row = (STATE_FIRST + (unsigned)state) * (f->width + 1), c;

	memcpy(from, map_key(&d->states, state).p, d->words * sizeof(*from));
	for (c = 0; c < f->width; c++) {
		step(d, from, d->sample[c], to);
		f->go[row + c] = (uint16_t)(find_state(d, to) *
		    (f->width + 1));
	}
	f->go[row + f->width] = (uint16_t)find_exit(f, row);
}

static struct filter *
resize(struct filter *f, size_t states)
{
	return mem_resize(f, sizeof(*f) +
	    states * (f->width + 1) * sizeof(*f->go));
}

static void
make_states(struct draft *d)
{
	unsigned size = d->filter->width + 1, c;
	struct filter *f;
	size_t i;

	assert(d->cells <= FILTER_CELLS_MAX);
	if (size * (STATE_FIRST + 1) > d->cells)
		d->cells = size * (STATE_FIRST + 1);
	d->states_max = d->cells / size - STATE_FIRST;
	f = d->filter = resize(d->filter, STATE_FIRST + d->states_max);
	memset(f->go, 0, STATE_FIRST * size * sizeof(*f->go));
	f->go[STATE_PASSED * size + f->width] = NO_EXIT;
	f->go[STATE_STUCK * size + f->width] = NO_EXIT;
	for (c = 0; c < f->width; c++)
		f->go[STATE_STUCK * size + c] = (uint16_t)(STATE_STUCK * size);
	map_init(&d->states);
	find_state(d, d->reach + NODE_FIRST * d->words);
	for (i = 0; i < d->states.count; i++)
		make_row(d, i);
	f->states = STATE_FIRST + (unsigned)d->states.count;
	d->filter = resize(f, f->states);
	map_done(&d->states);
}

struct filter *
filter_new(const struct tree *t, enum work_start start, size_t cells)
{
	struct draft *d = mem_alloc(sizeof(*d));
	struct filter *f = NULL;

	d->start = start;
	d->cells = cells;
	d->nodes.n = NODE_FIRST + 1;
	add_edge(&d->nodes, build(&d->nodes, t, NODE_FIRST, 0), NULL,
	    NODE_PASSED);
	find_reaches(d);
	if (!set_has(d->reach + NODE_FIRST * d->words, NODE_PASSED)) {
		d->filter = mem_alloc(sizeof(*f));
		d->filter->width = 1;
		find_classes(d);
		make_states(d);
		f = d->filter;
	}
	free(d->nodes.edges);
	free(d->reach);
	free(d);
	return f;
}

void
filter_free(struct filter *f)
{
	free(f);
}

size_t
filter_size(const struct filter *f)
{
	return f == NULL ? 0 : sizeof(*f) +
	    f->states * (f->width + 1) * sizeof(*f->go);
}

/* A filter on its way through a text. */
struct lane {
	const struct filter *filter;
	const unsigned char *p;
	size_t left;
	size_t row;
	struct filter_job *job;
};

static inline size_t
next_row(const struct filter *f, size_t row, unsigned char byte)
{
	return f->go[row + f->class[byte]];
}

/* STRIDE bytes of all lanes. */
static void
run_lanes(struct lane *l)
{
	const struct filter *a = l[0].filter, *b = l[1].filter,
	    *c = l[2].filter, *d = l[3].filter;
	const unsigned char *p = l[0].p, *q = l[1].p, *r = l[2].p, *s = l[3].p;
	size_t i = l[0].row, j = l[1].row, k = l[2].row, m = l[3].row, n;

	for (n = 0; n < STRIDE; n++) {
		i = next_row(a, i, p[n]);
		j = next_row(b, j, q[n]);
		k = next_row(c, k, r[n]);
		m = next_row(d, m, s[n]);
	}
	l[0].row = i;
	l[1].row = j;
	l[2].row = k;
	l[3].row = m;
	for (n = 0; n < LANES; n++) {
		l[n].p += STRIDE;
		l[n].left -= STRIDE;
	}
}

/* So many bytes of one. */
static void
run_lane(struct lane *l, size_t n)
{
	const unsigned char *end = l->p + n;
	size_t row = l->row;

	for (; l->p < end; l->p++)
		row = next_row(l->filter, row, *l->p);
	l->left -= n;
	l->row = row;
}

/* False when the lane has its answer, else it can run on for a stride. */
static inline bool
goes_on(struct lane *l)
{
	const struct filter *f = l->filter;
	const unsigned stuck = STATE_STUCK * (f->width + 1);
	unsigned exit = f->go[l->row + f->width];
	size_t n;

	if (exit != NO_EXIT) {
		n = span_chr(span_make((const char *)l->p, l->left),
		    (char)exit);
		l->p += n;
		l->left -= n;
	}
	if (l->left < STRIDE)
		run_lane(l, l->left);
	else if (l->row > stuck && (l->row != STATE_FIRST * (f->width + 1) ||
	    l->left > l->job->rest))
		return true;
	l->job->passes = l->row == STATE_PASSED;
	return false;
}

void
filters_run(struct filter_job *jobs, size_t n)
{
	struct lane lanes[LANES];
	size_t next = 0, used = 0, k;

	while (next < n || used > 0) {
		for (; used < LANES && next < n; next++) {
			lanes[used] = (struct lane){jobs[next].filter,
			    (const unsigned char *)jobs[next].text.p,
			    jobs[next].text.n,
			    STATE_FIRST * (jobs[next].filter->width + 1),
			    &jobs[next]};
			used += goes_on(&lanes[used]);
		}
		if (used == 1)
			run_lane(&lanes[0], STRIDE);
		for (k = used; k > 1 && k < LANES; k++)
			lanes[k] = lanes[0];
		if (used > 1)
			run_lanes(lanes);
		for (k = used; k-- > 0;)
			if (!goes_on(&lanes[k]))
				lanes[k] = lanes[--used];
	}
}
