/* param - the parameters of MIME fields as mail readers find them. */
#include "mail/param.h"

#include <stdlib.h>
#include <string.h>

#include "mail/charset.h"
#include "mail/words.h"

/* The number in "name*12"; further ones are not read. */
#define PIECE_DIGITS_MAX 3

/* One piece of a continued parameter, RFC 2231 section 3. */
struct piece {
	const struct param *param;	/* NULL: there is none of that number */
	bool extended;			/* section 4: "%" escapes */
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
skip_blanks(struct span rest)
{
	while (rest.n != 0 && blank(rest.p[0]))
		rest = span_skip(rest, 1);
	return rest;
}

/* The length of a run without the bytes in stop; blanks end it as well. */
static size_t
run(struct span rest, const char *stop)
{
	size_t n = 0;

	while (n < rest.n && !blank(rest.p[n]) &&
	    (rest.p[n] == '\0' || strchr(stop, rest.p[n]) == NULL))
		n++;
	return n;
}

/* Length of the comment at the start, or 0 when it has no end. */
static size_t
comment_length(struct span rest)
{
	size_t i, depth = 0;

	for (i = 0; i < rest.n; i++) {
		if (rest.p[i] == '\\')
			i++;
		else if (rest.p[i] == '(')
			depth++;
		else if (rest.p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

/*
 * Skips blanks and comments.  A comment without end hides nothing: it is read
 * as text, and so is every one in a field that is already broken, which keeps
 * "((((" linear.
 */
static struct span
skip_space(struct span rest, bool *broken)
{
	size_t n;

	for (;;) {
		rest = skip_blanks(rest);
		if (rest.n == 0 || rest.p[0] != '(' || *broken)
			return rest;
		n = comment_length(rest);
		*broken |= n == 0;
		rest = span_skip(rest, n);
	}
}

/*
 * A quoted value.  A backslash only escapes a quote or itself: Windows writes
 * whole paths.  Without an end it holds all that is left, as for SpamAssassin.
 */
static struct span
read_quoted(struct arena *arena, struct span *rest, bool *broken)
{
	struct span s = span_skip(*rest, 1);
	bool escapes = false;
	size_t i, n;
	char *out;

	for (i = 0; i < s.n && s.p[i] != '"'; i++)
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' ||
		    s.p[i + 1] == '\\')) {
			escapes = true;
			i++;
		}
	*broken |= i >= s.n;
	*rest = span_skip(s, i + 1);
	s = span_head(s, i);
	if (!escapes)
		return s;
	out = arena_bytes(arena, s.n);
	for (i = 0, n = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' ||
		    s.p[i + 1] == '\\'))
			i++;
		out[n++] = s.p[i];
	}
	return span_make(out, n);
}

/* True for those in which blanks are taken in without quotes. */
static bool
is_name(struct span name)
{
	return span_istarts(name, "name") || span_istarts(name, "filename");
}

/*
 * A value without quotes ends at a blank or ";".  A file name goes on to the
 * ";" unless another parameter comes before it.
 */
static struct span
read_bare(struct span name, struct span *rest)
{
	struct span line, value;
	size_t n = run(*rest, ";");

	/* Looked for there alone: each of these is one of PARAMS_MAX. */
	if (is_name(name)) {
		line = span_head(*rest, span_chr(*rest, ';'));
		if (span_chr(span_skip(line, n), '=') == line.n - n)
			n = line.n;
	}
	value = span_trim(span_head(*rest, n));
	*rest = span_skip(*rest, n);
	return value;
}

static void
param_add(struct params *out, struct span name, struct span value)
{
	size_t i;

	for (i = 0; i < out->count; i++)
		if (span_ieq(out->list[i].name, name))
			out->doubled = true;
	if (out->count == PARAMS_MAX) {
		out->broken = true;
		return;
	}
	out->list[out->count].name = name;
	out->list[out->count++].value = value;
}

/* One parameter, or what stands in the place of one. */
static void
read_param(struct arena *arena, struct span *rest, struct params *out)
{
	size_t n = run(*rest, "=;,(");
	struct span name = span_head(*rest, n), value;

	*rest = skip_space(span_skip(*rest, n), &out->broken);
	if (rest->n == 0 || rest->p[0] != '=') {
		out->broken = true;
		*rest = span_skip(*rest, n == 0);
		return;
	}
	*rest = skip_blanks(span_skip(*rest, 1));
	if (rest->n != 0 && rest->p[0] == '"')
		value = read_quoted(arena, rest, &out->broken);
	else
		value = read_bare(name, rest);
	if (name.n != 0)
		param_add(out, name, value);
	else
		out->broken = true;
}

/* What stands before the first parameter, blanks around "/" taken out. */
static struct span
read_head(struct arena *arena, struct span *rest, bool *broken)
{
	struct span start = skip_space(*rest, broken), after, head;
	size_t n = run(start, ";,=(/");

	head = span_head(start, n);
	after = skip_space(span_skip(start, n), broken);
	if (after.n != 0 && after.p[0] == '=') {
		*rest = start;
		return span_head(start, 0);
	}
	if (after.n != 0 && after.p[0] == '/') {
		after = skip_space(span_skip(after, 1), broken);
		n = run(after, ";,(");
		if (after.p == head.p + head.n + 1)
			head.n += n + 1;
		else
			head = arena_printf(arena, "%.*s/%.*s", SPAN_ARG(head),
			    (int)n, after.p);
		after = span_skip(after, n);
	}
	*rest = after;
	return head;
}

