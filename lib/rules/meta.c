/* meta - the expression of a meta rule, parsed. */
#include "rules/meta_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

#define REQUIRED_MAX 64	/* operands of metas that are looked into */

#define RANK_EQUAL 4
#define RANK_ORDER 5

/* Binary operators as Perl ranks them: the higher rank binds closer. */
static const struct {
	const char *text;
	enum op op;
	int rank;
} binary[] = {
	{ "||", OP_OR, 1 }, { "&&", OP_AND, 2 }, { "^", OP_XOR, 3 },
	{ "==", OP_EQUAL, RANK_EQUAL }, { "!=", OP_UNEQUAL, RANK_EQUAL },
	{ "<=", OP_AT_MOST, RANK_ORDER },
	{ ">=", OP_AT_LEAST, RANK_ORDER },
	{ "<", OP_LESS, RANK_ORDER }, { ">", OP_MORE, RANK_ORDER },
	{ "+", OP_ADD, 6 }, { "-", OP_SUBTRACT, 6 },
	{ "*", OP_MULTIPLY, 7 }, { "/", OP_DIVIDE, 7 },
};

struct parser {
	const struct meta_names *names;
	struct error *error;
	struct span rest;
	struct step *steps;
	size_t count, room;
	size_t height;		/* of the stack, after the steps so far */
	unsigned depth;
	bool failed;
};

static void
fail(struct parser *p, const char *reason)
{
	if (!p->failed && p->rest.n > 0)
		error_set(p->error, "%s at \"%.*s\"", reason,
		    SPAN_ARG(span_head(p->rest, 40)));
	else if (!p->failed)
		error_set(p->error, "%s at the end", reason);
	p->failed = true;
}

static void
add_step(struct parser *p, struct step step)
{
	if (p->failed)
		return;
	if (p->count == p->room) {
		p->room = p->room != 0 ? p->room * 2 : 32;
		p->steps = mem_array(p->steps, p->room, sizeof(*p->steps));
	}
	p->steps[p->count++] = step;
	if (p->height > META_STACK_MAX || p->count > META_STEPS_MAX)
		fail(p, "the expression is too long");
}

static void
add_operand(struct parser *p, enum push push, unsigned index, double number)
{
	p->height++;
	add_step(p, (struct step){push, OP_NONE, index, number});
}

/* Goes with the operand before it, if that is the last one and simple. */
static void
add_operator(struct parser *p, enum op op)
{
	struct step *last = p->count > 0 ? &p->steps[p->count - 1] : NULL;

	if (op >= OP_MULTIPLY)
		p->height -= op == OP_CHOOSE ? 2 : 1;
	if (last == NULL || last->op != OP_NONE)
		add_step(p, (struct step){PUSH_NOTHING, op, 0, 0});
	else if (op == OP_NOT && last->push == PUSH_VALUE)
		last->push = PUSH_ABSENT;
	else
		last->op = op;
}

static void
skip_blanks(struct parser *p)
{
	while (p->rest.n > 0 && char_space(p->rest.p[0]))
		p->rest = span_skip(p->rest, 1);
}

/* Takes one byte if it comes next. */
static bool
take_byte(struct parser *p, char c)
{
	skip_blanks(p);
	if (p->rest.n == 0 || p->rest.p[0] != c)
		return false;
	p->rest = span_skip(p->rest, 1);
	return true;
}

static void
parse_number(struct parser *p)
{
	double number = 0, unit = 1;
	bool fraction = false;
	size_t i;

	for (i = 0; i < p->rest.n; i++) {
		if (p->rest.p[i] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!char_digit(p->rest.p[i]))
			break;
		number = number * 10 + (p->rest.p[i] - '0');
		if (fraction)
			unit *= 10;
		if (number > META_NUMBER_MAX) {
			fail(p, "a number is too long");
			return;
		}
	}
	p->rest = span_skip(p->rest, i);
	add_operand(p, PUSH_NUMBER, 0, number / unit);
}

