/* authres - the Authentication-Results field (RFC 8601 section 2.2). */
#include "auth/authres.h"
#include "base/text.h"
#include "mail/token.h"

static enum authres
worse(enum authres a, enum authres b)
{
	return a > b ? a : b;
}

/* Keyword of RFC 5321 section 4.1.2; "_" is in use all the same. */
static enum authres
keyword(struct span s)
{
	enum authres verdict = AUTHRES_GOOD;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_')
			verdict = AUTHRES_LOOSE;
		else if (s.p[i] != '-' && !char_digit(s.p[i]) &&
		    !char_alpha(s.p[i]))
			return AUTHRES_BROKEN;
	}
	if (s.n == 0)
		return AUTHRES_BROKEN;
	return s.p[s.n - 1] == '-' ? AUTHRES_LOOSE : verdict;
}

static enum authres
take_keyword(struct token_reader *r, struct span *word)
{
	if (token_next(r, word) != TOKEN_ATOM)
		return AUTHRES_BROKEN;
	return keyword(*word);
}

/* A value that would need quotes, such as an IPv6 address or base64. */
static enum authres
unquoted(struct token_reader *r)
{
	size_t n = 0;
	unsigned char c;

	for (; n < r->rest.n; n++) {
		c = (unsigned char)r->rest.p[n];
		if (c <= ' ' || c == 127 || c == ';' || c == '"' || c == '(' ||
		    c == ')' || c == '\\' || c == ',')
			break;
	}
	r->rest = span_skip(r->rest, n);
	return AUTHRES_LOOSE;
}

/* What must follow a value: space, a comment, ";" or the end. */
static bool
bounded(const struct token_reader *r)
{
	char c = r->rest.n != 0 ? r->rest.p[0] : ';';

	return char_space((unsigned char)c) || c == ';' || c == '(';
}

/*
 * pvalue: a value of RFC 2045 (token or quoted string) or an address or domain.
 * An empty one is loose: several filters write "smtp.mailfrom=;".
 */
static enum authres
pvalue(struct token_reader *r)
{
	struct token_reader next;
	enum authres verdict = AUTHRES_GOOD;
	enum token token;
	struct span raw;

	token_skip(r);
	next = *r;
	token = token_next(&next, &raw);
	if (token == TOKEN_END || token_is(token, raw, ';'))
		return AUTHRES_LOOSE;
	if (token == TOKEN_ATOM || token == TOKEN_QUOTED)
		*r = next;
	next = *r;
	if (token_take(&next, '@') && !next.spaced) {
		*r = next;
		token_next(&next, &raw);
		if (!next.spaced && token_atomic(raw, TOKEN_MIME))
			*r = next;
		else
			verdict = AUTHRES_LOOSE;
	}
	if (!bounded(r))
		verdict = unquoted(r);
	return bounded(r) ? verdict : AUTHRES_BROKEN;
}

/* propspec or reasonspec, of which one begins with the next token. */
static enum authres
property(struct token_reader *r, bool first)
{
	enum authres verdict;
	struct span word, name;
	size_t dot;

	if (token_next(r, &word) != TOKEN_ATOM)
		return AUTHRES_BROKEN;
	/* The dot is a byte of RFC 2045 tokens; space may surround it. */
	dot = span_chr(word, '.');
	name = span_skip(word, dot + 1);
	if (span_iis(word, "reason")) {
		if (!token_take(r, '='))
			return AUTHRES_BROKEN;
		/* A second reason, or one behind properties. */
		return worse(first ? AUTHRES_GOOD : AUTHRES_LOOSE, pvalue(r));
	}
	if (dot == word.n) {
		/* Microsoft's "action=none". */
		if (token_take(r, '='))
			return worse(worse(AUTHRES_LOOSE, keyword(word)),
			    pvalue(r));
		if (token_next(r, &name) != TOKEN_ATOM || name.p[0] != '.')
			return AUTHRES_BROKEN;
		name = span_skip(name, 1);
	}
	verdict = keyword(span_head(word, dot));
	if (name.n == 0 && token_next(r, &name) != TOKEN_ATOM)
		return AUTHRES_BROKEN;
	verdict = worse(verdict, keyword(name));
	if (verdict == AUTHRES_BROKEN || !token_take(r, '='))
		return AUTHRES_BROKEN;
	return worse(verdict, pvalue(r));
}

/* methodspec with what follows, up to ";" or the end. */
static enum authres
result(struct token_reader *r)
{
	enum authres verdict;
	struct span word;
	bool first = true;

	verdict = take_keyword(r, &word);
	if (token_take(r, '/') && (token_next(r, &word) != TOKEN_ATOM ||
	    !char_digit(word.p[0])))
		return AUTHRES_BROKEN;
	if (verdict == AUTHRES_BROKEN || !token_take(r, '='))
		return AUTHRES_BROKEN;
	verdict = worse(verdict, take_keyword(r, &word));
	for (; verdict != AUTHRES_BROKEN; first = false) {
		token_skip(r);
		if (r->rest.n == 0 || r->rest.p[0] == ';')
			return verdict;
		/* Properties must not touch what stands before them. */
		verdict = worse(verdict, r->spaced ? AUTHRES_GOOD :
		    AUTHRES_LOOSE);
		verdict = worse(verdict, property(r, first));
	}
	return verdict;
}

/* True for no-result, which must be the only one. */
static bool
none(const struct token_reader *r)
{
	struct token_reader next = *r;
	struct span raw;

	return token_next(&next, &raw) == TOKEN_ATOM && span_iis(raw, "none") &&
	    token_next(&next, &raw) == TOKEN_END;
}

static enum authres
results(struct token_reader *r)
{
	enum authres verdict = AUTHRES_GOOD;
	unsigned count;
	struct token_reader next;
	struct span raw;

	for (count = 0; count < AUTHRES_RESULTS_MAX; count++) {
		if (count == 0 && none(r))
			return verdict;
		next = *r;
		if (token_next(&next, &raw) == TOKEN_END)
			return AUTHRES_LOOSE;
		if (token_take(r, ';')) {
			verdict = AUTHRES_LOOSE;
			continue;
		}
		verdict = worse(verdict, result(r));
		if (verdict == AUTHRES_BROKEN || !token_take(r, ';'))
			break;
	}
	if (verdict != AUTHRES_BROKEN && token_next(r, &raw) != TOKEN_END)
		return AUTHRES_BROKEN;
	return verdict;
}

enum authres
authres_parse(struct arena *arena, struct span value, struct span *id)
{
	struct token_reader r;
	enum authres verdict;
	enum token token;
	struct span raw, version;
	int64_t number;

	if (span_chr(value, '\0') != value.n || !text_utf8(value))
		return AUTHRES_BROKEN;
	token_begin(&r, value, TOKEN_MIME);
	token = token_next(&r, &raw);
	if (token != TOKEN_ATOM && token != TOKEN_QUOTED)
		return AUTHRES_BROKEN;
	if (!token_take(&r, ';')) {
		if (token_next(&r, &version) != TOKEN_ATOM || !r.spaced ||
		    !text_number(version, &number) || !token_take(&r, ';'))
			return AUTHRES_BROKEN;
	}
	verdict = results(&r);
	if (verdict != AUTHRES_BROKEN)
		*id = token_text(arena, token, raw);
	return verdict;
}
