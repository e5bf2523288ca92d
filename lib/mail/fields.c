/* fields - what header sanity checks ask of a field. */
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "mail/fields.h"
#include "mail/token.h"

/* A line end at i: what does the next line begin with? */
static unsigned
fold(struct span value, size_t i)
{
	size_t k = i + 1;

	while (k < value.n && (value.p[k] == ' ' || value.p[k] == '\t'))
		k++;
	if (k == i + 1 || k == value.n || value.p[k] == '\r' ||
	    value.p[k] == '\n')
		return FIELD_BAD_FOLD;
	return 0;
}

/* Where, at i or behind it, the next byte is that is not printable ASCII. */
static size_t
skip_plain(struct span value, size_t i)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t word;

	/* A byte below ' ' borrows, one above '~' carries, into its top bit. */
	for (; i + sizeof(word) <= value.n; i += sizeof(word)) {
		memcpy(&word, value.p + i, sizeof(word));
		if (((word | (word - ones * ' ') | (word + ones)) & tops) != 0)
			break;
	}
	while (i < value.n && (unsigned char)value.p[i] >= ' ' &&
	    (unsigned char)value.p[i] < 127)
		i++;
	return i;
}

unsigned
field_bytes(struct span value)
{
	unsigned flags = 0;
	unsigned char c;
	size_t i;

	for (i = skip_plain(value, 0); i < value.n;
	    i = skip_plain(value, i + 1)) {
		c = (unsigned char)value.p[i];
		if (c == '\0')
			flags |= FIELD_NUL;
		else if (c == '\n')
			flags |= fold(value, i);
		else if (c == '\r' && (i + 1 == value.n ||
		    value.p[i + 1] != '\n'))
			flags |= FIELD_BARE_CR;
		else if ((c < ' ' && c != '\t' && c != '\r') || c == 127)
			flags |= FIELD_CONTROL;
		else if (c > 127)
			flags |= FIELD_8BIT;
	}
	if ((flags & FIELD_8BIT) != 0 && !text_utf8(value))
		flags |= FIELD_NOT_UTF8;
	return flags;
}

/* Reads an atom when it is next. */
static bool
take_atom(struct token_reader *r, struct span *atom)
{
	struct token_reader next = *r;
	struct span raw;

	if (token_next(&next, &raw) != TOKEN_ATOM)
		return false;
	*atom = raw;
	*r = next;
	return true;
}

/* Goes on to the next ";" or the end; true when that skipped something. */
static bool
resume(struct token_reader *r)
{
	struct token_reader next = *r;
	bool skipped = false;
	enum token token;
	struct span raw;

	for (;;) {
		token = token_next(&next, &raw);
		if (token == TOKEN_END || token_is(token, raw, ';'))
			return skipped;
		skipped = true;
		*r = next;
	}
}

/* A value in which tspecials stand without quotes ends at space or ";". */
static struct span
unquoted(struct token_reader *r)
{
	struct span value;
	size_t n = 0;

	while (n < r->rest.n && r->rest.p[n] != ';' &&
	    !char_space((unsigned char)r->rest.p[n]))
		n++;
	value = span_head(r->rest, n);
	r->rest = span_skip(r->rest, n);
	return value;
}

static unsigned
param_value(struct arena *arena, struct token_reader *r,
    struct content_param *param)
{
	struct token_reader next;
	enum token token;
	struct span raw;
	char end;

	token_skip(r);
	next = *r;
	token = token_next(&next, &raw);
	if (token == TOKEN_END || token_is(token, raw, ';'))
		return CONTENT_NO_VALUE;
	if (token == TOKEN_BAD && raw.p[0] == '"' && next.open_quote) {
		/* It holds all that is left. */
		param->value = span_skip(r->rest, 1);
		r->rest = span_skip(r->rest, r->rest.n);
		param->quoted = true;
		return CONTENT_OPEN;
	}
	end = next.rest.n != 0 ? next.rest.p[0] : ';';
	if (token == TOKEN_QUOTED || (token == TOKEN_ATOM && (end == ';' ||
	    end == '(' || char_space((unsigned char)end)))) {
		param->value = token_text(arena, token, raw);
		param->quoted = token == TOKEN_QUOTED;
		*r = next;
		return 0;
	}
	param->value = unquoted(r);
	return CONTENT_UNQUOTED;
}

static unsigned
add_param(struct content *out, const struct content_param *param)
{
	size_t i;

	for (i = 0; i < out->count; i++)
		if (span_ieq(out->params[i].name, param->name))
			break;
	if (out->count == CONTENT_PARAMS_MAX)
		return CONTENT_LIMIT;
	out->params[out->count] = *param;
	return i < out->count++ ? CONTENT_DUPLICATE : 0;
}

/* One parameter; the reader then stands where a ";" or another begins. */
static unsigned
param(struct arena *arena, struct token_reader *r, struct content *out)
{
	struct content_param found = { .quoted = false };
	unsigned faults;

	if (!take_atom(r, &found.name)) {
		resume(r);
		return CONTENT_JUNK;
	}
	if (!token_take(r, '=')) {
		resume(r);
		return CONTENT_NO_VALUE;
	}
	faults = param_value(arena, r, &found);
	return faults | add_param(out, &found);
}

