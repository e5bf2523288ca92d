/*
 * parse_setting - lines that define no rule: what is kept for others, tags,
 * plugins, and what is ignored.
 */
#include "rules/reader.h"
#include "rules/shape.h"

int
word_setting(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	const char *fault = shape_fault((enum shape)word->detail, rest);

	if (fault != NULL)
		return error_at(error, r->file, r->line, "%s %s", word->name,
		    fault);
	reader_keep(r, word->as != NULL ? word->as : word->name, rest);
	return 0;
}

int
word_ignored(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	size_t n = span_of(word->name).n;

	(void)rest;
	(void)error;
	/* Once is enough; the name of a family ends in "_". */
	if (map_put(&r->told, span_of(word->name), r))
		reader_remark(r, r->file, r->line, "%s%s is ignored: %s",
		    word->name, word->name[n - 1] == '_' ? "*" : "",
		    word->as != NULL ? word->as : "it has no effect here");
	return 0;
}

/* Nobody can count on it. */
int
word_silent(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	(void)r;
	(void)word;
	(void)rest;
	(void)error;
	return 0;
}

int
word_plugin(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct span name;

	if (!span_word(&rest, &name))
		return error_at(error, r->file, r->line,
		    "%s wants the name of a plugin", word->name);
	/* detail: tryplugin does not mind. */
	if (!condition_plugin(name, r->options.geo) && word->detail != 0)
		reader_remark(r, r->file, r->line, "there is no plugin %.*s "
		    "here: what stands behind ifplugin is skipped",
		    SPAN_ARG(name));
	return 0;
}

int
word_compat(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	if (rest.n == 0)
		return error_at(error, r->file, r->line, "%s wants a word",
		    word->name);
	map_put(&r->compat, rest, r);
	return 0;
}

int
word_version(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	if (rest.n == 0)
		return error_at(error, r->file, r->line, "%s wants a version",
		    word->name);
	if (span_is(rest, "@@VERSION@@") ||
	    span_is(rest, CONDITION_VERSION_TEXT))
		return 0;
	reader_remark(r, r->file, r->line, "the rest of this file is skipped: "
	    "it is for version %.*s of SpamAssassin, and we read what is for "
	    CONDITION_VERSION_TEXT, SPAN_ARG(rest));
	r->place->wrong_version = true;
	return 0;
}

int
word_replace(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct span name, text = rest;

	if (!span_word(&text, &name) || span_trim(text).n == 0)
		return error_at(error, r->file, r->line,
		    "%s wants a name and a pattern", word->name);
	replace_put(r->replace, (enum replace_kind)word->detail, name,
	    span_trim(text));
	return 0;
}

int
word_replace_rules(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	struct setting *setting;
	struct span name;

	if (rest.n == 0)
		return error_at(error, r->file, r->line,
		    "%s wants names of rules", word->name);
	setting = arena_alloc(&r->set->arena, sizeof(*setting));
	*setting = (struct setting){word->name, rest, r->file, r->line};
	while (span_word(&rest, &name))
		map_put(&r->replaced, name, setting);
	return 0;
}

int
word_replace_delimiter(struct ruleset_reader *r, const struct word *word,
    struct span rest, struct error *error)
{
	if (rest.n == 0)
		return error_at(error, r->file, r->line,
		    "%s wants what tags %s with", word->name,
		    word->detail == 0 ? "begin" : "end");
	replace_delimit(r->replace, word->detail == 0 ? rest : span_of(""),
	    word->detail == 0 ? span_of("") : rest);
	return 0;
}
