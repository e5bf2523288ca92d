/*
 * ruleset - rule files (*.cf) in SpamAssassin's language, parsed: what each
 * rule asks, and the lists and settings that rules refer to.  Filled while
 * loading, constant afterwards: any thread may read.  Knows no message.
 *
 * What cannot be honoured is never dropped silently: a line that is no line of
 * the language refuses the load; a rule that needs what we do not have is kept
 * with its reason in rule.unsupported, and never hits.
 */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/span.h"
#include "conf/manifest.h"
#include "rules/regex.h"
#include "verdict/weights.h"

#define RULESET_RULES_MAX 60000
#define RULE_NAME_MAX 100	/* bytes; further ones are refused */
#define RULE_ARGS_MAX 12	/* of an eval function */
#define RULE_SCORE_MAX 1000000	/* points, either way */
#define RULE_RANGE_MAX 1000	/* MIME parts that mimeheader rules look at */
#define RULE_SCORE_SETS 4	/* plain, network, classifier, both */
#define RULESET_LINE_MAX (1 << 20)	/* bytes of a line */
#define RULESET_DEPTH_MAX 16	/* files that include each other */
#define RULESET_REMARKS_MAX 10000	/* and one that counts the rest */
#define RULESET_FIELDS_MAX 2000	/* different header fields in rules */
#define RULESET_OPERANDS_MAX (1 << 20)	/* of all metas together */

enum rule_kind {
	RULE_NONE,	/* no definition: a check raises it, or nobody */
	RULE_HEADER,	/* a pattern on a header field */
	RULE_EXISTS,	/* header NAME exists:Field */
	RULE_BODY,	/* a pattern on each paragraph of the rendered text */
	RULE_RAWBODY,	/* on decoded, unrendered text parts */
	RULE_FULL,	/* on the whole message as it arrived */
	RULE_URI,	/* on each form of each link */
	RULE_URI_DETAIL,	/* several tests on one link */
	RULE_MIMEHEADER,	/* on a field of any MIME part */
	RULE_EVAL,	/* a native function, see eval.h */
	RULE_META,	/* an expression over other symbols */
	RULE_NETWORK,	/* a DNS list: kept for the check that asks these */
	RULE_KINDS
};

const char *rule_kind_name(enum rule_kind);	/* "header", "body" ... */

/* tflags, or-ed together. */
enum rule_flag {
	RULE_MULTIPLE = 1 << 0,	/* counts every hit, up to max_hits */
	RULE_NOSUBJECT = 1 << 1,	/* body: not on the subject line */
	RULE_NET = 1 << 2,	/* needs the network */
	RULE_NICE = 1 << 3,	/* speaks for the message */
	RULE_NOLOG = 1 << 4,	/* what it matched is not told */
	RULE_CONCAT = 1 << 5,	/* mimeheader: all values joined */
	RULE_SHADOW = 1 << 6,	/* ours: reported, has no effect */
};

/* A regular expression with its delimiters off and its tags replaced. */
struct pattern {
	struct span text;
	unsigned flags;		/* REGEX_CASELESS ... */
	bool negate;		/* written with !~ */
	bool names_captures;	/* has (?<NAME>...): fills %{NAME} */
	bool uses_captures;	/* has %{NAME}: known only with the message */
};

/* Modifiers behind the name of a header field, or-ed together. */
enum field_modifier {
	FIELD_RAW = 1 << 0,	/* undecoded, folding kept */
	FIELD_ADDR = 1 << 1,	/* the (first) address */
	FIELD_NAME = 1 << 2,	/* its display name */
	FIELD_HOST = 1 << 3,	/* host names in it */
	FIELD_DOMAIN = 1 << 4,	/* registered domain of the host */
	FIELD_IP = 1 << 5,
	FIELD_REVIP = 1 << 6,
	FIELD_FIRST = 1 << 7,	/* only the first field of that name */
	FIELD_LAST = 1 << 8,
};

struct field_pseudo;	/* field.c: what no field of a message says */

/* What a header rule looks at; equal ones share one entry and one index. */
struct field_key {
	struct span name;	/* as first written: "Subject", "ToCc", "ALL" */
	unsigned modifiers;
	unsigned index;		/* 0 .. ruleset.field_count - 1 */
	const struct field_pseudo *pseudo;	/* NULL: real fields */
};

struct uri_test {	/* of RULE_URI_DETAIL */
	struct span key;	/* raw, type, cleaned, text, domain, host */
	struct pattern pattern;
};

struct eval;
struct meta;		/* meta.h */

struct eval_arg {
	struct span text;	/* without quotes; a zero follows */
	struct regex *regex;	/* where the function wants one, else NULL */
};

/* One call as a rule writes it. */
struct eval_call {
	const struct eval *eval;	/* NULL: RULE_NETWORK, or unsupported */
	struct span function;
	const struct eval_arg *args;
	size_t count;
};

