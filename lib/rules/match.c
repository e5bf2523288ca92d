/* match - what the rules say about a message. */
#include "rules/match.h"

#include <string.h>

#include "rules/eval.h"
#include "rules/matcher.h"

#define EVIDENCE_MAX 80		/* bytes of a match that are shown */

void
match_note(struct match *match, const struct rule *rule, double count,
    struct span evidence)
{
	double most = rule->flags & RULE_MULTIPLE ? rule->max_hits : 1;
	double *value = &match->values[rule->index];

	if (*value == 0)
		match->evidence[rule->index] = span_head(evidence,
		    EVIDENCE_MAX);
	if (rule->kind == RULE_EVAL || rule->flags & RULE_MULTIPLE)
		*value += count;
	else
		*value = 1;
	if (most > 0 && rule->kind != RULE_EVAL && *value > most)
		*value = most;
}

static void
note_hits(const struct matcher *m, struct match *match,
    const struct engine_hit *hits, size_t n)
{
	const struct engine_capture *captures =
	    engine_captures(match->facts->engine);
	const struct rule *rule;
	size_t i;

	for (i = 0; i < n; i++) {
		rule = m->rules->rules[hits[i].id];
		match_note(match, rule, hits[i].count, span_head(
		    span_skip(hits[i].subject, hits[i].from),
		    hits[i].to - hits[i].from));
		/* What a rule on trial takes would have an effect. */
		if (!(rule->flags & RULE_SHADOW))
			match_keep(match, captures + hits[i].capture,
			    hits[i].captures);
	}
}

void
match_scan(const struct matcher *m, struct match *match, unsigned class,
    struct span text)
{
	const struct engine_hit *hits;
	size_t n;

	n = engine_scan(m->engine, match->facts->engine, class, text, &hits);
	note_hits(m, match, hits, n);
}

bool
match_waits(const struct matcher *m, const struct match *match,
    const struct rule *rule)
{
	size_t position = m->positions[rule->index];

	return position > 0 && engine_waits(match->facts->engine,
	    position - 1);
}

void
match_settle(const struct matcher *m, struct match *match,
    const struct rule *rule)
{
	const struct engine_hit *hits;
	size_t n;

	if (!match_waits(m, match, rule))
		return;
	n = engine_settle(m->engine, match->facts->engine,
	    m->positions[rule->index] - 1, &hits);
	note_hits(m, match, hits, n);
}

void
match_settle_all(const struct matcher *m, struct match *match)
{
	const unsigned *ids;
	size_t i, n;

	n = engine_waiting(match->facts->engine, &ids);
	for (i = 0; i < n; i++)
		match_settle(m, match, m->rules->rules[ids[i]]);
	match_keep_limited(match);
}

static void
scan_texts(const struct matcher *m, struct match *match)
{
	struct facts *f = match->facts;
	const struct texts *texts;
	size_t i;

	texts = m->any_body ? reading_body(f->reading) : NULL;
	for (i = 0; texts != NULL && i < texts->count; i++) {
		match_scan(m, match, CLASS_BODY, texts->items[i]);
		if (i > 0)
			match_scan(m, match, CLASS_BODY_LATER,
			    texts->items[i]);
	}
	texts = m->any_rawbody ? reading_raw(f->reading) : NULL;
	for (i = 0; texts != NULL && i < texts->count; i++)
		match_scan(m, match, CLASS_RAWBODY, texts->items[i]);
	if (m->any_full)
		match_scan(m, match, CLASS_FULL, facts_full(f));
}

void
match_evals(const struct matcher *m, struct match *match)
{
	const struct rule *rule;
	size_t i;
	int count;

	for (i = 0; i < m->evals.count; i++) {
		rule = m->evals.items[i];
		count = rule->call.eval->run(match->facts, &rule->call);
		if (count > 0)
			match_note(match, rule, count, rule->source);
		else if (count == EVAL_UNANSWERED)
			match_unknown(match, rule);
	}
}

void
match_unknown(struct match *match, const struct rule *rule)
{
	match->unanswered = true;
	match->unknown[rule->index] = true;
}