/* The sum of all rules that match, as rules_matching(GLOB) asks. */
static void
parse_matching(struct parser *p)
{
	struct span glob;
	unsigned *found;
	size_t i, n;

	n = span_chr(p->rest, ')');
	if (n == p->rest.n) {
		fail(p, "rules_matching( wants a closing parenthesis");
		return;
	}
	glob = span_trim(span_skip(span_head(p->rest, n), 1));
	found = mem_array(NULL, META_STEPS_MAX, sizeof(*found));
	p->rest = span_skip(p->rest, n + 1);
	n = p->names->match(p->names->context, glob, found, META_STEPS_MAX);
	add_operand(p, PUSH_NUMBER, 0, 0);
	for (i = 0; i < n; i++) {
		add_operand(p, PUSH_VALUE, found[i], 0);
		add_operator(p, OP_ADD);
	}
	free(found);
}

static void
parse_name(struct parser *p)
{
	struct span name;
	size_t n = 0;
	int index;

	while (n < p->rest.n && char_word(p->rest.p[n]))
		n++;
	name = span_head(p->rest, n);
	p->rest = span_skip(p->rest, n);
	if (span_is(name, "rules_matching") && p->rest.n > 0 &&
	    p->rest.p[0] == '(') {
		parse_matching(p);
	} else if (span_is(name, "local_tests_only")) {
		add_operand(p, PUSH_NUMBER, 0, p->names->local_only);
	} else {
		index = p->names->find(p->names->context, name);
		if (index < 0)
			add_operand(p, PUSH_NUMBER, 0, 0);
		else
			add_operand(p, PUSH_VALUE, (unsigned)index, 0);
	}
}

static void parse_choice(struct parser *);

static void
parse_operand(struct parser *p)
{
	skip_blanks(p);
	if (p->failed)
		return;
	if (p->depth++ >= META_DEPTH_MAX) {
		fail(p, "the expression is too deep");
	} else if (take_byte(p, '(')) {
		parse_choice(p);
		if (!take_byte(p, ')'))
			fail(p, "a closing parenthesis is missing");
	} else if (p->rest.n > 1 && p->rest.p[0] == '!' &&
	    p->rest.p[1] != '=') {
		take_byte(p, '!');
		parse_operand(p);
		add_operator(p, OP_NOT);
	} else if (take_byte(p, '-')) {
		parse_operand(p);
		add_operator(p, OP_MINUS);
	} else if (take_byte(p, '+')) {
		parse_operand(p);
	} else if (p->rest.n > 0 &&
	    (char_digit(p->rest.p[0]) || p->rest.p[0] == '.')) {
		parse_number(p);
	} else if (p->rest.n > 0 && char_word(p->rest.p[0])) {
		parse_name(p);
	} else {
		fail(p, "a name or number is missing");
	}
	p->depth--;
}

/* The binary operator that comes next, or the number of rows. */
static size_t
next_binary(struct parser *p)
{
	size_t i, rows = sizeof(binary) / sizeof(binary[0]);

	skip_blanks(p);
	for (i = 0; i < rows; i++)
		if (span_starts(p->rest, binary[i].text))
			break;
	return i;
}

static void parse_binary(struct parser *, int rank);

/*
 * The right side, which && and || skip when the left one has decided, unless it
 * is a single step.
 */
static void
parse_right(struct parser *p, size_t row)
{
	enum op op = binary[row].op;
	bool decides = op == OP_AND || op == OP_OR;
	size_t skip = p->count;

	if (decides)
		add_step(p, (struct step){PUSH_NOTHING, op == OP_AND ?
		    OP_DONE_FALSE : OP_DONE_TRUE, 0, 0});
	/* Ranks are few, so this cannot go deep. */
	parse_binary(p, binary[row].rank + 1);
	if (p->failed)
		return;
	if (decides && p->count == skip + 2) {
		p->steps[skip] = p->steps[--p->count];
		decides = false;
	}
	add_operator(p, op);
	if (decides)
		p->steps[skip].index = (unsigned)p->count;
}

/* Operators of at least that rank, all of which take the left side first. */
static void
parse_binary(struct parser *p, int rank)
{
	size_t i, rows = sizeof(binary) / sizeof(binary[0]);
	int last = 0;

	parse_operand(p);
	while (!p->failed && (i = next_binary(p)) < rows &&
	    binary[i].rank >= rank) {
		/* Perl takes a < b < c for a < b && b < c, others do not. */
		if (binary[i].rank == last &&
		    (last == RANK_EQUAL || last == RANK_ORDER))
			fail(p, "comparisons in a row want parentheses");
		last = binary[i].rank;
		p->rest = span_skip(p->rest, strlen(binary[i].text));
		parse_right(p, i);
	}
}

