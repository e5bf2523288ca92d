/* engine_filter - tells of most texts that a pattern cannot match them. */
#include "rules/engine_filter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "rules/engine_nodes.h"
#include "rules/literal.h"

#define WORD_BITS 64
#define STATES_MIN 8		/* room in a table at first */
#define NODES_VISITED_MAX 20000000	/* to work out states: some 0.3 s */
#define LANES 4			/* texts at once: one table's delay is the
				 * others' time, and all fit into registers */
#define STRIDE 32		/* bytes between two looks at the states */
#define NO_EXIT 256		/* by more than one byte, or a common one */
#define EXIT_RARITY 6		/* see literal_rarity */

/*
 * States by the number of their row.  All cells of the first row lead to it, so
 * that what is not known yet is found out after a stride.
 */
enum { STATE_UNKNOWN, STATE_PASSED, STATE_STUCK, STATE_FIRST };

/*
 * By state and class of bytes: where the next state's row begins; and at the
 * end of a row the state's exit, which is the only byte it is left by.
 */
struct table {
	struct table *older;	/* that others may still look at */
	size_t states;		/* that there is room for */
	/* As in the filter and its nodes, which lanes need not look at: */
	unsigned size, end;
	uint8_t class[256];
	_Atomic uint16_t go[];
};

struct filter {
	struct nodes *nodes;
	enum work_start start;
	size_t states_max;
	unsigned size;		/* of a row */
	_Atomic(struct table *) table;
	/* Whoever adds a state or fills in a cell holds the lock. */
	pthread_mutex_t lock;
	struct map states;	/* from its nodes to a state */
	size_t visited;		/* nodes, so far */
};

/* A set of nodes while it is put together. */
struct nodeset {
	bool passed;
	unsigned n;
	uint16_t *list;		/* those of leads, once they are sorted */
	uint16_t *todo;
	uint64_t *leads;	/* those that a byte leads on from */
	uint64_t has[];
};

static size_t
nodeset_words(const struct nodes *a)
{
	return a->n / WORD_BITS + 1;
}

/* Room for any set of these nodes. */
static struct nodeset *
nodeset_new(const struct nodes *a)
{
	size_t words = nodeset_words(a);
	struct nodeset *s = mem_array(NULL, 1, sizeof(*s) +
	    2 * words * sizeof(s->has[0]) + 2 * a->n * sizeof(s->list[0]));

	s->leads = s->has + words;
	s->list = (uint16_t *)(s->leads + words);
	s->todo = s->list + a->n;
	return s;
}

static void
nodeset_empty(const struct nodes *a, struct nodeset *s)
{
	memset(s->has, 0, 2 * nodeset_words(a) * sizeof(s->has[0]));
	s->passed = false;
}

/* False where it is among them already. */
static bool
mark(uint64_t *nodes, unsigned node)
{
	uint64_t bit = UINT64_C(1) << node % WORD_BITS;

	if ((nodes[node / WORD_BITS] & bit) != 0)
		return false;
	nodes[node / WORD_BITS] |= bit;
	return true;
}

/* Adds a node, and what no byte leads to from it. */
static void
nodeset_add(const struct nodes *a, struct nodeset *s, unsigned node)
{
	const struct edge *e;
	unsigned n = 0;

	if (mark(s->has, node))
		s->todo[n++] = (uint16_t)node;
	while (n > 0) {
		node = s->todo[--n];
		s->passed |= node == NODE_PASSED;
		for (e = a->edges + a->first[node];
		    e < a->edges + a->first[node + 1]; e++) {
			if (e->set != SET_NONE)
				mark(s->leads, node);
			else if (mark(s->has, e->to))
				s->todo[n++] = e->to;
		}
	}
}

/* The nodes by which a state is known, in their order. */
static struct span
nodeset_key(const struct nodes *a, struct nodeset *s)
{
	size_t word, words = nodeset_words(a);
	uint64_t left;

	s->n = 0;
	for (word = 0; word < words; word++)
		for (left = s->leads[word]; left != 0; left &= left - 1)
			s->list[s->n++] = (uint16_t)(word * WORD_BITS +
			    (unsigned)__builtin_ctzll(left));
	return span_make((const char *)s->list, s->n * sizeof(s->list[0]));
}