void
match_raised(struct match *match, const struct rule *rule)
{
	double *value = &match->values[rule->index];

	match->unknown[rule->index] = false;
	if (*value == 0) {
		*value = 1;
		match->evidence[rule->index] = span_of("");
	}
	if (match->high != NULL && match->high[rule->index] < *value)
		match->high[rule->index] = *value;
}

static void
give_up(struct match *match, unsigned index)
{
	size_t i;

	if (match->limited == NULL)
		match->limited = arena_alloc(match->facts->arena,
		    MATCH_LIMITED_MAX * sizeof(*match->limited));
	for (i = 0; i < match->limited_count; i++)
		if (match->limited[i] == index)
			return;
	if (match->limited_count < MATCH_LIMITED_MAX)
		match->limited[match->limited_count++] = index;
}

/* The scratch's list of rules given up ends with the scratch. */
void
match_keep_limited(struct match *match)
{
	const unsigned *ids;
	size_t i, n;

	n = engine_limited(match->facts->engine, &ids);
	for (i = 0; i < n; i++)
		give_up(match, ids[i]);
}

bool
match_limited(const struct match *match, const struct rule *rule)
{
	const unsigned *ids;
	size_t i, n;

	n = engine_limited(match->facts->engine, &ids);
	for (i = 0; i < n; i++)
		if (ids[i] == rule->index)
			return true;
	for (i = 0; i < match->limited_count; i++)
		if (match->limited[i] == rule->index)
			return true;
	/* Past that many nobody noted whether it was. */
	return match->limited_count == MATCH_LIMITED_MAX;
}

/* Gives up a rule that starts after all of them took too long together. */
static bool
may_try(struct match *match, const struct rule *rule)
{
	if (match->trying != rule) {
		match->trying = rule;
		match->rule_steps = 0;
	}
	if (match->rule_steps > MATCH_RULE_STEPS)
		return false;
	if (match->steps <= MATCH_STEPS)
		return true;
	match->rule_steps = UINT64_MAX;
	give_up(match, rule->index);
	return false;
}

bool
match_try(struct match *match, const struct rule *rule,
    const struct regex *regex, struct span text, size_t start,
    struct regex_found *found)
{
	enum regex_answer answer;

	if (!may_try(match, rule))
		return false;
	answer = regex_match(regex, match->facts->scratch, text, start, found);
	match->rule_steps += found->steps;
	match->steps += found->steps;
	if (answer == REGEX_LIMIT || match->rule_steps > MATCH_RULE_STEPS ||
	    match->steps > MATCH_STEPS) {
		match->rule_steps = UINT64_MAX;
		give_up(match, rule->index);
	}
	return answer == REGEX_MATCH;
}

void
match_regex(struct match *match, const struct rule *rule,
    const struct regex *regex, struct span text)
{
	unsigned count, most = matcher_most(rule);
	struct regex_found found;
	size_t at = 0;

	for (count = 0; count < most && at <= text.n && match_try(match, rule,
	    regex, text, at, &found); count++) {
		match_note(match, rule, 1, span_head(span_skip(text,
		    found.from), found.to - found.from));
		if (rule->pattern.names_captures &&
		    !(rule->flags & RULE_SHADOW))
			match_groups(match, regex);
		/* An empty match must not be found again. */
		at = found.to > at ? found.to : at;
		at += found.to == found.from;
	}
}

void
match_run(const struct matcher *m, struct facts *f, struct match *out)
{
	memset(out, 0, sizeof(*out));
	out->facts = f;
	out->values = arena_alloc(f->arena,
	    (m->rules->count + 1) * sizeof(*out->values));
	out->evidence = arena_raw(f->arena,
	    (m->rules->count + 1) * sizeof(*out->evidence));
	out->unknown = arena_alloc(f->arena,
	    (m->rules->count + 1) * sizeof(*out->unknown));
	match_fields(m, out);
	scan_texts(m, out);
	match_mimeheaders(m, out);
	match_links(m, out);
	match_templates(m, out);
	if (f->thorough)
		match_settle_all(m, out);
	match_keep_limited(out);
}
