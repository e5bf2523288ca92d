/*
 * reader - what the files that read rules share while one generation's rule
 * files are being read.  Private to them: others see ruleset.h.
 */
#ifndef RULES_READER_H
#define RULES_READER_H

#include "rules/condition.h"
#include "rules/replace.h"
#include "rules/ruleset.h"

#define READER_BRANCHES_MAX 64	/* "if"s in one another, of one file */
#define READER_WORD_MAX 64	/* bytes of a directive word */

/* An "if" that is open. */
struct branch {
	unsigned line;
	bool skipped;		/* all of it stands where lines are skipped */
	bool truth;		/* of the part we are in */
	bool other;		/* "else" has been there */
	struct span missing;	/* a plugin whose absence decided, or empty */
};

/* Rules that are left out because of one plugin. */
struct absence {
	const char *file;
	unsigned line;
	unsigned rules;
};

/* What is known of a file while its lines are read. */
struct place {
	struct branch branches[READER_BRANCHES_MAX];
	unsigned depth;
	bool wrong_version;	/* require_version: the rest is skipped */
};

struct ruleset_reader {
	struct ruleset *set;
	struct ruleset_options options;
	struct manifest *manifest;
	const char *file;	/* of the line being read */
	unsigned line;
	struct place *place;
	unsigned files_deep;
	struct map compat;	/* words of enable_compat */
	struct map absent;	/* plugin -> struct absence */
	struct map skipped;	/* names of rules in lines that were skipped */
	struct map told;	/* words about which a remark was made */
	size_t unsaid;		/* remarks past RULESET_REMARKS_MAX */
	struct map replaced;	/* names in replace_rules -> struct setting */
	struct replace *replace;
};

/* A directive word and what is done with it. */
struct word {
	const char *name;
	int (*take)(struct ruleset_reader *, const struct word *,
	    struct span rest, struct error *);
	const char *as;		/* its newer spelling, or what to remark */
	int detail;		/* rule_kind, shape or replace_kind */
};

/* NULL when no word is spelled so. */
const struct word *word_find(struct span name);

/* The nearest word, for "did you mean", or NULL. */
const char *word_suggest(struct span name);

/* Whether it begins the definition of a rule. */
bool word_defines(const struct word *);

/* For tests: all of them, sorted. */
const struct word *word_table(size_t *count);

/* Notes that something is taken otherwise than an operator may think. */
void reader_remark(struct ruleset_reader *, const char *file, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Keeps the line as a setting. */
void reader_keep(struct ruleset_reader *, const char *word, struct span rest);

/* The rule of that name, made if need be; NULL when there are too many. */
struct rule *reader_rule(struct ruleset_reader *, struct span name,
    struct error *);

/* The same, emptied for a definition of that kind. */
struct rule *reader_define(struct ruleset_reader *, struct span name,
    enum rule_kind, struct error *);

/* Entries of the table: rule_*.c. */
typedef int word_fn(struct ruleset_reader *, const struct word *,
    struct span rest, struct error *);
word_fn word_rule, word_uri_detail, word_mimeheader, word_meta, word_network;
word_fn word_score, word_describe, word_tflags, word_priority, word_reuse;
word_fn word_replace, word_replace_rules, word_replace_delimiter;
word_fn word_setting, word_ignored, word_silent, word_plugin, word_compat;
word_fn word_version;

/*
 * A pattern as rule files write it: /.../i, m{...}x, qr!...! and so on.  Where
 * bare is set, text without delimiters is a pattern too.  The reason in *error
 * has no file and line.
 */
int pattern_parse(struct span text, bool bare, struct pattern *,
    struct error *);

/* Compiles, to see whether that is possible. */
int pattern_check(const struct pattern *, struct error *);

/* A pattern that belongs to the ruleset; the delimiters may be missing. */
struct regex *ruleset_regex(struct ruleset *, struct span text,
    struct error *);

/* "name(arguments)" into rule->call; RULE_EVAL may become RULE_NETWORK. */
int call_parse(struct ruleset_reader *, struct rule *, struct span text,
    struct error *);

/* Puts together what all lines said: scores, metas, priorities. */
int reader_finish(struct ruleset_reader *, struct error *);
int metas_finish(struct ruleset_reader *, struct error *);

#endif
