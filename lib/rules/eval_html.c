/*
 * eval_html - evals about the HTML of a message, of SpamAssassin's HTMLEval.
 * Each asks every text/html part, and hits when one of them answers.
 */
#include "mail/html_chars.h"
#include "mail/html_rules.h"
#include "rules/eval.h"

#define DIGITS_MAX 15	/* of a number that a rule names; more do not count */

/* The next text/html part from *i on, or NULL. */
static const struct html_rules *
next_html(struct facts *f, size_t *i)
{
	struct mime *mime = reading_mime(f->reading);
	const struct html *html;
	struct part *part;

	while (*i < mime->count) {
		part = &mime->parts[(*i)++];
		html = reading_html(f->reading, part);
		/* SpamAssassin renders no empty text. */
		if (html != NULL && part_bytes(f->arena, part).n > 0)
			return html->rules;
	}
	return NULL;
}

/* "0.05", ".2", "-1", "0400"; what follows the number is left alone. */
static bool
number(struct span s, double *value)
{
	double v = 0, scale = 1;
	size_t i = 0, digits = 0;
	bool minus = false, fraction = false;

	s = span_trim(s);
	if (s.n != 0 && (s.p[0] == '-' || s.p[0] == '+'))
		minus = s.p[i++] == '-';
	for (; i < s.n; i++) {
		if (s.p[i] == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!char_digit((unsigned char)s.p[i]))
			break;
		if (++digits > DIGITS_MAX)
			continue;
		v = v * 10 + (s.p[i] - '0');
		/* One division at the end: as exact as a literal in Perl. */
		if (fraction)
			scale *= 10;
	}
	*value = (minus ? -v : v) / scale;
	return digits != 0;
}

static double
argument(const struct eval_call *call, size_t i)
{
	double v = 0;

	number(call->args[i].text, &v);
	return v;
}

/* "< 512", "!= 0": one comparison, all that any known rule writes. */
static bool
compare(double v, struct span test)
{
	double than;
	struct span op;
	size_t n = 0;

	test = span_trim(test);
	while (n < test.n && (test.p[n] == '<' || test.p[n] == '>' ||
	    test.p[n] == '=' || test.p[n] == '!'))
		n++;
	op = span_head(test, n);
	if (!number(span_skip(test, n), &than))
		return false;
	if (span_is(op, "<"))
		return v < than;
	if (span_is(op, "<="))
		return v <= than;
	if (span_is(op, ">"))
		return v > than;
	if (span_is(op, ">="))
		return v >= than;
	if (span_is(op, "=="))
		return v == than;
	return span_is(op, "!=") && v != than;
}

static int
tag_balance(struct facts *f, const struct eval_call *call)
{
	const struct html_rules *html;
	size_t i = 0;
	long open;

	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_inside(html, call->args[0].text, &open) &&
		    compare((double)open, call->args[1].text))
			return 1;
	}
	return 0;
}

static int
tag_exists(struct facts *f, const struct eval_call *call)
{
	const struct html_rules *html;
	size_t i = 0;
	long open;

	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_inside(html, call->args[0].text, &open))
			return 1;
	}
	return 0;
}

static int
image_only(struct facts *f, const struct eval_call *call)
{
	double min = argument(call, 0), max = argument(call, 1);
	const struct html_rules *html;
	size_t i = 0;
	long open;

	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_inside(html, span_of("img"), &open) &&
		    html->length > min && html->length <= max)
			return 1;
	}
	return 0;
}

static int
image_ratio(struct facts *f, const struct eval_call *call)
{
	double min = argument(call, 0), max = argument(call, 1), ratio;
	const struct html_rules *html;
	size_t i = 0;

	while ((html = next_html(f, &i)) != NULL) {
		if (html->image_area <= 0)
			continue;
		ratio = html->non_space_len / html->image_area;
		if (ratio > min && ratio <= max)
			return 1;
	}
	return 0;
}

static int
test(struct facts *f, const struct eval_call *call)
{
	const struct html_rules *html;
	size_t i = 0;
	double v;

	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_value(html, call->args[0].text, &v) && v != 0)
			return 1;
	}
	return 0;
}

