/*
 * parse - the grammar of a configuration:
 *
 *	file	= { include | section | pair }
 *	include	= "include" string
 *	section	= name "{" { pair } "}"
 *	pair	= key "=" ( value | "{" [ value { "," value } [ "," ] ] "}" )
 */
#include "conf/parse.h"

#include "conf/assign.h"
#include "conf/lex.h"
#include "conf/name.h"
#include "conf/path.h"
#include "conf/source.h"
#include "conf/value.h"

#define SHOWN 60	/* bytes of the text in a message about it */

struct parser {
	struct conf *conf;
	const struct source *source;	/* NULL: include is refused */
	struct lexer lexer;
	struct token token;		/* the next to be dealt with */
	struct block *block;		/* NULL when sections has no "" */
	struct token opened;		/* name of the open section, if any */
	struct error *error;
};

static int parse_source(struct conf *, struct source *, struct error *);

#define REFUSE(parser, at, ...) \
	error_at((parser)->error, (parser)->lexer.file, (at), __VA_ARGS__)

static struct span
shown(const struct token *token)
{
	return span_head(token->text, SHOWN);
}

static int
advance(struct parser *parser)
{
	return lexer_next(&parser->lexer, &parser->token, parser->error);
}

/* The kind of the token after the next; a fault in it is found later. */
static enum token_kind
peek(const struct parser *parser)
{
	struct lexer ahead = parser->lexer;
	struct token token;

	if (lexer_next(&ahead, &token, NULL) == -1)
		return TOKEN_END;
	return token.kind;
}

/* The next token begins another statement, whatever came before. */
static bool
at_statement(const struct parser *parser)
{
	enum token_kind next;

	if (parser->token.kind != TOKEN_WORD)
		return false;
	next = peek(parser);
	return next == TOKEN_EQUALS || next == TOKEN_OPEN ||
	    (next == TOKEN_STRING && span_is(parser->token.text, "include"));
}

static int
refuse_unclosed(struct parser *parser, const struct token *key, unsigned line)
{
	if (parser->token.kind == TOKEN_END)
		return REFUSE(parser, line,
		    "the list of \"%.*s\" opened here is not closed",
		    SPAN_ARG(shown(key)));
	return REFUSE(parser, line,
	    "the list of \"%.*s\" opened here is not closed before \"%.*s\" "
	    "in line %u", SPAN_ARG(shown(key)), SPAN_ARG(shown(&parser->token)),
	    parser->token.line);
}

/* One value and the comma after it; opened is the line of the brace. */
static int
parse_entry(struct parser *parser, const struct token *key, unsigned opened,
    struct written *written)
{
	if (parser->token.kind == TOKEN_END || at_statement(parser))
		return refuse_unclosed(parser, key, opened);
	if (!token_value(&parser->token))
		return REFUSE(parser, parser->token.line,
		    "expected a value in the list of \"%.*s\", not \"%.*s\"",
		    SPAN_ARG(shown(key)), SPAN_ARG(shown(&parser->token)));
	if (!written_add(written, &parser->token))
		return REFUSE(parser, parser->token.line,
		    "the list of \"%.*s\" has more than %d values",
		    SPAN_ARG(shown(key)), CONF_VALUES_MAX);
	if (advance(parser) == -1)
		return -1;
	if (parser->token.kind == TOKEN_COMMA)
		return advance(parser);
	if (parser->token.kind == TOKEN_CLOSE)
		return 0;
	if (parser->token.kind == TOKEN_END || at_statement(parser))
		return refuse_unclosed(parser, key, opened);
	return REFUSE(parser, parser->token.line,
	    "expected a comma before \"%.*s\" in the list of \"%.*s\"",
	    SPAN_ARG(shown(&parser->token)), SPAN_ARG(shown(key)));
}

static int
parse_list(struct parser *parser, const struct token *key,
    struct written *written)
{
	unsigned opened = parser->token.line;

	written->list = true;
	if (advance(parser) == -1)
		return -1;
	while (parser->token.kind != TOKEN_CLOSE)
		if (parse_entry(parser, key, opened, written) == -1)
			return -1;
	return advance(parser);
}

static int
parse_value(struct parser *parser, const struct token *key,
    struct written *written)
{
	if (parser->token.kind == TOKEN_OPEN)
		return parse_list(parser, key, written);
	if (!token_value(&parser->token) ||
	    (parser->token.line != key->line && at_statement(parser)))
		return REFUSE(parser, key->line, "\"%.*s\" has no value",
		    SPAN_ARG(shown(key)));
	written_add(written, &parser->token);
	if (advance(parser) == -1)
		return -1;
	if (parser->token.kind == TOKEN_COMMA)
		return REFUSE(parser, parser->token.line,
		    "several values of \"%.*s\" need braces: { a, b }",
		    SPAN_ARG(shown(key)));
	return 0;
}

static int
parse_pair(struct parser *parser, const struct token *key)
{
	struct written written = { .file = parser->lexer.file,
	    .line = key->line, .folder = path_folder(parser->lexer.file) };
	struct setting *setting = name_setting(parser->block, key->text);
	int result;

	if (setting == NULL)
		return name_refuse_key(parser->conf, parser->block,
		    parser->lexer.file, key, parser->error);
	if (advance(parser) == -1)
		return -1;
	result = parse_value(parser, key, &written);
	if (result == 0)
		result = assign_written(parser->conf, setting, &written,
		    parser->error);
	written_done(&written);
	return result;
}

