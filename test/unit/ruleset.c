/* ruleset - rules read as SpamAssassin would, or refused with a reason. */
#include <glob.h>

#include "base/text.h"
#include "rules/reader.h"
#include "rules/ruleset.h"
#include "test/unit/folder.h"
#include "test/unit/test.h"

#define ROWS(table) (sizeof(table) / sizeof(table[0]))
#define P "Mail::SpamAssassin::Plugin::"

static void
put_pattern(struct buf *out, const struct pattern *p)
{
	buf_printf(out, "%s /%.*s/%s%s%s%s", p->negate ? "!~" : "=~",
	    SPAN_ARG(p->text), p->flags & REGEX_CASELESS ? "i" : "",
	    p->flags & REGEX_LINES ? "m" : "",
	    p->flags & REGEX_DOTALL ? "s" : "",
	    p->flags & REGEX_EXTENDED ? "x" : "");
	if (p->names_captures)
		buf_puts(out, " names");
	if (p->uses_captures)
		buf_puts(out, " uses");
}

static void
put_field(struct buf *out, const struct field_key *field)
{
	static const char *const names[] = { "raw", "addr", "name", "host",
	    "domain", "ip", "revip", "first", "last" };
	size_t i;

	buf_printf(out, " %.*s", SPAN_ARG(field->name));
	for (i = 0; i < ROWS(names); i++)
		if (field->modifiers & 1u << i)
			buf_printf(out, ":%s", names[i]);
}

static void
put_call(struct buf *out, const struct rule *rule)
{
	size_t i;

	buf_printf(out, " %s %.*s", rule_kind_name(rule->over),
	    SPAN_ARG(rule->call.function));
	for (i = 0; i < rule->call.count; i++)
		buf_printf(out, "<%s>", rule->call.args[i].text.p);
}

/* What a rule asks. */
static void
put_rule(struct buf *out, const struct rule *rule)
{
	size_t i;

	buf_puts(out, rule_kind_name(rule->kind));
	if (rule->field != NULL)
		put_field(out, rule->field);
	if (rule->kind == RULE_EVAL || rule->call.function.n > 0)
		put_call(out, rule);
	else if (rule->kind == RULE_META || rule->kind == RULE_NETWORK)
		buf_printf(out, " %.*s", SPAN_ARG(rule->source));
	if (rule->pattern.text.p != NULL) {
		buf_char(out, ' ');
		put_pattern(out, &rule->pattern);
	}
	for (i = 0; i < rule->test_count; i++) {
		buf_printf(out, " %.*s ", SPAN_ARG(rule->tests[i].key));
		put_pattern(out, &rule->tests[i].pattern);
	}
	if (rule->if_unset.p != NULL)
		buf_printf(out, " unset \"%.*s\"", SPAN_ARG(rule->if_unset));
}

