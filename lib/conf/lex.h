/*
 * lex - configuration text cut into tokens, each with its line.  A lexer is
 * plain data: a copy of it looks ahead.
 */
#ifndef CONF_LEX_H
#define CONF_LEX_H

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,	/* bare */
	TOKEN_STRING,	/* was in quotes, escapes resolved */
	TOKEN_EQUALS,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
};

struct token {
	enum token_kind kind;
	unsigned line;
	struct span text;	/* as written, or the string's contents */
};

struct lexer {
	struct arena *arena;	/* for strings; words point into the input */
	const char *file;
	struct span rest;
	unsigned line;		/* 0: the text is too short to count lines */
};

/*
 * Prepares text, which must outlive the tokens, and drops a byte order mark.
 * Refuses control bytes and invalid UTF-8 anywhere, so that neither values nor
 * messages about them can hold any.
 */
int lexer_init(struct lexer *, struct span text, struct error *);

int lexer_next(struct lexer *, struct token *, struct error *);

/* True for both forms of a value. */
bool token_value(const struct token *);

#endif
