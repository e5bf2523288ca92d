/*
 * rules - the rule files: rules in SpamAssassin's language, run over the whole
 * message.  Patterns are matched while the DNS still answers; functions that
 * ask what other checks found, and metas, come when all of these have spoken.
 * Metas on what a store remembers wait for it, and those on what follows from
 * the score come last of all: their own points change none of that.
 */
#include "check/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "rules/netanswer.h"
#include "rules/rulebook.h"

struct rules_state {
	struct match match;
	struct match without;	/* as if no rule on trial had hit */
};

/* A rule that is told when it hits. */
struct told {
	unsigned index;		/* of the rule */
	const struct weight *weight;
};

struct rules_self {
	const struct rulebook *book;
	struct told *told;
	size_t told_count;
	unsigned *trials;	/* indices of rules on trial */
	size_t trial_count;
	unsigned turns;		/* in which metas are computed: bits */
};

static const char *const symbols[] = {
	"RULES_TOO_SLOW", "LIMIT_CAPTURES", NULL,
};

/* Every rule that may hit by itself has its weight looked up once. */
static void *
rules_load(const void *options, struct loading *loading)
{
	const struct ruleset *rules = loading->book->rules;
	struct rules_self *self = mem_alloc(sizeof(*self));
	const struct weight *weight;
	const struct rule *rule;
	size_t i;

	(void)options;
	for (i = 0; i < rules->meta_count; i++)
		self->turns |= 1u << rules->metas[i]->turn;
	self->book = loading->book;
	self->told = mem_alloc((rules->count + 1) * sizeof(*self->told));
	self->trials = mem_alloc((rules->count + 1) * sizeof(*self->trials));
	for (i = 0; i < rules->count; i++) {
		rule = rules->rules[i];
		if (rule->flags & RULE_SHADOW)
			self->trials[self->trial_count++] = rule->index;
		if (!rule->active || rule->sub || rule->kind == RULE_NONE)
			continue;
		weight = weights_find(loading->weights, rule->name);
		if (weight != NULL)
			self->told[self->told_count++] =
			    (struct told){rule->index, weight};
	}
	self->told = mem_array(self->told, self->told_count + 1,
	    sizeof(*self->told));
	return self;
}

static void
rules_unload(void *arg)
{
	struct rules_self *self = arg;

	free(self->trials);
	free(self->told);
	free(self);
}

static unsigned
rules_needs(const void *arg)
{
	const struct rules_self *self = arg;

	return self->told_count > 0 ? NEED_CLIENT | NEED_HELO | NEED_SENDER |
	    NEED_HEADERS | NEED_BODY : 0;
}

static void
rules_ask(const void *arg, struct inquiry *q)
{
	const struct rules_self *self = arg;
	struct rules_state *state = q->state;

	match_run(self->book->matcher, inquiry_facts(q), &state->match);
}

/* What checks raised so far. */
static void
take_symbols(const struct rules_self *self, struct inquiry *q,
    struct match *match, bool trials)
{
	const struct weight *weight;
	const struct rule *rule;
	size_t i;

	for (i = 0; i < q->result->count; i++) {
		weight = q->result->symbols[i].weight;
		rule = ruleset_find(self->book->rules, span_of(weight->name));
		if (rule != NULL && rule->raised &&
		    (trials || !weight->shadow))
			match_raised(match, rule);
	}
}

static bool
is_degraded(const struct result *r, const char *service)
{
	size_t i;

	for (i = 0; service != NULL && i < r->degraded_count; i++)
		if (strcmp(r->degraded[i], service) == 0)
			return true;
	return false;
}

/* Symbols of checks that had no answer so far, and that were not raised. */
static void
take_unknown(const struct rules_self *self, struct inquiry *q,
    struct match *match, enum turn turn)
{
	const char *const *symbol;
	const struct rule *rule;
	size_t i;

	for (i = 0; q->result->degraded_count > 0 && checks[i] != NULL; i++) {
		if (!is_degraded(q->result, checks[i]->service))
			continue;
		for (symbol = checks[i]->symbols; *symbol != NULL; symbol++) {
			rule = ruleset_find(self->book->rules,
			    span_of(*symbol));
			if (rule != NULL && rule->turn <= turn &&
			    match->values[rule->index] == 0)
				match_unknown(match, rule);
		}
	}
}

/* With what metas may name beside rules. */
static void
compute(const struct rules_self *self, struct inquiry *q,
    struct match *match, enum turn turn, bool trials)
{
	take_symbols(self, q, match, trials);
	take_unknown(self, q, match, turn);
	match_metas(self->book->matcher, match, turn, trials);
}