void
params_parse(struct arena *arena, struct span value, struct params *out)
{
	struct span rest = words_line(arena, value);

	out->count = 0;
	out->broken = out->doubled = false;
	out->head = read_head(arena, &rest, &out->broken);
	for (;;) {
		rest = skip_space(rest, &out->broken);
		while (rest.n != 0 && (rest.p[0] == ';' || rest.p[0] == ','))
			rest = skip_space(span_skip(rest, 1), &out->broken);
		if (rest.n == 0)
			return;
		if (out->count == PARAMS_MAX) {
			out->broken = true;
			return;
		}
		read_param(arena, &rest, out);
	}
}

const struct param *
params_find(const struct params *params, const char *name)
{
	size_t i;

	for (i = 0; i < params->count; i++)
		if (span_iis(params->list[i].name, name))
			return &params->list[i];
	return NULL;
}

/* Writes the value with its "%" escapes undone; returns the length. */
static size_t
unescape(struct span value, char *out)
{
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < value.n; i++) {
		high = value.p[i] == '%' && i + 2 < value.n ?
		    char_hex(value.p[i + 1]) : -1;
		low = high >= 0 ? char_hex(value.p[i + 2]) : -1;
		if (low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else
			out[n++] = value.p[i];
	}
	return n;
}

/* Cuts "charset'language'" off the front of an extended value. */
static struct span
cut_charset(struct span *value)
{
	size_t first = span_chr(*value, '\'');
	struct span rest = span_skip(*value, first + 1);
	size_t second = span_chr(rest, '\'');
	struct span charset = span_head(*value, first);

	if (first == value->n || second == rest.n)
		return span_head(*value, 0);
	*value = span_skip(rest, second + 1);
	return charset;
}

/* The number of a piece of the named parameter, or -1. */
static int
piece_number(struct span param, const char *name, bool *extended)
{
	struct span rest = span_skip(param, strlen(name));
	int number = 0;
	size_t digits;

	if (!span_istarts(param, name) || rest.n < 2 || rest.p[0] != '*')
		return -1;
	rest = span_skip(rest, 1);
	*extended = rest.p[rest.n - 1] == '*';
	if (*extended)
		rest.n--;
	for (digits = 0; digits < rest.n; digits++) {
		if (!char_digit(rest.p[digits]) || digits == PIECE_DIGITS_MAX)
			return -1;
		number = number * 10 + rest.p[digits] - '0';
	}
	return digits != 0 && number < PARAM_PIECES_MAX ? number : -1;
}

/* Collects the pieces; returns how many bytes they have. */
static size_t
find_pieces(const struct params *params, const char *name,
    struct piece pieces[PARAM_PIECES_MAX])
{
	size_t i, total = 0;
	bool extended;
	int number;

	memset(pieces, 0, sizeof(pieces[0]) * PARAM_PIECES_MAX);
	for (i = 0; i < params->count; i++) {
		number = piece_number(params->list[i].name, name, &extended);
		if (number < 0 || pieces[number].param != NULL)
			continue;
		pieces[number].param = &params->list[i];
		pieces[number].extended = extended;
		total += params->list[i].value.n;
	}
	return total;
}

/* All pieces joined, over gaps too: so SpamAssassin does, and loses nothing. */
static bool
join_pieces(struct arena *arena, const struct params *params,
    const char *name, struct span *out)
{
	struct piece pieces[PARAM_PIECES_MAX];
	size_t i, n = 0, total = find_pieces(params, name, pieces);
	struct span value, charset = span_of(NULL);
	bool first = true, extended = false;
	char *text;

	if (total == 0)
		return false;
	text = arena_bytes(arena, total);
	for (i = 0; i < PARAM_PIECES_MAX; i++) {
		if (pieces[i].param == NULL)
			continue;
		value = pieces[i].param->value;
		if (first && pieces[i].extended)
			charset = cut_charset(&value);
		first = false;
		extended |= pieces[i].extended;
		if (pieces[i].extended)
			n += unescape(value, text + n);
		else {
			memcpy(text + n, value.p, value.n);
			n += value.n;
		}
	}
	*out = span_make(text, n);
	*out = extended ? charset_utf8(arena, *out, charset, CHARSET_WORD,
	    NULL) : words_decode(arena, *out, NULL);
	return true;
}

/* The single extended form, "name*". */
static bool
extended_text(struct arena *arena, const struct params *params,
    const char *name, struct span *out)
{
	struct span value, charset;
	size_t i, n = strlen(name);
	char *text;

	for (i = 0; i < params->count; i++)
		if (params->list[i].name.n == n + 1 &&
		    span_istarts(params->list[i].name, name) &&
		    params->list[i].name.p[n] == '*')
			break;
	if (i == params->count)
		return false;
	value = params->list[i].value;
	charset = cut_charset(&value);
	text = arena_bytes(arena, value.n);
	*out = charset_utf8(arena, span_make(text, unescape(value, text)),
	    charset, CHARSET_WORD, NULL);
	return true;
}

bool
params_text(struct arena *arena, const struct params *params,
    const char *name, struct span *out)
{
	const struct param *plain;

	if (extended_text(arena, params, name, out) ||
	    join_pieces(arena, params, name, out))
		return true;
	plain = params_find(params, name);
	if (plain == NULL)
		return false;
	*out = words_decode(arena, plain->value, NULL);
	return true;
}