/* All that a class of bytes leads to from some nodes. */
static void
step(const struct filter *f, struct span from, unsigned class,
    struct nodeset *to)
{
	const struct nodes *a = f->nodes;
	const struct edge *e;
	uint16_t node;
	size_t i;

	nodeset_empty(a, to);
	for (i = 0; i < from.n && !to->passed; i += sizeof(node)) {
		memcpy(&node, from.p + i, sizeof(node));
		for (e = a->edges + a->first[node];
		    e < a->edges + a->first[node + 1]; e++)
			if (e->set != SET_NONE &&
			    byteset_has(&a->sets[e->set], class))
				nodeset_add(a, to, e->to);
	}
	if (f->start == WORK_ANYWHERE || (f->start == WORK_LINES &&
	    class == a->class['\n']))
		nodeset_add(a, to, NODE_FIRST);
}

static struct table *
table_new(const struct filter *f, size_t states, struct table *older)
{
	struct table *t = mem_alloc(sizeof(*t) +
	    states * f->size * sizeof(t->go[0]));

	t->older = older;
	t->states = states;
	t->size = f->size;
	t->end = f->nodes->end;
	memcpy(t->class, f->nodes->class, sizeof(t->class));
	return t;
}

/* Room for one more state, in a table that none of the others is in yet. */
static void
grow(struct filter *f, size_t used)
{
	struct table *old = atomic_load(&f->table), *t;
	size_t i, room = 2 * old->states < f->states_max ?
	    2 * old->states : f->states_max;

	if (used < old->states)
		return;
	t = table_new(f, room, old);
	for (i = 0; i < used * f->size; i++)
		atomic_init(&t->go[i], atomic_load(&old->go[i]));
	atomic_store(&f->table, t);
}

/* The state of some nodes; one too many has passed. */
static unsigned
find_state(struct filter *f, struct nodeset *s)
{
	struct span key = nodeset_key(f->nodes, s);
	uintptr_t state;
	struct table *t;

	if (s->passed)
		return STATE_PASSED;
	/* At the start of a line there may be another way. */
	if (s->n == 0 && f->start == WORK_ONCE)
		return STATE_STUCK;
	state = (uintptr_t)map_find(&f->states, key);
	if (state != 0)
		return (unsigned)state;
	state = STATE_FIRST + f->states.count;
	if (state == f->states_max)
		return STATE_PASSED;
	grow(f, state);
	t = atomic_load(&f->table);
	/* Without nodes it is another line that may match. */
	atomic_init(&t->go[state * f->size + f->size - 1],
	    s->n == 0 ? '\n' : NO_EXIT);
	map_put(&f->states, key, (void *)state);
	return (unsigned)state;
}

/*
 * Fills in where a class of bytes leads to from a row; returns it.  What has
 * taken too long already has passed, however hostile pattern and text are.
 */
static size_t
learn(struct filter *f, size_t row, unsigned class, struct nodeset *room)
{
	struct table *t;
	struct span from;
	size_t next;

	pthread_mutex_lock(&f->lock);
	t = atomic_load(&f->table);
	next = atomic_load(&t->go[row + class]);
	if (next == 0) {
		next = STATE_PASSED * f->size;
		from = map_key(&f->states, row / f->size - STATE_FIRST);
		if (f->visited <= NODES_VISITED_MAX) {
			step(f, from, class, room);
			next = find_state(f, room) * f->size;
			f->visited += from.n / sizeof(uint16_t) + room->n;
		}
		t = atomic_load(&f->table);
		atomic_store(&t->go[row + class], (uint16_t)next);
	}
	pthread_mutex_unlock(&f->lock);
	return next;
}

