/*
 * html_legacy - HTML as Perl's HTML::Parser 3.81 reads it in SpamAssassin's
 * settings: quotes count in end tags and declarations, a slash is part of a
 * name, "-- >" ends a comment, an open comment is read again and then ends at
 * the first ">", and <![CDATA[ ... ]]> is honoured everywhere.  Learnt by
 * experiment; test/conformance/html_compare.pl shows whether it still holds.
 */
#include "mail/html_scan.h"
#include "mail/html_token.h"

/* Unlike the standard's, with the vertical tab. */
static bool
legacy_space(char c)
{
	return html_space(c) || c == '\v';
}

static bool
name_char(char c)
{
	return html_alpha(c) || char_digit((unsigned char)c) || c == '-' ||
	    c == '.' || c == '_' || c == ':';
}

static const char *
skip_space(const char *s, const char *end)
{
	while (s < end && legacy_space(*s))
		s++;
	return s;
}

/* The ">" after s; a quote counts after a blank or "=". */
static const char *
unquoted_gt(const char *s, const char *end)
{
	char quote = 0, before = ' ';

	for (; s < end; before = *s++) {
		if (quote == 0 && *s == '>')
			return s;
		if (*s != '"' && *s != '\'')
			continue;
		if (*s == quote)
			quote = 0;
		else if (quote == 0 && (before == ' ' || before == '='))
			quote = *s;
	}
	return end;
}

static const char *
after(const char *gt, const char *end)
{
	return gt < end ? gt + 1 : NULL;
}

const char *
html_legacy_end(const char *s, const char *end)
{
	const char *name = s + 2;

	while (name < end && !legacy_space(*name) && *name != '>')
		name++;
	return after(unquoted_gt(name, end), end);
}

const char *
html_legacy_literal(const char *s, const char *end, struct span name)
{
	const char *gt;

	if (span_iis(name, "plaintext"))
		return end;
	for (;; s++) {
		s = html_scan_byte(s, end, '<');
		if (s == end)
			return end;
		if (end - s < (ptrdiff_t)name.n + 3 || s[1] != '/' ||
		    !span_ieq(span_make(s + 2, name.n), name))
			continue;
		gt = skip_space(s + 2 + name.n, end);
		if (gt < end && *gt == '>')
			return s;
	}
}

/* After a word, quoted string or comment of a DOCTYPE; end when it is open,
 * NULL for what is none. */
static const char *
doctype_part(const char *s, const char *end)
{
	if (*s == '"' || *s == '\'') {
		s = html_scan_byte(s + 1, end, *s);
		return s < end ? s + 1 : end;
	}
	if (*s != '-') {
		while (s < end && !legacy_space(*s) && *s != '>')
			s++;
		return s;
	}
	if (end - s > 1 && s[1] != '-')
		return NULL;
	for (s += 2; s < end; s++) {
		s = html_scan_byte(s, end, '-');
		if (end - s > 1 && s[1] == '-')
			return s + 2;
	}
	return end;
}

/*
 * The ">" of "<!doctype ...>"; end when open, NULL when it is a comment.  That
 * ends at the first ">", so that the next one may go the same way once more:
 * only so far, for else its time would be quadratic.
 */
static const char *
doctype(const char *s, const char *end, size_t *vain)
{
	const char *id = s + 2, *part;
	size_t n;

	for (s = id; s < end && name_char(*s); s++)
		;
	if (*vain == 0 || (!span_iis(span_between(id, s), "doctype") &&
	    !span_iis(span_between(id, s), "entity")))
		return NULL;
	for (s = skip_space(s, end); s < end && *s != '>';
	    s = skip_space(part, end)) {
		part = doctype_part(s, end);
		if (part != NULL)
			continue;
		n = (size_t)(s - id);
		*vain -= n < *vain ? n : *vain;
		return NULL;
	}
	return s;
}

/*
 * "<![ name name [": where the section's content starts, or NULL.  *what is
 * the strongest of its names, MARKED_NONE when the input ends before.
 */
