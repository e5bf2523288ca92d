/*
 * reader - rule files, line by line: comments, conditions, includes.  What a
 * line says is up to its first word, see words.c.
 */
#include "rules/reader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "conf/lines.h"

struct ruleset_reader *
ruleset_begin(const struct ruleset_options *options)
{
	struct ruleset_reader *r = mem_alloc(sizeof(*r));
	const struct weight *weight;
	struct rule *rule;
	size_t i;

	r->set = mem_alloc(sizeof(*r->set));
	arena_init(&r->set->arena);
	map_init(&r->set->by_name);
	map_init(&r->set->settings);
	map_init(&r->compat);
	map_init(&r->absent);
	map_init(&r->skipped);
	map_init(&r->told);
	map_init(&r->replaced);
	r->replace = replace_new();
	r->options = *options;
	for (i = 0; options->symbols != NULL &&
	    i < options->symbols->map.count; i++) {
		weight = map_value(&options->symbols->map, i);
		rule = reader_rule(r, span_of(weight->name), NULL);
		if (rule == NULL)
			continue;
		rule->raised = true;
		rule->turn = weight->turn;
	}
	return r;
}

/* Frees all but the ruleset. */
static void
reader_free(struct ruleset_reader *r)
{
	replace_free(r->replace);
	map_done(&r->compat);
	map_done(&r->absent);
	map_done(&r->skipped);
	map_done(&r->told);
	map_done(&r->replaced);
	free(r);
}

void
ruleset_abandon(struct ruleset_reader *r)
{
	if (r == NULL)
		return;
	ruleset_free(r->set);
	reader_free(r);
}

/* Whether a dynamic array of n items has no room for another one. */
static bool
array_full(size_t n)
{
	return n == 0 || (n >= 16 && (n & (n - 1)) == 0);
}

static void *
array_grow(void *items, size_t n, size_t size)
{
	if (!array_full(n))
		return items;
	return mem_array(items, n == 0 ? 16 : n * 2, size);
}

void
reader_remark(struct ruleset_reader *r, const char *file, unsigned line,
    const char *fmt, ...)
{
	struct ruleset *set = r->set;
	va_list ap;

	if (set->remark_count == RULESET_REMARKS_MAX) {
		r->unsaid++;
		return;
	}
	set->remarks = array_grow(set->remarks, set->remark_count,
	    sizeof(*set->remarks));
	va_start(ap, fmt);
	set->remarks[set->remark_count++] = (struct remark){file, line,
	    arena_vprintf(&set->arena, fmt, ap)};
	va_end(ap);
}

/* A last remark, of no file, says how many there was no room for. */
static void
remark_unsaid(struct ruleset_reader *r)
{
	struct ruleset *set = r->set;

	if (r->unsaid == 0)
		return;
	set->remarks = array_grow(set->remarks, set->remark_count,
	    sizeof(*set->remarks));
	set->remarks[set->remark_count++] = (struct remark){NULL, 0,
	    arena_printf(&set->arena, "and %zu more remarks", r->unsaid)};
}

static void
settings_add(struct settings *settings, const struct setting *setting)
{
	settings->items = array_grow(settings->items, settings->count,
	    sizeof(*settings->items));
	settings->items[settings->count++] = setting;
}

void
reader_keep(struct ruleset_reader *r, const char *word, struct span rest)
{
	struct arena *arena = &r->set->arena;
	struct setting *setting = arena_alloc(arena, sizeof(*setting));
	struct settings *settings;

	*setting = (struct setting){word, rest, r->file, r->line};
	settings = map_find(&r->set->settings, span_of(word));
	if (settings == NULL) {
		settings = arena_alloc(arena, sizeof(*settings));
		map_put(&r->set->settings, span_of(word), settings);
	}
	settings_add(settings, setting);
	settings_add(&r->set->lines, setting);
}

static bool
name_valid(struct span name)
{
	size_t i;

	if (name.n == 0 || name.n > RULE_NAME_MAX || char_digit(name.p[0]))
		return false;
	for (i = 0; i < name.n; i++)
		if (!char_alpha(name.p[i]) && !char_digit(name.p[i]) &&
		    name.p[i] != '_')
			return false;
	return true;
}