/* The rule R of a file, or the error. */
static const struct {
	const char *name, *text, *expected;
} rows[] = {
	{ "body", "body R /foo/i", "body =~ /foo/i" },
	{ "flags", "body R /foo/ismx", "body =~ /foo/imsx" },
	{ "flags that say nothing", "body R /foo/goaa", "body =~ /foo/" },
	{ "rawbody", "rawbody R /^a$/m", "rawbody =~ /^a$/m" },
	{ "full", "full R m{a/b}", "full =~ /a/b/" },
	{ "uri", "uri R m'^http:'i", "uri =~ /^http:/i" },
	{ "delimiter", "body R m,a\\,b,", "body =~ /a\\,b/" },
	{ "delimiter", "body R qr!a!", "body =~ /a/" },
	{ "delimiter", "body R m<a>i", "body =~ /a/i" },
	{ "delimiter", "body R m(a(b)c)", "body =~ /a(b)c/" },
	{ "delimiter", "body R m{a{2}b}", "body =~ /a{2}b/" },
	{ "delimiter", "body R m{a}b}i", "body =~ /a}b/i" },
	{ "escaped slash", "body R /a\\/b/", "body =~ /a\\/b/" },
	{ "blanks", "  body\tR   /a b/  ", "body =~ /a b/" },
	{ "case of words", "BODY R /a/", "body =~ /a/" },
	{ "comment", "body R /a/ # b", "body =~ /a/" },
	{ "# in a pattern", "body R /a\\#b/ # c", "body =~ /a#b/" },
	{ "two backslashes", "body R /a\\\\#b/", "body =~ /a\\#b/" },
	{ "# that cuts the pattern", "body R /a#b/",
	    "@f:1: R: the pattern has no closing /" },
	{ "CRLF", "body R /a/\r\n", "body =~ /a/" },
	{ "Latin-1", "body R /\xfc/", "body =~ /\xfc/" },
	{ "names", "body R /(?<NAME>a)/", "body =~ /(?<NAME>a)/ names" },
	{ "names", "body R /(?P<N>a)/", "body =~ /(?P<N>a)/ names" },
	{ "lower-case name", "body R /(?<name>a)/",
	    "body =~ /(?<name>a)/" },
	{ "look-behind", "body R /(?<!A)(?<=B)c/",
	    "body =~ /(?<!A)(?<=B)c/" },
	{ "uses", "uri R /%{NAME_2}/", "uri =~ /%{NAME_2}/ uses" },
	{ "uses", "uri R /%{HEADER(X-Y)}/", "uri =~ /%{HEADER(X-Y)}/ uses" },
	{ "escaped use", "uri R /\\%{NAME}/", "uri =~ /\\%{NAME}/" },
	{ "no use", "uri R /%{N__A}%{n}%{A_}%{}%{A(x}%{B)/",
	    "uri =~ /%{N__A}%{n}%{A_}%{}%{A(x}%{B)/" },

	{ "header", "header R Subject =~ /a/i", "header Subject =~ /a/i" },
	{ "negated", "header R X-Y_z.1 !~ /a/", "header X-Y_z.1 !~ /a/" },
	{ "no blanks", "header R From=~/a/", "header From =~ /a/" },
	{ "modifier", "header R From:addr =~ /a/",
	    "header From:addr =~ /a/" },
	{ "modifiers", "header R Received:raw:last =~ /a/",
	    "header Received:raw:last =~ /a/" },
	{ "colon", "header R From: =~ /a/", "header From =~ /a/" },
	{ "unset", "header R To =~ /a/i [if-unset: b c]",
	    "header To =~ /a/i unset \"b c\"" },
	{ "unset in the pattern", "header R To =~ /x[if-unset: b]/",
	    "header To =~ /x[if-unset: b]/" },
	{ "exists", "header R exists:X-Y", "exists X-Y" },
	{ "exists with colon", "header R exists:X-Y:", "exists X-Y" },
	{ "mimeheader", "mimeheader R Content-Type =~ /a/",
	    "mimeheader Content-Type =~ /a/" },
	{ "mimeheader", "mimeheader R Content-Id:raw !~ /a/ [if-unset: x]",
	    "mimeheader Content-Id:raw !~ /a/ unset \"x\"" },
	{ "uri_detail", "uri_detail R text =~ /a b/i  type !~ m!^c!",
	    "uri_detail text =~ /a b/i type !~ /^c/" },
	{ "uri_detail with a slash inside", "uri_detail R raw =~ /a\\/b/",
	    "uri_detail raw =~ /a\\/b/" },
	{ "meta", "meta R A && (B > 2)", "meta A && (B > 2)" },
	{ "later wins", "body R /a/\nheader R exists:X\n", "exists X" },
	{ "later wins", "header R X =~ /a/ [if-unset: b]\nbody R /c/",
	    "body =~ /c/" },
	{ "nothing of the old one", "header R exists:X\nmeta R 1", "meta 1" },

	{ "eval", "body R eval:no_such('a', \"b\", 1.5, -x.y:z)",
	    "eval body no_such<a><b><1.5><-x.y:z>" },
	{ "no arguments", "header R eval:no_such()", "eval header no_such" },
	{ "blanks", "rawbody R eval:no_such( 'a' ,'b' )",
	    "eval rawbody no_such<a><b>" },
	{ "quotes inside", "full R eval:no_such('a'b','c,d','\\d@')",
	    "eval full no_such<a'b><c,d><\\d@>" },
	{ "parenthesis inside", "body R eval:no_such('(a)')",
	    "eval body no_such<(a)>" },
	{ "empty", "body R eval:no_such('')", "eval body no_such<>" },
	{ "DNS list", "header R eval:check_rbl('a-firsttrusted', 'b.c.')",
	    "network header check_rbl<a-firsttrusted><b.c.>" },
	{ "rbleval", "header R rbleval:check_rbl_sub('a', '127.0.0.2')",
	    "network header check_rbl_sub<a><127.0.0.2>" },
	{ "links in DNS lists", "body R eval:check_uridnsbl('R')",
	    "network body check_uridnsbl<R>" },
	{ "askdns", "askdns R _A_.b.c. A 127.0.0.1",
	    "network _A_.b.c. A 127.0.0.1" },
	{ "only scored", "score R 1", "undefined" },
	{ "reuse", "reuse R OLD", "undefined" },

	{ "no delimiters", "body R foo", "@f:1: R: a pattern stands in "
	    "delimiters, such as /x/i or m{x}" },
	{ "backslash", "body R m\\a\\", "@f:1: R: a pattern stands in "
	    "delimiters, such as /x/i or m{x}" },
	{ "no end", "body R m{foo", "@f:1: R: the pattern has no closing }" },
	{ "slash inside", "body R /a/b/", "@f:1: R: a / inside the pattern "
	    "wants a backslash" },
	{ "code", "body R /a(?{ print })/",
	    "@f:1: R: a pattern holds no Perl code" },
	{ "code", "body R /a(?" "?{ print })/",
	    "@f:1: R: a pattern holds no Perl code" },
	{ "no pattern", "header R Subject =~", "@f:1: R: a pattern stands in "
	    "delimiters, such as /x/i or m{x}" },
	{ "no match", "header R Subject /x/",
	    "@f:1: R: =~ or !~ is missing behind the field" },
	{ "unknown modifier", "header R From:adr =~ /x/", "@f:1: R: "
	    "\"From:adr\" is no header field with one of :raw :addr :name "
	    ":host :domain :ip :revip :first :last" },
	{ "no field", "header R =~ /x/", "@f:1: R: \"=~ /x/\" is no header "
	    "field with one of :raw :addr :name :host :domain :ip :revip "
	    ":first :last" },
	{ "exists and more", "header R exists:X =~ /a/", "@f:1: R: exists: "
	    "wants the name of a field and nothing else" },
	{ "mimeheader modifier", "mimeheader R From:addr =~ /x/",
	    "@f:1: R: mimeheader knows no modifier but :raw" },
	{ "uri_detail key", "uri_detail R foo =~ /x/", "@f:1: R: wants raw, "
	    "type, cleaned, text, domain or host, each with =~ or !~ and a "
	    "pattern" },
	{ "eval without call", "body R eval:foo",
	    "@f:1: R: eval: wants name(arguments)" },
	{ "bare argument", "body R eval:foo('a', b*c)", "@f:1: R: argument 2 "
	    "of foo is neither in quotes nor a number or name" },
	{ "unclosed quote", "body R eval:foo('a)", "@f:1: R: argument 1 "
	    "of foo is neither in quotes nor a number or name" },
	{ "no name", "body", "@f:1: body wants the name of a rule" },
	{ "no definition", "body R", "@f:1: body R wants a definition" },
	{ "bad name", "body 1R /x/", "@f:1: \"1R\" is no name of a rule: at "
	    "most 100 letters, digits and \"_\", no digit first" },
	{ "bad name", "score R-S 1", "@f:1: \"R-S\" is no name of a rule: at "
	    "most 100 letters, digits and \"_\", no digit first" },
	{ "bad meta", "\nmeta R A &&\nbody A /x/", "@f:2: meta R: a name or "
	    "number is missing at the end" },
	{ "unknown word", "bdoy R /x/",
	    "@f:1: unknown word \"bdoy\"; did you mean \"body\"?" },
	{ "unknown word", "else_if 3", "@f:1: unknown word \"else_if\"" },
	{ "misspelt endif", "if 1\nenidf", "@f:2: unknown word \"enidf\"; "
	    "did you mean \"endif\"?" },
	{ "foreign bytes", "sc\033re R 1", "@f:1: unknown word "
	    "\"sc\\x1bre\"; did you mean \"score\"?" },
	{ "setting", "enlist_addrlist NAME a@b", "@f:1: enlist_addrlist wants "
	    "a name in parentheses, then words" },
	{ "setting", "freemail_max_body_emails few",
	    "@f:1: freemail_max_body_emails wants a number" },
	{ "setting", "whitelist_from",
	    "@f:1: whitelist_from wants something behind it" },
	{ "setting", "util_rb_2tld co.uk com", "@f:1: util_rb_2tld wants "
	    "names with one dot" },
	{ "setting", "clear_util_rb all",
	    "@f:1: clear_util_rb stands alone on its line" },
	{ "setting", "redirector_pattern x", "@f:1: redirector_pattern wants "
	    "a regular expression in delimiters, such as /x/i" },
	{ "setting", "uridnsbl_skip_mailto perhaps",
	    "@f:1: uridnsbl_skip_mailto wants yes or no" },
	{ "setting", "whitelist_from_rcvd a@b",
	    "@f:1: whitelist_from_rcvd wants two words" },
	{ "plugin", "loadplugin",
	    "@f:1: loadplugin wants the name of a plugin" },
	{ "broken pattern", "body R /a(b/", NULL },
	{ "broken pattern", "uri_detail R raw =~ /a(b/", NULL },

	{ "if", "if 1\nbody R /a/\nelse\nbody R /b/\nendif", "body =~ /a/" },
	{ "else", "if 0\nbody R /a/\nelse\nbody R /b/\nendif",
	    "body =~ /b/" },
	{ "quirk", "ifplugin " P "MIMEHeader # {\nbody R /a/\n"
	    "endif # } always", "body =~ /a/" },
	{ "ifplugin", "body R /a/\nifplugin " P "Bayes\nbody R /b/\n"
	    "bogus\nendif", "body =~ /a/" },
	{ "nested", "body R /a/\nif 0\nif 1\nbody R /b/\nelse\nbody R /c/\n"
	    "endif\nelse\nif 1\nif 0\nbody R /d/\nelse\nbody R /e/\nendif\n"
	    "endif\nendif", "body =~ /e/" },
	{ "unknown conditions that are skipped", "body R /a/\nif 0\n"
	    "if tomorrow(x)\nendif\nendif", "body =~ /a/" },
	{ "compat", "enable_compat a_b\n"
	    "if can(Mail::SpamAssassin::Conf::compat_a_b)\n"
	    "body R /a/\nendif", "body =~ /a/" },
	{ "lang", "body R /a/\nlang de body R /b/\nlang en body R /c/",
	    "body =~ /c/" },
	{ "version", "body R /a/\nrequire_version 3.000\nbody R /b/\nbogus",
	    "body =~ /a/" },
	{ "version", "require_version 4.000001\nrequire_version "
	    "@@VERSION@@\nbody R /a/", "body =~ /a/" },
	{ "no endif", "\nif 1\nbody R /a/",
	    "@f:2: the if of this line has no endif" },
	{ "no if", "endif", "@f:1: endif without if" },
	{ "no if", "else", "@f:1: else without if" },
	{ "two else", "if 1\nelse\nelse\nendif",
	    "@f:3: a second else for the if of line 1" },
	{ "more behind endif", "if 1\nendif 1",
	    "@f:2: endif stands alone on its line" },
	{ "no condition", "ifplugin", "@f:1: ifplugin wants a condition" },
	{ "bad condition", "if verson > 3\nendif",
	    "@f:1: an unknown word at \"verson > 3\"" },
	{ "no include", "include", "@f:1: include wants the name of a file" },
	{ "include", "include none",
	    "@f:1: @none: No such file or directory" },
	{ "include itself", "include f",
	    "@f:1: more than 16 files include one another" },
	{ "include", "include more\n", "body =~ /more/" },
	{ "include and go on", "include more\nbody R /a/\nif 1",
	    "@f:3: the if of this line has no endif" },
	{ "error in it", "\ninclude wrong",
	    "@wrong:2: unknown word \"sillyword\"" },
	{ "tags", "replace_tag A [a4]\nreplace_post P +\nbody R /<post P><A>/i"
	    "\nreplace_rules X R Y", "body =~ /[a4]+/i" },
	{ "tags named later", "replace_rules R\nbody R /<A>/\nreplace_start <"
	    "\nreplace_tag A x y # z", "body =~ /x y/" },
	{ "no tags for eval", "replace_rules R\nbody R eval:no_such()",
	    "eval body no_such" },
};