enum marked { MARKED_NONE, MARKED_INCLUDE, MARKED_RCDATA, MARKED_CDATA,
	MARKED_IGNORE };

static enum marked
marked_name(struct span name)
{
	if (span_iis(name, "cdata"))
		return MARKED_CDATA;
	if (span_iis(name, "rcdata"))
		return MARKED_RCDATA;
	if (span_iis(name, "ignore"))
		return MARKED_IGNORE;
	return MARKED_INCLUDE;
}

static const char *
marked_section(const char *s, const char *end, enum marked *what)
{
	const char *name;
	enum marked kind;

	*what = MARKED_INCLUDE;
	for (s = skip_space(s + 3, end); s < end; s = skip_space(s, end)) {
		if (*s == '[')
			return s + 1;
		if (*s == '-') {
			s = doctype_part(s, end);
			if (s == NULL)
				return NULL;
			continue;
		}
		if (!html_alpha(*s) && *s != '_' && *s != ':')
			return NULL;
		for (name = s; s < end && name_char(*s); s++)
			;
		kind = marked_name(span_between(name, s));
		if (kind > *what)
			*what = kind;
	}
	*what = MARKED_NONE;
	return end;
}

const char *
html_legacy_declaration(const char *s, const char *end, size_t *vain,
    bool *is_doctype)
{
	const char *gt = NULL;
	enum marked what;

	*is_doctype = false;
	if (s[1] == '?')
		return after(html_scan_byte(s + 1, end, '>'), end);
	if (s[1] == '/')
		return after(unquoted_gt(s + 2, end), end);
	/* A section's content is no declaration: never what others see. */
	if (end - s > 2 && s[2] == '[' &&
	    marked_section(s, end, &what) != NULL)
		return NULL;
	if (end - s > 2 && html_alpha(s[2]))
		gt = doctype(s, end, vain);
	*is_doctype = gt != NULL;
	if (gt == NULL)
		gt = html_scan_byte(s + 2, end, '>');
	return after(gt, end);
}

bool
html_legacy_comment(const char *dashes, const char *end)
{
	const char *s;

	if (end - dashes < 3 || dashes[1] != '-')
		return false;
	s = skip_space(dashes + 2, end);
	return s < end && *s == '>';
}

static bool
token_set(struct html_lexer *x, struct html_token *t, enum html_kind kind,
    const char *to)
{
	t->kind = kind;
	t->raw = span_between(x->p, to);
	t->text = t->raw;
	t->references = true;
	t->data = t->last = false;
	t->closed = t->slashed = t->crowded = false;
	t->attr_count = 0;
	x->p = to;
	return true;
}

static enum marked
mark_now(const struct html_lexer *x)
{
	enum marked strongest = MARKED_NONE;
	size_t i;

	for (i = 0; i < x->mark_count; i++) {
		if (x->marks[i] > strongest)
			strongest = x->marks[i];
	}
	return strongest;
}

/* What has no end: once more with "late" set, then all the rest a comment. */
static bool
open_end(struct html_lexer *x, struct html_token *t)
{
	if (x->late)
		return token_set(x, t, HTML_COMMENT, x->end);
	x->late = x->flushing = true;
	return token_set(x, t, HTML_NOTHING, x->p);
}

static bool
comment(struct html_lexer *x, struct html_token *t)
{
	const char *s = x->p + 4, *end = x->end;

	if (x->late) {
		s = html_scan_byte(s, end, '>');
		if (s == end)
			return open_end(x, t);
		return token_set(x, t, HTML_COMMENT, s + 1);
	}
	for (;; s++) {
		s = html_scan_byte(s, end, '-');
		if (s == end)
			return open_end(x, t);
		if (html_legacy_comment(s, end))
			break;
	}
	s = skip_space(s + 2, end);
	return token_set(x, t, HTML_COMMENT, s + 1);
}

static bool
section(struct html_lexer *x, struct html_token *t, const char *to,
    enum marked what)
{
	if (x->mark_count == HTML_MARKS_MAX)
		what = x->marks[--x->mark_count];
	x->marks[x->mark_count++] = (unsigned char)what;
	return token_set(x, t, HTML_NOTHING, to);
}

