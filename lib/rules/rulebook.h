/*
 * rulebook - everything that is made of rule files for a generation: rules,
 * lists, networks, compiled patterns.  Constant and counted; generations whose
 * rule files are the same share one.
 */
#ifndef RULES_RULEBOOK_H
#define RULES_RULEBOOK_H

#include "base/digest.h"
#include "conf/conf.h"
#include "conf/networks.h"
#include "mail/suffix.h"
#include "rules/lists.h"
#include "rules/match.h"

/* How patterns were compiled and what operators should know about them. */
struct rulebook_note {
	struct span rule;	/* empty: about none */
	struct span text;
};

/* Read-only for everybody but rulebook.c. */
struct rulebook {
	struct ruleset *rules;
	struct lists *lists;
	struct rule_networks *networks;
	struct suffixes *suffixes;
	struct matcher *matcher;
	struct arena arena;
	struct rulebook_note *notes;
	size_t note_count;
	char digest[DIGEST_TEXT_MAX];
};

/* The section "rules" of the configuration. */
struct rulebook_settings {
	struct strings files;
	const char *cache;		/* folder of compiled patterns, or "" */
	const char *selftest;		/* folder of messages, or "" */
	int64_t score_set;		/* of scores with four values: 0 to 3 */
};

extern const struct option rulebook_rows[];

struct rulebook_options {
	const struct rulebook_settings *settings;
	const struct conf *conf;	/* for the place of "rules.files" */
	const struct networks *networks;
	const struct weights *symbols;	/* that checks raise */
	bool network;			/* rules that ask the DNS are run */
	unsigned geo;			/* enum geo_fact */
	struct manifest *manifest;
};

/*
 * Reads and compiles.  previous (or NULL) gives away what did not change, or
 * itself when nothing did.  NULL with *error filled in.
 */
struct rulebook *rulebook_load(const struct rulebook_options *,
    struct rulebook *previous, struct error *);
struct rulebook *rulebook_get(struct rulebook *);
void rulebook_put(struct rulebook *);	/* NULL is allowed */

#endif