static int
evaluate(struct facts *f, const struct eval_call *call)
{
	const struct html_rules *html;
	size_t i = 0;
	double v;

	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_value(html, call->args[0].text, &v) &&
		    compare(v, call->args[1].text))
			return 1;
	}
	return 0;
}

static int
range(struct facts *f, const struct eval_call *call)
{
	bool open = call->count < 3 || span_is(call->args[2].text, "inf");
	double min = argument(call, 1), max, v;
	const struct html_rules *html;
	size_t i = 0;

	max = open ? 0 : argument(call, 2);
	while ((html = next_html(f, &i)) != NULL) {
		if (html_rules_value(html, call->args[0].text, &v) &&
		    v > min && (open || v <= max))
			return 1;
	}
	return 0;
}

/* Whether the regex's answer is wanted for one of the texts of that name. */
static bool
any_text(struct facts *f, const struct eval_call *call,
    enum regex_answer wanted)
{
	const struct html_rules *html;
	struct regex_found found;
	struct html_texts texts;
	size_t i = 0, k;

	while ((html = next_html(f, &i)) != NULL) {
		texts = html_rules_texts(html, call->args[0].text);
		for (k = 0; k < texts.n; k++) {
			if (regex_match(call->args[1].regex, f->scratch,
			    texts.p[k], 0, &found) == wanted)
				return true;
		}
	}
	return false;
}

static int
text_match(struct facts *f, const struct eval_call *call)
{
	return any_text(f, call, REGEX_MATCH);
}

static int
text_not_match(struct facts *f, const struct eval_call *call)
{
	return any_text(f, call, REGEX_NOMATCH);
}

static int
title_subject_ratio(struct facts *f, const struct eval_call *call)
{
	struct span subject = facts_get(f, "Subject"), title;
	const struct html_rules *html;
	size_t i = 0, k;
	double ratio = argument(call, 0);

	if (subject.n == 0)
		return 0;
	while ((html = next_html(f, &i)) != NULL) {
		for (k = 0; k < html->titles.n; k++) {
			title = html->titles.p[k];
			if ((double)html_chars_count(title) /
			    (double)subject.n > ratio)
				return 1;
		}
	}
	return 0;
}

/*
 * SpamAssassin 4.0 keeps the charsets of <meta> where this function does not
 * look, so that it never hits; rules that use it were measured like that.
 */
static int
charset_faraway(struct facts *f, const struct eval_call *call)
{
	(void)f;
	(void)call;
	return 0;
}

static int
iframe_src(struct facts *f, const struct eval_call *call)
{
	const struct html_rules *html;
	size_t i = 0, k;

	(void)call;
	while ((html = next_html(f, &i)) != NULL) {
		for (k = 0; k < html->uri_count; k++) {
			if (html->uris[k].types & 1u << HTML_TYPE_IFRAME)
				return 1;
		}
	}
	return 0;
}

const struct eval evals_html[] = {
	{ "check_iframe_src", iframe_src, 0, 0, 0, "HTMLEval" },
	{ "html_charset_faraway", charset_faraway, 0, 0, 0, "HTMLEval" },
	{ "html_eval", evaluate, 2, 2, 0, "HTMLEval" },
	{ "html_image_only", image_only, 2, 2, 0, "HTMLEval" },
	{ "html_image_ratio", image_ratio, 2, 2, 0, "HTMLEval" },
	{ "html_range", range, 2, 3, 0, "HTMLEval" },
	{ "html_tag_balance", tag_balance, 2, 2, 0, "HTMLEval" },
	{ "html_tag_exists", tag_exists, 1, 1, 0, "HTMLEval" },
	{ "html_test", test, 1, 1, 0, "HTMLEval" },
	{ "html_text_match", text_match, 2, 2, 1u << 1, "HTMLEval" },
	{ "html_text_not_match", text_not_match, 2, 2, 1u << 1, "HTMLEval" },
	{ "html_title_subject_ratio", title_subject_ratio, 1, 1, 0,
	    "HTMLEval" },
	{ .name = NULL }
};
