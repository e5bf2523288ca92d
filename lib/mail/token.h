/*
 * token - the lexical level that structured header fields share: atoms, quoted
 * strings, domain literals, comments and folded white space (RFC 5322 section
 * 3.2, RFC 2045 section 5.1, bytes above 127 as RFC 6532 allows).  Reading
 * takes linear time on any input.  Pure functions, any thread.
 */
#ifndef MAIL_TOKEN_H
#define MAIL_TOKEN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

#define TOKEN_DEPTH_MAX 32	/* comments within comments */

enum token {
	TOKEN_END,
	TOKEN_ATOM,
	TOKEN_QUOTED,	/* with its quotes */
	TOKEN_LITERAL,	/* with its brackets; RFC 5322 only */
	TOKEN_SPECIAL,	/* one byte that is not part of an atom */
	TOKEN_BAD	/* a byte with no place here: control, open quote */
};

enum token_grammar {
	TOKEN_MAIL,	/* specials of RFC 5322 section 3.2.3 */
	TOKEN_MIME	/* tspecials of RFC 2045 section 5.1 */
};

struct token_reader {
	struct span rest;	/* not yet read */
	enum token_grammar grammar;
	struct span comment;	/* inside of the latest; p may be NULL */
	bool spaced;		/* space or comment before the token */
	bool open_quote;	/* a quote had no end: now a bad byte */
	bool open_comment;	/* the same for comments */
	bool deep;		/* because it was nested too deep */
};

void token_begin(struct token_reader *, struct span, enum token_grammar);

/* Skips white space and comments, then reads one token.  A copy of the reader
 * serves to look ahead. */
enum token token_next(struct token_reader *, struct span *raw);

/* Skips white space and comments only. */
void token_skip(struct token_reader *);

bool token_is(enum token, struct span raw, char special);

/* Reads that special when it is next; otherwise nothing is read. */
bool token_take(struct token_reader *, char special);

/* What a token means: without quotes, escapes and folding.  Points into raw
 * where that is possible, otherwise into the arena. */
struct span token_text(struct arena *, enum token, struct span raw);

/* True when s is not empty and wholly made of bytes of an atom. */
bool token_atomic(struct span s, enum token_grammar);

#endif
