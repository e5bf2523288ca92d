/*
 * match - a ruleset made ready to run, and what its rules say about a message.
 * A matcher is constant: any number of threads run it, each on a match of its
 * own, which lives in the message's arena.
 */
#ifndef RULES_MATCH_H
#define RULES_MATCH_H

#include "base/error.h"
#include "rules/engine.h"
#include "rules/facts.h"
#include "rules/ruleset.h"

#define MATCH_CAPTURES_MAX 200	/* named groups kept of a message */
#define MATCH_TEMPLATES_MAX 200	/* patterns made of them, per message */
#define MATCH_TEMPLATE_MAX 8192	/* bytes of such a pattern */
#define MATCH_CONCAT_MAX (4 << 20)	/* bytes of a field of all parts */
#define MATCH_LIMITED_MAX 100	/* rules given up that are told */
/* Of patterns that the engine does not run, per message; see regex.h. */
#define MATCH_RULE_STEPS 1000000
#define MATCH_STEPS 10000000

struct matcher;

/*
 * Compiles the patterns of the ruleset, which must outlive the matcher; what
 * previous (or NULL) compiled already is shared.  NULL with *error filled in.
 */
struct matcher *matcher_new(const struct ruleset *, struct matcher *previous,
    const struct engine_options *, struct error *);
void matcher_free(struct matcher *);
struct engine *matcher_engine(const struct matcher *);

/* How a rule's pattern is matched; false when it has none. */
bool matcher_way(const struct matcher *, const struct rule *,
    enum engine_way *out);

struct match_capture {
	struct span name, value;
};

struct match {
	struct facts *facts;
	double *values;		/* by rule.index: 0, or how often it hit, or
				 * what a meta counts; of a sub-rule that
				 * makes no difference, as far as it is known */
	struct span *evidence;	/* by rule.index: what was matched, or empty;
				 * nothing where values is 0 */
	double *high;		/* what values may still become; NULL until
				 * metas are computed */
	uint64_t *awake;	/* metas that may hit; NULL likewise */
	bool unanswered;	/* a service gave no answer: see unknown */
	bool *unknown;		/* by rule.index: nobody can say if it hits */
	unsigned *limited;	/* rules given up: they took too long */
	size_t limited_count;
	struct match_capture *captures;
	size_t capture_count;
	bool captures_cut;	/* some were left out, or a rule on them was */

	/* Private: the rule that match_try runs, and what it took so far. */
	const struct rule *trying;
	uint64_t rule_steps, steps;
};

/* Runs all patterns. */
void match_run(const struct matcher *, struct facts *, struct match *out);

/*
 * Sub-rules wait until match_metas needs them, unless facts.thorough is set.
 * This tries all.
 */
void match_settle_all(const struct matcher *, struct match *);

/* Calls all functions; these may ask what authentication found. */
void match_evals(const struct matcher *, struct match *);

/* A service gave no answer: whether this rule would hit is unknown. */
void match_unknown(struct match *, const struct rule *);

/* A check raised the symbol of that name. */
void match_raised(struct match *, const struct rule *);

/*
 * Computes the metas whose turn it is, each turn once and in order.  One hits
 * only if it does whatever the unknown operands are: what was not answered
 * never adds points.  Before it the caller tells what its checks raised.
 * Without trials, metas on trial count nothing.
 */
void match_metas(const struct matcher *, struct match *, enum turn,
    bool trials);

#endif
