/* regex_tree - what a pattern can match, as a tree of byte sets. */
#include "rules/regex_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/regex.h"
#include "rules/regex_set.h"

/* A repeat of a byte with fewer ways than this is not worth watching. */
#define WAYS_WATCHED 4

/* Which PCRE2 takes for a blank, though no escape of ours does. */
#define NEXT_LINE 0x85

struct parser {
	struct arena *arena;
	struct span text;
	size_t at;
	unsigned flags;
	unsigned depth;
	bool lost;		/* something was not understood */
	struct tree_marks *marks;
	size_t room;
	const struct byteset *bytes[2][256];	/* made so far, caseless [1] */
};

static struct tree *parse_branches(struct parser *);

static int
peek(const struct parser *p, size_t ahead)
{
	size_t left = p->text.n - p->at;

	return ahead < left ? (unsigned char)p->text.p[p->at + ahead] : -1;
}

static bool
take(struct parser *p, const char *word)
{
	if (!span_starts(span_skip(p->text, p->at), word))
		return false;
	p->at += strlen(word);
	return true;
}

static struct tree *
lose(struct parser *p)
{
	p->lost = true;
	p->at = p->text.n;
	return NULL;
}

static struct tree *
node(struct parser *p, enum tree_kind kind)
{
	struct tree *t = arena_alloc(p->arena, sizeof(*t));

	t->kind = kind;
	return t;
}

static struct tree *
set_node(struct parser *p, const struct byteset *set)
{
	struct tree *t = node(p, TREE_SET);
	struct byteset *own = arena_alloc(p->arena, sizeof(*own));

	*own = *set;
	t->set = own;
	return t;
}

/* Long patterns are made of single bytes: each is made only once. */
static struct tree *
byte_node(struct parser *p, unsigned byte)
{
	unsigned caseless = (p->flags & REGEX_CASELESS) != 0;
	const struct byteset **known = &p->bytes[caseless][byte];
	struct byteset set = {{0}};
	struct tree *t;

	if (*known == NULL) {
		byteset_add(&set, byte, byte);
		if (caseless)
			byteset_fold(&set);
		*known = set_node(p, &set)->set;
	}
	t = node(p, TREE_SET);
	t->set = *known;
	return t;
}

static struct tree *
any_node(struct parser *p)
{
	return node(p, TREE_ANY);
}

static void
mark(struct parser *p, size_t at, enum tree_mark_kind kind)
{
	struct tree_marks *m = p->marks;

	if (m == NULL)
		return;
	if (kind == MARK_LOOP && m->n > 0 && m->all[m->n - 1].at == at &&
	    m->all[m->n - 1].kind != MARK_OPEN)
		return;
	if (m->n == p->room) {
		p->room = p->room != 0 ? p->room * 2 : 16;
		m->all = mem_array(m->all, p->room, sizeof(*m->all));
	}
	m->all[m->n].at = at;
	m->all[m->n++].kind = kind;
}

/* Past what means nothing: \E, (?#...), and blanks and # with x. */
static void
skip_nothing(struct parser *p)
{
	int c;

	for (;;) {
		c = peek(p, 0);
		if (take(p, "\\E"))
			continue;
		if (take(p, "(?#")) {
			while ((c = peek(p, 0)) >= 0 && c != ')')
				p->at++;
			if (c < 0)
				lose(p);
			else
				p->at++;
			continue;
		}
		if (!(p->flags & REGEX_EXTENDED) || c < 0)
			return;
		if (c == '#') {
			while ((c = peek(p, 0)) >= 0 && c != '\n')
				p->at++;
		} else if (char_space(c) || c == NEXT_LINE) {
			p->at++;
		} else {
			return;
		}
	}
}

/* Digits at *at, at most 65535 as in PCRE2; false when there are none. */
static bool
read_number(const struct parser *p, size_t *at, uint32_t *value)
{
	size_t begin = *at;

	*value = 0;
	while (*at < p->text.n && char_digit((unsigned char)p->text.p[*at])) {
		*value = *value * 10 + (uint32_t)(p->text.p[*at] - '0');
		if (*value > 65535)
			return false;
		(*at)++;
	}
	return *at > begin;
}

