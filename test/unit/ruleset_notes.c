/* ruleset_notes - what lines say about rules, and what operators are told. */
#include "base/text.h"
#include "conf/lines.h"
#include "rules/reader.h"
#include "rules/ruleset.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define P "Mail::SpamAssassin::Plugin::"

static const struct ruleset_options plain = { .check_patterns = true };

static struct ruleset *
load(const char *text, const struct ruleset_options *options,
    struct error *error)
{
	const char *path = folder_file("f", text);

	return ruleset_load(options, &path, 1, NULL, error);
}

/* "flags/max_hits/priority score active" of R, in score set 1. */
static const struct {
	const char *name, *text, *expected;
} notes[] = {
	{ "default", "body R /a/", "0/0/0 1.0 active" },
	{ "nice", "body R /a/\ntflags R nice", "8/0/0 -1.0 active" },
	{ "one score", "body R /a/\nscore R 2.5", "0/0/0 2.5 active" },
	{ "four", "body R /a/\nscore R 1 -2 3 4", "0/0/0 -2.0 active" },
	{ "before it", "score R 3\nbody R /a/", "0/0/0 3.0 active" },
	{ "last counts", "body R /a/\nscore R 3\nscore R 4",
	    "0/0/0 4.0 active" },
	{ "of a later one too", "body R /a/\nscore R 3\ntflags R net\n"
	    "priority R 5\nheader R exists:X", "4/0/5 3.0 active" },
	{ "0", "body R /a/\nscore R 0", "0/0/0 0.0 off" },
	{ "0 in this set", "body R /a/\nscore R 1 0 1 1", "0/0/0 0.0 off" },
	{ "0 in others", "body R /a/\nscore R 0 1 0 0",
	    "0/0/0 1.0 active" },
	{ "relative", "body R /a/\nscore R 1 2 3 4\nscore R (0.5)",
	    "0/0/0 2.5 active" },
	{ "relative", "body R /a/\nscore R 1\nscore R (0) (-2) 0 0",
	    "0/0/0 -1.0 active" },
	{ "relative with sign", "body R /a/\nscore R 1\nscore R (+1)",
	    "0/0/0 2.0 active" },
	{ "small", "body R /a/\nscore R -0.0001", "0/0/0 -0.001 active" },
	{ "decimals", "body R /a/\nscore R 1.23450", "0/0/0 1.235 active" },
	{ "decimals", "body R /a/\nscore R 1.23400", "0/0/0 1.234 active" },
	{ "most", "body R /a/\nscore R 1000000", "0/0/0 1000000.0 active" },
	{ "tflags", "body R /a/\ntflags R multiple maxhits=3 nosubject",
	    "3/3/0 1.0 active" },
	{ "tflags", "body R /a/\ntflags R userconf learn nolog concat shadow "
	    "publish", "70/0/0 1.0 active" },
	{ "tflags last", "body R /a/\ntflags R multiple maxhits=3\n"
	    "tflags R net", "4/0/-100 1.0 active" },
	{ "priority of network rules", "body R /a/\ntflags R net\n"
	    "priority R -7", "4/0/-7 1.0 active" },
	{ "priority of captures", "body R /(?<A>b)/", "0/0/-10000 1.0 active" },
	{ "priority of captures", "body R /(?<A>b)/\npriority R 3",
	    "0/0/3 1.0 active" },
	{ "no function", "body R eval:no_such()", "0/0/0 1.0 off" },
	{ "undefined", "score R 2", "0/0/0 2.0 off" },
	{ "pulled to a meta", "body R /a/\npriority R 50\nmeta M R && X\n"
	    "priority M 20\nmeta N M\npriority N 10", "0/0/10 1.0 active" },
	{ "not behind it", "body R /a/\npriority R 5\nmeta M R\n"
	    "priority M 20", "0/0/5 1.0 active" },
	{ "inherits net", "body A /a/\ntflags A net\nmeta M A\nmeta R !M",
	    "4/0/-100 1.0 active" },
	{ "meta", "meta R A\nscore A 0", "0/0/0 1.0 active" },
	{ "body without score", "body A /a/\nscore A 0\nmeta R !A",
	    "0/0/0 1.0 active" },
	{ "meta without score", "meta A 1\nscore A 0\nmeta B A\nmeta R !B",
	    "0/0/0 1.0 off" },
	{ "itself", "meta R R + 1", "0/0/0 1.0 off" },
	{ "cycle", "meta R A\nmeta A B\nmeta B R", "0/0/0 1.0 off" },
	{ "made of a cycle", "meta A B\nmeta B A\nmeta R A || 1",
	    "0/0/0 1.0 off" },
	{ "glob but itself", "meta R rules_matching(R*)\nbody R2 /a/",
	    "0/0/0 1.0 active" },
	{ "no number", "score R x", "@f:1: score R wants one number or four, "
	    "from -1000000 to 1000000, not \"x\"" },
	{ "two numbers", "score R 1 2", "@f:1: score R wants one number or "
	    "four, from -1000000 to 1000000, not \"1 2\"" },
	{ "five numbers", "score R 1 2 3 4 5", "@f:1: score R wants one "
	    "number or four, from -1000000 to 1000000, not \"1 2 3 4 5\"" },
	{ "none", "score R", "@f:1: score R wants one number or four, from "
	    "-1000000 to 1000000, not \"\"" },
	{ "odd ones", "score R .5", "@f:1: score R wants one number or four, "
	    "from -1000000 to 1000000, not \".5\"" },
	{ "odd ones", "score R ()", "@f:1: score R wants one number or four, "
	    "from -1000000 to 1000000, not \"()\"" },
	{ "odd ones", "score R 1.", "@f:1: score R wants one number or four, "
	    "from -1000000 to 1000000, not \"1.\"" },
	{ "too much", "score R -1000000.001", "@f:1: score R wants one number "
	    "or four, from -1000000 to 1000000, not \"-1000000.001\"" },
	{ "relative to nothing", "score R (1)", "@f:1: score R adds to a "
	    "score that no line has set" },
	{ "grows too large", "score R 1000000\nscore R (1)",
	    "@f:2: score R becomes too large" },
	{ "no name", "score", "@f:1: score wants the name of a rule" },
	{ "no text", "describe R", "@f:1: describe R wants a text" },
	{ "no flags", "tflags R", "@f:1: tflags R wants words" },
	{ "maxhits", "tflags R maxhits=x",
	    "@f:1: tflags R: \"maxhits=x\" has no number" },
	{ "priority", "priority R x", "@f:1: priority R wants a whole number "
	    "from -1000000 to 1000000" },
};