static int
open_section(struct parser *parser, const struct token *name)
{
	if (parser->opened.text.n > 0)
		return REFUSE(parser, name->line,
		    "section \"%.*s\" inside of section \"%.*s\", which line "
		    "%u opens: is a } missing?", SPAN_ARG(shown(name)),
		    SPAN_ARG(parser->opened.text), parser->opened.line);
	parser->block = name_block(parser->conf, name->text);
	if (parser->block == NULL)
		return name_refuse_section(parser->conf, parser->lexer.file,
		    name, parser->error);
	parser->opened = *name;
	return advance(parser);
}

static int
close_section(struct parser *parser)
{
	if (parser->opened.text.n == 0)
		return REFUSE(parser, parser->token.line,
		    "\"}\" closes nothing");
	parser->opened.text.n = 0;
	parser->block = name_block(parser->conf, span_of(""));
	return advance(parser);
}

static int
include_file(struct parser *parser, const char *file, unsigned line)
{
	struct source source = { .file = file, .from = parser->source,
	    .line = line };
	int result;

	result = parse_source(parser->conf, &source, parser->error);
	source_done(&source);
	return result;
}

static int
include_files(struct parser *parser, const struct token *pattern)
{
	struct paths paths = { NULL, 0 };
	const char *fault;
	size_t i;
	int result = 0;

	fault = path_expand(&parser->conf->arena,
	    path_folder(parser->lexer.file), pattern->text, &paths);
	if (fault != NULL)
		result = REFUSE(parser, pattern->line, "include: %s", fault);
	for (i = 0; i < paths.count && result == 0; i++)
		result = include_file(parser, paths.item[i], pattern->line);
	paths_done(&paths);
	return result;
}

static int
parse_include(struct parser *parser, const struct token *word)
{
	struct token pattern = parser->token;

	if (pattern.kind != TOKEN_STRING || pattern.text.n == 0)
		return REFUSE(parser, word->line,
		    "include needs the path of a file, in quotes");
	if (parser->opened.text.n > 0)
		return REFUSE(parser, word->line,
		    "include inside of section \"%.*s\"; it goes outside",
		    SPAN_ARG(parser->opened.text));
	if (parser->source == NULL)
		return REFUSE(parser, word->line,
		    "include is possible in files only");
	if (include_files(parser, &pattern) == -1)
		return -1;
	return advance(parser);
}

static int
parse_statement(struct parser *parser)
{
	struct token word = parser->token;

	if (word.kind == TOKEN_CLOSE)
		return close_section(parser);
	if (word.kind != TOKEN_WORD)
		return REFUSE(parser, word.line,
		    "expected a key or a section, not \"%.*s\"",
		    SPAN_ARG(shown(&word)));
	if (advance(parser) == -1)
		return -1;
	if (span_is(word.text, "include"))
		return parse_include(parser, &word);
	if (parser->token.kind == TOKEN_EQUALS)
		return parse_pair(parser, &word);
	if (parser->token.kind == TOKEN_OPEN)
		return open_section(parser, &word);
	return REFUSE(parser, word.line,
	    "expected \"=\" or \"{\" after \"%.*s\", not \"%.*s\"",
	    SPAN_ARG(shown(&word)), SPAN_ARG(shown(&parser->token)));
}

static int
parse_statements(struct parser *parser, struct span text)
{
	if (lexer_init(&parser->lexer, text, parser->error) == -1 ||
	    advance(parser) == -1)
		return -1;
	while (parser->token.kind != TOKEN_END)
		if (parse_statement(parser) == -1)
			return -1;
	if (parser->opened.text.n > 0)
		return REFUSE(parser, parser->opened.line,
		    "section \"%.*s\" opened here is not closed",
		    SPAN_ARG(parser->opened.text));
	return 0;
}

static struct parser
parser_make(struct conf *conf, const char *file, struct error *error)
{
	struct parser parser = { .conf = conf, .error = error,
	    .lexer = { .arena = &conf->arena, .file = file, .line = 1 } };

	parser.block = name_block(conf, span_of(""));
	return parser;
}

static int
parse_source(struct conf *conf, struct source *source, struct error *error)
{
	struct parser parser = parser_make(conf, source->file, error);

	if (conf->files++ == CONF_FILES_MAX)
		return error_at(error, source->from->file, source->line,
		    "includes ask for more than %d files", CONF_FILES_MAX);
	if (source_read(source, &conf->manifest, error) == -1)
		return -1;
	parser.source = source;
	return parse_statements(&parser, buf_contents(&source->bytes));
}

int
parse_file(struct conf *conf, struct error *error)
{
	struct source source = { .file = conf->file };
	int result = parse_source(conf, &source, error);

	source_done(&source);
	return result;
}

int
parse_text(struct conf *conf, struct span text, struct error *error)
{
	struct parser parser = parser_make(conf, conf->file, error);

	return parse_statements(&parser, text);
}
