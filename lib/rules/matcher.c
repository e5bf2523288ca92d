/* matcher - a ruleset made ready to run. */
#include "rules/matcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Rules of one pattern each that the engine is to find. */
struct plan {
	struct engine_pattern *items;
	size_t count;
	size_t *positions;	/* the matcher's */
};

static void
list_add(struct rule_list *list, const struct rule *rule)
{
	list->items = mem_array(list->items, list->count + 1,
	    sizeof(*list->items));
	list->items[list->count++] = rule;
}

static void
list_done(struct rule_list *list)
{
	free(list->items);
}

unsigned
matcher_most(const struct rule *rule)
{
	if (!(rule->flags & RULE_MULTIPLE))
		return 1;
	return rule->max_hits > 0 && rule->max_hits < ENGINE_COUNT_MAX ?
	    rule->max_hits : ENGINE_COUNT_MAX;
}

/*
 * What hits by itself is tried at once, as is what others ask for before the
 * metas do.
 */
static bool
can_wait(const struct rule *rule)
{
	return rule->sub && rule->kind != RULE_MIMEHEADER &&
	    !rule->pattern.negate && !rule->pattern.names_captures &&
	    !(rule->flags & RULE_SHADOW);
}

static void
plan_add(struct plan *plan, const struct rule *rule, unsigned class)
{
	struct engine_pattern *p = &plan->items[plan->count++];

	plan->positions[rule->index] = plan->count;
	memset(p, 0, sizeof(*p));
	p->id = rule->index;
	p->class = class;
	p->text = rule->pattern.text;
	p->flags = rule->pattern.flags;
	p->most = matcher_most(rule);
	p->captures = rule->pattern.names_captures;
	/* Fields are asked for one by one, and their parts as well. */
	p->once = class < CLASS_FIELDS && p->most == 1 && !p->captures;
	p->later = can_wait(rule);
}

/* Whether the pattern matches a text that is known already. */
static bool
matches(const struct rule *rule, struct regex_scratch *scratch,
    struct span text)
{
	struct regex_found found;
	struct regex *regex;
	bool yes;

	regex = regex_new(rule->pattern.text, rule->pattern.flags | REGEX_ONCE,
	    NULL);
	if (regex == NULL)
		return false;
	yes = regex_match(regex, scratch, text, 0, &found) == REGEX_MATCH;
	regex_put(regex);
	return yes;
}

/*
 * A field that is not there counts as empty, or as what [if-unset: ] says: the
 * answer is the same for all messages.
 */
static void
plan_header(struct matcher *m, struct plan *plan, const struct rule *rule,
    struct regex_scratch *scratch)
{
	struct field_rules *f = &m->fields[rule->field->index];
	struct span unset = rule->if_unset.p != NULL ? rule->if_unset :
	    span_make("", 0);

	f->key = rule->field;
	f->any = true;
	if (matches(rule, scratch, unset) != rule->pattern.negate)
		list_add(&f->absent, rule);
	if (rule->pattern.negate)
		list_add(&f->negated, rule);
	plan_add(plan, rule, CLASS_FIELDS + rule->field->index);
}

static void
plan_exists(struct matcher *m, const struct rule *rule)
{
	struct field_rules *f = &m->fields[rule->field->index];

	f->key = rule->field;
	f->any = true;
	list_add(rule->pattern.negate ? &f->absent : &f->exists, rule);
}

static int
refuse(const struct rule *rule, const struct error *reason,
    struct error *error)
{
	return error_at(error, rule->file, rule->line, "%.*s: %s",
	    SPAN_ARG(rule->name), reason->text);
}

static int
plan_mimeheader(struct matcher *m, struct plan *plan, const struct rule *rule,
    struct regex_scratch *scratch, struct error *error)
{
	struct mime_rule *mime;
	struct error reason;

	m->mimes = mem_array(m->mimes, m->mime_count + 1, sizeof(*m->mimes));
	mime = &m->mimes[m->mime_count++];
	mime->rule = rule;
	mime->unset = matches(rule, scratch, rule->if_unset.p != NULL ?
	    rule->if_unset : span_make("", 0));
	mime->regex = NULL;
	if (rule->flags & RULE_CONCAT) {
		mime->regex = regex_new(rule->pattern.text,
		    rule->pattern.flags, &reason);
		return mime->regex != NULL ? 0 : refuse(rule, &reason, error);
	}
	m->mime_fields[rule->field->index] = true;
	plan_add(plan, rule, CLASS_FIELDS + (unsigned)m->rules->field_count +
	    rule->field->index);
	return 0;
}

