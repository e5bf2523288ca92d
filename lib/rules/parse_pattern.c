/*
 * parse_pattern - regular expressions as rule files write them: with Perl's
 * delimiters and modifiers.
 */
#include "rules/reader.h"

#include <string.h>

/* The byte that ends what c begins, or 0 when c cannot delimit. */
static char
closing(char c)
{
	switch (c) {
	case '{':
		return '}';
	case '(':
		return ')';
	case '<':
		return '>';
	case '[':
		return ']';
	case '\\':
	case '_':
		return 0;
	default:
		return char_alpha(c) || char_digit(c) ? 0 : c;
	}
}

/* Drops what opens a pattern; the byte that must close it, or 0 for none. */
static char
strip_opening(struct span *text)
{
	size_t skip = span_starts(*text, "qr") ? 2 : span_starts(*text, "m");
	char end = 0;

	if (span_starts(*text, "/")) {
		*text = span_skip(*text, 1);
		return '/';
	}
	if (skip > 0 && text->n > skip)
		end = closing(text->p[skip]);
	if (end != 0)
		*text = span_skip(*text, skip + 1);
	return end;
}

/* A delimiter inside that is not escaped hides a mistake. */
static bool
has_unescaped(struct span text, char end)
{
	size_t i;

	/* Such pairs also stand for repetitions, groups and classes. */
	if (end == '}' || end == ')' || end == ']')
		return false;
	for (i = 0; i < text.n; i++)
		if (text.p[i] == '\\')
			i++;
		else if (text.p[i] == end)
			return true;
	return false;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* (?<NAME>...), (?P<NAME>...) or (?'NAME'...) with a capital first. */
bool
pattern_capture(struct span *rest, struct span *name)
{
	struct span text = *rest;
	size_t i;

	while ((i = span_find(text, span_make("(?", 2))) < text.n) {
		text = span_skip(text, i + 2);
		if (span_starts(text, "P"))
			text = span_skip(text, 1);
		if (text.n > 1 && (text.p[0] == '<' || text.p[0] == '\'') &&
		    is_upper(text.p[1])) {
			*rest = span_skip(text, 1);
			*name = span_head(*rest, span_chr(*rest,
			    text.p[0] == '<' ? '>' : '\''));
			return true;
		}
	}
	return false;
}

static bool
names_captures(struct span text)
{
	struct span name;

	return pattern_capture(&text, &name);
}

/* "%{NAME}" or "%{NAME(ARGUMENT)}", not after a backslash. */
size_t
pattern_template(struct span whole, size_t at, struct span *name)
{
	struct span text = span_skip(whole, at);
	size_t i = 2;

	if (!span_starts(text, "%{") || text.n < 4 || !is_upper(text.p[2]) ||
	    (at > 0 && whole.p[at - 1] == '\\'))
		return 0;
	while (i < text.n && (is_upper(text.p[i]) || char_digit(text.p[i]) ||
	    (text.p[i] == '_' && text.p[i - 1] != '_')))
		i++;
	if (text.p[i - 1] == '_')
		return 0;
	if (i < text.n && text.p[i] == '(') {
		while (i < text.n && text.p[i] != ')' && text.p[i] != '}')
			i++;
		if (i == text.n || text.p[i++] != ')')
			return 0;
	}
	if (i == text.n || text.p[i] != '}')
		return 0;
	*name = span_make(text.p + 2, i - 2);
	return i + 1;
}

static bool
uses_captures(struct span text)
{
	struct span name;
	size_t i;

	for (i = 0; i < text.n; i++)
		if (pattern_template(text, i, &name) > 0)
			return true;
	return false;
}

/* Perl code inside a pattern is refused, as SpamAssassin does. */
static bool
has_code(struct span text)
{
	return span_find(text, span_make("(?{", 3)) < text.n ||
	    span_find(text, span_make("(?" "?{", 4)) < text.n;
}

int
pattern_parse(struct span text, bool bare, struct pattern *out,
    struct error *error)
{
	struct pattern pattern = {{NULL, 0}, 0, false, false, false};
	struct span letters = span_of("");
	char end = strip_opening(&text);
	size_t last;

	if (end == 0 && !bare)
		return error_set(error, "a pattern stands in delimiters, "
		    "such as /x/i or m{x}");
	if (end != 0) {
		last = span_rchr(text, end);
		if (last == text.n)
			return error_set(error,
			    "the pattern has no closing %c", end);
		letters = span_skip(text, last + 1);
		text = span_head(text, last);
	}
	if (has_code(text))
		return error_set(error, "a pattern holds no Perl code");
	if (end != 0 && has_unescaped(text, end))
		return error_set(error, "a %c inside the pattern wants a "
		    "backslash", end);
	if (regex_flags(letters, &pattern.flags, error) != 0)
		return -1;
	pattern.text = text;
	pattern.names_captures = names_captures(text);
	pattern.uses_captures = uses_captures(text);
	*out = pattern;
	return 0;
}

int
pattern_check(const struct pattern *pattern, struct error *error)
{
	struct regex *regex = regex_new(pattern->text,
	    pattern->flags | REGEX_ONCE, error);

	if (regex == NULL)
		return -1;
	regex_put(regex);
	return 0;
}
