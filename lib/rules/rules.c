/* rules - the rule files (*.cf). */
#include "rules/rules.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

/* Names of all symbols, for a suggestion; the caller frees the array. */
static const char **
weight_names(const struct weights *weights)
{
	const char **names;
	size_t i, n = weights->map.count;

	names = mem_array(NULL, n + 1, sizeof(*names));
	for (i = 0; i < n; i++)
		names[i] = ((struct weight *)map_value(&weights->map, i))->name;
	names[n] = NULL;
	return names;
}

static int
unknown_symbol(const struct weights *weights, struct span name,
    const char *file, unsigned line, struct error *error)
{
	const char **names = weight_names(weights), *near;
	char *word = mem_copy(name.p, name.n);

	near = error_suggest(word, names);
	if (near != NULL)
		error_at(error, file, line,
		    "unknown symbol %s; did you mean %s?", word, near);
	else
		error_at(error, file, line, "unknown symbol %s", word);
	free(word);
	free(names);
	return -1;
}

static int
take_score(struct weight *weight, struct span text, const char *file,
    unsigned line, struct error *error)
{
	int64_t score;

	if (!text_milli(text, &score) || score > RULES_SCORE_MAX ||
	    score < -RULES_SCORE_MAX)
		return error_at(error, file, line, "score %s wants a number "
		    "from -1000 to 1000 with at most three decimals, not "
		    "\"%.*s\"", weight->name, SPAN_ARG(span_head(text, 80)));
	weight->score = score;
	weight->scored = true;
	free(weight->file);
	weight->file = mem_copy(file, span_of(file).n);
	weight->line = line;
	return 0;
}

static int
take_describe(struct weight *weight, struct span text, const char *file,
    unsigned line, struct error *error)
{
	if (text.n == 0)
		return error_at(error, file, line,
		    "describe %s wants a text", weight->name);
	free(weight->describe);
	weight->describe = mem_copy(text.p, text.n);
	return 0;
}

int
rules_line(void *context, struct span rest, const char *file, unsigned line,
    struct error *error)
{
	static const char *const words[] = {"score", "describe", NULL};
	struct weights *weights = context;
	struct span word = span_of(""), name = span_of("");
	const char *near;
	char *text;

	span_word(&rest, &word);
	if (!span_is(word, "score") && !span_is(word, "describe")) {
		text = mem_copy(word.p, word.n < 80 ? word.n : 80);
		near = error_suggest(text, words);
		error_at(error, file, line, "unknown word \"%s\"%s%s%s", text,
		    near != NULL ? "; did you mean \"" : "",
		    near != NULL ? near : "", near != NULL ? "\"?" : "");
		free(text);
		return -1;
	}
	if (!span_word(&rest, &name) || name.n > RULES_NAME_MAX)
		return error_at(error, file, line,
		    "%.*s wants the name of a symbol", SPAN_ARG(word));
	if (weights_find(weights, name) == NULL)
		return unknown_symbol(weights, name, file, line, error);
	return (span_is(word, "score") ? take_score : take_describe)(
	    weights_put(weights, name), span_trim(rest), file, line, error);
}
