/* parse_rule - lines that define rules: header, body, uri, meta and so on. */
#include "base/mem.h"
#include "rules/field.h"
#include "rules/fieldplace.h"
#include "rules/reader.h"

#define URI_TESTS_MAX 32	/* in one uri_detail line */

/* Rules that name captures go first, whatever else was said. */
#define PRIORITY_CAPTURES (-10000)

static int
fail(const struct ruleset_reader *r, const struct rule *rule,
    const struct error *reason, struct error *error)
{
	return error_at(error, r->file, r->line, "%.*s: %s",
	    SPAN_ARG(rule->name), reason->text);
}

/* The rule that the line defines, and what it says of it. */
static struct rule *
begin_rule(struct ruleset_reader *r, const struct word *word,
    struct span *rest, enum rule_kind kind, struct error *error)
{
	struct rule *rule;
	struct span name;

	if (!span_word(rest, &name)) {
		error_at(error, r->file, r->line, "%s wants the name of a "
		    "rule", word->name);
		return NULL;
	}
	*rest = span_trim(*rest);
	rule = reader_define(r, name, kind, error);
	if (rule == NULL)
		return NULL;
	if (rest->n == 0) {
		error_at(error, r->file, r->line, "%s %.*s wants a definition",
		    word->name, SPAN_ARG(name));
		return NULL;
	}
	rule->source = *rest;
	return rule;
}

static int
take_pattern(struct ruleset_reader *r, struct rule *rule, struct span text,
    bool negate, struct error *error)
{
	struct error reason;

	if (pattern_parse(text, false, &rule->pattern, &reason) != 0)
		return fail(r, rule, &reason, error);
	rule->pattern.negate = negate;
	if (rule->pattern.names_captures)
		rule->priority = PRIORITY_CAPTURES;
	return 0;
}

/* The entry of ruleset.fields for what a rule looks at; NULL: too many. */
static const struct field_key *
field_entry(struct ruleset *set, const struct field_key *wanted)
{
	struct field_key *key;
	size_t i, n = set->field_count;

	for (i = 0; i < n; i++)
		if (set->fields[i]->modifiers == wanted->modifiers &&
		    span_eq(set->fields[i]->name, wanted->name))
			return set->fields[i];
	if (n == RULESET_FIELDS_MAX)
		return NULL;
	key = arena_alloc(&set->arena, sizeof(*key));
	*key = *wanted;
	key->name = arena_span(&set->arena, wanted->name);
	key->index = (unsigned)n;
	if ((n & (n - 1)) == 0)
		set->fields = mem_array(set->fields, n == 0 ? 1 : n * 2,
		    sizeof(const struct field_key *));
	set->fields[set->field_count++] = key;
	return key;
}

/* RFC 5322 2.2 allows more, SpamAssassin does not. */
static bool
field_byte(char c)
{
	return char_alpha(c) || char_digit(c) || c == '_' || c == '.' ||
	    c == '-';
}

/*
 * Cuts "Name:addr" off text, into rule->field.  With loose set, any byte but
 * a blank and ":" may stand in the name.
 */
static int
take_field(struct ruleset_reader *r, struct rule *rule, struct span *text,
    bool loose, struct error *error)
{
	struct field_key key;
	struct span whole;
	size_t n = 0, name;

	while (n < text->n && (loose ? !char_space(text->p[n]) &&
	    text->p[n] != ':' && !span_starts(span_skip(*text, n), "=~") &&
	    !span_starts(span_skip(*text, n), "!~") : field_byte(text->p[n])))
		n++;
	name = n;
	while (n < text->n && (text->p[n] == ':' || char_alpha(text->p[n])))
		n++;
	whole = span_head(*text, n);
	if (n > name && whole.p[n - 1] == ':')
		whole.n--;
	if (name == 0 || !field_key_parse(whole, &key))
		return error_at(error, r->file, r->line,
		    "%.*s: \"%.*s\" is no header field with one of :raw "
		    ":addr :name :host :domain :ip :revip :first :last",
		    SPAN_ARG(rule->name),
		    SPAN_ARG(span_head(n > 0 ? whole : *text, 80)));
	*text = span_trim(span_skip(*text, n));
	if (!loose && (fieldplace_needs(key.name) & ~r->options.geo) != 0)
		rule->unsupported = "no file of geoip.files tells it";
	rule->field = field_entry(r->set, &key);
	if (rule->field == NULL)
		return error_at(error, r->file, r->line, "rules look at more "
		    "than %d header fields", RULESET_FIELDS_MAX);
	return 0;
}

/* Cuts " [if-unset: text]" off the end of a pattern. */
static void
take_unset(struct rule *rule, struct span *text)
{
	static const struct span mark = SPAN("[if-unset:");
	size_t i = 0, n;

	while ((n = span_find(span_skip(*text, i), mark)) < text->n - i) {
		i += n;
		n = i + mark.n;
		if (i > 0 && char_space(text->p[i - 1]) && n + 1 < text->n &&
		    char_space(text->p[n]) && text->p[text->n - 1] == ']') {
			rule->if_unset = span_make(text->p + n,
			    text->n - 1 - n);
			/* What follows the blanks, up to the bracket. */
			while (rule->if_unset.n > 1 &&
			    char_space(rule->if_unset.p[0]))
				rule->if_unset = span_skip(rule->if_unset, 1);
			*text = span_trim(span_head(*text, i));
			return;
		}
		i = n;
	}
}

