/*
 * rules - "posternctl rules": what the rule files say, without a daemon: which
 * rules there are, what of them is not supported and why, which of them hit;
 * and, asked of the daemon, what rules on trial would have changed.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/rules.h"
#include "rules/meta.h"

/* One line "file:line: NAME: reason"; about none of these, a comment. */
static void
print_remark(const char *file, unsigned line, struct span name,
    struct span text)
{
	struct buf out;

	buf_init(&out, 4096);
	if (file == NULL && name.n == 0)
		buf_puts(&out, "# ");
	if (file != NULL)
		buf_printf(&out, "%s:%u: ", file, line);
	if (name.n > 0) {
		text_escape(&out, name);
		buf_puts(&out, ": ");
	}
	text_escape(&out, text);
	puts(buf_string(&out));
	buf_done(&out);
}

static void
print_summary(const struct rulebook *book, size_t unsupported)
{
	size_t kinds[RULE_KINDS] = {0}, i;

	for (i = 0; i < book->rules->count; i++)
		kinds[book->rules->rules[i]->kind]++;
	for (i = RULE_NONE + 1; i < RULE_KINDS; i++)
		if (kinds[i] > 0)
			printf("# %zu %s\n", kinds[i],
			    rule_kind_name((enum rule_kind)i));
	printf("# %zu rules are not supported, %zu remarks\n", unsupported,
	    book->rules->remark_count);
}

/* What a reader of the files should know; 1 when rules are not supported. */
static int
check_rules_files(const struct snapshot *s, char **argv)
{
	const struct ruleset *rules = s->book->rules;
	const struct rule *rule;
	size_t i, unsupported = 0;

	(void)argv;
	for (i = 0; i < rules->count; i++) {
		rule = rules->rules[i];
		if (rule->unsupported == NULL)
			continue;
		unsupported++;
		print_remark(rule->file, rule->line, rule->name,
		    span_of(rule->unsupported));
	}
	for (i = 0; i < rules->remark_count; i++)
		print_remark(rules->remarks[i].file, rules->remarks[i].line,
		    span_of(""), rules->remarks[i].text);
	for (i = 0; i < s->book->note_count; i++)
		print_remark(NULL, 0, s->book->notes[i].rule,
		    s->book->notes[i].text);
	print_summary(s->book, unsupported);
	return unsupported > 0 ? EXIT_UNSUPPORTED : EX_OK;
}

static void
print_score(int64_t milli)
{
	struct buf out;

	buf_init(&out, 40);
	text_put_milli(&out, milli);
	printf("%s", buf_string(&out));
	buf_done(&out);
}

/*
 * Rules may be those of others: a terminal obeys none of their bytes.  Patterns
 * keep their backslashes, of which they are full.
 */
static void
print_line(const char *before, struct span text)
{
	const char *separator = before;
	struct span part;
	struct buf out;

	buf_init(&out, strlen(before) + 8 * text.n);
	while (span_cut(&text, '\\', &part)) {
		buf_puts(&out, separator);
		text_escape(&out, part);
		separator = "\\";
	}
	puts(buf_string(&out));
	buf_done(&out);
}

static int
list_rules(const struct snapshot *s, char **argv)
{
	const struct ruleset *rules = s->book->rules;
	const struct rule *rule;
	size_t i;

	(void)argv;
	for (i = 0; i < rules->count; i++) {
		rule = rules->rules[i];
		if (rule->kind == RULE_NONE)
			continue;
		printf("%-10s %s ", rule_kind_name(rule->kind), rule->name.p);
		print_score(rule->sub ? 0 : rule->score);
		printf("%s%s\n", rule->active ? "" : " off",
		    rule->flags & RULE_SHADOW ? " shadow" : "");
	}
	return EX_OK;
}

static const char *
way_name(enum engine_way way)
{
	static const char *const names[ENGINE_WAYS] = {
		[ENGINE_NEVER] = "refused",
		[ENGINE_STRINGS] = "PCRE2 where one of its strings occurs",
		[ENGINE_SKETCHED] = "PCRE2 where its sketch occurs",
		[ENGINE_DIRECT] = "PCRE2 on every text",
	};

	return names[way];
}

static void
explain_symbol(const struct weight *weight)
{
	printf("\tscore ");
	print_score(weight->score);
	if (weight->file != NULL)
		printf(" (%s:%u)", weight->file, weight->line);
	printf("\n");
	if (weight->describe != NULL)
		print_line("\t", span_of(weight->describe));
}

