/* shape - what may stand behind a directive word. */
#include "rules/shape.h"

#include "rules/reader.h"

static size_t
count_words(struct span text)
{
	struct span word;
	size_t n = 0;

	while (span_word(&text, &word))
		n++;
	return n;
}

static bool
is_number(struct span text)
{
	size_t i, dots = 0;

	for (i = 0; i < text.n; i++)
		if (text.p[i] == '.' && i > 0)
			dots++;
		else if (!char_digit(text.p[i]))
			return false;
	return i > 0 && dots <= 1;
}

static bool
is_bool(struct span text)
{
	return span_iis(text, "yes") || span_iis(text, "no") ||
	    span_is(text, "1") || span_is(text, "0");
}

static bool
is_named(struct span text)
{
	size_t end = span_chr(text, ')');

	return span_starts(text, "(") && end > 1 && end + 1 < text.n &&
	    char_space(text.p[end + 1]);
}

/* Names of that many labels, none of them empty. */
static bool
have_labels(struct span text, size_t wanted)
{
	struct span word, label;
	size_t n;

	if (text.n == 0)
		return false;
	while (span_word(&text, &word)) {
		if (word.p[word.n - 1] == '.')
			return false;
		for (n = 0; span_cut(&word, '.', &label); n++)
			if (label.n == 0)
				return false;
		if (n != wanted)
			return false;
	}
	return true;
}

static bool
is_pattern(struct span text)
{
	struct pattern pattern;

	return pattern_parse(text, false, &pattern, NULL) == 0 &&
	    pattern_check(&pattern, NULL) == 0;
}

const char *
shape_fault(enum shape shape, struct span text)
{
	size_t n = count_words(text);

	switch (shape) {
	case SHAPE_ANY:
		return NULL;
	case SHAPE_NONE:
		return n == 0 ? NULL : "stands alone on its line";
	case SHAPE_WORDS:
		return n > 0 ? NULL : "wants something behind it";
	case SHAPE_PAIR:
		return n == 2 ? NULL : "wants two words";
	case SHAPE_ONE_OR_TWO:
		return n == 1 || n == 2 ? NULL : "wants one word or two";
	case SHAPE_THREE:
		return n == 3 ? NULL : "wants three words";
	case SHAPE_FOUR:
		return n >= 4 ? NULL : "wants four words";
	case SHAPE_NAMED:
		return is_named(text) ? NULL :
		    "wants a name in parentheses, then words";
	case SHAPE_NUMBER:
		return is_number(text) ? NULL : "wants a number";
	case SHAPE_BOOL:
		return is_bool(text) ? NULL : "wants yes or no";
	case SHAPE_LABELS1:
		return have_labels(text, 1) ? NULL :
		    "wants names without a dot";
	case SHAPE_LABELS2:
		return have_labels(text, 2) ? NULL :
		    "wants names with one dot";
	case SHAPE_LABELS3:
		return have_labels(text, 3) ? NULL :
		    "wants names with two dots";
	case SHAPE_PATTERN:
		break;
	}
	return is_pattern(text) ? NULL :
	    "wants a regular expression in delimiters, such as /x/i";
}
