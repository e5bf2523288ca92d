/* html_token - the tokenizer of the HTML standard, without its tree builder. */
#include "mail/html_token.h"

#include <string.h>

#include "mail/html_scan.h"

void
html_lexer_init(struct html_lexer *x, struct span input)
{
	memset(x, 0, sizeof(*x));
	x->p = input.p;
	x->end = input.p + input.n;
	x->curly = html_has_curly(input);
	x->vertical = span_chr(input, '\v') < input.n;
	x->vain = HTML_DOCTYPES_MAX;
}

void
html_lexer_enter(struct html_lexer *x, enum html_content content,
    struct span name)
{
	x->content = content;
	x->until = name;
}

const struct html_attr *
html_token_attr_named(const struct html_token *t, struct span name)
{
	size_t i;

	for (i = 0; i < t->attr_count; i++) {
		/* Of several the first one counts, here and there. */
		if (t->attrs[i].name.n == name.n &&
		    span_ieq(t->attrs[i].name, name))
			return &t->attrs[i];
	}
	return NULL;
}

/* Fills what all kinds have, and moves on. */
static bool
token_set(struct html_lexer *x, struct html_token *t, enum html_kind kind,
    const char *to)
{
	t->kind = kind;
	t->raw = span_between(x->p, to);
	t->text = t->raw;
	t->references = t->data = t->last = false;
	t->closed = t->slashed = t->crowded = false;
	t->attr_count = 0;
	x->p = to;
	return true;
}

static bool
token_eof(struct html_lexer *x, struct html_token *t)
{
	token_set(x, t, HTML_EOF, x->end);
	return false;
}

/* Whether HTML::Parser ends the declaration there, and as what. */
static bool
legacy_agrees(struct html_lexer *x, const char *to, bool doctype)
{
	bool is_doctype;

	return html_legacy_declaration(x->p, x->end, &x->vain,
	    &is_doctype) == to && is_doctype == doctype;
}

/* Section 13.2.5.52: everything up to ">". */
static bool
bogus_comment(struct html_lexer *x, struct html_token *t, const char *data)
{
	const char *gt = html_scan_byte(data, x->end, '>');
	struct span text = span_between(data, gt);

	if (!x->odd && (gt == x->end || !legacy_agrees(x, gt + 1, false)))
		x->odd = true;
	token_set(x, t, HTML_COMMENT, gt < x->end ? gt + 1 : gt);
	x->odd |= x->curly && html_has_curly(t->raw);
	t->text = text;
	return true;
}

/* Section 13.2.5.43 and following; data is after "<!--". */
static bool
comment(struct html_lexer *x, struct html_token *t)
{
	const char *data = x->p + 4, *s = data, *stop;

	if (s < x->end && (*s == '>' || (x->end - s > 1 && s[0] == '-' &&
	    s[1] == '>'))) {
		x->odd = true;
		stop = data;
		s += *s == '>' ? 1 : 2;
		token_set(x, t, HTML_COMMENT, s);
		t->text = span_between(data, stop);
		return true;
	}
	for (;; s++) {
		s = html_scan_byte(s, x->end, '-');
		if (x->end - s < 3)
			break;
		if (s[1] != '-')
			continue;
		if (s[2] == '>') {
			stop = s + 3;
			goto found;
		}
		if (s[2] == '!' && x->end - s > 3 && s[3] == '>') {
			x->odd = true;
			stop = s + 4;
			goto found;
		}
		if (!x->odd && html_legacy_comment(s, x->end))
			x->odd = true;
	}
	/* Never closed: all the rest, without the start of an end. */
	x->odd = true;
	for (s = x->end; s > data && x->end - s < 2 && s[-1] == '-'; s--)
		;
	if (x->end - data >= 3 && memcmp(x->end - 3, "--!", 3) == 0)
		s = x->end - 3;
	stop = x->end;
found:
	token_set(x, t, HTML_COMMENT, stop);
	t->text = span_between(data, s);
	return true;
}

static bool
declaration(struct html_lexer *x, struct html_token *t)
{
	struct span rest = span_between(x->p, x->end);
	const char *gt;

	if (span_starts(rest, "<!--"))
		return comment(x, t);
	if (!span_istarts(rest, "<!doctype"))
		return bogus_comment(x, t, x->p + 2);
	/* Section 13.2.5.53: ">" ends it in each of its states. */
	gt = html_scan_byte(x->p, x->end, '>');
	gt += gt < x->end;
	if (!x->odd && !legacy_agrees(x, gt, true))
		x->odd = true;
	token_set(x, t, HTML_DOCTYPE, gt);
	x->odd |= x->curly && html_has_curly(t->raw);
	return true;
}

/* Sections 13.2.5.35 to 39, from "=": returns where the value ends. */
static const char *
attr_value(const char *s, const char *end, struct span *value)
{
	const char *from;
	char quote;

	while (s < end && html_space(*s))
		s++;
	if (s == end || *s == '>')
		return s;
	if (*s == '"' || *s == '\'') {
		quote = *s++;
		from = s;
		s = html_scan_byte(s, end, quote);
		*value = span_between(from, s);
		return s < end ? s + 1 : end;
	}
	from = s;
	while (s < end && !html_space(*s) && *s != '>')
		s++;
	*value = span_between(from, s);
	return s;
}