static void
test_notes(void)
{
	static const struct ruleset_options options = { .score_set = 1 };
	const struct rule *rule;
	struct ruleset *set;
	struct buf out;
	struct error e;
	size_t i;

	buf_init(&out, 10000);
	for (i = 0; i < ROWS(notes); i++) {
		buf_reset(&out);
		set = load(notes[i].text, &options, &e);
		if (set != NULL) {
			rule = ruleset_find(set, span_of("R"));
			buf_printf(&out, "%x/%u/%d ", rule->flags,
			    rule->max_hits, rule->priority);
			text_put_milli(&out, rule->score);
			buf_puts(&out, rule->active ? " active" : " off");
		} else {
			buf_puts(&out, e.text);
		}
		CHECK_TEXT(notes[i].name, buf_string(&out),
		    folder_text(notes[i].expected));
		ruleset_free(set);
	}
	buf_done(&out);
}

/* What operators are told: "line: text|" for each. */
static const struct {
	const char *name, *text, *expected;
} remarks[] = {
	{ "none", "body R /a/\nscore R 1\nadsp_override a.example\n"
	    "reuse R\nlang de report x\ndescribe X x", "" },
	{ "no reason of its own", "time_limit 5\ntime_limit 6\n"
	    "ok_languages all", "1: time_limit is ignored: it has no effect "
	    "here|3: ok_languages is ignored: it has no effect here|" },
	{ "families", "olemacro_exts x\nolemacro_zips y\n"
	    "hashbl_acl_x a.example",
	    "1: olemacro_* is ignored: it has no effect here|"
	    "3: hashbl_acl_* is ignored: it has no effect here|" },
	{ "settings that nobody asks for",
	    "envelope_sender_header X-A\nalways_trust_envelope_sender 1\n"
	    "parse_dkim_uris 0\ndkim_minimum_key_bits 512\n"
	    "report_contact a b\nfreemail_add_describe_email 0\n"
	    "url_shortener a.example",
	    "1: envelope_sender_header is ignored: the mail server tells the "
	    "envelope sender|"
	    "2: always_trust_envelope_sender is ignored: it has no effect "
	    "here|"
	    "3: parse_dkim_uris is ignored: domains of signatures are always "
	    "links|"
	    "4: dkim_minimum_key_bits is ignored: see dkim.min_bits in "
	    "postern.conf|"
	    "5: report_contact is ignored: it has no effect here|"
	    "6: freemail_add_describe_email is ignored: it has no effect "
	    "here|"
	    "7: url_shortener is ignored: there is no DecodeShortURLs "
	    "plugin|" },
	{ "ignored, once", "add_header all A b\nadd_header all C d",
	    "1: add_header is ignored: header fields are added as "
	    "postern.conf says|" },
	{ "no such rule", "score NOWHERE 1", "1: score NOWHERE: no rule or "
	    "check has this name|" },
	{ "a check's", "score CHECKED 1", "" },
	{ "a skipped one's", "if 0\nbody A /a/\nendif\nscore A 1", "" },
	{ "no such plugin", "ifplugin " P "Bayes\nbody A /a/\nscore A 1\n"
	    "meta B A\nendif", "1: there is no plugin " P "Bayes here: 2 "
	    "lines with rules are skipped from this one on|" },
	{ "its else", "if !plugin(" P "Bayes)\nelse\nbody A /a/\nendif",
	    "1: there is no plugin " P "Bayes here: 1 lines with rules are "
	    "skipped from this one on|" },
	{ "one that is there", "ifplugin " P "SPF\nelse\nbody A /a/\nendif",
	    "" },
	{ "loaded", "loadplugin " P "Bayes\nloadplugin " P "SPF\n"
	    "tryplugin " P "DCC", "1: there is no plugin " P "Bayes here: "
	    "what stands behind ifplugin is skipped|" },
	{ "rounded", "body A /a/\nscore A 0.00011",
	    "2: score A is rounded to three decimals|" },
	{ "meta of nobody", "meta M A && CHECKED", "1: meta M: no rule or "
	    "check is called A, so it counts as 0|" },
	{ "never", "meta A 1\nscore A 0\nmeta M A", "3: meta M is never "
	    "computed: A is part of it and has the score 0|" },
	{ "flag that nobody knows", "body A /a/\ntflags A net shdow publish",
	    "2: tflags A: there is no flag shdow|" },
	{ "tags", "replace_rules A", "1: replace_rules: A has no pattern "
	    "with tags|" },
	{ "version", "require_version 5", "1: the rest of this file is "
	    "skipped: it is for version 5 of SpamAssassin, and we read what "
	    "is for 4.000001|" },
};

