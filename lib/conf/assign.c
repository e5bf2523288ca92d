/*
 * assign - gives keys their values.
 */
#include "conf/assign.h"

#include <assert.h>

#include "conf/lex.h"
#include "conf/name.h"
#include "conf/path.h"

#define COMMAND_LINE "-o"

int
assign_written(struct conf *conf, struct setting *setting,
    const struct written *written, struct error *error)
{
	if (setting->origin != NULL)
		return error_at(error, written->file, written->line,
		    "\"%s\" is already set at %s", setting->option->key,
		    setting->origin);
	if (value_store(conf, setting->option, written, setting->member,
	    error) == -1)
		return -1;
	setting->file = written->file;
	setting->line = written->line;
	setting->origin = arena_printf(&conf->arena, "%s:%u", written->file,
	    written->line).p;
	return 0;
}

static int
refuse_token(const struct lexer *lexer, const struct token *token,
    struct error *error)
{
	return error_at(error, lexer->file, token->line,
	    "expected a value, not \"%.*s\"", SPAN_ARG(token->text));
}

/* Steps over the comma after a value, or to the closer without one. */
static int
read_comma(struct lexer *lexer, struct token *token, enum token_kind closer,
    struct written *written, struct error *error)
{
	if (token->kind == TOKEN_COMMA) {
		written->list = true;
		return lexer_next(lexer, token, error);
	}
	if (token->kind == closer)
		return 0;
	return error_at(error, lexer->file, token->line,
	    "expected a comma before \"%.*s\", or quotes around all of the "
	    "value", SPAN_ARG(token->text));
}

static int
read_entries(struct lexer *lexer, struct token *token, enum token_kind closer,
    struct written *written, struct error *error)
{
	while (token->kind != closer) {
		if (!token_value(token))
			return refuse_token(lexer, token, error);
		if (!written_add(written, token))
			return error_at(error, lexer->file, token->line,
			    "more than %d values", CONF_VALUES_MAX);
		if (lexer_next(lexer, token, error) == -1 ||
		    read_comma(lexer, token, closer, written, error) == -1)
			return -1;
	}
	return 0;
}

static int
read_braces(struct lexer *lexer, struct token *token, struct written *written,
    struct error *error)
{
	written->list = true;
	if (lexer_next(lexer, token, error) == -1 ||
	    read_entries(lexer, token, TOKEN_CLOSE, written, error) == -1 ||
	    lexer_next(lexer, token, error) == -1)
		return -1;
	if (token->kind != TOKEN_END)
		return refuse_token(lexer, token, error);
	return 0;
}

/* A value without its key; no text at all is an empty string or list. */
static int
read_value(struct lexer *lexer, struct span text, struct written *written,
    struct error *error)
{
	struct token token;

	if (lexer_init(lexer, text, error) == -1 ||
	    lexer_next(lexer, &token, error) == -1)
		return -1;
	if (token.kind == TOKEN_END && span_trim(text).n > 0)
		return error_at(error, lexer->file, token.line,
		    "nothing but a comment; a value that begins so needs "
		    "quotes");
	if (token.kind == TOKEN_OPEN)
		return read_braces(lexer, &token, written, error);
	return read_entries(lexer, &token, TOKEN_END, written, error);
}

/* written->file stands for the text in messages and has no lines. */
static int
assign_text(struct conf *conf, struct setting *setting, struct span text,
    struct written *written, struct error *error)
{
	struct lexer lexer = { .arena = &conf->arena, .file = written->file };
	int result;

	result = read_value(&lexer, text, written, error);
	if (result == 0)
		result = value_store(conf, setting->option, written,
		    setting->member, error);
	if (result == 0) {
		setting->file = written->file;
		setting->line = 0;
	}
	written_done(written);
	return result;
}

static int
override_key(struct conf *conf, const struct block *block,
    const struct token *key, struct span text, struct error *error)
{
	struct written written = { .file = COMMAND_LINE };
	struct setting *setting = name_setting(block, key->text);

	if (setting == NULL)
		return name_refuse_key(conf, block, COMMAND_LINE, key, error);
	if (setting->origin != NULL && setting->line == 0)
		return error_at(error, COMMAND_LINE, 0,
		    "\"%s\" is given twice", setting->option->key);
	if (assign_text(conf, setting, text, &written, error) == -1)
		return -1;
	setting->origin = COMMAND_LINE;
	return 0;
}

int
assign_override(struct conf *conf, const char *override, struct error *error)
{
	struct span value = span_of(override), name = span_of("");
	struct token section = { .text = span_of("") }, key = { 0 };
	struct block *block;

	if (span_chr(value, '=') == value.n)
		return error_at(error, COMMAND_LINE, 0,
		    "expected section.key=value, not \"%s\"", override);
	span_cut(&value, '=', &name);
	key.text = span_trim(name);
	if (span_chr(key.text, '.') < key.text.n)
		span_cut(&key.text, '.', &section.text);
	block = name_block(conf, section.text);
	if (block == NULL && section.text.n > 0)
		return name_refuse_section(conf, COMMAND_LINE, &section,
		    error);
	return override_key(conf, block, &key, value, error);
}

static int
assign_fallback(struct conf *conf, const struct section *section,
    struct setting *setting, struct error *error)
{
	const struct option *option = setting->option;
	struct written written = { .folder = path_folder(conf->file) };

	assert(option->fallback != NULL);
	written.file = arena_printf(&conf->arena, "default of %s%s%s",
	    section->name, *section->name != '\0' ? "." : "", option->key).p;
	if (assign_text(conf, setting, span_of(option->fallback), &written,
	    error) == -1)
		return -1;
	setting->origin = "default";
	return 0;
}

int
assign_fallbacks(struct conf *conf, struct error *error)
{
	const struct block *block;
	size_t i, row;

	for (i = 0; i < conf->count; i++) {
		block = &conf->blocks[i];
		for (row = 0; row < block->count; row++)
			if (block->settings[row].origin == NULL &&
			    assign_fallback(conf, block->section,
			    &block->settings[row], error) == -1)
				return -1;
	}
	return 0;
}
