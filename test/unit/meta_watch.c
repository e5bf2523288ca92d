/* meta_watch - which metas are looked at when some rules may hit. */
#include "rules/meta_watch.h"
#include "base/arena.h"
#include "base/buf.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))

static const struct {
	const char *name, *rules, *may_hit, *expected;
} rows[] = {
	{ "nobody", "meta M A && B", "", "" },
	{ "whom fewer ask for", "meta M A && B\nmeta N A && C", "A", "" },
	{ "whom fewer ask for: it", "meta M A && B\nmeta N A && C", "B", "" },
	{ "both", "meta M A && B\nmeta N A && C", "A B", "M" },
	{ "the first of equals", "meta M A && B", "A B", "M" },
	{ "any of them", "meta M A || B || C", "C", "M" },
	{ "a sum", "meta M A + B > 1", "B", "M" },
	{ "by itself", "meta M !A\nmeta N 2 > A + B", "", "M N" },
	{ "not what always may", "meta M !A\nmeta N M && B", "M", "M" },
	{ "nor without", "meta M !A\nmeta N M && B", "B", "M" },
	{ "operands first", "meta N M && B\nmeta M A", "A B M", "M N" },
	{ "by a meta", "meta M A\nmeta N M || B", "M", "N" },
	{ "a symbol too", "meta SYMBOL A", "", "SYMBOL" },
	{ "all", "meta M A && B\nmeta N C", "*", "M N" },
};

static struct ruleset *
load(const char *text)
{
	const struct ruleset_options options = {.score_set = 1};
	struct ruleset_reader *reader = ruleset_begin(&options);
	struct ruleset *rules;
	struct error error;
	struct rule *rule;

	ruleset_parse(reader, span_of("body A /a/\nbody B /b/\nbody C /c/\n"),
	    "f", NULL, &error);
	ruleset_parse(reader, span_of(text), "f", NULL, &error);
	rules = ruleset_end(reader, &error);
	rule = ruleset_find(rules, span_of("SYMBOL"));
	if (rule != NULL)
		rule->raised = true;
	return rules;
}

/* By rule.index, from the names in text. */
static double *
who_may_hit(const struct ruleset *rules, struct arena *arena,
    struct span text)
{
	double *high = arena_alloc(arena, rules->count * sizeof(*high));
	struct span name;

	while (text.n > 0 && span_cut(&text, ' ', &name))
		high[ruleset_find(rules, name)->index] = 1;
	return high;
}

static const char *
find_awake(const struct ruleset *rules, const char *may_hit, struct buf *out)
{
	struct meta_watch *w = meta_watch_new(rules);
	struct arena arena;
	const double *high = NULL;
	uint64_t *awake;
	size_t i;

	arena_init(&arena);
	awake = meta_watch_begin(w, &arena);
	if (strcmp(may_hit, "*") == 0)
		meta_watch_wake_all(w, awake);
	else
		high = who_may_hit(rules, &arena, span_of(may_hit));
	if (high != NULL)
		meta_watch_wake_some(w, awake, high);
	buf_reset(out);
	for (i = 0; (i = meta_watch_next(w, awake, high, i)) <
	    rules->meta_count; i++)
		buf_printf(out, "%s%s", out->n > 0 ? " " : "",
		    rules->metas[i]->name.p);
	arena_done(&arena);
	meta_watch_free(w);
	return buf_string(out);
}

/* More of them than one word has bits: each is found where it stands. */
static void
test_many(struct buf *out)
{
	struct ruleset *rules;
	struct buf text;
	unsigned i;

	buf_init(&text, 100000);
	for (i = 0; i < 200; i++)
		buf_printf(&text, "body __R%u /%u/\nmeta M%u __R%u\n", i, i,
		    i, i);
	rules = load(buf_string(&text));
	CHECK_TEXT("many: none", find_awake(rules, "", out), "");
	CHECK_TEXT("many", find_awake(rules, "__R0 __R63 __R64 __R130 __R199",
	    out), "M0 M63 M64 M130 M199");
	ruleset_free(rules);
	buf_done(&text);
}

int
main(void)
{
	struct ruleset *rules;
	struct buf out;
	size_t i;

	buf_init(&out, 10000);
	for (i = 0; i < ROWS(rows); i++) {
		rules = load(rows[i].rules);
		CHECK_TEXT(rows[i].name, find_awake(rules, rows[i].may_hit,
		    &out), rows[i].expected);
		ruleset_free(rules);
	}
	rules = load("");
	CHECK_TEXT("no metas", find_awake(rules, "A", &out), "");
	ruleset_free(rules);
	test_many(&out);
	buf_done(&out);
	return test_end();
}