static void
test_remarks(void)
{
	struct weights symbols;
	const struct ruleset_options options = { .symbols = &symbols };
	struct ruleset *set;
	struct buf out;
	struct error e;
	size_t i, k;

	weights_init(&symbols);
	weights_put(&symbols, span_of("CHECKED"));
	buf_init(&out, 10000);
	for (i = 0; i < ROWS(remarks); i++) {
		set = load(remarks[i].text, &options, &e);
		buf_reset(&out);
		for (k = 0; set != NULL && k < set->remark_count; k++)
			buf_printf(&out, "%u: %.*s|", set->remarks[k].line,
			    SPAN_ARG(set->remarks[k].text));
		CHECK_TEXT(remarks[i].name, buf_string(&out),
		    remarks[i].expected);
		CHECK(remarks[i].name, set != NULL);
		ruleset_free(set);
	}
	buf_done(&out);
	weights_done(&symbols);
}

/* Those that there is no room for are counted. */
static void
test_many_remarks(void)
{
	struct ruleset *set;
	struct error e;
	struct buf text;
	size_t i;

	buf_init(&text, 1000000);
	for (i = 0; i < RULESET_REMARKS_MAX + 3; i++)
		buf_puts(&text, "tflags A shdow\n");
	set = load(buf_string(&text), &plain, &e);
	if (CHECK("many", set != NULL &&
	    set->remark_count == RULESET_REMARKS_MAX + 1))
		CHECK("more", set->remarks[RULESET_REMARKS_MAX].file == NULL &&
		    span_is(set->remarks[RULESET_REMARKS_MAX].text,
		    "and 3 more remarks"));
	ruleset_free(set);
	buf_done(&text);
}