/* Sections 13.2.5.32 to 34; s is at the first byte of the name. */
static const char *
attr_next(struct html_token *t, const char *s, const char *end)
{
	struct html_attr attr = { { s, 0 }, { s, 0 }, false };

	if (*s == '=')
		s++;
	while (s < end && !html_name_end(*s) && *s != '=')
		s++;
	attr.name.n = (size_t)(s - attr.name.p);
	while (s < end && html_space(*s))
		s++;
	if (s < end && *s == '=') {
		attr.valued = true;
		s = attr_value(s + 1, end, &attr.value);
	}
	if (t->attr_count < HTML_ATTRS_MAX)
		t->attrs[t->attr_count++] = attr;
	else
		t->crowded = true;
	return s;
}

/* A tag whose name starts at name; false when the input ends within it. */
static bool
tag(struct html_lexer *x, struct html_token *t, enum html_kind kind,
    const char *name)
{
	const char *s = name, *end = x->end, *at = x->p;

	while (s < end && !html_name_end(*s))
		s++;
	token_set(x, t, kind, at);
	t->name = span_between(name, s);
	for (;;) {
		while (s < end && html_space(*s))
			s++;
		if (s == end) {
			x->odd = true;
			return token_eof(x, t);
		}
		if (*s == '>')
			break;
		if (*s == '/') {
			if (end - s > 1 && s[1] == '>') {
				t->closed = true;
				t->slashed = s == name + t->name.n;
			} else
				x->odd = true;
			s++;
			continue;
		}
		s = attr_next(t, s, end);
	}
	x->p = s + 1;
	t->raw = span_between(at, x->p);
	if (!x->odd && kind == HTML_END &&
	    (t->attr_count != 0 || t->closed) &&
	    html_legacy_end(at, end) != x->p)
		x->odd = true;
	/* "<a href=<br/>": its slash is lost there. */
	if (!x->odd && ((x->curly && html_has_curly(t->raw)) ||
	    (x->vertical && span_chr(t->raw, '\v') < t->raw.n) ||
	    (s[-1] == '/' && html_scan_byte(at + 1, s, '<') < s)))
		x->odd = true;
	return true;
}

static bool
markup(struct html_lexer *x, struct html_token *t)
{
	const char *s = x->p + 1;

	if (html_alpha(*s))
		return tag(x, t, HTML_START, s);
	if (*s == '!')
		return declaration(x, t);
	if (*s == '?')
		return bogus_comment(x, t, s);
	if (html_alpha(s[1]))
		return tag(x, t, HTML_END, s + 1);
	if (s[1] == '>') {
		token_set(x, t, HTML_NOTHING, s + 2);
		return true;
	}
	/* "</!...>" is an end tag there. */
	if (!html_space(s[1]))
		x->odd = true;
	return bogus_comment(x, t, s + 1);
}

/* The same where it is no ordinary tag. */
static bool
odd_markup_starts(struct html_lexer *x, const char *s)
{
	if (x->end - s < 3)
		x->odd = true;
	if (x->end - s < 2)
		return false;
	if (s[1] == '_' || s[1] == ':')
		x->odd = true;
	if (html_alpha(s[1]) || s[1] == '!' || s[1] == '?')
		return true;
	return s[1] == '/' && x->end - s > 2;
}

/* True when what starts with "<" there is no text. */
static inline bool
markup_starts(struct html_lexer *x, const char *s)
{
	return (x->end - s >= 3 && (html_alpha(s[1]) || s[1] == '/')) ||
	    odd_markup_starts(x, s);
}

static bool
data(struct html_lexer *x, struct html_token *t)
{
	const char *s;

	if (*x->p == '<' && markup_starts(x, x->p))
		return markup(x, t);
	s = html_scan_byte(x->p + 1, x->end, '<');
	while (s < x->end && !markup_starts(x, s))
		s = html_scan_byte(s + 1, x->end, '<');
	token_set(x, t, HTML_TEXT, s);
	t->references = span_chr(t->text, '&') < t->text.n;
	t->data = true;
	t->last = s == x->end;
	return true;
}

/* Everything up to the end tag of x->until, by the content's own rules. */
static bool
literal(struct html_lexer *x, struct html_token *t)
{
	bool refs = x->content == HTML_IN_RCDATA;
	const char *s;

	if (x->content == HTML_IN_PLAINTEXT)
		s = x->end;
	else if (x->content == HTML_IN_SCRIPT)
		s = html_scan_script(x->p, x->end, x->until);
	else
		s = html_scan_end(x->p, x->end, x->until);
	if (!x->odd && (s == x->end ||
	    html_legacy_literal(x->p, x->end, x->until) != s))
		x->odd = true;
	if (s == x->p) {
		x->content = HTML_IN_DATA;
		return s < x->end ? tag(x, t, HTML_END, s + 2) :
		    token_eof(x, t);
	}
	token_set(x, t, HTML_TEXT, s);
	t->references = refs;
	return true;
}

bool
html_token_next(struct html_lexer *x, struct html_token *t)
{
	if (x->p == x->end) {
		x->odd |= x->content != HTML_IN_DATA;
		return token_eof(x, t);
	}
	return x->content == HTML_IN_DATA ? data(x, t) : literal(x, t);
}