static bool
declaration(struct html_lexer *x, struct html_token *t)
{
	struct span rest = span_between(x->p, x->end);
	enum html_kind kind = HTML_COMMENT;
	enum marked what;
	bool is_doctype;
	const char *to;

	if (span_starts(rest, "<!--"))
		return comment(x, t);
	if (span_starts(rest, "<![")) {
		to = marked_section(x->p, x->end, &what);
		if (to != NULL && what == MARKED_NONE)
			return open_end(x, t);
		if (to != NULL)
			return section(x, t, to, what);
	}
	to = html_legacy_declaration(x->p, x->end, &x->vain, &is_doctype);
	if (is_doctype)
		kind = HTML_DOCTYPE;
	else if (rest.p[1] == '?')
		kind = HTML_NOTHING;
	if (to == NULL)
		return open_end(x, t);
	return token_set(x, t, kind, to);
}

static bool
end_tag(struct html_lexer *x, struct html_token *t)
{
	const char *name = x->p + 2, *s = name, *to;

	if (x->end - name < 1)
		return open_end(x, t);
	if (legacy_space(*name) || *name == '>')
		return declaration(x, t);
	while (s < x->end && !legacy_space(*s) && *s != '>')
		s++;
	to = html_legacy_end(x->p, x->end);
	if (to == NULL)
		return open_end(x, t);
	token_set(x, t, HTML_END, to);
	t->name = span_between(name, s);
	return true;
}

/* One attribute at s; returns what follows it, or end when it is cut off. */
static const char *
attribute(struct html_token *t, const char *s, const char *end)
{
	struct html_attr attr = { { s, 1 }, { s, 0 }, false };
	const char *from;

	for (s++; s < end && !legacy_space(*s) && *s != '=' && *s != '>'; s++)
		;
	attr.name.n = (size_t)(s - attr.name.p);
	s = skip_space(s, end);
	if (s < end && *s == '=') {
		attr.valued = true;
		s = skip_space(s + 1, end);
		if (s < end && (*s == '"' || *s == '\'')) {
			from = s + 1;
			s = html_scan_byte(from, end, *s);
			attr.value = span_between(from, s);
			s += s < end;
		} else {
			from = s;
			while (s < end && !legacy_space(*s) && *s != '>')
				s++;
			attr.value = span_between(from, s);
		}
	}
	if (t->attr_count < HTML_ATTRS_MAX)
		t->attrs[t->attr_count++] = attr;
	return skip_space(s, end);
}

static bool
start_tag(struct html_lexer *x, struct html_token *t)
{
	const char *name = x->p + 1, *s = name, *end = x->end;
	struct span tag;

	while (s < end && !legacy_space(*s) && *s != '>')
		s++;
	tag = span_between(name, s);
	t->attr_count = 0;
	s = skip_space(s, end);
	while (s < end && *s != '>')
		s = attribute(t, s, end);
	if (s == end)
		return open_end(x, t);
	t->kind = HTML_START;
	t->raw = span_between(x->p, s + 1);
	t->name = tag;
	t->closed = t->slashed = t->crowded = false;
	x->p = s + 1;
	return true;
}

/* What makes more than text of the "<" before it. */
static bool
markup_char(char c)
{
	return html_alpha(c) || c == '_' || c == ':' || c == '/' ||
	    c == '!' || c == '?';
}

/* Text up to "<", or within a section up to its "]]>". */
static bool
text(struct html_lexer *x, struct html_token *t, enum marked mark)
{
	const char *s = x->p, *end = x->end, *stop = end;
	bool literal = mark == MARKED_RCDATA || mark == MARKED_CDATA;

	if (!literal) {
		stop = html_scan_byte(s + 1, end, '<');
		while (end - stop > 1 && !markup_char(stop[1]))
			stop = html_scan_byte(stop + 1, end, '<');
	}
	for (; mark != MARKED_NONE && s < stop; s++) {
		s = html_scan_byte(s, stop, ']');
		if (end - s > 2 && s[1] == ']' && s[2] == '>')
			break;
	}
	if (mark == MARKED_NONE || s > stop)
		s = stop;
	if (s == end && literal && *x->p == '<')
		return open_end(x, t);
	if (s == stop || s > x->p) {
		token_set(x, t, HTML_TEXT, s);
		t->references = mark != MARKED_CDATA;
		t->data = !literal;
		t->last = s == end && !literal;
		return true;
	}
	x->mark_count--;
	return token_set(x, t, HTML_NOTHING, s + 3);
}

