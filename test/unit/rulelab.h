/*
 * rulelab - rules on one message, without a configuration around them: what
 * each of them counts.  Rows of tables are rules, a message, and "A B=2".
 */
#ifndef TEST_UNIT_RULELAB_H
#define TEST_UNIT_RULELAB_H

#include "mail/split.h"
#include "net/geo.h"
#include "rules/lists.h"
#include "rules/match.h"
#include "test/unit/test.h"

static const struct limits lab_limits = {.headers = 20000,
    .header_bytes = 16 << 20, .body = 64 << 20};

/* Without these no name is one of a domain. */
static const char lab_domains[] = "util_rb_tld com net org uk example\n"
    "util_rb_2tld co.uk\n";

struct lab {
	struct suffixes *suffixes;
	struct engine_pool *pool;
	const struct geo *geo;		/* NULL unless a test sets it */
	bool hasty;			/* only sub-rules that are needed */
	struct message message;
	struct auth auth;
	struct ruleset *rules;
	struct lists *lists;
	struct rule_networks *networks;
	struct matcher *matcher;
	struct facts facts;
	struct match match;
};

static inline void
lab_begin(struct lab *lab)
{
	struct error error;

	memset(lab, 0, sizeof(*lab));
	lab->suffixes = suffixes_open("", &error);
	lab->pool = engine_pool_new();
	message_init(&lab->message);
}

/* Forgets message and rules. */
static inline void
lab_reset(struct lab *lab)
{
	if (lab->facts.engine != NULL)
		engine_return(lab->pool, lab->facts.engine);
	memset(&lab->facts, 0, sizeof(lab->facts));
	matcher_free(lab->matcher);
	rule_networks_free(lab->networks);
	lists_free(lab->lists);
	ruleset_free(lab->rules);
	lab->matcher = NULL;
	lab->networks = NULL;
	lab->lists = NULL;
	lab->rules = NULL;
}

static inline void
lab_end(struct lab *lab)
{
	lab_reset(lab);
	message_done(&lab->message);
	engine_pool_free(lab->pool);
	suffixes_close(lab->suffixes);
}

/* Reads and compiles rules; says why not on standard error. */
static inline bool
lab_rules(struct lab *lab, const char *text)
{
	const struct ruleset_options options = {
		.score_set = 1, .geo = geo_facts(lab->geo),
	};
	const struct engine_options engine = {.no_worker = true};
	struct ruleset_reader *reader = ruleset_begin(&options);
	struct error error;

	lab_reset(lab);
	error.text[0] = '\0';
	if (ruleset_parse(reader, span_of(lab_domains), "d", NULL,
	    &error) != 0 ||
	    ruleset_parse(reader, span_of(text), "f", NULL, &error) != 0)
		ruleset_abandon(reader);
	else
		lab->rules = ruleset_end(reader, &error);
	if (lab->rules != NULL) {
		lab->lists = lists_new(lab->rules, lab->suffixes);
		lab->networks = rule_networks_new(lab->rules, NULL, &error);
		lab->matcher = matcher_new(lab->rules, NULL, &engine, &error);
	}
	if (lab->matcher == NULL)
		fprintf(stderr, "%s\n", error.text);
	return lab->matcher != NULL;
}

static inline void
lab_message(struct lab *lab, struct span raw)
{
	struct split_field field;
	struct split split;

	message_reset(&lab->message, &lab_limits);
	lab->message.now = 1704110400000;
	message_sender(&lab->message, span_of("<bounce@list.example.com>"));
	split_begin(&split, raw);
	while (split_field(&split, &field))
		message_header(&lab->message, field.name, field.value);
	message_body(&lab->message, split.rest);
}

/* The message against the rules. */
static inline void
lab_match(struct lab *lab)
{
	struct facts *f = &lab->facts;

	if (f->engine != NULL)
		engine_return(lab->pool, f->engine);
	memset(f, 0, sizeof(*f));
	f->arena = &lab->message.arena;
	f->rules = lab->rules;
	f->lists = lab->lists;
	f->networks = lab->networks;
	f->suffixes = lab->suffixes;
	f->message = &lab->message;
	f->auth = &lab->auth;
	f->geo = lab->geo;
	f->now = lab->message.now;
	f->thorough = !lab->hasty;
	facts_begin(f, engine_borrow(lab->pool, matcher_engine(lab->matcher)));
	match_run(lab->matcher, f, &lab->match);
	match_evals(lab->matcher, &lab->match);
	match_metas(lab->matcher, &lab->match, TURN_BODY, true);
}

/* "A B=2": what hits, in the order of the rules, and what it counts. */
static inline const char *
lab_hits(const struct lab *lab)
{
	static char out[2000];
	const struct rule *rule;
	double value;
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < lab->rules->count && n < sizeof(out) - 120; i++) {
		rule = lab->rules->rules[i];
		value = lab->match.values[i];
		if (value == 0)
			continue;
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s",
		    n > 0 ? " " : "", rule->name.p);
		if (value != 1)
			n += (size_t)snprintf(out + n, sizeof(out) - n,
			    "=%g", value);
	}
	return out;
}

/* What was matched by a rule, good until the next call. */
static inline const char *
lab_evidence(const struct lab *lab, const char *name)
{
	static char out[200];
	const struct rule *rule = ruleset_find(lab->rules, span_of(name));

	snprintf(out, sizeof(out), "%.*s",
	    SPAN_ARG(lab->match.evidence[rule->index]));
	return out;
}

/* A row of a table: what these rules count on this message. */
struct lab_row {
	const char *name, *rules, *message, *expected;
};

/* Rows that follow each other with the same rules load them once. */
static inline void
lab_rows(struct lab *lab, const struct lab_row *rows, size_t n)
{
	const char *rules = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (rows[i].rules != rules &&
		    !CHECK(rows[i].name, lab_rules(lab, rows[i].rules)))
			continue;
		rules = rows[i].rules;
		lab_message(lab, span_of(rows[i].message));
		lab_match(lab);
		CHECK_TEXT(rows[i].name, lab_hits(lab), rows[i].expected);
	}
}

#endif
