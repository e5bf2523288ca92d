/* netanswer - what the DNS said about the rules that ask it. */
#include "rules/netanswer.h"

#include "rules/matcher.h"

static struct netanswer *
answer_of(struct facts *f, const struct rule *rule)
{
	if (f->network == NULL)
		f->network = arena_alloc(f->arena, (f->rules->count + 1) *
		    sizeof(*f->network));
	return &f->network[rule->index];
}

void
netanswer_hit(struct facts *f, const struct rule *rule, struct span evidence)
{
	struct netanswer *a = answer_of(f, rule);

	if (!a->hit)
		a->evidence = evidence;
	a->hit = true;
}

void
netanswer_unknown(struct facts *f, const struct rule *rule)
{
	answer_of(f, rule)->unknown = true;
}

void
netanswers_take(const struct ruleset *rules, struct match *match)
{
	const struct netanswer *answers = match->facts->network;
	size_t i;

	for (i = 0; answers != NULL && i < rules->count; i++)
		if (answers[i].hit)
			match_note(match, rules->rules[i], 1,
			    answers[i].evidence);
		else if (answers[i].unknown && match->values[i] == 0)
			match_unknown(match, rules->rules[i]);
}