static void
put_weight(struct buf *out, const struct weights *w, const char *name)
{
	const struct weight *weight = weights_find(w, span_of(name));

	if (weight == NULL) {
		buf_printf(out, "%s unknown|", name);
		return;
	}
	buf_printf(out, "%s ", name);
	text_put_milli(out, weight->score);
	buf_printf(out, " %s %s:%u|",
	    weight->describe != NULL ? weight->describe : "-",
	    weight->file != NULL ? "f" : "-", weight->line);
}

static void
test_weigh(void)
{
	struct weights w;
	const struct ruleset_options options = { .symbols = &w };
	struct ruleset *set;
	struct buf out;
	struct error e;

	weights_init(&w);
	weights_put(&w, span_of("SCORED"));
	weights_put(&w, span_of("SILENT"));
	weights_put(&w, span_of("BOTH"))->score = 5000;
	set = load("score SCORED 2\ndescribe SCORED Gr\xfc\xdf" "e\n"
	    "body BOTH /a/\nbody MINE /a/\nbody __SUB /a/\nscore NOBODY 1\n"
	    "describe MINE mine\n", &options, &e);
	buf_init(&out, 1000);
	if (CHECK("weigh", set != NULL)) {
		CHECK("known before", weights_find(&w, span_of("MINE")) ==
		    NULL);
		ruleset_weigh(set, &w);
		put_weight(&out, &w, "SCORED");
		put_weight(&out, &w, "SILENT");
		put_weight(&out, &w, "BOTH");
		put_weight(&out, &w, "MINE");
		put_weight(&out, &w, "__SUB");
		put_weight(&out, &w, "NOBODY");
	}
	CHECK_TEXT("weigh", buf_string(&out),
	    "SCORED 2.0 Gr\xc3\xbc\xc3\x9f" "e f:1|SILENT 0.0 - -:0|"
	    "BOTH 1.0 - -:0|MINE 1.0 mine -:0|__SUB unknown|NOBODY unknown|");
	ruleset_free(set);
	buf_done(&out);
	weights_done(&w);
}

/* Metas come behind what they are made of, whatever their order. */
static void
test_order(void)
{
	struct ruleset *set;
	struct error e;
	struct buf out;
	size_t i;

	buf_init(&out, 1000);
	set = load("meta D C + B\nmeta C B + A\nbody A /a/\nmeta B A\n"
	    "meta OFF 1\nscore OFF 0\nmeta X X", &plain, &e);
	for (i = 0; set != NULL && i < set->meta_count; i++)
		buf_printf(&out, "%s ", set->metas[i]->name.p);
	CHECK_TEXT("order", buf_string(&out), "B C D ");
	ruleset_free(set);
	buf_done(&out);
}

static void
test_settings(void)
{
	const struct settings *s;
	struct ruleset *set;
	struct error e;

	set = load("whitelist_from a@b c@d\nwelcomelist_from e@f\n"
	    "freemail_max_body_emails 7.5\nfreemail_skip_when_over_max 0\n"
	    "uridnsbl_skip_mailto YES\nok_locales all\nrefuse-nothing 1",
	    &plain, &e);
	CHECK("a wrong line", set == NULL);
	set = load("whitelist-from a@b c@d\n\nwelcomelist_from e@f # x\n"
	    "freemail_max_body_emails 7.5\nfreemail_skip_when_over_max 0\n"
	    "uridnsbl_skip_mailto YES\nok_locales all\n"
	    "uridnsbl_skip_mailto no", &plain, &e);
	if (!CHECK("settings", set != NULL))
		return;
	s = ruleset_settings(set, "welcomelist_from");
	CHECK("settings", s->count == 2 && s->items[1]->line == 3 &&
	    span_is(s->items[0]->rest, "a@b c@d") &&
	    span_is(s->items[1]->rest, "e@f"));
	CHECK("order", set->lines.count == 7 &&
	    strcmp(set->lines.items[2]->word, "freemail_max_body_emails") ==
	    0);
	CHECK("none", ruleset_settings(set, "whitelist_from")->count == 0);
	CHECK("number", ruleset_number(set, "freemail_max_body_emails", 1) ==
	    7);
	CHECK("zero", ruleset_number(set, "freemail_skip_when_over_max", 1) ==
	    0);
	CHECK("last", ruleset_number(set, "uridnsbl_skip_mailto", 1) ==
	    0);
	CHECK("no number", ruleset_number(set, "ok_locales", 9) == 9);
	CHECK("default", ruleset_number(set, "uridnsbl_max_domains", 8) == 8);
	ruleset_free(set);
}

