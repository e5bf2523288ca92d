/*
 * metas - the metas of a ruleset: expressions read, put in an order in which
 * operands come first, and what follows from one rule to another.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "rules/glob.h"
#include "rules/meta.h"
#include "rules/reader.h"

/* Network rules wait for answers: they are asked early. */
#define PRIORITY_NET (-100)

struct asking {
	struct ruleset_reader *reader;
	const struct rule *meta;
};

static int
find_operand(void *context, struct span name)
{
	struct asking *a = context;
	struct ruleset_reader *r = a->reader;
	const struct rule *rule = ruleset_find(r->set, name);

	if ((rule == NULL || (rule->kind == RULE_NONE && !rule->raised)) &&
	    map_find(&r->skipped, name) == NULL && !a->meta->sub)
		reader_remark(r, a->meta->file, a->meta->line,
		    "meta %.*s: no rule or check is called %.*s, so it "
		    "counts as 0", SPAN_ARG(a->meta->name),
		    SPAN_ARG(span_head(name, RULE_NAME_MAX)));
	return rule != NULL ? (int)rule->index : -1;
}

static size_t
match_operands(void *context, struct span glob, unsigned *out, size_t max)
{
	struct asking *a = context;
	const struct ruleset *set = a->reader->set;
	size_t i, n = 0;

	for (i = 0; i < set->count && n < max; i++)
		if (set->rules[i] != a->meta &&
		    glob_match(glob, set->rules[i]->name))
			out[n++] = (unsigned)i;
	return n;
}

static int
parse_metas(struct ruleset_reader *r, struct error *error)
{
	struct asking asking = {r, NULL};
	struct meta_names names = {&asking, r->options.local_only,
	    find_operand, match_operands};
	struct error reason;
	struct rule *rule;
	size_t i, n, operands = 0;

	for (i = 0; i < r->set->count; i++) {
		rule = r->set->rules[i];
		if (rule->kind != RULE_META)
			continue;
		asking.meta = rule;
		rule->meta = meta_parse(&r->set->arena, rule->source, &names,
		    &reason);
		if (rule->meta == NULL)
			return error_at(error, rule->file, rule->line,
			    "meta %.*s: %s", SPAN_ARG(rule->name),
			    reason.text);
		meta_operands(rule->meta, &n);
		operands += n;
		if (operands > RULESET_OPERANDS_MAX)
			return error_at(error, rule->file, rule->line,
			    "metas have more than %d operands in all",
			    RULESET_OPERANDS_MAX);
	}
	return 0;
}

/* For ordering: how many metas each one waits for, and who waits for it. */
struct order {
	struct ruleset *set;
	unsigned *waits;	/* by rule.index */
	unsigned *first;	/* by rule.index: its first place in users */
	unsigned *users;
	const struct rule **done;
	size_t count;
};

/* Counts, for each meta, the metas it is made of, and how often it is used. */
static size_t
count_edges(struct order *o)
{
	const struct rule *rule;
	const unsigned *operand;
	size_t i, k, n, edges = 0;

	for (i = 0; i < o->set->count; i++) {
		rule = o->set->rules[i];
		if (rule->kind != RULE_META)
			continue;
		operand = meta_operands(rule->meta, &n);
		for (k = 0; k < n; k++)
			if (o->set->rules[operand[k]]->kind == RULE_META) {
				o->waits[i]++;
				o->first[operand[k] + 1]++;
				edges++;
			}
	}
	for (i = 0; i < o->set->count; i++)
		o->first[i + 1] += o->first[i];
	return edges;
}

static void
fill_users(struct order *o)
{
	unsigned *next = mem_array(NULL, o->set->count + 1, sizeof(*next));
	const unsigned *operand;
	size_t i, k, n;

	for (i = 0; i < o->set->count; i++)
		next[i] = o->first[i];
	for (i = 0; i < o->set->count; i++) {
		if (o->set->rules[i]->kind != RULE_META)
			continue;
		operand = meta_operands(o->set->rules[i]->meta, &n);
		for (k = 0; k < n; k++)
			if (o->set->rules[operand[k]]->kind == RULE_META)
				o->users[next[operand[k]]++] = (unsigned)i;
	}
	free(next);
}

