/* mark - a digest that tells whether a rule still asks the same. */
#include "rules/mark.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "rules/meta.h"

/* What is left to look at; each rule comes here once. */
struct walk {
	const struct rule **rules;
	bool *known;
	size_t count;
};

static void
add_rule(struct walk *walk, const struct rule *rule)
{
	if (walk->known[rule->index])
		return;
	walk->known[rule->index] = true;
	walk->rules[walk->count++] = rule;
}

static void
add_operands(struct walk *walk, const struct ruleset *set,
    const struct rule *rule)
{
	const unsigned *operands;
	size_t i, n;

	if (rule->meta == NULL)
		return;
	operands = meta_operands(rule->meta, &n);
	for (i = 0; i < n; i++)
		add_rule(walk, set->rules[operands[i]]);
}

/* What a meta is made of counts by whether it hits, not by its score. */
static void
digest_rule(struct digest *digest, const struct rule *rule, bool score)
{
	char text[60];

	snprintf(text, sizeof(text), "%d %u %u %lld", (int)rule->kind,
	    rule->flags, rule->max_hits, score ? (long long)rule->score : 0);
	digest_add(digest, span_of(text));
	digest_add(digest, rule->name);
	digest_add(digest, rule->source);
	digest_add(digest, rule->pattern.text);
}

const char *
mark_text(const struct ruleset *set, const struct rule *rule,
    char out[DIGEST_TEXT_MAX])
{
	struct digest *digest = digest_new();
	struct walk walk = {
		.rules = mem_array(NULL, set->count, sizeof(*walk.rules)),
		.known = mem_alloc(set->count * sizeof(*walk.known)),
	};
	size_t i;

	add_rule(&walk, rule);
	for (i = 0; i < walk.count; i++) {
		digest_rule(digest, walk.rules[i], i == 0);
		add_operands(&walk, set, walk.rules[i]);
	}
	free(walk.rules);
	free(walk.known);
	digest_text(digest, out);
	digest_free(digest);
	return out;
}