/* "{n}", "{n,}" or "{n,m}"; anything like it that versions of PCRE2 read
 * differently makes us lose track. */
static bool
read_braces(struct parser *p, uint32_t *min, uint32_t *max)
{
	size_t at = p->at + 1, end;

	if (read_number(p, &at, min)) {
		*max = *min;
		if (at < p->text.n && p->text.p[at] == ',') {
			at++;
			if (!read_number(p, &at, max))
				*max = TREE_INFINITE;
		}
		if (at < p->text.n && p->text.p[at] == '}') {
			p->at = at + 1;
			return true;
		}
	}
	end = p->at + 1;
	while (end < p->text.n && (char_digit((unsigned char)p->text.p[end]) ||
	    char_space((unsigned char)p->text.p[end]) ||
	    p->text.p[end] == ','))
		end++;
	if (end < p->text.n && p->text.p[end] == '}' && end > p->at + 1)
		lose(p);
	return false;
}

static bool
read_repeat(struct parser *p, uint32_t *min, uint32_t *max)
{
	int c = peek(p, 0);

	*min = c == '+';
	*max = c == '?' ? 1 : TREE_INFINITE;
	if (c == '*' || c == '+' || c == '?')
		p->at++;
	else if (c != '{' || !read_braces(p, min, max))
		return false;
	skip_nothing(p);
	c = peek(p, 0);
	if (c == '?' || c == '+')
		p->at++;
	return true;
}

/* The inside of a group in the pattern; none is there while to is 0. */
struct body {
	size_t from, to;
	size_t marks;		/* how many there were before it */
};

/*
 * Marks the end of a group's inside, which a loop comes by each time round.
 * Alternatives need a group of their own for that.
 */
static void
mark_body(struct parser *p, const struct body *body, const struct tree *t)
{
	struct tree_marks *m = p->marks;

	if (m == NULL)
		return;
	if (t->kind != TREE_ALT) {
		mark(p, body->to, MARK_LOOP);
		return;
	}
	mark(p, body->to, MARK_CLOSE);
	/* Keeps the order: what is inside moves up. */
	mark(p, body->from, MARK_OPEN);
	memmove(m->all + body->marks + 1, m->all + body->marks,
	    (m->n - 1 - body->marks) * sizeof(*m->all));
	m->all[body->marks].at = body->from;
	m->all[body->marks].kind = MARK_OPEN;
}

/* Wraps an atom in the quantifiers that follow it. */
static struct tree *
parse_repeats(struct parser *p, struct tree *atom, const struct body *body)
{
	struct tree *repeat;
	uint32_t min, max;
	bool group = body != NULL && body->to != 0;

	for (;; group = false) {
		skip_nothing(p);
		if (p->lost || !read_repeat(p, &min, &max))
			return atom;
		if (group && max > 1)
			mark_body(p, body, atom);
		else if (!group && atom->kind != TREE_EMPTY &&
		    (max == TREE_INFINITE || max - min >= WAYS_WATCHED))
			mark(p, p->at, MARK_LOOP);
		repeat = node(p, TREE_REPEAT);
		repeat->min = min;
		repeat->max = max;
		repeat->child = atom;
		atom = repeat;
	}
}

/* Letters such as "i-s" or "^x" up to a colon or parenthesis. */
static bool
parse_flags(struct parser *p)
{
	static const char letters[] = "imsxn";
	static const unsigned bits[] = {REGEX_CASELESS, REGEX_LINES,
	    REGEX_DOTALL, REGEX_EXTENDED, REGEX_NOGROUPS};
	bool on = true;
	const char *found;
	int c;

	if (take(p, "^"))
		p->flags &= ~(REGEX_CASELESS | REGEX_LINES | REGEX_DOTALL |
		    REGEX_EXTENDED | REGEX_NOGROUPS);
	while ((c = peek(p, 0)) >= 0 && c != ':' && c != ')') {
		p->at++;
		if (c == '-') {
			on = false;
			continue;
		}
		found = c != '\0' ? strchr(letters, c) : NULL;
		/* xx would ignore blanks in classes, J renames groups. */
		if (found == NULL || (c == 'x' && peek(p, 0) == 'x'))
			return false;
		if (on)
			p->flags |= bits[found - letters];
		else
			p->flags &= ~bits[found - letters];
	}
	return c >= 0;
}