static int
plan_detail(struct matcher *m, const struct rule *rule, struct error *error)
{
	struct regex **tests;
	struct error reason;
	size_t i;

	tests = mem_alloc((rule->test_count + 1) * sizeof(struct regex *));
	m->tests = mem_array(m->tests, m->details.count + 1,
	    sizeof(struct regex **));
	m->tests[m->details.count] = tests;
	list_add(&m->details, rule);
	for (i = 0; i < rule->test_count; i++) {
		tests[i] = regex_new(rule->tests[i].pattern.text,
		    rule->tests[i].pattern.flags, &reason);
		if (tests[i] == NULL)
			return refuse(rule, &reason, error);
	}
	return 0;
}

static int
plan_rule(struct matcher *m, struct plan *plan, const struct rule *rule,
    struct regex_scratch *scratch, struct error *error)
{
	bool later = rule->flags & RULE_NOSUBJECT;

	if (rule->pattern.uses_captures) {
		m->templates = mem_array(m->templates, m->template_count + 1,
		    sizeof(*m->templates));
		template_init(&m->templates[m->template_count++], rule);
		return 0;
	}
	switch (rule->kind) {
	case RULE_HEADER:
		plan_header(m, plan, rule, scratch);
		break;
	case RULE_EXISTS:
		plan_exists(m, rule);
		break;
	case RULE_BODY:
		m->any_body = true;
		plan_add(plan, rule, later ? CLASS_BODY_LATER : CLASS_BODY);
		break;
	case RULE_RAWBODY:
		m->any_rawbody = true;
		plan_add(plan, rule, CLASS_RAWBODY);
		break;
	case RULE_FULL:
		m->any_full = true;
		plan_add(plan, rule, CLASS_FULL);
		break;
	case RULE_URI:
		m->any_uri = true;
		plan_add(plan, rule, CLASS_URI);
		break;
	case RULE_URI_DETAIL:
		return plan_detail(m, rule, error);
	case RULE_MIMEHEADER:
		return plan_mimeheader(m, plan, rule, scratch, error);
	case RULE_EVAL:
		list_add(&m->evals, rule);
		break;
	case RULE_NONE:
	case RULE_META:
	case RULE_NETWORK:
	case RULE_KINDS:
		break;
	}
	return 0;
}

static int
plan_all(struct matcher *m, struct plan *plan, struct error *error)
{
	struct regex_scratch *scratch = regex_scratch_new();
	int status = 0;
	size_t i;

	for (i = 0; i < m->rules->count && status == 0; i++)
		if (m->rules->rules[i]->active)
			status = plan_rule(m, plan, m->rules->rules[i],
			    scratch, error);
	regex_scratch_free(scratch);
	return status;
}

struct matcher *
matcher_new(const struct ruleset *rules, struct matcher *previous,
    const struct engine_options *options, struct error *error)
{
	struct matcher *m = mem_alloc(sizeof(*m));
	struct plan plan = {NULL, 0, NULL};

	m->rules = rules;
	m->watch = meta_watch_new(rules);
	m->fields = mem_alloc((rules->field_count + 1) * sizeof(*m->fields));
	m->mime_fields = mem_alloc(rules->field_count + 1);
	plan.positions = m->positions = mem_alloc((rules->count + 1) *
	    sizeof(*m->positions));
	plan.items = mem_alloc((rules->count + 1) * sizeof(*plan.items));
	if (plan_all(m, &plan, error) == 0)
		m->engine = engine_load(plan.items, plan.count,
		    previous != NULL ? previous->engine : NULL, options, error);
	free(plan.items);
	if (m->engine == NULL) {
		matcher_free(m);
		return NULL;
	}
	return m;
}

void
matcher_free(struct matcher *m)
{
	size_t i, k;

	if (m == NULL)
		return;
	for (i = 0; i < m->rules->field_count; i++) {
		list_done(&m->fields[i].negated);
		list_done(&m->fields[i].absent);
		list_done(&m->fields[i].exists);
	}
	for (i = 0; i < m->details.count; i++) {
		for (k = 0; k < m->details.items[i]->test_count; k++)
			regex_put(m->tests[i][k]);
		free(m->tests[i]);
	}
	free(m->tests);
	for (i = 0; i < m->mime_count; i++)
		regex_put(m->mimes[i].regex);
	free(m->mimes);
	list_done(&m->evals);
	list_done(&m->details);
	for (i = 0; i < m->template_count; i++)
		template_done(&m->templates[i]);
	free(m->templates);
	engine_put(m->engine);
	meta_watch_free(m->watch);
	free(m->positions);
	free(m->fields);
	free(m->mime_fields);
	free(m);
}

bool
matcher_way(const struct matcher *m, const struct rule *rule,
    enum engine_way *out)
{
	if (m->positions[rule->index] == 0)
		return false;
	*out = engine_way(m->engine, m->positions[rule->index] - 1);
	return true;
}

struct engine *
matcher_engine(const struct matcher *m)
{
	return m->engine;
}