/* Raises the rules that are on trial, or those that are not. */
static void
raise_hits(const struct rules_self *self, struct inquiry *q,
    const struct match *match, bool shadow)
{
	static const struct span redacted = SPAN("*REDACTED*");
	const struct told *t, *end = self->told + self->told_count;
	const struct rule *rule;

	for (t = self->told; t < end; t++) {
		if (match->values[t->index] == 0 ||
		    t->weight->shadow != shadow)
			continue;
		rule = self->book->rules->rules[t->index];
		result_put(q->result, t->weight,
		    rule_times(rule, match->values[t->index]),
		    rule->flags & RULE_NOLOG ? redacted :
		    match->evidence[t->index]);
	}
}

static void
without_trials(const struct rules_self *self, struct inquiry *q,
    const struct match *match, struct match *out)
{
	size_t count = self->book->rules->count, i;

	*out = *match;
	out->values = arena_alloc(q->arena, count * sizeof(*out->values));
	out->evidence = arena_alloc(q->arena, count * sizeof(*out->evidence));
	out->unknown = arena_alloc(q->arena, count * sizeof(*out->unknown));
	memcpy(out->unknown, match->unknown, count * sizeof(*out->unknown));
	memcpy(out->values, match->values, count * sizeof(*out->values));
	memcpy(out->evidence, match->evidence, count * sizeof(*out->evidence));
	for (i = 0; i < self->trial_count; i++)
		out->values[self->trials[i]] = 0;
}

/* Who asks later what hit must not see metas that rest on a trial. */
static void
keep_effects(const struct ruleset *rules, const struct match *without,
    struct match *match)
{
	size_t i;

	for (i = 0; i < rules->count; i++) {
		if (rules->rules[i]->flags & RULE_SHADOW)
			continue;
		match->values[i] = without->values[i];
		match->evidence[i] = without->evidence[i];
	}
}

/*
 * A rule on trial counts for metas that are on trial themselves: all others
 * must not see it.
 */
static void
judge_metas(const struct rules_self *self, struct inquiry *q, enum turn turn)
{
	struct rules_state *state = q->state;
	bool trials = self->trial_count > 0;

	if (trials && turn == TURN_BODY) {
		/* Both see the same hits. */
		match_settle_all(self->book->matcher, &state->match);
		without_trials(self, q, &state->match, &state->without);
	}
	compute(self, q, &state->match, turn, true);
	if (trials) {
		compute(self, q, &state->without, turn, false);
		raise_hits(self, q, &state->without, false);
	}
	raise_hits(self, q, &state->match, trials);
}

/* Metas see it, unless the first that is too slow is one of theirs. */
static bool
raise_slow(const struct rules_self *self, struct inquiry *q,
    const struct match *match)
{
	struct buf names;
	size_t i;

	if (match->limited_count == 0)
		return false;
	buf_init(&names, RESULT_EVIDENCE_MAX);
	for (i = 0; i < match->limited_count; i++) {
		if (i > 0)
			buf_char(&names, ' ');
		buf_span(&names,
		    self->book->rules->rules[match->limited[i]]->name);
	}
	inquiry_raise(q, "RULES_TOO_SLOW", "%s", buf_string(&names));
	buf_done(&names);
	return true;
}

static enum answer
rules_run(const void *arg, struct inquiry *q)
{
	const struct rules_self *self = arg;
	struct rules_state *state = q->state;
	bool slow;

	match_evals(self->book->matcher, &state->match);
	slow = raise_slow(self, q, &state->match);
	if (state->match.captures_cut)
		inquiry_raise(q, "LIMIT_CAPTURES", "%zu kept",
		    state->match.capture_count);
	netanswers_take(self->book->rules, &state->match);
	judge_metas(self, q, TURN_BODY);
	if (!slow)
		raise_slow(self, q, &state->match);
	return ANSWERED;
}

/* Metas on what checks said since. */
static void
judge_turn(const struct rules_self *self, struct inquiry *q, enum turn turn)
{
	struct rules_state *state = q->state;

	if (!(self->turns & 1u << turn))
		return;
	judge_metas(self, q, turn);
	raise_slow(self, q, &state->match);
}

static enum answer
rules_run_store(const void *arg, struct inquiry *q)
{
	judge_turn(arg, q, TURN_STORE);
	return ANSWERED;
}

static enum answer
rules_run_score(const void *arg, struct inquiry *q)
{
	const struct rules_self *self = arg;
	struct rules_state *state = q->state;

	judge_turn(self, q, TURN_SCORE);
	if (self->trial_count > 0)
		keep_effects(self->book->rules, &state->without, &state->match);
	q->match = &state->match;
	return ANSWERED;
}

const struct check check_rules = {
	.name = "rules",
	.options = rulebook_rows,
	.size = sizeof(struct rulebook_settings),
	.symbols = symbols,
	.state = sizeof(struct rules_state),
	.load = rules_load,
	.unload = rules_unload,
	.needs = rules_needs,
	.ask[STAGE_BODY] = rules_ask,
	.run[STAGE_BODY] = rules_run,
	.run[STAGE_LAST] = rules_run_store,
	.run[STAGE_METAS] = rules_run_score,
};