/* The inside of a group and its closing parenthesis; body may be NULL. */
static struct tree *
parse_inside(struct parser *p, unsigned outer, struct body *body)
{
	size_t from = p->at;
	struct tree *t;

	if (++p->depth > TREE_DEPTH_MAX)
		return lose(p);
	t = parse_branches(p);
	p->depth--;
	p->flags = outer;
	if (p->lost || !take(p, ")"))
		return lose(p);
	if (body != NULL) {
		body->from = from;
		body->to = p->at - 1;
	}
	return t;
}

/* Its inside takes time, but is no part of what is matched. */
static struct tree *
parse_look(struct parser *p, unsigned outer)
{
	struct tree *inside = parse_inside(p, outer, NULL), *t;

	if (inside == NULL)
		return NULL;
	t = node(p, TREE_EMPTY);
	t->aside = inside;
	return t;
}

static struct tree *
parse_reference(struct parser *p, char end)
{
	struct tree *t;
	int c;

	while ((c = peek(p, 0)) >= 0 && c != end)
		p->at++;
	if (c < 0)
		return lose(p);
	p->at++;
	t = any_node(p);
	t->endless = true;
	return t;
}

static bool
parse_name(struct parser *p, int end)
{
	int c;

	while ((c = peek(p, 0)) >= 0 && c != end) {
		if (!char_alpha(c) && !char_digit(c) && c != '_')
			return false;
		p->at++;
	}
	p->at++;
	return c == end;
}

/* After "(?", what is neither a look-around nor a plain group. */
static struct tree *
parse_special(struct parser *p, unsigned outer, struct body *body)
{
	int c = peek(p, 0);

	if (take(p, "P=") || take(p, "P>") || take(p, "&") ||
	    take(p, "R") || c == '+' || char_digit(c) ||
	    (c == '-' && char_digit(peek(p, 1))))
		return parse_reference(p, ')');
	if (!parse_flags(p))
		return lose(p);
	if (take(p, ")"))
		return node(p, TREE_EMPTY);	/* for the rest of the group */
	p->at++;
	return parse_inside(p, outer, body);
}

/* "(?P<name>", "(?<name>" and "(?'name'": past the name, if it is one. */
static bool
take_name(struct parser *p)
{
	if (take(p, "'"))
		return parse_name(p, '\'') || lose(p) != NULL;
	if (take(p, "P<") || take(p, "<"))
		return parse_name(p, '>') || lose(p) != NULL;
	return false;
}

static struct tree *
parse_group(struct parser *p, struct body *body)
{
	unsigned outer = p->flags;

	/* Verbs such as (*ACCEPT) change what a match is. */
	if (peek(p, 0) == '*')
		return lose(p);
	if (!take(p, "?"))
		return parse_inside(p, outer, body);
	if (take(p, "=") || take(p, "!") || take(p, "<=") || take(p, "<!"))
		return parse_look(p, outer);
	if (peek(p, 0) == '(' || peek(p, 0) == 'C')
		return lose(p);
	if (take(p, "|") || take(p, ">") || take_name(p))
		return parse_inside(p, outer, body);
	if (p->lost)
		return NULL;
	return parse_special(p, outer, body);
}

static struct tree *
parse_quoted(struct parser *p)
{
	/* Handled one by one, so that a quantifier takes the last byte. */
	struct tree *all = NULL, **end = &all, *t;

	for (;;) {
		if (peek(p, 0) < 0 || take(p, "\\E"))
			break;
		t = byte_node(p, (unsigned char)p->text.p[p->at++]);
		if (peek(p, 0) < 0 || take(p, "\\E")) {
			t = parse_repeats(p, t, NULL);
			*end = t;
			break;
		}
		*end = t;
		end = &t->next;
	}
	t = node(p, all != NULL ? TREE_CAT : TREE_EMPTY);
	t->child = all;
	return t;
}

