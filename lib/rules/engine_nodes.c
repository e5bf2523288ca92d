/* engine_nodes - what a pattern's tree describes, as an automaton. */
#include "rules/engine_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define DEPTH_MAX 300
#define PARTS_MAX 100000	/* of the tree, as often as they are taken */
#define NODES_WHOLE 16000	/* past them no branch is gone through whole */
#define COUNT_MAX 40		/* a higher minimum is taken for this one */
#define SPAN_MAX 8		/* a wider range, for no limit at all */

static const struct byteset newline = {{UINT64_C(1) << '\n', 0, 0, 0}};

/* While it is built: by what bytes a node is left. */
struct draft_edge {
	const struct byteset *set;	/* or NULL: by none */
	uint16_t from, to;
};

struct draft {
	struct nodes *out;
	struct draft_edge *edges;
	size_t edge_count, room;
	unsigned parts;
	bool full;
};

static void
add_edge(struct draft *d, unsigned from, const struct byteset *set,
    unsigned to)
{
	if (d->edge_count == d->room) {
		d->room = d->room > 0 ? 2 * d->room : 32;
		d->edges = mem_array(d->edges, d->room, sizeof(*d->edges));
	}
	d->edges[d->edge_count++] = (struct draft_edge){set, (uint16_t)from,
	    (uint16_t)to};
}

static unsigned
add_node(struct draft *d)
{
	if (d->out->n < NODES_MAX)
		return d->out->n++;
	d->full = true;
	return NODE_PASSED;
}

static unsigned
add_loop(struct draft *d, unsigned at)
{
	unsigned loop = add_node(d);

	add_edge(d, at, NULL, loop);
	return loop;
}

static unsigned build(struct draft *, const struct tree *, unsigned at,
    unsigned depth);

static unsigned
build_any(struct draft *d, unsigned at)
{
	static const struct byteset all = {{~UINT64_C(0), ~UINT64_C(0),
	    ~UINT64_C(0), ~UINT64_C(0)}};
	unsigned loop = add_loop(d, at);

	add_edge(d, loop, &all, loop);
	return loop;
}

/* Of what is too large each branch begins, so that most texts fail there. */
static unsigned
build_cat(struct draft *d, const struct tree *t, unsigned at, unsigned depth)
{
	for (t = t->child; t != NULL; t = t->next) {
		at = build(d, t, at, depth);
		if (d->out->n <= NODES_WHOLE || t->kind != TREE_SET)
			continue;
		add_edge(d, at, NULL, NODE_PASSED);
		return NODE_PASSED;
	}
	return at;
}

static unsigned
build_alt(struct draft *d, const struct tree *t, unsigned at, unsigned depth)
{
	unsigned end = add_node(d);

	for (t = t->child; t != NULL; t = t->next)
		add_edge(d, build(d, t, at, depth), NULL, end);
	return end;
}

static unsigned
build_repeat(struct draft *d, const struct tree *t, unsigned at,
    unsigned depth)
{
	uint32_t i, min = t->min < COUNT_MAX ? t->min : COUNT_MAX;
	unsigned end;

	for (i = 0; i < min && !d->full; i++)
		at = build(d, t->child, at, depth);
	if (t->max == t->min && t->min <= COUNT_MAX)
		return at;
	if (t->max - t->min > SPAN_MAX || t->min > COUNT_MAX) {
		end = add_loop(d, at);
		add_edge(d, build(d, t->child, end, depth), NULL, end);
		return end;
	}
	end = add_loop(d, at);
	for (i = t->min; i < t->max && !d->full; i++) {
		at = build(d, t->child, at, depth);
		add_edge(d, at, NULL, end);
	}
	return end;
}

/* In place of a set; see SET_END. */
static const struct byteset at_end;

/*
 * Where the text ends nothing but its last newline can be left to match; of
 * other lines' ends nobody asks what follows.
 */
static unsigned
build_end(struct draft *d, enum tree_end end, unsigned at)
{
	unsigned last = add_node(d);

	add_edge(d, at, &at_end, NODE_PASSED);
	if (end == END_LINE)
		add_edge(d, at, &newline, NODE_PASSED);
	else if (end == END_LAST)
		add_edge(d, at, &newline, last);
	add_edge(d, last, &at_end, NODE_PASSED);
	/* From which nothing leads on. */
	return add_node(d);
}