struct rule *
reader_rule(struct ruleset_reader *r, struct span name, struct error *error)
{
	struct ruleset *set = r->set;
	struct rule *rule = ruleset_find(set, name);

	if (rule != NULL)
		return rule;
	if (!name_valid(name)) {
		error_at(error, r->file, r->line, "\"%.*s\" is no name of a "
		    "rule: at most %d letters, digits and \"_\", no digit "
		    "first", SPAN_ARG(span_head(name, 120)), RULE_NAME_MAX);
		return NULL;
	}
	if (set->count == RULESET_RULES_MAX) {
		error_at(error, r->file, r->line, "more than %d rules",
		    RULESET_RULES_MAX);
		return NULL;
	}
	rule = arena_alloc(&set->arena, sizeof(*rule));
	rule->name = span_make(arena_string(&set->arena, name), name.n);
	rule->index = (unsigned)set->count;
	rule->sub = span_starts(name, "__");
	rule->range_max = RULE_RANGE_MAX;
	set->rules = array_grow(set->rules, set->count, sizeof(*set->rules));
	set->rules[set->count++] = rule;
	map_put(&set->by_name, rule->name, rule);
	return rule;
}

struct rule *
reader_define(struct ruleset_reader *r, struct span name, enum rule_kind kind,
    struct error *error)
{
	struct rule *rule = reader_rule(r, name, error), old;

	if (rule == NULL)
		return NULL;
	/* The last definition counts; what other lines say of it remains. */
	old = *rule;
	*rule = (struct rule){
		.name = old.name, .index = old.index, .sub = old.sub,
		.raised = old.raised, .turn = old.turn, .flags = old.flags,
		.max_hits = old.max_hits, .tflags = old.tflags,
		.range_min = old.range_min, .range_max = old.range_max,
		.priority = old.priority, .scored = old.scored,
		.score_file = old.score_file, .score_line = old.score_line,
		.describe = old.describe,
		.kind = kind, .over = kind, .file = r->file, .line = r->line,
	};
	memcpy(rule->scores, old.scores, sizeof(rule->scores));
	return rule;
}

/*
 * Cuts a comment: from the first "#" without a backslash before it.  "\#"
 * stands for "#", then also in the rest of the line.
 */
static struct span
without_comment(struct arena *arena, struct span line)
{
	size_t i, n = 0;
	char *copy;

	for (i = span_chr(line, '#'); i < line.n; i++)
		if (line.p[i] == '#' && (i == 0 || line.p[i - 1] != '\\'))
			break;
	line = span_head(line, i);
	if (memchr(line.p, '#', line.n) != NULL) {
		copy = arena_bytes(arena, line.n);
		for (i = 0; i < line.n; i++)
			if (line.p[i] != '\\' || i + 1 == line.n ||
			    line.p[i + 1] != '#')
				copy[n++] = line.p[i];
		line = span_make(copy, n);
	}
	return span_trim(line);
}

/*
 * "lang de describe ..." is for those who speak German.  Texts here are
 * English.
 */
static bool
other_language(struct span *line)
{
	static const struct span english = SPAN("en_US");
	struct span rest = *line, word, language;

	if (!span_word(&rest, &word) || !span_is(word, "lang") ||
	    !span_word(&rest, &language) || rest.n == 0)
		return false;
	*line = span_trim(rest);
	return !span_ieq(language, span_head(english, language.n));
}

static bool
skipping(const struct place *place)
{
	const struct branch *top = place->branches + place->depth;

	return place->wrong_version ||
	    (place->depth > 0 && (top[-1].skipped || !top[-1].truth));
}

/* A rule that is not read is not unknown, and its plugin may be missed. */
static void
note_skipped(struct ruleset_reader *r, const struct place *place,
    struct span word, struct span rest)
{
	const struct word *w = word_find(word);
	struct absence *absence;
	struct span name;
	unsigned i = 0;