/* "=~ /pattern/i [if-unset: text]" behind a field. */
static int
take_match(struct ruleset_reader *r, struct rule *rule, struct span text,
    struct error *error)
{
	bool negate = span_starts(text, "!~");

	if (!negate && !span_starts(text, "=~"))
		return error_at(error, r->file, r->line, "%.*s: =~ or !~ is "
		    "missing behind the field", SPAN_ARG(rule->name));
	text = span_trim(span_skip(text, 2));
	take_unset(rule, &text);
	return take_pattern(r, rule, text, negate, error);
}

static int
take_exists(struct ruleset_reader *r, struct rule *rule, struct span text,
    struct error *error)
{
	rule->kind = RULE_EXISTS;
	text = span_trim(text);
	if (take_field(r, rule, &text, false, error) != 0)
		return -1;
	if (text.n > 0 || rule->field->modifiers != 0)
		return error_at(error, r->file, r->line, "%.*s: exists: wants "
		    "the name of a field and nothing else",
		    SPAN_ARG(rule->name));
	return 0;
}

int
word_rule(struct ruleset_reader *r, const struct word *word, struct span rest,
    struct error *error)
{
	enum rule_kind kind = (enum rule_kind)word->detail;
	struct rule *rule = begin_rule(r, word, &rest, kind, error);

	if (rule == NULL)
		return -1;
	rule->word = span_of(word->name);
	if (kind == RULE_HEADER && span_starts(rest, "rbleval:"))
		rest = span_skip(rest, 3);
	if (kind != RULE_URI && span_starts(rest, "eval:")) {
		rest = span_skip(rest, 5);
		rule->kind = RULE_EVAL;
		return call_parse(r, rule, rest, error);
	}
	if (kind != RULE_HEADER)
		return take_pattern(r, rule, rest, false, error);
	if (span_starts(rest, "exists:"))
		return take_exists(r, rule, span_skip(rest, 7), error);
	if (take_field(r, rule, &rest, false, error) != 0)
		return -1;
	return take_match(r, rule, rest, error);
}

int
word_mimeheader(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_rule(r, word, &rest, RULE_MIMEHEADER, error);

	if (rule == NULL || take_field(r, rule, &rest, true, error) != 0)
		return -1;
	if (rule->field->modifiers & ~(unsigned)FIELD_RAW)
		return error_at(error, r->file, r->line, "%.*s: mimeheader "
		    "knows no modifier but :raw", SPAN_ARG(rule->name));
	return take_match(r, rule, rest, error);
}

/* Length of the pattern at the start of text, which more may follow. */
static size_t
pattern_length(struct span text)
{
	size_t i = text.n > 0 && text.p[0] == 'm' ? 1 : 0, end;
	char close;

	if (i >= text.n)
		return 0;
	close = text.p[i] == '{' ? '}' : text.p[i];
	/* The first one that only modifiers and a blank follow. */
	for (i++; i < text.n; i++) {
		if (text.p[i] != close)
			continue;
		end = i + 1;
		while (end < text.n && char_alpha(text.p[end]))
			end++;
		if (end == text.n || char_space(text.p[end]))
			return end;
	}
	return 0;
}

/* "domain =~ /x/" into *test, and cut off text. */
static int
take_uri_test(struct span *text, struct uri_test *test, struct error *error)
{
	static const char *const keys[] = {
		"raw", "type", "cleaned", "text", "domain", "host",
	};
	struct span rest = *text, pattern;
	size_t n = 0, i;
	bool negate;

	while (n < rest.n && char_alpha(rest.p[n]))
		n++;
	test->key = span_head(rest, n);
	rest = span_trim(span_skip(rest, n));
	for (i = 0; i < 6 && !span_is(test->key, keys[i]); i++)
		;
	negate = span_starts(rest, "!~");
	if (i == 6 || (!negate && !span_starts(rest, "=~")))
		return error_set(error, "wants raw, type, cleaned, text, "
		    "domain or host, each with =~ or !~ and a pattern");
	rest = span_trim(span_skip(rest, 2));
	pattern = span_head(rest, pattern_length(rest));
	if (pattern_parse(pattern, false, &test->pattern, error) != 0)
		return -1;
	test->pattern.negate = negate;
	*text = span_trim(span_skip(rest, pattern.n));
	return 0;
}

int
word_uri_detail(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_rule(r, word, &rest, RULE_URI_DETAIL, error);
	struct uri_test *tests;
	struct error reason;

	if (rule == NULL)
		return -1;
	tests = arena_alloc(&r->set->arena, URI_TESTS_MAX * sizeof(*tests));
	rule->tests = tests;
	while (rest.n > 0) {
		if (rule->test_count == URI_TESTS_MAX)
			return error_at(error, r->file, r->line,
			    "%.*s: more than %d tests", SPAN_ARG(rule->name),
			    URI_TESTS_MAX);
		if (take_uri_test(&rest, &tests[rule->test_count],
		    &reason) != 0)
			return fail(r, rule, &reason, error);
		rule->test_count++;
	}
	return 0;
}

/* Its expression is read when all names are known. */
int
word_meta(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	return begin_rule(r, word, &rest, RULE_META, error) != NULL ? 0 : -1;
}

/* Kept for the check that asks DNS lists. */
int
word_network(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct span whole = rest;
	struct rule *rule = begin_rule(r, word, &rest, RULE_NETWORK, error);

	if (rule == NULL)
		return -1;
	rule->word = span_of(word->name);
	reader_keep(r, word->name, whole);
	return 0;
}