/* The only byte that leads on from the first state, if it is a rare one. */
static unsigned
find_exit(const struct filter *f, struct span first, struct nodeset *room)
{
	unsigned c, exit = NO_EXIT;
	struct span next;

	for (c = 0; c < 256; c++) {
		step(f, first, f->nodes->class[c], room);
		next = nodeset_key(f->nodes, room);
		if (!room->passed && span_eq(next, first))
			continue;
		if (exit != NO_EXIT || literal_rarity((char)c) < EXIT_RARITY)
			return NO_EXIT;
		exit = c;
	}
	return exit;
}

static void
make_first(struct filter *f, struct nodeset *room)
{
	struct table *t = table_new(f, STATE_FIRST + STATES_MIN <
	    f->states_max ? STATE_FIRST + STATES_MIN : f->states_max, NULL);
	unsigned c, exit;

	atomic_init(&f->table, t);
	for (c = 0; c + 1 < f->size; c++) {
		atomic_init(&t->go[STATE_PASSED * f->size + c],
		    (uint16_t)(STATE_PASSED * f->size));
		atomic_init(&t->go[STATE_STUCK * f->size + c],
		    (uint16_t)(STATE_STUCK * f->size));
	}
	for (c = STATE_UNKNOWN; c < STATE_FIRST; c++)
		atomic_init(&t->go[(c + 1) * f->size - 1], NO_EXIT);
	find_state(f, room);
	exit = find_exit(f, map_key(&f->states, 0), room);
	atomic_init(&t->go[(STATE_FIRST + 1) * f->size - 1], (uint16_t)exit);
}

struct filter *
filter_new(const struct tree *t, enum work_start start, size_t cells)
{
	struct filter *f = mem_alloc(sizeof(*f));
	struct nodeset *room;

	f->nodes = nodes_new(t, start == WORK_LINES);
	room = nodeset_new(f->nodes);
	f->start = start;
	f->size = f->nodes->width + 1;
	f->states_max = cells / f->size > STATE_FIRST + 1 ?
	    cells / f->size : STATE_FIRST + 1;
	pthread_mutex_init(&f->lock, NULL);
	map_init(&f->states);
	nodeset_empty(f->nodes, room);
	nodeset_add(f->nodes, room, NODE_FIRST);
	if (room->passed) {
		filter_free(f);
		f = NULL;
	} else {
		make_first(f, room);
	}
	free(room);
	return f;
}

void
filter_free(struct filter *f)
{
	struct table *t, *older;

	if (f == NULL)
		return;
	for (t = atomic_load(&f->table); t != NULL; t = older) {
		older = t->older;
		free(t);
	}
	map_done(&f->states);
	pthread_mutex_destroy(&f->lock);
	nodes_free(f->nodes);
	free(f);
}

size_t
filter_size(const struct filter *f)
{
	return f == NULL ? 0 : sizeof(*f) + nodes_size(f->nodes) +
	    atomic_load(&f->table)->states * f->size * sizeof(uint16_t);
}

/* A filter on its way through a text. */
struct lane {
	struct filter *filter;
	const struct table *table;
	const unsigned char *p;
	size_t left;
	size_t row, after;		/* a stride */
	struct filter_job *job;
};

static inline size_t
next_row(const struct table *t, size_t row, unsigned char byte)
{
	return atomic_load_explicit(&t->go[row + t->class[byte]],
	    memory_order_acquire);
}

/* So many bytes of some lanes, from the first on, where all cells are known. */
static inline __attribute__((always_inline)) void
run_known(struct lane *l, size_t lanes, size_t n)
{
	const struct table *a = l[0].table, *b = l[1].table, *c = l[2].table,
	    *d = l[3].table;
	const unsigned char *p = l[0].p + n,
	    *q = lanes > 1 ? l[1].p + n : NULL,
	    *r = lanes > 2 ? l[2].p + n : NULL,
	    *s = lanes > 3 ? l[3].p + n : NULL;
	size_t i = l[0].row, j = l[1].row, k = l[2].row, m = l[3].row;
	ptrdiff_t at;

	/* Up to zero: one register tells where all of them are. */
	for (at = -(ptrdiff_t)n; at < 0; at++) {
		i = next_row(a, i, p[at]);
		if (lanes > 1)
			j = next_row(b, j, q[at]);
		if (lanes > 2)
			k = next_row(c, k, r[at]);
		if (lanes > 3)
			m = next_row(d, m, s[at]);
	}
	l[0].after = i;
	l[1].after = j;
	l[2].after = k;
	l[3].after = m;
}

