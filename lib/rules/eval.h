/*
 * eval - native functions that rules call as eval:NAME(arguments), under the
 * names that SpamAssassin gave them.  Each is one row of a table; a table is
 * one file eval_*.c about one kind of fact.
 */
#ifndef RULES_EVAL_H
#define RULES_EVAL_H

#include "rules/facts.h"
#include "rules/ruleset.h"

#define EVAL_UNANSWERED (-1)	/* a service gave no answer: no hit */

struct eval {
	const char *name;
	/* How often it hits, 0 for not at all, or EVAL_UNANSWERED. */
	int (*run)(struct facts *, const struct eval_call *);
	unsigned char args_min, args_max;
	unsigned regexes;	/* bit n: argument n is a regular expression */
	const char *plugin;	/* SpamAssassin's, for ifplugin: "HTMLEval" */
};

/* Each ends with a row without name. */
extern const struct eval evals_html[], evals_mime[], evals_body[],
    evals_header[], evals_relay[], evals_received[], evals_address[],
    evals_uri[], evals_auth[], evals_image[], evals_bounce[],
    evals_place[];

/* NULL when no table has it. */
const struct eval *eval_find(struct span name);

#endif