/* Adds t from a node on; returns where it ends. */
static unsigned
build(struct draft *d, const struct tree *t, unsigned at, unsigned depth)
{
	unsigned end;

	if (++d->parts > PARTS_MAX || depth > DEPTH_MAX)
		d->full = true;
	if (d->full) {
		add_edge(d, at, NULL, NODE_PASSED);
		return NODE_PASSED;
	}
	switch (t->kind) {
	case TREE_SET:
		end = add_node(d);
		add_edge(d, at, t->set, end);
		return end;
	case TREE_CAT:
		return build_cat(d, t, at, depth + 1);
	case TREE_ALT:
		return build_alt(d, t, at, depth + 1);
	case TREE_REPEAT:
		return build_repeat(d, t, at, depth + 1);
	case TREE_ANY:
		return build_any(d, at);
	case TREE_EMPTY:
		return t->end != END_NONE ? build_end(d, t->end, at) : at;
	}
	return at;
}

/* Bytes that no set tells apart are one class. */
static void
split_classes(struct nodes *a, const struct byteset *set)
{
	int16_t parts[256][2];
	unsigned c, width = 0;
	int16_t *part;

	memset(parts, 0xff, sizeof(parts));
	for (c = 0; c < 256; c++) {
		part = &parts[a->class[c]][byteset_has(set, c)];
		if (*part < 0)
			*part = (int16_t)width++;
		a->class[c] = (uint8_t)*part;
	}
	a->width = width;
}

/* The number of a set; new ones split the classes of bytes. */
static unsigned
number_set(struct nodes *a, struct map *sets, const struct byteset *set)
{
	struct span key = span_make((const char *)set, sizeof(*set));
	uintptr_t number;

	if (set == NULL)
		return SET_NONE;
	if (set == &at_end)
		return SET_END;
	number = (uintptr_t)map_find(sets, key);
	if (number > 0)
		return (unsigned)number;
	split_classes(a, set);
	number = SET_FIRST + sets->count;
	map_put(sets, key, (void *)number);
	return (unsigned)number;
}

/* Edges in the order of the nodes that they leave. */
static void
sort_edges(struct draft *d, struct map *sets)
{
	struct nodes *a = d->out;
	const struct draft_edge *e;
	size_t i;

	a->first = mem_alloc((a->n + 2) * sizeof(*a->first));
	a->edge_count = (unsigned)d->edge_count;
	a->edges = mem_alloc(d->edge_count * sizeof(*a->edges));
	for (i = 0; i < d->edge_count; i++)
		a->first[d->edges[i].from + 2]++;
	for (i = 2; i < a->n + 2; i++)
		a->first[i] += a->first[i - 1];
	/* Now each stands one further on, until its edges are there. */
	for (i = 0; i < d->edge_count; i++) {
		e = &d->edges[i];
		a->edges[a->first[e->from + 1]++] = (struct edge){
		    (uint16_t)number_set(a, sets, e->set), e->to};
	}
}

/* Sets of classes instead of bytes. */
static void
make_sets(struct nodes *a, const struct map *sets)
{
	struct byteset set;
	unsigned c, number;
	size_t i;

	a->set_count = SET_FIRST + sets->count;
	a->sets = mem_alloc(a->set_count * sizeof(*a->sets));
	for (i = 0; i < sets->count; i++) {
		memcpy(&set, map_key(sets, i).p, sizeof(set));
		number = SET_FIRST + (unsigned)i;
		for (c = 0; c < 256; c++)
			if (byteset_has(&set, c))
				byteset_add(&a->sets[number], a->class[c],
				    a->class[c]);
	}
}

/* The end of a text is a class of its own, if anybody asks for it. */
static void
make_end(struct nodes *a)
{
	unsigned i, ends = 0;

	for (i = 0; i < a->edge_count; i++)
		ends += a->edges[i].set == SET_END;
	if (ends == 0)
		return;
	if (a->width < 256) {
		a->end = a->width++;
		byteset_add(&a->sets[SET_END], a->end, a->end);
		return;
	}
	/* There is no room for it: it may be anywhere. */
	for (i = 0; i < a->edge_count; i++)
		if (a->edges[i].set == SET_END)
			a->edges[i].set = SET_NONE;
}

struct nodes *
nodes_new(const struct tree *t, bool lines)
{
	struct nodes *a = mem_alloc(sizeof(*a));
	struct draft d = {.out = a};
	struct map sets;

	a->n = NODE_FIRST + 1;
	a->width = 1;
	add_edge(&d, build(&d, t, NODE_FIRST, 0), NULL, NODE_PASSED);
	if (lines)
		split_classes(a, &newline);
	map_init(&sets);
	sort_edges(&d, &sets);
	make_sets(a, &sets);
	make_end(a);
	map_done(&sets);
	free(d.edges);
	return a;
}

void
nodes_free(struct nodes *a)
{
	if (a == NULL)
		return;
	free(a->first);
	free(a->edges);
	free(a->sets);
	free(a);
}

size_t
nodes_size(const struct nodes *a)
{
	return sizeof(*a) + a->n * sizeof(*a->first) +
	    a->edge_count * sizeof(*a->edges) +
	    a->set_count * sizeof(*a->sets);
}