static void
explain_definition(const struct rule *rule)
{
	printf("\t%s", rule_kind_name(rule->kind));
	print_line(" ", rule->source);
	printf("\tdefined in %s:%u\n", rule->file, rule->line);
	if (rule->tflags.n > 0)
		print_line("\ttflags ", rule->tflags);
	if (rule->unsupported != NULL)
		print_line("\tnot supported: ", span_of(rule->unsupported));
	else if (rule->idle != NULL)
		printf("\tnot run: %s\n", rule->idle);
	else if (!rule->active)
		printf("\tnot run: %s the score 0\n", rule->score == 0 ?
		    "it has" : "a part of it has");
}

/* The metas that name it. */
static void
explain_users(const struct ruleset *rules, const struct rule *rule)
{
	const char *before = "\tpart of ";
	const unsigned *operands;
	size_t i, k, n;

	for (i = 0; i < rules->count; i++) {
		if (rules->rules[i]->meta == NULL)
			continue;
		operands = meta_operands(rules->rules[i]->meta, &n);
		for (k = 0; k < n && operands[k] != rule->index; k++)
			;
		if (k == n)
			continue;
		printf("%s%s", before, rules->rules[i]->name.p);
		before = " ";
	}
	if (*before == ' ')
		printf("\n");
}

/* All that is known of one rule, or symbol. */
static int
explain_rule(const struct snapshot *s, char **argv)
{
	const struct rule *rule = ruleset_find(s->book->rules,
	    span_of(argv[0]));
	const struct weight *weight = weights_find(&s->weights,
	    span_of(argv[0]));
	enum engine_way way;

	if (rule == NULL || (weight == NULL && rule->kind == RULE_NONE)) {
		fprintf(stderr, "posternctl: no rule or symbol %s; or a "
		    "condition leaves its definition out\n", argv[0]);
		return EX_DATAERR;
	}
	printf("%s\n", argv[0]);
	if (weight != NULL)
		explain_symbol(weight);
	if (rule->kind != RULE_NONE)
		explain_definition(rule);
	if (rule->flags & RULE_SHADOW)
		printf("\ton trial: it has no effect\n");
	if (matcher_way(s->book->matcher, rule, &way))
		printf("\tmatched by %s\n", way_name(way));
	if (rule->raised)
		printf("\traised by a check of Postern's own\n");
	explain_users(s->book->rules, rule);
	return EX_OK;
}

static const struct rules_command {
	const char *name, *arguments;
	int (*run)(const struct snapshot *, char **argv);
	int arguments_min, arguments_max;
} commands[] = {
	{"check", "", check_rules_files, 0, 0},
	{"list", "", list_rules, 0, 0},
	{"why", "name", explain_rule, 1, 1},
	{"hits", "[--jobs n] file-of-file-names", rules_hits, 1, 3},
	{"test", "rules.cf message ...", NULL, 2, INT_MAX},
	{"shadow", "", NULL, 0, 0},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
usage(void)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		fprintf(stderr, "%s posternctl rules %s %s\n",
		    i == 0 ? "usage:" : "      ", commands[i].name,
		    commands[i].arguments);
	return EX_USAGE;
}

static int
run_command(const struct globals *globals, const struct rules_command *c,
    char **argv)
{
	struct globals g = *globals;
	struct metrics *metrics = metrics_new();
	struct snapshot *s;
	struct error error;
	int status = EX_CONFIG;

	s = snapshot_load(g.conf, g.overrides, NULL, metrics, &error);
	if (s == NULL)
		fprintf(stderr, "posternctl: %s\n", error.text);
	else
		status = c->run(s, argv);
	snapshot_put(s);
	metrics_free(metrics);
	return status;
}

int
rules_main(const struct globals *globals, int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return usage();
	for (i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			break;
	if (i == COMMANDS || argc - 2 < commands[i].arguments_min ||
	    argc - 2 > commands[i].arguments_max)
		return usage();
	if (strcmp(argv[1], "test") == 0)
		return rules_test(globals, argc - 2, argv + 2);
	if (strcmp(argv[1], "shadow") == 0)
		return ask_daemon(globals, "shadow");
	return run_command(globals, &commands[i], argv + 2);
}
