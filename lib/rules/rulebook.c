/* rulebook - everything that is made of rule files for a generation. */
#include "rules/rulebook.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "conf/lines.h"

#define NOTES_MAX 10000

#define ROW(member) offsetof(struct rulebook_settings, member)
const struct option rulebook_rows[] = {
	{"files", OPTION_PATHS, ROW(files), "rules/*.cf", 0, 0, NULL,
	    "rule files, later ones win"},
	{"cache", OPTION_PATH, ROW(cache), "", 0, 400, NULL,
	    "folder for compiled patterns; empty: compile at every start"},
	{"selftest", OPTION_PATH, ROW(selftest), "rules/selftest", 0, 400,
	    NULL, "folder of messages that a reload must judge right"},
	{"score_set", OPTION_INT, ROW(score_set), "1", 0, 3, NULL,
	    "which of four scores counts: 0 local, 1 with network"},
	{0},
};
#undef ROW

/* The count stands outside, so that users can be given const members. */
struct counted {
	struct rulebook book;	/* first: both have one address */
	atomic_uint holds;
};

static void
note(struct rulebook *book, struct span rule, struct span text)
{
	struct rulebook_note *n;

	if (book->note_count == NOTES_MAX)
		return;
	book->notes = mem_array(book->notes, book->note_count + 1,
	    sizeof(*book->notes));
	n = &book->notes[book->note_count++];
	n->rule = arena_span(&book->arena, rule);
	n->text = arena_span(&book->arena, text);
}

/* While compiling: where notes go, and the first pattern that is broken. */
struct compiling {
	struct rulebook *book;
	const struct rule *broken;
	struct error why;
};

static void
note_engine(void *arg, enum engine_note kind,
    const struct engine_pattern *pattern, const char *text)
{
	struct compiling *c = arg;
	const struct rule *rule = pattern != NULL ?
	    c->book->rules->rules[pattern->id] : NULL;

	if (kind == ENGINE_REFUSED && c->broken == NULL) {
		c->broken = rule;
		error_set(&c->why, "%s", text);
	}
	note(c->book, rule != NULL ? rule->name : span_of(""), span_of(text));
}

static int
read_files(struct ruleset_reader *reader,
    const struct rulebook_options *options, struct error *error)
{
	const struct strings *files = &options->settings->files;
	struct error reason;
	size_t i;
	int status;

	manifest_list(options->manifest, "rules", "files");
	for (i = 0; i < files->count; i++) {
		status = ruleset_read(reader, files->item[i],
		    options->manifest, &reason);
		if (status == LINES_UNREADABLE)
			return conf_refuse(options->conf, "rules", "files",
			    error, "%s", reason.text);
		if (status != 0) {
			*error = reason;
			return -1;
		}
	}
	return 0;
}

static struct ruleset *
read_rules(const struct rulebook_options *options, struct error *error)
{
	struct ruleset_options reading = {
		.score_set = (unsigned)options->settings->score_set,
		.local_only = options->settings->score_set % 2 == 0,
		.symbols = options->symbols,
		.geo = options->geo,
		.network = options->network,
	};
	struct ruleset_reader *reader = ruleset_begin(&reading);

	if (read_files(reader, options, error) != 0) {
		ruleset_abandon(reader);
		return NULL;
	}
	return ruleset_end(reader, error);
}

/* The files read and what besides decides how rules are understood. */
static void
name_book(struct rulebook *book, const struct rulebook_options *options,
    size_t first)
{
	struct digest *digest = digest_new();
	char text[60];
	size_t i;

	snprintf(text, sizeof(text), "score set %d, places %u, network %d",
	    (int)options->settings->score_set, options->geo,
	    options->network);
	digest_add(digest, span_of(text));
	rule_networks_digest(options->networks, digest);
	for (i = 0; i < options->symbols->map.count; i++)
		digest_add(digest, map_key(&options->symbols->map, i));
	manifest_digest(options->manifest, first, digest);
	digest_text(digest, book->digest);
	digest_free(digest);
}

static int
compile_patterns(struct rulebook *book, const char *cache,
    struct matcher *previous, struct error *error)
{
	struct compiling c = {.book = book};
	struct engine_options engine = {
		.cache = cache,
		.report = note_engine,
		.arg = &c,
	};

	book->matcher = matcher_new(book->rules, previous, &engine, error);
	if (c.broken != NULL)
		return error_at(error, c.broken->file, c.broken->line,
		    "%.*s: %s", SPAN_ARG(c.broken->name), c.why.text);
	return book->matcher != NULL ? 0 : -1;
}

static int
compile(struct rulebook *book, const struct rulebook_options *options,
    struct rulebook *previous, struct error *error)
{
	book->suffixes = suffixes_open("", error);
	if (book->suffixes == NULL)
		return -1;
	book->lists = lists_new(book->rules, book->suffixes);
	book->networks = rule_networks_new(book->rules, options->networks,
	    error);
	if (book->networks == NULL)
		return -1;
	return compile_patterns(book, options->settings->cache,
	    previous != NULL ? previous->matcher : NULL, error);
}

struct rulebook *
rulebook_load(const struct rulebook_options *options,
    struct rulebook *previous, struct error *error)
{
	struct counted *counted = mem_alloc(sizeof(*counted));
	struct rulebook *book = &counted->book;
	size_t first = options->manifest->count;

	atomic_init(&counted->holds, 1);
	arena_init(&book->arena);
	book->rules = read_rules(options, error);
	name_book(book, options, first);
	if (book->rules != NULL && previous != NULL &&
	    strcmp(book->digest, previous->digest) == 0) {
		rulebook_put(book);
		return rulebook_get(previous);
	}
	if (book->rules == NULL ||
	    compile(book, options, previous, error) != 0) {
		rulebook_put(book);
		return NULL;
	}
	return book;
}

struct rulebook *
rulebook_get(struct rulebook *book)
{
	atomic_fetch_add(&((struct counted *)book)->holds, 1);
	return book;
}

void
rulebook_put(struct rulebook *book)
{
	if (book == NULL ||
	    atomic_fetch_sub(&((struct counted *)book)->holds, 1) > 1)
		return;
	matcher_free(book->matcher);
	suffixes_close(book->suffixes);
	rule_networks_free(book->networks);
	lists_free(book->lists);
	ruleset_free(book->rules);
	free(book->notes);
	arena_done(&book->arena);
	free(book);
}
