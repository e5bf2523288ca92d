/* token - the lexical level that structured header fields share. */
#include <string.h>

#include "mail/token.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* In which grammars a byte is part of an atom: bits 1 << enum token_grammar. */
#define MAIL (1u << TOKEN_MAIL)
#define MIME (1u << TOKEN_MIME)
#define BOTH (MAIL | MIME)

static const unsigned char atoms[256] = {
	['!'] = BOTH, ['#' ... '\''] = BOTH, ['*' ... '+'] = BOTH,
	['-'] = BOTH, ['.'] = MIME, ['/'] = MAIL, ['0' ... '9'] = BOTH,
	['='] = MAIL, ['?'] = MAIL, ['A' ... 'Z'] = BOTH,
	['^' ... '~'] = BOTH, [128 ... 255] = BOTH,
};

static bool
atomic(char c, enum token_grammar grammar)
{
	return (atoms[(unsigned char)c] & 1u << grammar) != 0;
}

bool
token_atomic(struct span s, enum token_grammar grammar)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!atomic(s.p[i], grammar))
			return false;
	return s.n != 0;
}

bool
token_is(enum token token, struct span raw, char special)
{
	return token == TOKEN_SPECIAL && raw.p[0] == special;
}

bool
token_take(struct token_reader *r, char special)
{
	struct token_reader next = *r;
	struct span raw;

	if (!token_is(token_next(&next, &raw), raw, special))
		return false;
	*r = next;
	return true;
}

void
token_begin(struct token_reader *r, struct span text, enum token_grammar g)
{
	memset(r, 0, sizeof(*r));
	r->rest = text;
	r->grammar = g;
}

/* Length of the comment at the start of s, or 0 when it has no end. */
static size_t
comment_length(struct span s, bool *deep)
{
	unsigned depth = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == ')' && --depth == 0)
			return i + 1;
		else if (s.p[i] == '(' && ++depth > TOKEN_DEPTH_MAX) {
			*deep = true;
			return 0;
		}
	}
	return 0;
}

void
token_skip(struct token_reader *r)
{
	size_t n;

	r->spaced = false;
	for (; r->rest.n != 0; r->rest = span_skip(r->rest, n)) {
		n = 1;
		if (r->rest.p[0] == '(' && !r->open_comment) {
			n = comment_length(r->rest, &r->deep);
			if (n == 0) {
				r->open_comment = true;
				return;
			}
			r->comment = span_make(r->rest.p + 1, n - 2);
		} else if (!blank(r->rest.p[0]))
			return;
		r->spaced = true;
	}
}

/* Length of what begins with a quote or bracket, or 0 when it has no end. */
static size_t
enclosed_length(struct span s, char end, char never)
{
	size_t i;

	for (i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == end)
			return i + 1;
		else if (s.p[i] == never)
			return 0;
	}
	return 0;
}

static enum token
token_enclosed(struct token_reader *r, size_t *n)
{
	if (r->rest.p[0] == '"' && !r->open_quote) {
		*n = enclosed_length(r->rest, '"', '"');
		if (*n != 0)
			return TOKEN_QUOTED;
		r->open_quote = true;
	}
	if (r->rest.p[0] == '[' && r->grammar == TOKEN_MAIL) {
		/* Ending at the next bracket keeps "[[[[" linear. */
		*n = enclosed_length(r->rest, ']', '[');
		if (*n != 0)
			return TOKEN_LITERAL;
	}
	*n = 1;
	return char_among(r->rest.p[0], "\"[]()") ? TOKEN_BAD : TOKEN_SPECIAL;
}

enum token
token_next(struct token_reader *r, struct span *raw)
{
	enum token token = TOKEN_ATOM;
	size_t n = 0;

	token_skip(r);
	if (r->rest.n == 0) {
		*raw = r->rest;
		return TOKEN_END;
	}
	while (n < r->rest.n && atomic(r->rest.p[n], r->grammar))
		n++;
	if (n == 0 && ((unsigned char)r->rest.p[0] < ' ' ||
	    r->rest.p[0] == 127)) {
		token = TOKEN_BAD;
		n = 1;
	} else if (n == 0)
		token = token_enclosed(r, &n);
	*raw = span_head(r->rest, n);
	r->rest = span_skip(r->rest, n);
	return token;
}

struct span
token_text(struct arena *arena, enum token token, struct span raw)
{
	size_t i, n = 0;
	char *text;

	if (token == TOKEN_QUOTED)
		raw = span_make(raw.p + 1, raw.n - 2);
	else if (token != TOKEN_LITERAL)
		return raw;
	if (span_chr(raw, '\\') == raw.n && span_chr(raw, '\r') == raw.n &&
	    span_chr(raw, '\n') == raw.n)
		return raw;
	text = arena_bytes(arena, raw.n);
	for (i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\r' || raw.p[i] == '\n')
			continue;
		if (raw.p[i] == '\\' && i + 1 < raw.n)
			i++;
		text[n++] = raw.p[i];
	}
	return span_make(text, n);
}
