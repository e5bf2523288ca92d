/* ruleset - rule files, parsed. */
#include "rules/ruleset.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

const char *
rule_kind_name(enum rule_kind kind)
{
	static const char *const names[RULE_KINDS] = {
		[RULE_NONE] = "undefined", [RULE_HEADER] = "header",
		[RULE_EXISTS] = "exists", [RULE_BODY] = "body",
		[RULE_RAWBODY] = "rawbody", [RULE_FULL] = "full",
		[RULE_URI] = "uri", [RULE_URI_DETAIL] = "uri_detail",
		[RULE_MIMEHEADER] = "mimeheader", [RULE_EVAL] = "eval",
		[RULE_META] = "meta", [RULE_NETWORK] = "network",
	};

	return names[kind];
}

int64_t
rule_times(const struct rule *rule, double value)
{
	return rule->flags & RULE_MULTIPLE && rule->kind != RULE_EVAL &&
	    rule->kind != RULE_META ? (int64_t)value : 1;
}

void
ruleset_free(struct ruleset *set)
{
	struct settings *settings;
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->settings.count; i++) {
		settings = map_value(&set->settings, i);
		free(settings->items);
	}
	for (i = 0; i < set->regex_count; i++)
		regex_put(set->regexes[i]);
	map_done(&set->settings);
	map_done(&set->by_name);
	free(set->regexes);
	free(set->lines.items);
	free(set->rules);
	free(set->fields);
	free(set->metas);
	free(set->remarks);
	arena_done(&set->arena);
	free(set);
}

struct rule *
ruleset_find(const struct ruleset *set, struct span name)
{
	return map_find(&set->by_name, name);
}

const struct settings *
ruleset_settings(const struct ruleset *set, const char *word)
{
	static const struct settings none = {NULL, 0};
	const struct settings *found = map_find(&set->settings, span_of(word));

	return found != NULL ? found : &none;
}

int64_t
ruleset_number(const struct ruleset *set, const char *word, int64_t otherwise)
{
	const struct settings *lines = ruleset_settings(set, word);
	struct span text;
	int64_t number;

	if (lines->count == 0)
		return otherwise;
	text = lines->items[lines->count - 1]->rest;
	if (span_iis(text, "yes"))
		return 1;
	if (span_iis(text, "no"))
		return 0;
	/* Fractions are cut off: nothing that has any is asked for here. */
	text = span_head(text, span_chr(text, '.'));
	return text_number(text, &number) ? number : otherwise;
}

static void
weigh_rule(const struct rule *rule, struct weights *weights)
{
	struct weight *weight;

	/* Of a check's symbol only what lines say, no default. */
	if (rule->raised && rule->kind == RULE_NONE && !rule->scored &&
	    rule->describe.n == 0 && !(rule->flags & RULE_SHADOW))
		return;
	weight = weights_put(weights, rule->name);
	weight->shadow = rule->flags & RULE_SHADOW;
	weight->hearsay = rule->kind == RULE_META && rule->turn > TURN_BODY;
	if (rule->scored || rule->kind != RULE_NONE) {
		weight->score = rule->score;
		weight->scored = true;
		free(weight->file);
		weight->file = NULL;
		if (rule->score_file != NULL)
			weight->file = mem_copy(rule->score_file,
			    span_of(rule->score_file).n);
		weight->line = rule->score_line;
	}
	if (rule->describe.n > 0) {
		free(weight->describe);
		weight->describe = mem_copy(rule->describe.p,
		    rule->describe.n);
	}
}

void
ruleset_weigh(const struct ruleset *set, struct weights *weights)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (!set->rules[i]->sub && (set->rules[i]->raised ||
		    set->rules[i]->kind != RULE_NONE))
			weigh_rule(set->rules[i], weights);
}