	if (w == NULL || !word_defines(w) || !span_word(&rest, &name))
		return;
	map_put(&r->skipped, name, r);
	while (i < place->depth && place->branches[i].truth)
		i++;
	if (place->wrong_version || i == place->depth ||
	    place->branches[i].missing.n == 0)
		return;
	absence = map_find(&r->absent, place->branches[i].missing);
	if (absence == NULL) {
		absence = arena_alloc(&r->set->arena, sizeof(*absence));
		absence->file = r->file;
		absence->line = place->branches[i].line;
		map_put(&r->absent, place->branches[i].missing, absence);
	}
	absence->rules++;
}

static int
open_branch(struct ruleset_reader *r, struct place *place, struct span text,
    bool plugin, struct error *error)
{
	struct condition_world world = {r->options.local_only,
	    r->options.geo, &r->compat};
	struct condition_answer answer = {false, {NULL, 0}};
	struct branch *branch;
	struct error reason;

	if (place->depth == READER_BRANCHES_MAX)
		return error_at(error, r->file, r->line,
		    "more than %d conditions in one another",
		    READER_BRANCHES_MAX);
	if (plugin)
		text = arena_printf(&r->set->arena, "plugin(%.*s)",
		    SPAN_ARG(text));
	/* What is skipped may be written for what we do not know. */
	if (!skipping(place) &&
	    condition_eval(&world, text, &answer, &reason) != 0)
		return error_at(error, r->file, r->line, "%s", reason.text);
	branch = &place->branches[place->depth];
	*branch = (struct branch){r->line, skipping(place), answer.truth,
	    false, answer.missing};
	place->depth++;
	return 0;
}

/* Words that steer which lines are read; 1 when it was none of these. */
static int
take_steering(struct ruleset_reader *r, struct place *place, struct span word,
    struct span rest, struct error *error)
{
	struct branch *top;

	if (span_is(word, "if") || span_is(word, "ifplugin")) {
		if (rest.n == 0)
			return error_at(error, r->file, r->line,
			    "%.*s wants a condition", SPAN_ARG(word));
		return open_branch(r, place, rest, span_is(word, "ifplugin"),
		    error);
	}
	if (!span_is(word, "else") && !span_is(word, "endif"))
		return 1;
	if (rest.n > 0)
		return error_at(error, r->file, r->line,
		    "%.*s stands alone on its line", SPAN_ARG(word));
	if (place->depth == 0)
		return error_at(error, r->file, r->line,
		    "%.*s without if", SPAN_ARG(word));
	if (span_is(word, "endif")) {
		place->depth--;
		return 0;
	}
	top = &place->branches[place->depth - 1];
	if (top->other)
		return error_at(error, r->file, r->line, "a second else for "
		    "the if of line %u", top->line);
	top->other = true;
	top->truth = !top->truth;
	return 0;
}

/* Directive words are written in any case, with "-" or "_". */
static struct span
normal_word(struct span word, char out[READER_WORD_MAX])
{
	size_t i;

	if (word.n > READER_WORD_MAX)
		return word;
	for (i = 0; i < word.n; i++)
		out[i] = word.p[i] == '-' ? '_' : (char)char_lower(word.p[i]);
	return span_make(out, word.n);
}

static int
unknown_word(struct ruleset_reader *r, struct span word, struct error *error)
{
	const char *near = error != NULL ? word_suggest(word) : NULL;

	return error_at(error, r->file, r->line, "unknown word \"%.*s\"%s%s%s",
	    SPAN_ARG(span_head(word, 80)),
	    near != NULL ? "; did you mean \"" : "",
	    near != NULL ? near : "", near != NULL ? "\"?" : "");
}

static int
include_file(struct ruleset_reader *r, struct span name, struct error *error)
{
	struct span folder = span_of(r->file), path;
	size_t slash = span_rchr(folder, '/');
	struct error reason;
	unsigned line = r->line;
	const char *file = r->file;
	int status;

	if (name.n == 0)
		return error_at(error, r->file, r->line,
		    "include wants the name of a file");
	/* Relative to the file that says so. */
	if (name.p[0] == '/' || slash == folder.n)
		folder.n = 0;
	else
		folder.n = slash + 1;
	path = arena_printf(&r->set->arena, "%.*s%.*s", SPAN_ARG(folder),
	    SPAN_ARG(name));
	status = ruleset_read(r, path.p, r->manifest, &reason);
	r->file = file;
	r->line = line;
	if (status == LINES_UNREADABLE)
		return error_at(error, file, line, "%s", reason.text);
	if (status != 0)
		*error = reason;
	return status;
}