static void
digest_of(const char *text, char out[DIGEST_TEXT_MAX])
{
	const char *path = folder_file("f", text);
	struct digest *digest = digest_new();
	struct manifest m;
	struct error e;

	manifest_init(&m);
	ruleset_free(ruleset_load(&plain, &path, 1, &m, &e));
	manifest_digest(&m, 0, digest);
	digest_text(digest, out);
	manifest_done(&m);
	digest_free(digest);
}

static void
test_files(void)
{
	char a[DIGEST_TEXT_MAX], b[DIGEST_TEXT_MAX];
	const char *paths[2] = { NULL, NULL };
	struct ruleset_reader *r;
	struct ruleset *set;
	struct error e;

	paths[0] = folder_file("a", "body R /a/");
	paths[1] = folder_file("b", "score R 2");
	set = ruleset_load(&plain, paths, 2, NULL, &e);
	CHECK("two files", set != NULL && set->rules[0]->score == 2000 &&
	    strcmp(set->rules[0]->file, paths[0]) == 0);
	ruleset_free(set);
	r = ruleset_begin(&plain);
	CHECK("unreadable", ruleset_read(r, folder_path("none"), NULL, &e) ==
	    LINES_UNREADABLE);
	CHECK("NUL", ruleset_parse(r, span_make("\n#\0", 3), "f", NULL, &e) !=
	    0 && strcmp(e.text, "f:2: a byte that is zero") == 0);
	ruleset_abandon(r);
	folder_file("inc", "body A /a/");
	digest_of("include inc", a);
	folder_file("inc", "body A /b/");
	digest_of("include inc", b);
	CHECK("digest of included files", strcmp(a, b) != 0);
	folder_file("inc", "body A /a/");
	digest_of("include inc", b);
	CHECK_TEXT("same digest", a, b);
}

/* A chain of conditions and a line, as long as they may be. */
static void
test_limits(void)
{
	char *text = malloc(RULESET_LINE_MAX + 100);
	struct ruleset *set;
	struct error e;
	size_t i, n = 0;

	for (i = 0; i < READER_BRANCHES_MAX; i++)
		n += (size_t)sprintf(text + n, "if 1\n");
	sprintf(text + n, "if 1\n");
	set = load(text, &plain, &e);
	CHECK("deep", set == NULL && strstr(e.text, "f:65: more than 64 "
	    "conditions in one another") != NULL);
	memset(text, 'a', RULESET_LINE_MAX + 1);
	memcpy(text, "# ", 2);
	text[RULESET_LINE_MAX + 1] = '\0';
	CHECK("too long", load(text, &plain, &e) == NULL &&
	    strstr(e.text, "f:1: line of more than 1048576 bytes") != NULL);
	text[RULESET_LINE_MAX] = '\0';
	set = load(text, &plain, &e);
	CHECK("long", set != NULL);
	ruleset_free(set);
	memcpy(text, "body R /", 8);
	text[20000] = '/';
	text[20001] = '\0';
	set = load(text, &plain, &e);
	CHECK("long pattern", set != NULL &&
	    set->rules[0]->pattern.text.n == 20000 - 8);
	ruleset_free(set);
	free(text);
}

int
main(void)
{
	folder_begin();
	test_notes();
	test_remarks();
	test_many_remarks();
	test_weigh();
	test_order();
	test_settings();
	test_files();
	test_limits();
	folder_end();
	return test_end();
}