static bool
data(struct html_lexer *x, struct html_token *t)
{
	enum marked mark = x->mark_count != 0 ? mark_now(x) : MARKED_NONE;
	const char *s = x->p;
	char c = x->end - s > 1 ? s[1] : '\0';

	if (*s != '<' || mark == MARKED_RCDATA || mark == MARKED_CDATA)
		return text(x, t, mark);
	if (html_alpha(c) || c == '_' || c == ':')
		return start_tag(x, t);
	if (c == '/')
		return end_tag(x, t);
	if (c == '!' || c == '?')
		return declaration(x, t);
	return x->end - s > 1 ? text(x, t, mark) : open_end(x, t);
}

/*
 * A literal element without an end.  SpamAssassin closes styles and scripts at
 * the end of its input.  What comes after is read once more as if there was no
 * such element: a title's end then follows its text, that of a style or script
 * precedes it.
 */
static bool
open_literal(struct html_lexer *x, struct html_token *t)
{
	struct span name = x->until;
	bool title = span_iis(name, "title");
	bool code = span_iis(name, "style") || span_iis(name, "script");
	bool refs = x->content == HTML_IN_RCDATA;

	x->content = HTML_IN_DATA;
	if (code || (title && x->p < x->end))
		x->pending = name;
	x->at_once = code && x->flushing;
	if (title || x->p == x->end || x->at_once) {
		x->flushing = true;
		return token_set(x, t, HTML_NOTHING, x->p);
	}
	token_set(x, t, HTML_TEXT, x->end);
	t->references = refs;
	return true;
}

static unsigned
literal_bit(struct span name)
{
	if (span_iis(name, "title"))
		return 1;
	if (span_iis(name, "style"))
		return 2;
	return span_iis(name, "script") ? 4 : 0;
}

static bool
literal(struct html_lexer *x, struct html_token *t)
{
	unsigned bit = literal_bit(x->until);
	const char *s = x->end;

	/* What had no end before has none now: this is looked for once. */
	if (!(x->endless & bit))
		s = html_legacy_literal(x->p, x->end, x->until);
	if (s == x->end) {
		x->endless |= bit;
		return open_literal(x, t);
	}
	if (s == x->p) {
		x->content = HTML_IN_DATA;
		return end_tag(x, t);
	}
	token_set(x, t, HTML_TEXT, s);
	t->references = x->content == HTML_IN_RCDATA;
	return true;
}

/* Before anything but text and comments. */
static bool
pending_end(struct html_lexer *x, struct html_token *t, const char *from)
{
	t->kind = HTML_END;
	t->name = x->pending;
	t->attr_count = 0;
	x->pending.n = 0;
	x->at_once = false;
	x->p = from;
	return true;
}

bool
html_legacy_next(struct html_lexer *x, struct html_token *t)
{
	const char *from = x->p;

	if (x->at_once)
		return pending_end(x, t, from);
	if (from < x->end || x->content != HTML_IN_DATA) {
		if (x->content != HTML_IN_DATA)
			literal(x, t);
		else
			data(x, t);
		if (x->mark_count != 0 && mark_now(x) == MARKED_IGNORE)
			t->kind = HTML_NOTHING;
		if (x->pending.n != 0 && (t->kind == HTML_START ||
		    t->kind == HTML_END || t->kind == HTML_DOCTYPE))
			return pending_end(x, t, from);
		return true;
	}
	if (x->pending.n != 0)
		return pending_end(x, t, x->end);
	t->kind = HTML_EOF;
	return false;
}
