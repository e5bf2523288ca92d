/*
 * name - looks up names and suggests others.
 */
#include "conf/name.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NAME_SHOWN 80	/* bytes of an unknown name in a message */
#define HINT_MAX 512

struct block *
name_block(const struct conf *conf, struct span section)
{
	size_t i;

	for (i = 0; i < conf->count; i++)
		if (span_is(section, conf->blocks[i].section->name))
			return &conf->blocks[i];
	return NULL;
}

static size_t
row_count(const struct block *block)
{
	return block != NULL ? block->count : 0;
}

struct setting *
name_setting(const struct block *block, struct span key)
{
	size_t i;

	for (i = 0; i < row_count(block); i++)
		if (span_is(key, block->settings[i].option->key))
			return &block->settings[i];
	return NULL;
}

static const char *
near_key(const struct block *block, const char *word)
{
	const char **keys, *found;
	size_t i;

	keys = mem_array(NULL, row_count(block) + 1, sizeof(*keys));
	for (i = 0; i < row_count(block); i++)
		keys[i] = block->settings[i].option->key;
	keys[i] = NULL;
	found = error_suggest(word, keys);
	free(keys);
	return found;
}

static const char *
near_section(const struct conf *conf, const char *word)
{
	const char **names, *found;
	size_t i, n = 0;

	names = mem_array(NULL, conf->count + 1, sizeof(*names));
	for (i = 0; i < conf->count; i++)
		if (*conf->blocks[i].section->name != '\0')
			names[n++] = conf->blocks[i].section->name;
	names[n] = NULL;
	found = error_suggest(word, names);
	free(names);
	return found;
}

/* Appends where else key exists; returns false when that is nowhere. */
static bool
put_homes(const struct conf *conf, struct span key, struct buf *hint)
{
	const struct block *block;
	bool found = false;
	size_t i;

	for (i = 0; i < conf->count; i++) {
		block = &conf->blocks[i];
		if (name_setting(block, key) == NULL)
			continue;
		buf_puts(hint, found ? " or " : "; it belongs ");
		found = true;
		if (*block->section->name == '\0')
			buf_puts(hint, "outside of any section");
		else
			buf_printf(hint, "in section \"%s\"",
			    block->section->name);
	}
	return found;
}

/* A misspelt key of another section. */
static void
put_near_elsewhere(const struct conf *conf, const char *word,
    struct buf *hint)
{
	const struct block *block;
	const char *near;
	size_t i;

	for (i = 0; i < conf->count; i++) {
		block = &conf->blocks[i];
		near = near_key(block, word);
		if (near == NULL)
			continue;
		buf_printf(hint, "; did you mean \"%s\"", near);
		if (*block->section->name == '\0')
			buf_puts(hint, " outside of any section?");
		else
			buf_printf(hint, " in section \"%s\"?",
			    block->section->name);
		return;
	}
}

static void
put_key_hint(const struct conf *conf, const struct block *block,
    struct span key, struct buf *hint)
{
	const char *near;
	char *word;

	if (name_block(conf, key) != NULL) {
		buf_printf(hint, "; it is a section: %.*s { ... }",
		    SPAN_ARG(key));
		return;
	}
	if (put_homes(conf, key, hint))
		return;
	word = mem_copy(key.p, key.n);
	near = near_key(block, word);
	if (near != NULL)
		buf_printf(hint, "; did you mean \"%s\"?", near);
	else
		put_near_elsewhere(conf, word, hint);
	free(word);
}

int
name_refuse_key(const struct conf *conf, const struct block *block,
    const char *file, const struct token *token, struct error *error)
{
	struct span shown = span_head(token->text, NAME_SHOWN);
	struct buf hint;

	buf_init(&hint, HINT_MAX);
	if (block != NULL && *block->section->name != '\0')
		buf_printf(&hint, " in section \"%s\"", block->section->name);
	put_key_hint(conf, block, token->text, &hint);
	error_at(error, file, token->line, "unknown key \"%.*s\"%s",
	    SPAN_ARG(shown), buf_string(&hint));
	buf_done(&hint);
	return -1;
}

static void
put_section_hint(const struct conf *conf, struct span name, struct buf *hint)
{
	const struct block *top = name_block(conf, span_of(""));
	char *word = mem_copy(name.p, name.n);
	const char *near = near_section(conf, word);

	if (name_setting(top, name) != NULL)
		buf_printf(hint, "; it is a key: %s = value", word);
	else if (near != NULL)
		buf_printf(hint, "; did you mean \"%s\"?", near);
	free(word);
}

int
name_refuse_section(const struct conf *conf, const char *file,
    const struct token *token, struct error *error)
{
	struct span shown = span_head(token->text, NAME_SHOWN);
	struct buf hint;

	buf_init(&hint, HINT_MAX);
	put_section_hint(conf, token->text, &hint);
	error_at(error, file, token->line, "unknown section \"%.*s\"%s",
	    SPAN_ARG(shown), buf_string(&hint));
	buf_done(&hint);
	return -1;
}