static const struct ruleset_options plain = { .check_patterns = true };

static struct ruleset *
load(const char *text, const struct ruleset_options *options,
    struct error *error)
{
	const char *path = folder_file("f", text);

	return ruleset_load(options, &path, 1, NULL, error);
}

static void
test_rows(void)
{
	struct ruleset *set;
	struct buf out;
	struct error e;
	size_t i;

	buf_init(&out, 10000);
	folder_file("more", "if 1\nbody R /more/\nendif");
	folder_file("wrong", "body R /a/\nsillyword");
	for (i = 0; i < ROWS(rows); i++) {
		buf_reset(&out);
		set = load(rows[i].text, &plain, &e);
		if (set != NULL)
			put_rule(&out, ruleset_find(set, span_of("R")));
		else
			buf_puts(&out, e.text);
		if (rows[i].expected != NULL)
			CHECK_TEXT(rows[i].name, buf_string(&out),
			    set != NULL ? rows[i].expected :
			    folder_text(rows[i].expected));
		else
			CHECK(rows[i].name, set == NULL &&
			    strstr(e.text, "f:1: R: ") != NULL);
		ruleset_free(set);
	}
	buf_done(&out);
}

/* The fields that rules look at are numbered, each once. */
static void
test_fields(void)
{
	struct ruleset *set;
	struct error e;
	size_t i;

	set = load("header A From =~ /a/\nheader B From:addr =~ /a/\n"
	    "header C exists:From\nheader D To =~ /a/\n"
	    "header E From:addr !~ /b/", &plain, &e);
	if (!CHECK("fields", set != NULL))
		return;
	CHECK("fields", set->field_count == 3);
	for (i = 0; i < set->field_count; i++)
		CHECK("index", set->fields[i]->index == i);
	CHECK("shared", set->rules[0]->field == set->rules[2]->field &&
	    set->rules[1]->field == set->rules[4]->field);
	ruleset_free(set);
}