static unsigned
params(struct arena *arena, struct token_reader *r, struct content *out)
{
	struct token_reader next;
	unsigned faults = 0;
	struct span raw;
	bool semicolon;

	while ((faults & CONTENT_LIMIT) == 0) {
		semicolon = token_take(r, ';');
		next = *r;
		if (token_next(&next, &raw) == TOKEN_END)
			return faults | (semicolon ? CONTENT_EMPTY_PARAM : 0);
		if (!semicolon)
			faults |= CONTENT_NO_SEMICOLON;
		else if (raw.p[0] == ';') {
			faults |= CONTENT_EMPTY_PARAM;
			continue;
		}
		faults |= param(arena, r, out);
	}
	return faults;
}

static unsigned
content_faults(const struct token_reader *r, struct span value)
{
	unsigned faults = 0;

	if (r->open_quote || r->open_comment)
		faults |= CONTENT_OPEN;
	if (r->deep)
		faults |= CONTENT_LIMIT;
	if ((field_bytes(value) &
	    (FIELD_NUL | FIELD_CONTROL | FIELD_8BIT)) != 0)
		faults |= CONTENT_BYTES;
	return faults;
}

static bool
blank(struct span value)
{
	struct token_reader r;

	token_begin(&r, value, TOKEN_MIME);
	token_skip(&r);
	return r.rest.n == 0;
}

static unsigned
content_parse(struct arena *arena, struct span value, bool subtype,
    struct content *out)
{
	struct token_reader r;
	unsigned faults = 0;

	memset(out, 0, sizeof(*out));
	token_begin(&r, value, TOKEN_MIME);
	if (blank(value))
		return CONTENT_EMPTY;
	if (!take_atom(&r, &out->type))
		faults |= CONTENT_NO_TYPE;
	if (subtype && (!token_take(&r, '/') || !take_atom(&r, &out->subtype)))
		faults |= CONTENT_NO_SUBTYPE;
	faults |= params(arena, &r, out);
	return faults | content_faults(&r, value);
}

unsigned
content_type_parse(struct arena *arena, struct span value, struct content *out)
{
	return content_parse(arena, value, true, out);
}

unsigned
content_disposition_parse(struct arena *arena, struct span value,
    struct content *out)
{
	return content_parse(arena, value, false, out);
}

unsigned
content_encoding_parse(struct span value, struct span *encoding)
{
	struct token_reader r;
	struct span raw;
	unsigned faults = 0;

	*encoding = span_of(NULL);
	if (blank(value))
		return CONTENT_EMPTY;
	token_begin(&r, value, TOKEN_MIME);
	if (!take_atom(&r, encoding))
		return CONTENT_NO_TYPE | content_faults(&r, value);
	if (token_next(&r, &raw) != TOKEN_END)
		faults |= CONTENT_JUNK;
	return faults | content_faults(&r, value);
}

const struct content_param *
content_find(const struct content *content, const char *name)
{
	size_t i;

	for (i = 0; i < content->count; i++)
		if (span_iis(content->params[i].name, name))
			return &content->params[i];
	return NULL;
}

/* dot-atom-text of RFC 5322 section 3.2.3, 8-bit apart. */
static bool
dot_atom(struct span s)
{
	struct span word;

	if (s.n == 0 || s.p[s.n - 1] == '.')
		return false;
	while (span_cut(&s, '.', &word))
		if (!token_atomic(word, TOKEN_MAIL))
			return false;
	return true;
}

/* id-right: dot-atom-text or no-fold-literal. */
static bool
id_right(struct span s)
{
	struct span inside;

	if (s.n < 2 || s.p[0] != '[' || s.p[s.n - 1] != ']')
		return dot_atom(s);
	inside = span_make(s.p + 1, s.n - 2);
	return span_chr(inside, '[') == inside.n &&
	    span_chr(inside, ']') == inside.n &&
	    span_chr(inside, '\\') == inside.n &&
	    span_chr(inside, ' ') == inside.n &&
	    field_bytes(inside) == 0;
}

enum msgid
msgid_parse(struct span value, struct span *id)
{
	struct token_reader r;
	struct span inside;
	size_t end, at;

	*id = span_trim(value);
	if (field_bytes(value) & (FIELD_NUL | FIELD_CONTROL))
		return MSGID_BROKEN;
	token_begin(&r, value, TOKEN_MAIL);
	token_skip(&r);
	end = span_chr(r.rest, '>');
	if (r.rest.n < 3 || r.rest.p[0] != '<' || end == r.rest.n || end == 1)
		return MSGID_BROKEN;
	inside = span_make(r.rest.p + 1, end - 1);
	r.rest = span_skip(r.rest, end + 1);
	token_skip(&r);
	if (r.rest.n != 0 && !span_is(r.rest, ">"))
		return MSGID_BROKEN;
	*id = inside;
	at = span_rchr(inside, '@');
	if (r.rest.n == 0 && dot_atom(span_head(inside, at)) &&
	    id_right(span_skip(inside, at + 1)) &&
	    (field_bytes(inside) & FIELD_8BIT) == 0)
		return MSGID_GOOD;
	return span_chr(inside, '<') != inside.n && inside.p[0] != '<' ?
	    MSGID_BROKEN : MSGID_LOOSE;
}
