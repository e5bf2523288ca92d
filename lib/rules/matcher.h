/*
 * matcher - what match.c and its parts know of a ruleset made ready: private to
 * them.  Rules are sorted by what they are run against.
 */
#ifndef RULES_MATCHER_H
#define RULES_MATCHER_H

#include "rules/match.h"
#include "rules/meta_watch.h"
#include "rules/template.h"

/* Classes of the engine: kinds of text, then one for each header field. */
enum {
	CLASS_BODY,
	CLASS_BODY_LATER,	/* all paragraphs but the subject */
	CLASS_RAWBODY,
	CLASS_FULL,
	CLASS_URI,
	CLASS_FIELDS,		/* + field_key.index; after those all again for
				 * the fields of MIME parts */
};

struct rule_list {
	const struct rule **items;
	size_t count;
};

/* A rule on a field of MIME parts. */
struct mime_rule {
	const struct rule *rule;
	bool unset;		/* hits a part that has no such field */
	struct regex *regex;	/* with tflags concat; else the engine's */
};

/* The header rules of one field. */
struct field_rules {
	const struct field_key *key;
	bool any;		/* some rule needs its value */
	struct rule_list negated;	/* hit unless their pattern does */
	struct rule_list absent;	/* hit when there is no such field */
	struct rule_list exists;
};

struct matcher {
	const struct ruleset *rules;
	struct engine *engine;
	struct meta_watch *watch;
	size_t *positions;	/* by rule.index: in the engine, + 1; 0: none */
	struct field_rules *fields;	/* rules->field_count of them */
	struct rule_list evals, details;
	struct template *templates;
	size_t template_count;
	struct mime_rule *mimes;
	size_t mime_count;
	struct regex ***tests;	/* of details: one for each of its uri_tests */
	bool any_body, any_rawbody, any_full, any_uri;
	bool *mime_fields;	/* by field index: a mimeheader asks for it */
};

/* How many hits of the rule in one text count, at most. */
unsigned matcher_most(const struct rule *);

/* Runs a class on one text and notes the hits. */
void match_scan(const struct matcher *, struct match *, unsigned class,
    struct span text);

/* Whether a sub-rule waits to be tried; tries it where it does. */
bool match_waits(const struct matcher *, const struct match *,
    const struct rule *);
void match_settle(const struct matcher *, struct match *, const struct rule *);

/* Notes which patterns the engine has given up. */
void match_keep_limited(struct match *);

/*
 * Runs a pattern that the engine does not have, as regex_match would; rules
 * that took too long in this message find nothing any more.
 */
bool match_try(struct match *, const struct rule *, const struct regex *,
    struct span text, size_t start, struct regex_found *);

/* The same, and notes all hits. */
void match_regex(struct match *, const struct rule *, const struct regex *,
    struct span text);

/* Whether the rule was given up: that it did not hit says nothing. */
bool match_limited(const struct match *, const struct rule *);

/* A pattern behind "!~" hits where it does not match: turns its value. */
void match_turn(struct match *, const struct rule *);

/* Notes a hit by hand. */
void match_note(struct match *, const struct rule *, double count,
    struct span evidence);

/* The other kinds, each in a file of its own. */
void match_fields(const struct matcher *, struct match *);
void match_mimeheaders(const struct matcher *, struct match *);
void match_links(const struct matcher *, struct match *);
void match_templates(const struct matcher *, struct match *);

/* Keeps what named groups took: of the engine, or of the last match_try. */
void match_keep(struct match *, const struct engine_capture *, size_t n);
void match_groups(struct match *, const struct regex *);

#endif