static void
run_lanes(struct lane *l, size_t lanes, size_t n)
{
	if (lanes == 1)
		run_known(l, 1, n);
	else if (lanes == 2)
		run_known(l, 2, n);
	else if (lanes == 3)
		run_known(l, 3, n);
	else
		run_known(l, LANES, n);
}

/* So many bytes of one; what is not known is found out. */
static void
run_lane(struct lane *l, size_t n)
{
	const unsigned char *end = l->p + n;
	struct nodeset *room = NULL;
	size_t row = l->row, next;

	for (; l->p < end; l->p++) {
		next = next_row(l->table, row, *l->p);
		if (next == 0) {
			if (room == NULL)
				room = nodeset_new(l->filter->nodes);
			next = learn(l->filter, row, l->table->class[*l->p],
			    room);
			l->table = atomic_load(&l->filter->table);
		}
		row = next;
	}
	free(room);
	l->left -= n;
	l->row = row;
}

/* Takes what run_lanes found out, unless it met what is not known. */
static void
take_stride(struct lane *l, size_t n)
{
	if (l->after == STATE_UNKNOWN) {
		run_lane(l, n);
		return;
	}
	l->row = l->after;
	l->p += n;
	l->left -= n;
}

/* Where the end of its text leads to from a row. */
static size_t
find_end(const struct lane *l)
{
	const unsigned end = l->table->end;
	struct nodeset *room;
	size_t next;

	if (end == 0 || l->row <= STATE_STUCK * l->table->size)
		return l->row;
	next = atomic_load(&l->table->go[l->row + end]);
	if (next == 0) {
		room = nodeset_new(l->filter->nodes);
		next = learn(l->filter, l->row, end, room);
		free(room);
	}
	return next;
}

/* False when the lane has its answer. */
static inline bool
goes_on(struct lane *l)
{
	const unsigned size = l->table->size;
	unsigned exit = atomic_load_explicit(&l->table->go[l->row + size - 1],
	    memory_order_relaxed);
	size_t n;

	if (exit != NO_EXIT) {
		n = span_chr(span_make((const char *)l->p, l->left),
		    (char)exit);
		l->p += n;
		l->left -= n;
	}
	if (l->left > 0 && l->row > STATE_STUCK * size &&
	    (l->row != STATE_FIRST * size || l->left > l->job->rest))
		return true;
	l->job->passes = STATE_PASSED * size == (l->left > 0 ? l->row :
	    find_end(l));
	return false;
}

static bool
lane_begin(struct lane *l, struct filter_job *job)
{
	const struct table *t = atomic_load(&job->filter->table);

	*l = (struct lane){.filter = job->filter, .job = job, .table = t,
	    .p = (const unsigned char *)job->text.p, .left = job->text.n,
	    .row = STATE_FIRST * t->size};
	return goes_on(l);
}

/* How far all lanes can run at once. */
static size_t
find_stride(const struct lane *lanes, size_t used)
{
	size_t n = STRIDE, k;

	for (k = 0; k < used; k++)
		if (lanes[k].left < n)
			n = lanes[k].left;
	return n;
}

void
filters_run(struct filter_job *jobs, size_t n)
{
	struct lane lanes[LANES] = {0};
	size_t next = 0, used = 0, stride, k;

	for (;;) {
		for (; used < LANES && next < n; next++)
			used += lane_begin(&lanes[used], &jobs[next]);
		if (used == 0)
			return;
		stride = find_stride(lanes, used);
		run_lanes(lanes, used, stride);
		for (k = used; k-- > 0;) {
			take_stride(&lanes[k], stride);
			if (!goes_on(&lanes[k]))
				lanes[k] = lanes[--used];
		}
	}
}
