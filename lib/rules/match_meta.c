/*
 * match_meta - metas, and the sub-rules that they rest on.  Most sub-rules make
 * no difference to a message: the other operands have decided the meta.  So
 * each meta first has bounds, by what may still come, and only while these are
 * apart are its operands settled.
 */
#include <string.h>

#include "rules/matcher.h"
#include "rules/meta.h"

#define UNKNOWN_MAX 6	/* operands of a meta; with more it does not hit */
#define EVIDENCE_MAX 80		/* bytes of operands that are shown */
#define DEPTH_MAX 50	/* metas in metas; in deeper ones all is settled */
#define MANY 1e9		/* hits of a rule that has no limit */

/* While metas are computed. */
struct bounds {
	const struct matcher *m;
	struct match *match;
	double *high;	/* that of match */
};

/* The operands that hit, as evidence. */
static struct span
meta_evidence(const struct matcher *m, const struct match *match,
    const struct rule *rule)
{
	const unsigned *operands;
	size_t i, n;
	struct buf buf;
	struct span out;

	operands = meta_operands(rule->meta, &n);
	buf_init(&buf, EVIDENCE_MAX);
	for (i = 0; i < n && !buf.full; i++)
		if (match->values[operands[i]] != 0) {
			if (buf.n > 0)
				buf_char(&buf, ' ');
			buf_span(&buf, m->rules->rules[operands[i]]->name);
		}
	out = arena_span(match->facts->arena, buf_contents(&buf));
	buf_done(&buf);
	return out;
}

/* Sets the unknown operands to the bits of a number. */
static void
suppose(struct match *match, const unsigned *unknown, size_t n, unsigned bits)
{
	size_t i;

	for (i = 0; i < n; i++)
		match->values[unknown[i]] = bits >> i & 1;
}

/* Whether the meta hits, or does not, whatever the unknown operands are. */
static bool
certain(const struct rule *rule, struct match *match, bool hits)
{
	unsigned unknown[UNKNOWN_MAX], bits;
	const unsigned *operands;
	size_t i, n, count = 0;
	bool same = true;

	operands = meta_operands(rule->meta, &n);
	for (i = 0; i < n; i++) {
		if (!match->unknown[operands[i]])
			continue;
		if (count == UNKNOWN_MAX)
			return false;
		unknown[count++] = operands[i];
	}
	for (bits = 1; same && bits < 1u << count; bits++) {
		suppose(match, unknown, count, bits);
		same = (meta_eval(rule->meta, match->values) != 0) == hits;
	}
	suppose(match, unknown, count, 0);
	return same;
}

/* What a meta counts; 0 where that hangs on what nobody answered. */
static double
meta_value(const struct rule *rule, struct match *match)
{
	double value = meta_eval(rule->meta, match->values);

	if (!match->unanswered || certain(rule, match, value != 0))
		return value;
	match->unknown[rule->index] = true;
	return 0;
}

static bool
is_open(const struct bounds *b, unsigned index)
{
	return b->match->values[index] != b->high[index];
}

/* What waits to be tried may hit. */
static void
begin(struct bounds *b)
{
	const unsigned *ids;
	const struct rule *rule;
	size_t i, n;

	b->high = b->match->high;
	if (b->high != NULL)
		return;
	n = engine_waiting(b->match->facts->engine, &ids);
	b->high = b->match->high = b->match->values;
	if (n == 0 || b->match->facts->thorough)
		return;
	b->high = b->match->high = arena_raw(b->match->facts->arena,
	    (b->m->rules->count + 1) * sizeof(*b->high));
	memcpy(b->high, b->match->values,
	    b->m->rules->count * sizeof(*b->high));
	for (i = 0; i < n; i++) {
		rule = b->m->rules->rules[ids[i]];
		if (!match_waits(b->m, b->match, rule))
			continue;
		b->high[ids[i]] = !(rule->flags & RULE_MULTIPLE) ? 1 :
		    rule->max_hits > 0 ? rule->max_hits : MANY;
	}
}

/* All that is not awake cannot hit, and counts 0 as it did from the start. */
static void
wake(struct bounds *b)
{
	const struct meta_watch *watch = b->m->watch;
	struct match *match = b->match;

	if (match->awake == NULL)
		match->awake = meta_watch_begin(watch, match->facts->arena);
	if (match->unanswered)
		meta_watch_wake_all(watch, match->awake);
	else
		meta_watch_wake_some(watch, match->awake, b->high);
}

