/* shadows - the rules of a generation that are on trial. */
#include "shadows.h"

#include <stdlib.h>

#include "base/mem.h"
#include "rules/mark.h"

/* The figures of a rule: those there are, if it is the same, or new ones. */
static struct shadow *
find_shadow(const struct shadows *previous, const char *name, const char *mark)
{
	size_t i;

	for (i = 0; previous != NULL && i < previous->count; i++)
		if (shadow_same(previous->items[i], name, mark))
			return shadow_hold(previous->items[i]);
	return shadow_new(name, mark);
}

void
shadows_load(struct shadows *t, const struct ruleset *rules,
    const struct weights *weights, const struct shadows *previous)
{
	const struct weight *weight;
	char mark[DIGEST_TEXT_MAX];
	size_t i;

	for (i = 0; i < rules->count; i++) {
		weight = weights_find(weights, rules->rules[i]->name);
		if (weight == NULL || !weight->shadow)
			continue;
		mark_text(rules, rules->rules[i], mark);
		t->items = mem_array(t->items, t->count + 1,
		    sizeof(struct shadow *));
		t->weights = mem_array(t->weights, t->count + 1,
		    sizeof(struct weight *));
		t->items[t->count] = find_shadow(previous, weight->name,
		    mark);
		t->weights[t->count++] = weight;
	}
}

void
shadows_done(struct shadows *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		shadow_put(t->items[i]);
	free(t->items);
	free(t->weights);
}

static const struct symbol *
find_symbol(const struct result *r, const struct weight *weight)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (r->symbols[i].weight == weight)
			return &r->symbols[i];
	return NULL;
}

/* Each rule is asked about by itself, as if it alone counted as well. */
static void
note_hit(struct shadow *shadow, const struct policy *policy,
    const struct message *m, const struct result *r, const struct symbol *hit,
    const struct decision *decision)
{
	struct result with = *r;
	struct decision would;
	struct shadow_case verdict = {
		.queue_id = m->queue_id,
		.now = m->now,
		.score = r->score,
		.points = hit->score,
		.from = decision->action,
	};

	with.score += hit->score;
	with.tried = hit->weight;
	policy_decide(policy, m, &with, decision->token, &would);
	verdict.to = would.action;
	verdict.news = would.newsletter - decision->newsletter;
	if (policy->newsletter == NEWSLETTER_ACCEPT)
		verdict.news = 0;
	shadow_hit(shadow, &verdict);
}

void
shadows_note(const struct shadows *t, const struct policy *policy,
    const struct message *m, const struct result *r,
    const struct decision *decision)
{
	const struct symbol *hit;
	size_t i;

	for (i = 0; i < t->count; i++) {
		shadow_seen(t->items[i], m->now);
		hit = r->trials > 0 ? find_symbol(r, t->weights[i]) : NULL;
		if (hit != NULL)
			note_hit(t->items[i], policy, m, r, hit, decision);
	}
}