/* The table is sorted, and what a word stands for is a word. */
static void
test_words(void)
{
	const struct word *words;
	size_t i, n;

	words = word_table(&n);
	for (i = 0; i < n; i++) {
		CHECK(words[i].name, i == 0 ||
		    strcmp(words[i - 1].name, words[i].name) < 0);
		CHECK(words[i].name, word_find(span_of(words[i].name)) ==
		    &words[i]);
		CHECK(words[i].name, words[i].take != word_setting ||
		    words[i].as == NULL ||
		    word_find(span_of(words[i].as))->as == NULL);
	}
	CHECK("family", word_find(span_of("bayes_stopword_en")) != NULL);
	CHECK("none", word_find(span_of("bod")) == NULL &&
	    word_find(span_of("bodyy")) == NULL &&
	    word_find(span_of("")) == NULL);
}

/* Debian's own rule files, where they are installed. */
static void
test_stock(void)
{
	static const struct ruleset_options options = { .score_set = 1,
	    .check_patterns = true };
	const struct rule *rule;
	struct ruleset *set;
	struct error e;
	size_t i, counts[RULE_KINDS] = { 0 };
	glob_t files;

	if (glob("/usr/share/spamassassin/*.cf", 0, NULL, &files) != 0) {
		test_skip(1, "no stock rules in /usr/share/spamassassin");
		return;
	}
	set = ruleset_load(&options, (const char *const *)files.gl_pathv,
	    files.gl_pathc, NULL, &e);
	if (set == NULL)
		CHECK_TEXT("stock rules", e.text, "");
	for (i = 0; set != NULL && i < set->count; i++)
		counts[set->rules[i]->kind]++;
	globfree(&files);
	if (set == NULL)
		return;
	CHECK("body", counts[RULE_BODY] > 500);
	CHECK("header", counts[RULE_HEADER] + counts[RULE_EXISTS] > 600);
	CHECK("meta", counts[RULE_META] > 700);
	CHECK("eval", counts[RULE_EVAL] > 150);
	CHECK("uri", counts[RULE_URI] > 100);
	CHECK("network", counts[RULE_NETWORK] > 50);
	CHECK("metas", set->meta_count > 600 &&
	    set->meta_count <= counts[RULE_META]);
	rule = ruleset_find(set, span_of("FUZZY_XPILL"));
	CHECK("tags", rule != NULL && span_starts(rule->pattern.text,
	    "(?!xanax)(?:[xX"));
	CHECK("remarks", set->remark_count < 60);
	ruleset_free(set);
}