struct rule {
	struct span name;	/* a zero follows */
	unsigned index;		/* 0 .. ruleset.count - 1 */
	enum rule_kind kind;
	enum rule_kind over;	/* RULE_EVAL: on which text it was declared */
	bool sub;		/* "__NAME": no score of its own */
	bool raised;		/* a check raises a symbol of this name */
	enum turn turn;		/* when it is known whether it hits */
	unsigned flags;		/* enum rule_flag */
	const struct meta *meta;	/* META; beside what metas look at */
	unsigned max_hits;	/* of RULE_MULTIPLE; 0: no limit given */
	struct span tflags;	/* all, as written: some are for DNS lists */
	unsigned range_min, range_max;	/* MIMEHEADER: which parts */
	int priority;	/* lower ones first; only an order */
	bool active;	/* is to be run: supported, and its score is not 0 */
	const char *file;	/* of its definition, or NULL */
	unsigned line;
	const char *unsupported;	/* why it never hits, or NULL */
	const char *idle;	/* why it is not run as things are, or NULL */

	struct pattern pattern;	/* HEADER BODY RAWBODY FULL URI MIMEHEADER */
	const struct field_key *field;	/* HEADER EXISTS MIMEHEADER */
	struct span if_unset;	/* HEADER: p is NULL without [if-unset: ] */
	struct eval_call call;	/* EVAL, NETWORK where it is a call */
	const struct uri_test *tests;	/* URI_DETAIL */
	size_t test_count;
	struct span word;	/* NETWORK: "urirhssub", "askdns", "header" */
	struct span source;	/* the definition behind the name, as written */

	bool scored;		/* a score line names it: there */
	const char *score_file;
	unsigned score_line;
	int64_t score;		/* thousandths, of the score set in use */
	int64_t scores[RULE_SCORE_SETS];
	struct span describe;	/* empty unless described */
};

/*
 * How many times the points of a rule of that value count.  What a function or
 * a meta says is one hit, however large.
 */
int64_t rule_times(const struct rule *, double value);

/*
 * The length of "%{NAME}" at some place of a pattern, or 0; *name becomes what
 * stands in the braces.
 */
size_t pattern_template(struct span pattern, size_t at, struct span *name);

/* Cuts off *rest up to the next (?<NAME>...); false when there is none. */
bool pattern_capture(struct span *rest, struct span *name);

/*
 * A line that is kept as it stands for whoever understands its word.  Words
 * with several spellings have the one of SpamAssassin 4 ("welcomelist_from").
 */
struct setting {
	const char *word;
	struct span rest;	/* all behind the word, trimmed */
	const char *file;
	unsigned line;
};

struct settings {
	const struct setting **items;
	size_t count;
};

/* What "rules check" tells besides unsupported rules: never fatal. */
struct remark {
	const char *file;	/* NULL: of the files as a whole */
	unsigned line;
	struct span text;
};

/* How to read: from the configuration. */
struct ruleset_options {
	unsigned score_set;	/* 0 .. 3; 1 is with network, no classifier */
	bool local_only;	/* "if (local_tests_only)" */
	bool check_patterns;	/* compile each, and refuse what is broken */
	const struct weights *symbols;	/* what checks raise, or NULL */
	unsigned geo;		/* enum geo_fact: what is known of places */
	bool network;		/* rules that ask the DNS are run */
};

struct ruleset {
	struct arena arena;
	struct rule **rules;	/* in order of first appearance */
	size_t count;
	struct map by_name;	/* struct rule */
	const struct field_key **fields;
	size_t field_count;
	const struct rule **metas;	/* active ones, operands first */
	size_t meta_count;
	struct settings lines;	/* of all words, in order */
	struct map settings;	/* word -> struct settings */
	struct remark *remarks;
	size_t remark_count;
	struct regex **regexes;	/* of eval arguments, given back in the end */
	size_t regex_count;
	const struct netrules *net;	/* netrule.h: those of RULE_NETWORK */
};

/*
 * Reads rule files.  ruleset_read takes them one after the other: 0, -1 with
 * *error filled in as "file:line: reason", or LINES_UNREADABLE (conf/lines.h)
 * when the file itself is at fault; all files, included ones too, are noted in
 * manifest unless that is NULL.  ruleset_end puts together what the files said;
 * it consumes the reader and gives NULL on failure.
 */
struct ruleset_reader *ruleset_begin(const struct ruleset_options *);
int ruleset_read(struct ruleset_reader *, const char *file,
    struct manifest *, struct error *);
int ruleset_parse(struct ruleset_reader *, struct span bytes,
    const char *file, struct manifest *, struct error *);
struct ruleset *ruleset_end(struct ruleset_reader *, struct error *);
void ruleset_abandon(struct ruleset_reader *);

/*
 * Compiles every pattern: 0, or -1 with *error filled in for the first broken
 * one.  Takes long, and need not be done again where nothing has changed;
 * ruleset_end does it when check_patterns is set.
 */
int ruleset_check(const struct ruleset *, struct error *);

/* All of it at once, for n files. */
struct ruleset *ruleset_load(const struct ruleset_options *,
    const char *const *files, size_t n, struct manifest *,
    struct error *);
void ruleset_free(struct ruleset *);

/*
 * Hands scores and descriptions on: of what weights knows already, and of all
 * rules that may hit by themselves (no "__" rules).
 */
void ruleset_weigh(const struct ruleset *, struct weights *);

struct rule *ruleset_find(const struct ruleset *, struct span name);

/* All lines of a word such as "freemail_domains", in order; never NULL. */
const struct settings *ruleset_settings(const struct ruleset *,
    const char *word);

/* What the last line of a word says: a number or yes/no, or the default. */
int64_t ruleset_number(const struct ruleset *, const char *word,
    int64_t otherwise);

#endif
