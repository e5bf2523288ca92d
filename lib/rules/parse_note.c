/*
 * parse_note - lines that say something about rules, whether these are defined
 * already or not: score, describe, tflags, priority, reuse.
 */
#include "base/text.h"
#include "rules/reader.h"

#define PRIORITY_MAX 1000000
#define MAX_HITS_MAX 1000000

/* Those of 0 are for DNS lists, for learning, or for who makes the rules. */
static const struct {
	const char *word;
	unsigned flag;
} flags[] = {
	{ "multiple", RULE_MULTIPLE }, { "nosubject", RULE_NOSUBJECT },
	{ "net", RULE_NET }, { "nice", RULE_NICE },
	{ "nolog", RULE_NOLOG }, { "concat", RULE_CONCAT },
	{ "shadow", RULE_SHADOW }, { "userconf", 0 }, { "learn", 0 },
	{ "a", 0 }, { "ns", 0 }, { "ips_only", 0 }, { "domains_only", 0 },
	{ "notrim", 0 }, { "noawl", 0 }, { "noautolearn", 0 },
	{ "autolearn_force", 0 }, { "autolearn_header", 0 },
	{ "autolearn_body", 0 }, { "publish", 0 }, { "nopublish", 0 },
	{ "lock", 0 },
};

/* The rule that the line is about; NULL with *error filled in. */
static struct rule *
begin_note(struct ruleset_reader *r, const struct word *word,
    struct span *rest, struct error *error)
{
	struct span name;

	if (!span_word(rest, &name)) {
		error_at(error, r->file, r->line, "%s wants the name of a "
		    "rule", word->name);
		return NULL;
	}
	*rest = span_trim(*rest);
	return reader_rule(r, name, error);
}

/* Points in thousandths, "(+1.5)" added to what was said before. */
static bool
parse_points(struct span text, int64_t *points, bool *relative,
    bool *rounded)
{
	size_t dot;
	bool minus;
	size_t i;

	if (span_starts(text, "(") && text.p[text.n - 1] == ')') {
		*relative = true;
		text = span_make(text.p + 1, text.n - 2);
	}
	minus = span_starts(text, "-");
	dot = span_chr(text, '.');
	for (i = dot + 1; i < text.n; i++)
		if (!char_digit(text.p[i]))
			return false;
	if (dot + 1 == text.n || dot == (size_t)minus ||
	    !text_milli(span_head(text, dot + 4), points))
		return false;
	if (dot + 4 < text.n) {
		*rounded = true;
		/* Away from 0, for that would switch the rule off. */
		for (i = dot + 4; i < text.n && text.p[i] == '0'; i++)
			;
		if (i < text.n)
			*points += minus ? -1 : 1;
	}
	return *points <= RULE_SCORE_MAX * INT64_C(1000) &&
	    *points >= -RULE_SCORE_MAX * INT64_C(1000);
}

static int
set_scores(struct ruleset_reader *r, struct rule *rule,
    const int64_t points[RULE_SCORE_SETS], bool relative,
    struct error *error)
{
	const int64_t most = RULE_SCORE_MAX * INT64_C(1000);
	int64_t sum;
	size_t i;

	if (relative && !rule->scored)
		return error_at(error, r->file, r->line, "score %.*s adds to "
		    "a score that no line has set", SPAN_ARG(rule->name));
	for (i = 0; i < RULE_SCORE_SETS; i++) {
		sum = relative ? rule->scores[i] + points[i] : points[i];
		if (sum > most || sum < -most)
			return error_at(error, r->file, r->line, "score %.*s "
			    "becomes too large", SPAN_ARG(rule->name));
		rule->scores[i] = sum;
	}
	rule->scored = true;
	rule->score_file = r->file;
	rule->score_line = r->line;
	return 0;
}

int
word_score(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_note(r, word, &rest, error);
	int64_t points[RULE_SCORE_SETS];
	bool relative = false, rounded = false;
	struct span all = rest, text;
	size_t i, n = 0;

	if (rule == NULL)
		return -1;
	while (n < RULE_SCORE_SETS && span_word(&rest, &text) &&
	    parse_points(text, &points[n], &relative, &rounded))
		n++;
	if (span_trim(rest).n > 0 || (n != 1 && n != RULE_SCORE_SETS))
		return error_at(error, r->file, r->line, "score %.*s wants "
		    "one number or four, from -%d to %d, not \"%.*s\"",
		    SPAN_ARG(rule->name), RULE_SCORE_MAX, RULE_SCORE_MAX,
		    SPAN_ARG(span_head(all, 80)));
	for (i = n; i < RULE_SCORE_SETS; i++)
		points[i] = points[0];
	if (rounded)
		reader_remark(r, r->file, r->line, "score %.*s is rounded to "
		    "three decimals", SPAN_ARG(rule->name));
	return set_scores(r, rule, points, relative, error);
}