/* After "$", or a backslash and one of "zZ". */
static struct tree *
end_node(struct parser *p, int c)
{
	struct tree *t = node(p, TREE_EMPTY);

	t->end = c == 'z' ? END_WHOLE : c == 'Z' ||
	    !(p->flags & REGEX_LINES) ? END_LAST : END_LINE;
	return t;
}

static struct tree *
parse_escape(struct parser *p)
{
	const char *letter = p->text.p + p->at;
	struct byteset set;
	unsigned byte;

	switch (set_escape(p->text, &p->at, false, &set, &byte)) {
	case SET_BYTE:
		return byte_node(p, byte);
	case SET_CLASS:
		return set_node(p, &set);
	case SET_NOTHING:
		return *letter == 'z' || *letter == 'Z' ?
		    end_node(p, *letter) : node(p, TREE_EMPTY);
	case SET_ANY:
		return any_node(p);
	default:
		return lose(p);
	}
}

static struct tree *
parse_class(struct parser *p)
{
	struct byteset set;

	if (!set_class(p->text, &p->at, p->flags & REGEX_CASELESS, &set))
		return lose(p);
	return set_node(p, &set);
}

static struct tree *
parse_dot(struct parser *p)
{
	struct byteset set = {{0}};

	byteset_add(&set, 0, 255);
	if (!(p->flags & REGEX_DOTALL))
		set.bits[0] &= ~(UINT64_C(1) << '\n');
	return set_node(p, &set);
}

/* One atom with its quantifiers. */
static struct tree *
parse_atom(struct parser *p)
{
	struct body body = {0, 0, p->marks != NULL ? p->marks->n : 0};
	int c = peek(p, 0);
	struct tree *t;

	if (take(p, "\\Q"))
		return parse_quoted(p);
	p->at++;
	if (c == '\\')
		t = parse_escape(p);
	else if (c == '[')
		t = parse_class(p);
	else if (c == '(')
		t = parse_group(p, &body);
	else if (c == '.')
		t = parse_dot(p);
	else if (c == '$')
		t = end_node(p, c);
	else if (c == '^')
		t = node(p, TREE_EMPTY);
	else if (c == '*' || c == '+' || c == '?')
		t = lose(p);
	else
		t = byte_node(p, (unsigned)c);
	if (p->lost)
		return NULL;
	return parse_repeats(p, t, &body);
}

static struct tree *
parse_sequence(struct parser *p)
{
	struct tree *cat = node(p, TREE_CAT), **end = &cat->child, *t;
	int c;

	for (;;) {
		skip_nothing(p);
		c = peek(p, 0);
		if (p->lost || c < 0 || c == '|' || c == ')')
			break;
		t = parse_atom(p);
		if (t == NULL)
			return NULL;
		*end = t;
		end = &t->next;
	}
	if (cat->child == NULL)
		cat->kind = TREE_EMPTY;
	else if (cat->child->next == NULL)
		return cat->child;
	return cat;
}

static struct tree *
parse_branches(struct parser *p)
{
	struct tree *alt = node(p, TREE_ALT), **end = &alt->child, *t;

	do {
		t = parse_sequence(p);
		if (p->lost)
			return NULL;
		*end = t;
		end = &t->next;
	} while (take(p, "|"));
	return alt->child->next == NULL ? alt->child : alt;
}

const struct tree *
tree_parse(struct arena *arena, struct span pattern, unsigned flags,
    struct tree_marks *marks)
{
	struct parser *p = mem_alloc(sizeof(*p));
	struct tree *t;
	bool whole;

	p->arena = arena;
	p->text = pattern;
	p->flags = flags;
	p->marks = marks;
	if (marks != NULL) {
		marks->all = NULL;
		marks->n = 0;
	}
	t = parse_branches(p);
	whole = !p->lost && p->at == p->text.n;
	free(p);
	return whole ? t : NULL;
}