/* One that asks for what nobody answered is to be told from those that fail. */
static size_t
next_meta(const struct bounds *b, size_t from)
{
	return meta_watch_next(b->m->watch, b->match->awake,
	    b->match->unanswered ? NULL : b->high, from);
}

static void settle_all_operands(struct bounds *, const struct rule *);
static void settle_meta(struct bounds *, const struct rule *, unsigned depth);

static bool
asks_unknown(const struct bounds *b, const struct rule *rule)
{
	const unsigned *operands;
	size_t i, n;

	operands = meta_operands(rule->meta, &n);
	for (i = 0; i < n; i++)
		if (b->match->unknown[operands[i]])
			return true;
	return false;
}

/* Finds a meta's bounds by those of its operands. */
static void
bound(struct bounds *b, const struct rule *rule)
{
	double *values = b->match->values;
	unsigned i = rule->index;

	if (b->match->unanswered && asks_unknown(b, rule)) {
		settle_all_operands(b, rule);
		values[i] = b->high[i] = meta_value(rule, b->match);
		return;
	}
	meta_bounds(rule->meta, values, b->high, &values[i], &b->high[i]);
}

/* Metas too deep to go through one by one: all that waits is tried. */
static void
settle_rest(struct bounds *b)
{
	const unsigned *ids;
	size_t i, n;

	match_settle_all(b->m, b->match);
	n = engine_waiting(b->match->facts->engine, &ids);
	for (i = 0; i < n; i++)
		b->high[ids[i]] = b->match->values[ids[i]];
	for (i = 0; i < b->m->rules->meta_count; i++)
		if (is_open(b, b->m->rules->metas[i]->index))
			bound(b, b->m->rules->metas[i]);
}

static void
settle(struct bounds *b, const struct rule *rule, unsigned depth)
{
	if (depth > DEPTH_MAX) {
		settle_rest(b);
	} else if (rule->kind == RULE_META) {
		settle_meta(b, rule, depth);
	} else {
		match_settle(b->m, b->match, rule);
		b->high[rule->index] = b->match->values[rule->index];
	}
}

/*
 * After every second, fourth, eighth ... operand the meta is looked at again,
 * so that many of them do not take quadratic time.
 */
static void
settle_some(struct bounds *b, const struct rule *rule,
    const unsigned *operands, size_t n, unsigned depth)
{
	size_t i, settled = 0, look = 1;

	for (i = 0; i < n && is_open(b, rule->index); i++) {
		if (!is_open(b, operands[i]))
			continue;
		settle(b, b->m->rules->rules[operands[i]], depth + 1);
		if (++settled < look)
			continue;
		look *= 2;
		bound(b, rule);
	}
}

/* As many operands as decide the meta; those that must hit are asked first. */
static void
settle_meta(struct bounds *b, const struct rule *rule, unsigned depth)
{
	const unsigned *operands;
	size_t n;

	operands = meta_required(rule->meta, &n);
	settle_some(b, rule, operands, n, depth);
	operands = meta_operands(rule->meta, &n);
	settle_some(b, rule, operands, n, depth);
	bound(b, rule);
}

static void
settle_all_operands(struct bounds *b, const struct rule *rule)
{
	const unsigned *operands;
	size_t i, n;

	operands = meta_operands(rule->meta, &n);
	for (i = 0; i < n; i++)
		if (is_open(b, operands[i]))
			settle(b, b->m->rules->rules[operands[i]], 1);
}

/* A meta that hits shows which operands did, and counts what they do. */
static void
decide(struct bounds *b, const struct rule *rule)
{
	struct match *match = b->match;
	double *value = &match->values[rule->index];

	if (is_open(b, rule->index))
		settle(b, rule, 0);
	if (*value == 0)
		return;
	settle_all_operands(b, rule);
	bound(b, rule);
	match->evidence[rule->index] = meta_evidence(b->m, match, rule);
}

void
match_metas(const struct matcher *m, struct match *match, enum turn turn,
    bool trials)
{
	struct bounds b = {m, match, NULL};
	const struct rule *rule;
	size_t i;

	begin(&b);
	wake(&b);
	for (i = 0; (i = next_meta(&b, i)) < m->rules->meta_count; i++) {
		rule = m->rules->metas[i];
		if (rule->turn != turn ||
		    (!trials && rule->flags & RULE_SHADOW))
			continue;
		bound(&b, rule);
		if (!rule->sub || match->facts->thorough)
			decide(&b, rule);
		if (b.high[rule->index] != 0)
			meta_watch_wake(m->watch, match->awake, rule->index);
	}
	match_keep_limited(match);
}
