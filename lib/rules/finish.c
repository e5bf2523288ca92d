/*
 * finish - what can only be done when all rule files are read: tags, default
 * scores, names that nobody defines.  metas.c does the rest.
 */
#include "rules/netrule.h"
#include "rules/reader.h"

#define SCORE_DEFAULT 1000	/* thousandths */
#define SCORE_TRIAL 10		/* of T_ rules, which are on trial */

static bool
has_pattern(const struct rule *rule)
{
	return rule->kind == RULE_HEADER || rule->kind == RULE_BODY ||
	    rule->kind == RULE_RAWBODY || rule->kind == RULE_FULL ||
	    rule->kind == RULE_URI;
}

/* Replaces the tags in all rules that replace_rules names. */
static int
apply_tags(struct ruleset_reader *r, struct error *error)
{
	const struct setting *line;
	struct rule *rule;
	struct error reason;
	struct span name;
	size_t i;

	for (i = 0; i < r->replaced.count; i++) {
		name = map_key(&r->replaced, i);
		line = map_value(&r->replaced, i);
		rule = ruleset_find(r->set, name);
		if (rule == NULL || !has_pattern(rule)) {
			if (map_find(&r->skipped, name) == NULL)
				reader_remark(r, line->file, line->line,
				    "replace_rules: %.*s has no pattern with "
				    "tags", SPAN_ARG(name));
			continue;
		}
		if (replace_apply(r->replace, &r->set->arena,
		    rule->pattern.text, &rule->pattern.text, &reason) != 0)
			return error_at(error, rule->file, rule->line,
			    "%.*s: %s", SPAN_ARG(rule->name), reason.text);
	}
	return 0;
}

static int
check_pattern(const struct rule *rule, const struct pattern *pattern,
    struct error *error)
{
	struct error reason;

	if (pattern_check(pattern, &reason) == 0)
		return 0;
	return error_at(error, rule->file, rule->line, "%.*s: %s",
	    SPAN_ARG(rule->name), reason.text);
}

int
ruleset_check(const struct ruleset *set, struct error *error)
{
	const struct rule *rule;
	size_t i, k;

	for (i = 0; i < set->count; i++) {
		rule = set->rules[i];
		if ((has_pattern(rule) || rule->kind == RULE_MIMEHEADER) &&
		    check_pattern(rule, &rule->pattern, error) != 0)
			return -1;
		for (k = 0; k < rule->test_count; k++)
			if (check_pattern(rule, &rule->tests[k].pattern,
			    error) != 0)
				return -1;
	}
	return 0;
}

/* Names of all groups that rules with patterns have. */
static void
find_captures(const struct ruleset *set, struct map *names)
{
	struct span rest, name;
	size_t i;

	for (i = 0; i < set->count; i++) {
		if (!set->rules[i]->pattern.names_captures)
			continue;
		rest = set->rules[i]->pattern.text;
		while (pattern_capture(&rest, &name))
			map_put(names, name, set->rules[i]);
	}
}

static void
check_templates(struct ruleset *set, struct rule *rule, struct map *names)
{
	struct span text = rule->pattern.text, name;
	size_t i;

	for (i = 0; i < text.n; i++)
		if (pattern_template(text, i, &name) > 0 &&
		    map_find(names, name) == NULL)
			rule->unsupported = arena_printf(&set->arena,
			    "no pattern names a group %.*s, and there are no "
			    "other tags for %%{} here", SPAN_ARG(name)).p;
	if (!has_pattern(rule))
		rule->unsupported = "%{} is for header, body, rawbody, full "
		    "and uri";
}

/* What stands in %{} must come from a group of some pattern. */
static void
find_unfilled(struct ruleset *set)
{
	struct map names;
	size_t i;

	map_init(&names);
	find_captures(set, &names);
	for (i = 0; i < set->count; i++)
		if (set->rules[i]->pattern.uses_captures)
			check_templates(set, set->rules[i], &names);
	map_done(&names);
}

static void
set_score(struct rule *rule, unsigned score_set)
{
	int64_t score = SCORE_DEFAULT;
	size_t i;

	if (!rule->scored && rule->kind != RULE_NONE) {
		if (span_starts(rule->name, "T_"))
			score = SCORE_TRIAL;
		if (rule->flags & RULE_NICE)
			score = -score;
		for (i = 0; i < RULE_SCORE_SETS; i++)
			rule->scores[i] = score;
	}
	rule->score = rule->scores[score_set];
	rule->active = rule->kind != RULE_NONE && rule->score != 0 &&
	    rule->unsupported == NULL && rule->idle == NULL;
}

/* A misspelt name in a score line would go unseen otherwise. */
static void
remark_undefined(struct ruleset_reader *r)
{
	const struct rule *rule;
	size_t i;

	for (i = 0; i < r->set->count; i++) {
		rule = r->set->rules[i];
		if (rule->kind == RULE_NONE && !rule->raised &&
		    rule->scored && rule->score != 0 &&
		    map_find(&r->skipped, rule->name) == NULL)
			reader_remark(r, rule->score_file, rule->score_line,
			    "score %.*s: no rule or check has this name",
			    SPAN_ARG(rule->name));
	}
}

/* Plugins that would have brought rules. */
static void
remark_absent(struct ruleset_reader *r)
{
	const struct absence *absence;
	size_t i;

	for (i = 0; i < r->absent.count; i++) {
		absence = map_value(&r->absent, i);
		reader_remark(r, absence->file, absence->line,
		    "there is no plugin %.*s here: %u lines with rules are "
		    "skipped from this one on",
		    SPAN_ARG(map_key(&r->absent, i)), absence->rules);
	}
}

int
reader_finish(struct ruleset_reader *r, struct error *error)
{
	size_t i;

	if (apply_tags(r, error) != 0 ||
	    (r->options.check_patterns && ruleset_check(r->set, error) != 0))
		return -1;
	find_unfilled(r->set);
	netrules_read(r);
	for (i = 0; i < r->set->count; i++)
		set_score(r->set->rules[i], r->options.score_set);
	if (metas_finish(r, error) != 0)
		return -1;
	remark_undefined(r);
	remark_absent(r);
	return 0;
}
