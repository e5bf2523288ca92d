/*
 * html_rules - a text/html part as SpamAssassin 4.0 (HTML.pm) knows it.  What
 * looks odd here is so there: quirks are kept, because rules were tuned to
 * them.  Known differences: style properties are not inherited in the random
 * order in which Perl walks attributes, and the limits of html.h hold.
 */
#include "mail/html_rules.h"

#include <string.h>

#include "mail/html_chars.h"
#include "mail/html_entity.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"

static const char *const types[HTML_TYPES] = {
	"a", "area", "link", "img", "frame", "iframe", "embed", "script",
	"bgsound", "form", "base", "meta", "body", "table", "tr", "td"
};

const char *
html_type_name(enum html_type type)
{
	return types[type];
}

bool
html_rules_inside(const struct html_rules *rules, struct span tag, long *open)
{
	const struct html_name *name = html_names_find(rules->inside, tag);

	if (name == NULL || !name->seen)
		return false;
	*open = name->open;
	return true;
}

/* A ratio exists when something was counted, as a Perl hash's key would. */
static bool
ratio(long part, long whole, bool exists, double *value)
{
	if (!exists || whole == 0)
		return false;
	*value = (double)part / (double)whole;
	return true;
}

static bool
ratio_value(const struct html_rules *r, struct span name, double *v)
{
	if (span_is(name, "closed_extra_ratio"))
		return ratio(r->closed_extra, r->tags, true, v);
	if (span_is(name, "bad_tag_ratio"))
		return ratio(r->tags - r->elements, r->tags,
		    r->elements != 0, v);
	if (span_is(name, "non_element_ratio"))
		return ratio(r->tags_seen - r->elements_seen, r->tags_seen,
		    r->elements_seen != 0, v);
	return span_is(name, "obfuscation_ratio") &&
	    ratio(r->obfuscation, r->tags, r->obfuscation != 0, v);
}

/* A fact that is either there or not: SpamAssassin only ever stores a 1. */
static bool
flag(bool set, double *v)
{
	if (set)
		*v = 1;
	return set;
}

bool
html_rules_value(const struct html_rules *r, struct span name, double *v)
{
	const struct {
		const char *name;
		double value;
	} numbers[] = {
		{ "length", r->length }, { "html_length", r->html_length },
		{ "non_space_len", r->non_space_len },
		{ "image_area", r->image_area }, { "html", 1 },
		{ "min_size", r->min_size }, { "max_size", r->max_size },
	};
	const struct {
		const char *name;
		bool set;
	} flags[] = {
		{ "embeds", r->embeds },
		{ "font_low_contrast", r->font_low_contrast },
		{ "font_invalid_color", r->font_invalid_color },
		{ "font_face_bad", r->font_face_bad },
		{ "form_action_mailto", r->form_action_mailto },
		{ "uri_truncated", r->uri_truncated },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (span_is(name, numbers[i].name)) {
			*v = numbers[i].value;
			return true;
		}
	}
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (span_is(name, flags[i].name))
			return flag(flags[i].set, v);
	}
	if (span_is(name, "backhair_count") && r->backhair != 0) {
		*v = (double)r->backhair;
		return true;
	}
	return ratio_value(r, name, v);
}

struct html_texts
html_rules_texts(const struct html_rules *r, struct span name)
{
	static const struct html_texts none = {0};

	if (span_is(name, "comment"))
		return r->comments;
	if (span_is(name, "anchor"))
		return r->anchors;
	if (span_is(name, "title"))
		return r->titles;
	return span_is(name, "script") ? r->scripts : none;
}