/* Takes metas that wait for nobody, until none is left or all wait. */
static void
order_metas(struct order *o)
{
	unsigned user;
	size_t i, k;

	for (i = 0; i < o->set->count; i++)
		if (o->set->rules[i]->kind == RULE_META && o->waits[i] == 0)
			o->done[o->count++] = o->set->rules[i];
	for (i = 0; i < o->count; i++) {
		k = o->first[o->done[i]->index];
		for (; k < o->first[o->done[i]->index + 1]; k++) {
			user = o->users[k];
			if (--o->waits[user] == 0)
				o->done[o->count++] = o->set->rules[user];
		}
	}
}

/* What still waits does so for itself, or for one that does. */
static void
mark_cycles(const struct order *o)
{
	struct rule *rule;
	size_t i;

	for (i = 0; i < o->set->count; i++) {
		rule = o->set->rules[i];
		if (rule->kind != RULE_META || o->waits[i] == 0)
			continue;
		rule->unsupported = "its expression leads into a circle of "
		    "metas";
		rule->active = false;
	}
}

/*
 * In SpamAssassin 4 a meta is computed when all its operands are; a meta whose
 * score is 0 never is, and neither is what is made of it.
 */
static void
settle_meta(struct ruleset_reader *r, struct rule *rule)
{
	const struct rule *operand;
	const unsigned *index;
	size_t i, n;

	index = meta_operands(rule->meta, &n);
	for (i = 0; i < n; i++) {
		operand = r->set->rules[index[i]];
		if (operand->flags & RULE_NET)
			rule->flags |= RULE_NET;
		if (operand->turn > rule->turn)
			rule->turn = operand->turn;
		if (operand->kind != RULE_META || operand->active ||
		    operand->unsupported != NULL || !rule->active)
			continue;
		rule->active = false;
		reader_remark(r, rule->file, rule->line, "meta %.*s is never "
		    "computed: %.*s is part of it and %s",
		    SPAN_ARG(rule->name), SPAN_ARG(operand->name),
		    operand->score == 0 ? "has the score 0" :
		    "is never computed");
	}
}

static void
settle_metas(struct ruleset_reader *r, struct order *o)
{
	struct rule *rule;
	size_t i;

	o->set->metas = mem_array(NULL, o->count + 1,
	    sizeof(const struct rule *));
	for (i = 0; i < o->count; i++) {
		rule = o->set->rules[o->done[i]->index];
		settle_meta(r, rule);
		if (rule->active)
			o->set->metas[o->set->meta_count++] = rule;
	}
}

static int
compare_priority(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;

	if ((*x)->priority != (*y)->priority)
		return (*x)->priority < (*y)->priority ? -1 : 1;
	return (*x)->index < (*y)->index ? -1 : 1;
}

static void
pull_operands(const struct ruleset *set, const struct rule *meta)
{
	const unsigned *index;
	struct rule *operand;
	size_t i, n;

	index = meta_operands(meta->meta, &n);
	for (i = 0; i < n; i++) {
		operand = set->rules[index[i]];
		if (operand->priority <= meta->priority)
			continue;
		operand->priority = meta->priority < PRIORITY_NET &&
		    operand->flags & RULE_NET ? PRIORITY_NET : meta->priority;
	}
}

/* Operands are wanted no later than what is made of them. */
static void
set_priorities(struct ruleset *set)
{
	struct rule **sorted = mem_array(NULL, set->count + 1,
	    sizeof(*sorted));
	size_t i;

	for (i = 0; i < set->count; i++)
		sorted[i] = set->rules[i];
	qsort(sorted, set->count, sizeof(*sorted), compare_priority);
	for (i = 0; i < set->count; i++)
		if (sorted[i]->kind == RULE_META)
			pull_operands(set, sorted[i]);
	for (i = 0; i < set->count; i++)
		if (sorted[i]->priority == 0 && sorted[i]->flags & RULE_NET)
			sorted[i]->priority = PRIORITY_NET;
	free(sorted);
}

int
metas_finish(struct ruleset_reader *r, struct error *error)
{
	size_t n = r->set->count + 1;
	struct order o = {.set = r->set};

	if (parse_metas(r, error) != 0)
		return -1;
	o.waits = mem_alloc(n * sizeof(*o.waits));
	o.first = mem_alloc((n + 1) * sizeof(*o.first));
	o.users = mem_alloc((count_edges(&o) + 1) * sizeof(*o.users));
	o.done = mem_alloc(n * sizeof(*o.done));
	fill_users(&o);
	order_metas(&o);
	mark_cycles(&o);
	settle_metas(r, &o);
	set_priorities(r->set);
	free(o.waits);
	free(o.first);
	free(o.users);
	free(o.done);
	return 0;
}