/* Tags are everybody's: ours must not take the place of others. */
static void
test_beside_stock(void)
{
	static const char *const stock = "/usr/share/spamassassin/*.cf";
	static const char *const orders[][2] = { { stock, "rules/*.cf" },
	    { "rules/*.cf", stock } };
	static const struct ruleset_options options = { .score_set = 1,
	    .check_patterns = true };
	struct ruleset *set;
	const struct rule *rule;
	struct error e;
	glob_t files;
	size_t i;

	for (i = 0; i < ROWS(orders); i++) {
		if (glob(orders[i][0], 0, NULL, &files) != 0 ||
		    glob(orders[i][1], GLOB_APPEND, NULL, &files) != 0) {
			test_skip(1, "no stock rules, or none of our own");
			return;
		}
		set = ruleset_load(&options,
		    (const char *const *)files.gl_pathv, files.gl_pathc, NULL,
		    &e);
		globfree(&files);
		CHECK_TEXT("beside stock rules", set != NULL ? "" : e.text,
		    "");
		if (set == NULL)
			continue;
		rule = ruleset_find(set, span_of("FUZZY_XPILL"));
		CHECK("their tags", rule != NULL && span_starts(
		    rule->pattern.text, "(?!xanax)(?:[xX"));
		rule = ruleset_find(set, span_of("__VIAGRA_ANY"));
		CHECK("ours", rule != NULL && span_starts(rule->pattern.text,
		    "\\bv[._*"));
		ruleset_free(set);
	}
}

int
main(void)
{
	folder_begin();
	test_rows();
	test_fields();
	test_words();
	test_stock();
	test_beside_stock();
	folder_end();
	return test_end();
}