static int
take_line(struct ruleset_reader *r, struct span line, struct error *error)
{
	char normal[READER_WORD_MAX];
	struct span word, rest, name;
	const struct word *w;
	int status;

	line = without_comment(&r->set->arena, line);
	if (line.n == 0 || other_language(&line))
		return 0;
	rest = line;
	span_word(&rest, &word);
	rest = span_trim(rest);
	name = normal_word(word, normal);
	status = take_steering(r, r->place, name, rest, error);
	if (status != 1)
		return status;
	if (skipping(r->place)) {
		note_skipped(r, r->place, name, rest);
		return 0;
	}
	if (span_is(name, "include"))
		return include_file(r, rest, error);
	w = word_find(name);
	if (w == NULL)
		return unknown_word(r, word, error);
	return w->take(r, w, rest, error);
}

static int
take_lines(struct ruleset_reader *r, struct span bytes, struct error *error)
{
	struct span line;

	if (span_starts(bytes, "\xef\xbb\xbf"))
		bytes = span_skip(bytes, 3);
	while (span_cut(&bytes, '\n', &line)) {
		r->line++;
		if (line.n > RULESET_LINE_MAX)
			return error_at(error, r->file, r->line,
			    "line of more than %d bytes", RULESET_LINE_MAX);
		if (memchr(line.p, '\0', line.n) != NULL)
			return error_at(error, r->file, r->line,
			    "a byte that is zero");
		if (take_line(r, line, error) != 0)
			return -1;
	}
	if (r->place->depth > 0)
		return error_at(error, r->file,
		    r->place->branches[r->place->depth - 1].line,
		    "the if of this line has no endif");
	return 0;
}

int
ruleset_parse(struct ruleset_reader *r, struct span bytes, const char *file,
    struct manifest *manifest, struct error *error)
{
	struct place place, *outer = r->place;
	int status;

	if (r->files_deep == RULESET_DEPTH_MAX)
		return error_at(error, r->file, r->line,
		    "more than %d files include one another",
		    RULESET_DEPTH_MAX);
	place.depth = 0;
	place.wrong_version = false;
	r->place = &place;
	r->manifest = manifest;
	r->file = arena_string(&r->set->arena, span_of(file));
	r->line = 0;
	r->files_deep++;
	/* Rules point into the text for as long as they live. */
	status = take_lines(r, arena_span(&r->set->arena, bytes), error);
	r->files_deep--;
	r->place = outer;
	return status;
}

int
ruleset_read(struct ruleset_reader *r, const char *file,
    struct manifest *manifest, struct error *error)
{
	struct buf bytes;
	int status;

	buf_init(&bytes, LINES_FILE_MAX);
	status = lines_bytes(file, &bytes, manifest, error);
	if (status == 0)
		status = ruleset_parse(r, buf_contents(&bytes), file,
		    manifest, error);
	buf_done(&bytes);
	return status;
}

struct ruleset *
ruleset_end(struct ruleset_reader *r, struct error *error)
{
	struct ruleset *set = r->set;
	int status = reader_finish(r, error);

	remark_unsaid(r);
	reader_free(r);
	if (status == 0)
		return set;
	ruleset_free(set);
	return NULL;
}

struct ruleset *
ruleset_load(const struct ruleset_options *options, const char *const *files,
    size_t n, struct manifest *manifest, struct error *error)
{
	struct ruleset_reader *r = ruleset_begin(options);
	size_t i;

	for (i = 0; i < n; i++)
		if (ruleset_read(r, files[i], manifest, error) != 0) {
			ruleset_abandon(r);
			return NULL;
		}
	return ruleset_end(r, error);
}
