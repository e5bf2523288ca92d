/*
 * lex - cuts configuration text into tokens.
 */
#include "conf/lex.h"

#include <string.h>

#include "base/text.h"

#define BOM "\xef\xbb\xbf"

static void
count_line(struct lexer *lexer)
{
	if (lexer->line != 0)
		lexer->line++;
}

/* ended tells that a line feed follows the line. */
static int
check_line(const struct lexer *lexer, struct span line, bool ended,
    struct error *error)
{
	size_t i;
	unsigned char c;

	for (i = 0; i < line.n; i++) {
		c = (unsigned char)line.p[i];
		if ((c >= ' ' && c != 127) || c == '\t')
			continue;
		if (c == '\r' && ended && i == line.n - 1)
			continue;
		if (c == '\0')
			return error_at(error, lexer->file, lexer->line,
			    "NUL byte");
		if (c == '\r')
			return error_at(error, lexer->file, lexer->line,
			    "carriage return without a line feed");
		return error_at(error, lexer->file, lexer->line,
		    "control byte 0x%02x", c);
	}
	if (!text_utf8(line))
		return error_at(error, lexer->file, lexer->line,
		    "invalid UTF-8");
	return 0;
}

int
lexer_init(struct lexer *lexer, struct span text, struct error *error)
{
	struct lexer walk;
	size_t n;

	if (span_starts(text, BOM))
		text = span_skip(text, sizeof(BOM) - 1);
	lexer->rest = text;
	walk = *lexer;
	while (walk.rest.n > 0) {
		n = span_chr(walk.rest, '\n');
		if (check_line(&walk, span_head(walk.rest, n),
		    n < walk.rest.n, error) == -1)
			return -1;
		walk.rest = span_skip(walk.rest, n + 1);
		count_line(&walk);
	}
	return 0;
}

static int
skip_comment(struct lexer *lexer, struct error *error)
{
	static const struct span closer = SPAN("*/");
	struct span body = span_skip(lexer->rest, 2);
	size_t i, n = span_find(body, closer);

	if (n == body.n)
		return error_at(error, lexer->file, lexer->line,
		    "the comment opened here is not closed");
	for (i = 0; i < n; i++)
		if (body.p[i] == '\n')
			count_line(lexer);
	lexer->rest = span_skip(body, n + closer.n);
	return 0;
}

static int
skip_space(struct lexer *lexer, struct error *error)
{
	struct span rest;

	while ((rest = lexer->rest).n > 0) {
		if (*rest.p == '#' || span_starts(rest, "//")) {
			lexer->rest = span_skip(rest, span_chr(rest, '\n'));
		} else if (span_starts(rest, "/*")) {
			if (skip_comment(lexer, error) == -1)
				return -1;
		} else if (char_space(*rest.p)) {
			if (*rest.p == '\n')
				count_line(lexer);
			lexer->rest = span_skip(rest, 1);
		} else {
			break;
		}
	}
	return 0;
}

static bool
is_delimiter(char c)
{
	return char_space(c) || strchr("#={},\"';", c) != NULL;
}

/*
 * What follows a word directly is refused where it would silently cut a value
 * such as a password: key#1, it's.
 */
static int
lex_word(struct lexer *lexer, struct token *token, struct error *error)
{
	struct span rest = lexer->rest;
	size_t n = 0;

	while (n < rest.n && !is_delimiter(rest.p[n]))
		n++;
	token->kind = TOKEN_WORD;
	token->text = span_head(rest, n);
	lexer->rest = span_skip(rest, n);
	if (n < rest.n && (rest.p[n] == '#' || rest.p[n] == '"' ||
	    rest.p[n] == '\''))
		return error_at(error, lexer->file, lexer->line,
		    "%c directly after \"%.*s\"; put a value that holds it "
		    "in quotes", rest.p[n], SPAN_ARG(span_head(rest, n)));
	return 0;
}

static int
refuse_open_string(const struct lexer *lexer, struct error *error)
{
	return error_at(error, lexer->file, lexer->line,
	    "the string opened here is not closed on its line");
}

static int
lex_raw(struct lexer *lexer, struct token *token, struct error *error)
{
	struct span body = span_skip(lexer->rest, 1);
	size_t n = span_chr(body, '\'');

	if (n == body.n || span_chr(body, '\n') < n)
		return refuse_open_string(lexer, error);
	token->kind = TOKEN_STRING;
	token->text = span_head(body, n);
	lexer->rest = span_skip(body, n + 1);
	return 0;
}

/* What an escape stands for, or 0 when it is none. */
static char
unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case '"':
	case '\\':
		return c;
	}
	return 0;
}

/* Length of the string up to its closing quote; body.n when there is none. */
static size_t
quoted_length(struct span body)
{
	size_t i;

	for (i = 0; i < body.n && body.p[i] != '\n'; i++) {
		if (body.p[i] == '"')
			return i;
		if (body.p[i] == '\\' && i + 1 < body.n &&
		    body.p[i + 1] != '\n')
			i++;
	}
	return body.n;
}

static int
lex_quoted(struct lexer *lexer, struct token *token, struct error *error)
{
	struct span body = span_skip(lexer->rest, 1);
	size_t i, length = quoted_length(body), n = 0;
	char *out;

	if (length == body.n)
		return refuse_open_string(lexer, error);
	out = arena_bytes(lexer->arena, length + 1);
	for (i = 0; i < length; i++) {
		if (body.p[i] != '\\')
			out[n] = body.p[i];
		else if ((out[n] = unescape(body.p[++i])) == 0)
			return error_at(error, lexer->file, lexer->line,
			    "in a string a backslash goes before a quote, "
			    "another backslash, n or t; "
			    "'single quotes' keep backslashes as they are");
		n++;
	}
	token->kind = TOKEN_STRING;
	token->text = span_make(out, n);
	lexer->rest = span_skip(body, length + 1);
	return 0;
}

static int
lex_sign(struct lexer *lexer, struct token *token, enum token_kind kind)
{
	token->kind = kind;
	token->text = span_head(lexer->rest, 1);
	lexer->rest = span_skip(lexer->rest, 1);
	return 0;
}

int
lexer_next(struct lexer *lexer, struct token *token, struct error *error)
{
	if (skip_space(lexer, error) == -1)
		return -1;
	token->line = lexer->line;
	if (lexer->rest.n == 0) {
		token->kind = TOKEN_END;
		token->text = span_of("the end");
		return 0;
	}
	switch (*lexer->rest.p) {
	case '=':
		return lex_sign(lexer, token, TOKEN_EQUALS);
	case '{':
		return lex_sign(lexer, token, TOKEN_OPEN);
	case '}':
		return lex_sign(lexer, token, TOKEN_CLOSE);
	case ',':
		return lex_sign(lexer, token, TOKEN_COMMA);
	case '"':
		return lex_quoted(lexer, token, error);
	case '\'':
		return lex_raw(lexer, token, error);
	case ';':
		return error_at(error, lexer->file, lexer->line,
		    "stray \";\": a line needs none, a value that holds one "
		    "needs quotes");
	}
	return lex_word(lexer, token, error);
}

bool
token_value(const struct token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}