/* Rule files may be in Latin-1; whatever we say is in UTF-8. */
static struct span
to_utf8(struct arena *arena, struct span text)
{
	size_t i, n = 0;
	char *out;

	if (text_utf8(text))
		return text;
	out = arena_bytes(arena, text.n * 2);
	for (i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < 0x80) {
			out[n++] = text.p[i];
			continue;
		}
		out[n++] = (char)(0xc0 | (unsigned char)text.p[i] >> 6);
		out[n++] = (char)(0x80 | ((unsigned char)text.p[i] & 0x3f));
	}
	return span_make(out, n);
}

int
word_describe(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_note(r, word, &rest, error);

	if (rule == NULL)
		return -1;
	if (rest.n == 0)
		return error_at(error, r->file, r->line,
		    "describe %.*s wants a text", SPAN_ARG(rule->name));
	rule->describe = to_utf8(&r->set->arena, rest);
	return 0;
}

/* The number behind "maxhits="; false when it is none. */
static bool
parse_count(struct span text, unsigned *out)
{
	int64_t number;

	if (!text_number(text, &number))
		return false;
	*out = number < MAX_HITS_MAX ? (unsigned)number : MAX_HITS_MAX;
	return true;
}

/* "range=2", "range=2-", "range=-5" or "range=2-5": MIME parts. */
static bool
parse_range(struct rule *rule, struct span text)
{
	size_t dash = span_chr(text, '-');
	struct span from = span_head(text, dash);
	struct span to = span_skip(text, dash + 1);

	if ((from.n > 0 && !parse_count(from, &rule->range_min)) ||
	    (to.n > 0 && !parse_count(to, &rule->range_max)))
		return false;
	if (dash == text.n)
		rule->range_max = rule->range_min;
	return text.n > 0;
}

static bool
set_flag(struct ruleset_reader *r, struct rule *rule, struct span word)
{
	const size_t count = sizeof(flags) / sizeof(flags[0]);
	size_t i;

	if (span_starts(word, "maxhits="))
		return parse_count(span_skip(word, 8), &rule->max_hits);
	if (span_starts(word, "range="))
		return parse_range(rule, span_skip(word, 6));
	for (i = 0; i < count && !span_is(word, flags[i].word); i++)
		;
	if (i < count)
		rule->flags |= flags[i].flag;
	else
		reader_remark(r, r->file, r->line,
		    "tflags %.*s: there is no flag %.*s",
		    SPAN_ARG(rule->name), SPAN_ARG(span_head(word, 80)));
	return true;
}

int
word_tflags(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_note(r, word, &rest, error);
	struct span flag;

	if (rule == NULL)
		return -1;
	if (rest.n == 0)
		return error_at(error, r->file, r->line,
		    "tflags %.*s wants words", SPAN_ARG(rule->name));
	rule->tflags = rest;
	rule->flags = 0;
	rule->max_hits = 0;
	rule->range_min = 0;
	rule->range_max = RULE_RANGE_MAX;
	while (span_word(&rest, &flag))
		if (!set_flag(r, rule, flag))
			return error_at(error, r->file, r->line,
			    "tflags %.*s: \"%.*s\" has no number",
			    SPAN_ARG(rule->name), SPAN_ARG(flag));
	return 0;
}

int
word_priority(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct rule *rule = begin_note(r, word, &rest, error);
	bool minus = span_starts(rest, "-");
	int64_t number;

	if (rule == NULL)
		return -1;
	if (!text_number(span_skip(rest, minus), &number) ||
	    number > PRIORITY_MAX)
		return error_at(error, r->file, r->line, "priority %.*s wants "
		    "a whole number from -%d to %d", SPAN_ARG(rule->name),
		    PRIORITY_MAX, PRIORITY_MAX);
	rule->priority = (int)(minus ? -number : number);
	return 0;
}

/* For those who measure rules; but a name said here is not unknown. */
int
word_reuse(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	return begin_note(r, word, &rest, error) != NULL ? 0 : -1;
}