static void
parse_choice(struct parser *p)
{
	parse_binary(p, 1);
	if (p->failed || !take_byte(p, '?'))
		return;
	if (p->depth++ >= META_DEPTH_MAX)
		fail(p, "the expression is too deep");
	else {
		parse_choice(p);
		if (!take_byte(p, ':'))
			fail(p, "\"?\" wants a \":\"");
		parse_choice(p);
		add_operator(p, OP_CHOOSE);
	}
	p->depth--;
}

static bool
names_value(const struct step *s)
{
	return s->push == PUSH_VALUE || s->push == PUSH_ABSENT;
}

static void
collect_operands(struct meta *meta, struct arena *arena)
{
	unsigned *operands = arena_alloc(arena,
	    (meta->count + 1) * sizeof(*operands));
	struct map seen;
	struct span key;
	size_t i;

	map_init(&seen);
	for (i = 0; i < meta->count; i++) {
		key = span_make((const char *)&meta->steps[i].index,
		    sizeof(meta->steps[i].index));
		if (names_value(&meta->steps[i]) &&
		    map_put(&seen, key, operands))
			operands[meta->operand_count++] =
			    meta->steps[i].index;
	}
	map_done(&seen);
	meta->operands = operands;
}

/* Most metas name something that must hit: without it they are done. */
static void
find_required(struct meta *meta, struct arena *arena, double *low,
    double *high)
{
	unsigned *required = arena_alloc(arena, (meta->operand_count + 1) *
	    sizeof(*required));
	size_t i;

	for (i = 0; i < meta->operand_count; i++)
		if (meta_requires(meta, meta->operands[i], low, high))
			required[meta->required_count++] = meta->operands[i];
	meta->required = required;
}

static void
examine(struct meta *meta, struct arena *arena)
{
	double *low, *high;
	unsigned most = 0;
	size_t i;

	for (i = 0; i < meta->operand_count; i++)
		if (meta->operands[i] > most)
			most = meta->operands[i];
	low = mem_alloc((most + 1) * sizeof(*low));
	high = mem_alloc((most + 1) * sizeof(*high));
	meta->idle = meta_eval(meta, low) == 0;
	if (meta->idle && meta->operand_count <= REQUIRED_MAX)
		find_required(meta, arena, low, high);
	free(low);
	free(high);
}

/* "()" declares a rule that something else may raise. */
static bool
is_declaration(struct span text)
{
	text = span_trim(text);
	return text.n >= 2 && text.p[0] == '(' && text.p[text.n - 1] == ')' &&
	    span_trim(span_make(text.p + 1, text.n - 2)).n == 0;
}

const struct meta *
meta_parse(struct arena *arena, struct span text,
    const struct meta_names *names, struct error *error)
{
	struct parser p = {.names = names, .error = error, .rest = text};
	struct meta *meta = NULL;
	struct step *steps;

	if (text.n > META_LENGTH_MAX) {
		error_set(error, "an expression of more than %d bytes",
		    META_LENGTH_MAX);
		return NULL;
	}
	if (!is_declaration(text)) {
		parse_choice(&p);
		skip_blanks(&p);
		if (!p.failed && p.rest.n > 0)
			fail(&p, "an operator is missing");
	}
	if (!p.failed) {
		meta = arena_alloc(arena, sizeof(*meta));
		steps = arena_alloc(arena, (p.count + 1) * sizeof(*steps));
		if (p.count > 0)
			memcpy(steps, p.steps, p.count * sizeof(*steps));
		meta->steps = steps;
		meta->count = p.count;
		collect_operands(meta, arena);
		examine(meta, arena);
	}
	free(p.steps);
	return meta;
}

const unsigned *
meta_required(const struct meta *meta, size_t *count)
{
	*count = meta->required_count;
	return meta->required;
}

const unsigned *
meta_operands(const struct meta *meta, size_t *count)
{
	*count = meta->operand_count;
	return meta->operands;
}