void
html_bytes_add(struct arena *arena, struct html_bytes *b, struct span s)
{
	char *p;

	if (s.n == 0)
		return;
	if (b->n + s.n > b->room) {
		b->room = (b->n + s.n) * 2;
		p = arena_bytes(arena, b->room);
		if (b->n != 0)
			memcpy(p, b->p, b->n);
		b->p = p;
	}
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void
html_spans_add(struct arena *arena, struct html_spans *list, struct span s)
{
	struct span *p;

	if (list->n == list->room) {
		list->room = list->room != 0 ? list->room * 2 : 8;
		p = arena_alloc(arena, list->room * sizeof(*p));
		if (list->n != 0)
			memcpy(p, list->p, list->n * sizeof(*p));
		list->p = p;
	}
	list->p[list->n++] = s;
}

struct span
html_rules_value_of(struct html_rules_build *b, const struct html_attr *a)
{
	/* Without a value, the name is the value. */
	if (!a->valued)
		return a->name;
	if (!b->curly && span_chr(a->value, '&') == a->value.n)
		return a->value;
	return html_decode(b->arena, HTML_LEGACY_ATTRIBUTE, a->value);
}

bool
html_rules_attr(struct html_rules_build *b, const struct html_token *t,
    const char *name, struct span *value)
{
	const struct html_attr *a = html_token_attr(t, name);

	if (a == NULL)
		return false;
	*value = html_rules_value_of(b, a);
	return true;
}

void
html_rules_begin(struct html_rules_build *b, struct arena *arena,
    struct html_names *names, struct span input)
{
	memset(b, 0, sizeof(*b));
	b->arena = arena;
	b->out = arena_alloc(arena, sizeof(*b->out));
	b->names = names;
	b->a = html_names_get(names, span_of("a"));
	b->title = html_names_get(names, span_of("title"));
	b->script = html_names_get(names, span_of("script"));
	b->style = html_names_get(names, span_of("style"));
	/* Each reference and each tag is at least as long as what it becomes,
	 * "&nGt;" (5 to 6 bytes) excepted. */
	b->text = arena_bytes(arena, input.n + input.n / 5 + 8);
	b->ascii = span_ascii(input);
	b->curly = html_has_curly(input);
	b->out->length = (double)html_chars_count(input);
	b->out->min_size = b->out->max_size = 3;
	html_rules_style_begin(b);
	html_rules_uri_begin(b, input.n);
}

static void
anchor_close(struct html_rules_build *b)
{
	struct span text = span_make(b->part.p, b->part.n);

	if (!b->anchor_open)
		return;
	html_spans_add(b->arena, &b->anchors, text);
	if (b->anchor_uri != 0)
		html_spans_add(b->arena, &b->uris[b->anchor_uri - 1].anchors,
		    text);
	memset(&b->part, 0, sizeof(b->part));
	b->anchor_open = false;
}

static void
title_close(struct html_rules_build *b)
{
	if (b->title_open)
		html_spans_add(b->arena, &b->titles,
		    span_make(b->title_part.p, b->title_part.n));
	memset(&b->title_part, 0, sizeof(b->title_part));
	b->title_open = false;
}

static void
piece(struct html_rules_build *b, struct span text, bool decode)
{
	if (decode)
		text = html_decode(b->arena, HTML_LEGACY_REFERENCES, text);
	if (b->script->open > 0) {
		if (b->scripts.n < HTML_COMMENTS_MAX)
			html_spans_add(b->arena, &b->scripts, text);
		return;
	}
	if (b->style->open > 0)
		return;
	if (b->a->open > 0)
		html_bytes_add(b->arena, &b->part, text);
	if (b->title->open > 0)
		html_bytes_add(b->arena, &b->title_part, text);
	html_rules_text(b, text);
}

/* Bytes of the blank at the end of s, 0 for none. */
static size_t
ends_blank(struct span s)
{
	if (s.n == 0)
		return 0;
	if (html_space(s.p[s.n - 1]) || s.p[s.n - 1] == '\v')
		return 1;
	return s.p[s.n - 1] == ';' && span_iends(s, "&nbsp;") ?
	    strlen("&nbsp;") : 0;
}

/*
 * Text at the end of the input comes in two pieces, for HTML::Parser waits for
 * the end of its last word, or of the blanks after that.
 */
static void
rules_text(struct html_rules_build *b, const struct html_token *t)
{
	bool decode = t->references || (b->curly && t->data);
	struct span text = t->text, first;
	size_t n = span_chr(text, '<');

	/* A "<" that starts nothing starts a piece; in most cases that does
	 * not show, but blanks alone are never invisible. */
	if (t->data && n != 0 && n < text.n) {
		piece(b, span_head(text, n), decode);
		text = span_skip(text, n);
	}
	first = text;
	while (t->last && first.n != 0 && ends_blank(text) == 0 &&
	    ends_blank(first) == 0)
		first.n--;
	while (t->last && (n = ends_blank(first)) != 0)
		first.n -= n;
	if (first.n > 0)
		piece(b, first, decode);
	if (first.n < text.n)
		piece(b, span_skip(text, first.n), decode);
}

/* "o:p", "st1:place": Microsoft's; counted as good, and nothing more. */
static bool
namespaced(struct span name)
{
	size_t i = 0;

	if (name.n > 3 && memcmp(name.p, "st", 2) == 0 &&
	    char_digit((unsigned char)name.p[2]))
		i = 3;
	else if (name.n > 1 && name.p[0] == 'o')
		i = 1;
	if (i == 0 || name.p[i] != ':')
		return false;
	if (name.p[name.n - 1] == '/')
		name.n--;
	for (i++; i < name.n; i++) {
		if (!char_alpha((unsigned char)name.p[i]) &&
		    !char_digit((unsigned char)name.p[i]) &&
		    name.p[i] != '-' && name.p[i] != '_')
			return false;
	}
	return name.p[name.n - 1] != ':';
}

static void
count_tag(struct html_rules_build *b, struct html_name *name, int change,
    bool *other)
{
	struct html_rules *r = b->out;

	*other = namespaced(name->name);
	if (*other || (name->element->flags & HTML_IS_OLD)) {
		r->elements++;
		r->elements_seen += !name->seen;
	}
	r->tags++;
	r->tags_seen += !name->seen;
	name->seen = true;
	name->open += change;
	if (name->open < 0) {
		name->open = 0;
		r->closed_extra++;
	}
}

/* "<br/>" is made "<br>" beforehand, but "<o:p/>" keeps its slash. */
static bool
keeps_slash(const struct html_token *t)
{
	size_t i;

	for (i = 0; t->slashed && i < t->name.n; i++) {
		if (!char_word((unsigned char)t->name.p[i]))
			return true;
	}
	return false;
}

static void
rules_tag(struct html_rules_build *b, const struct html_token *t,
    struct html_name *name)
{
	bool start = t->kind == HTML_START, other;
	const struct html_element *e;

	if (keeps_slash(t))
		name = html_names_get(b->names, span_make(t->name.p,
		    t->name.n + 1));
	count_tag(b, name, start ? 1 : -1, &other);
	e = name->element;
	if (other || !(e->flags & (HTML_IS_OLD | HTML_IS_TRICK)))
		return;
	if ((e->flags & HTML_IS_STYLED) && start)
		html_rules_style(b, t, e->id);
	else if (e->flags & HTML_IS_STYLED)
		html_rules_unstyle(b, e->id);
	if (e->space[0] != '\0')
		html_rules_space(b, e->space);
	if (!start)
		return;
	if (e->id == HTML_EL_A) {
		/* Its href is read below, and becomes the new one's. */
		anchor_close(b);
		b->anchor_open = true;
	} else if (e->id == HTML_EL_TITLE) {
		title_close(b);
		b->title_open = true;
	}
	html_rules_facts(b, t, e);
}

void
html_rules_token(struct html_rules_build *b, const struct html_token *t,
    struct html_name *name)
{
	switch (t->kind) {
	case HTML_TEXT:
		rules_text(b, t);
		break;
	case HTML_START:
	case HTML_END:
		rules_tag(b, t, name);
		break;
	case HTML_DOCTYPE:
		if (span_istarts(t->raw, "<!doctype")) {
			b->out->tags++;
			b->out->elements++;
			html_names_get(b->names, span_of("!doctype"))->seen =
			    true;
		}
		break;
	case HTML_NOTHING:
		if (!span_is(t->raw, "</>"))
			break;
		/* FALLTHROUGH */
	case HTML_COMMENT:
		/* "<?...>" is none, but "<?..." is. */
		if ((!span_starts(t->raw, "<?") ||
		    t->raw.p[t->raw.n - 1] != '>') &&
		    b->comments.n < HTML_COMMENTS_MAX)
			html_spans_add(b->arena, &b->comments, t->raw);
		break;
	case HTML_EOF:
		break;
	}
}

static struct html_texts
texts(const struct html_spans *list)
{
	struct html_texts texts = { list->p, list->n };

	return texts;
}

const struct html_rules *
html_rules_end(struct html_rules_build *b)
{
	struct html_rules *r = b->out;

	anchor_close(b);
	title_close(b);
	html_rules_split(b);
	html_rules_uri_end(b);
	r->inside = b->names;
	r->anchors = texts(&b->anchors);
	r->titles = texts(&b->titles);
	r->comments = texts(&b->comments);
	r->scripts = texts(&b->scripts);
	r->charsets = span_make(b->charsets.p, b->charsets.n);
	return r;
}
