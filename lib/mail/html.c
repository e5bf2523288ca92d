/* html - a text/html part understood as a reader and as SpamAssassin do. */
#include "mail/html.h"

#include <string.h>

#include "mail/html_element.h"
#include "mail/html_read.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"
#include "mail/html_token.h"

/* The element of a tag, also where there was no room for its name. */
static const struct html_element *
element_of(const struct html_token *t, const struct html_name *name)
{
	char lower[HTML_NAME_MAX];
	size_t i;

	if (name->name.n != 0 || t->name.n >= sizeof(lower))
		return name->element;
	for (i = 0; i < t->name.n; i++)
		lower[i] = (char)char_lower((unsigned char)t->name.p[i]);
	return html_element_find(span_make(lower, t->name.n));
}

/* Sections 13.2.6.2: what the text after some start tags may contain. */
static void
enter(struct html_lexer *x, const struct html_token *t,
    const struct html_name *name, bool legacy)
{
	const struct html_element *e;

	if (t->kind != HTML_START)
		return;
	e = element_of(t, name);
	if (e->content == HTML_IN_DATA)
		return;
	/* HTML::Parser knows neither <noembed> nor <noframes>. */
	if (e->id == HTML_EL_OTHER && span_starts(span_of(e->name), "no")) {
		if (legacy)
			return;
		x->odd = true;
	}
	html_lexer_enter(x, (enum html_content)e->content,
	    span_make(t->name.p, t->name.n));
}

/* SpamAssassin's input: curly quotes straight, "<br/>" without its slash. */
static struct span
legacy_input(struct arena *arena, struct span s)
{
	char *out = arena_bytes(arena, s.n);
	size_t i = 0, n = 0, j;

	while (i < s.n) {
		if (s.n - i > 2 && memcmp(s.p + i, "\xe2\x80", 2) == 0 &&
		    (s.p[i + 2] == '\x9c' || s.p[i + 2] == '\x9d')) {
			out[n++] = '"';
			i += 3;
			continue;
		}
		if (s.n - i > 5 && memcmp(s.p + i, "&nbsp;", 6) == 0) {
			out[n++] = ' ';
			i += 6;
			continue;
		}
		out[n++] = s.p[i];
		if (s.p[i++] != '<')
			continue;
		for (j = i; j < s.n && (char_alpha((unsigned char)s.p[j]) ||
		    char_digit((unsigned char)s.p[j]) || s.p[j] == '_'); j++)
			out[n++] = s.p[j];
		if (j == i)
			continue;
		for (i = j; j < s.n && char_space((unsigned char)s.p[j]); j++)
			;
		if (s.n - j > 1 && s.p[j] == '/' && s.p[j + 1] == '>')
			i = j + 1;
	}
	return span_make(out, n);
}

static struct html_names *
names_new(struct arena *arena)
{
	struct html_names *names = arena_alloc(arena, sizeof(*names));

	html_names_init(names, arena);
	return names;
}

/* NULL for what is no tag. */
static struct html_name *
name_of(struct html_names *names, const struct html_token *t)
{
	return t->kind == HTML_START || t->kind == HTML_END ?
	    html_names_get(names, t->name) : NULL;
}

static const struct html_rules *
rules_alone(struct arena *arena, struct html_lexer *x, struct span input)
{
	struct html_names *names = names_new(arena);
	struct html_rules_build build;
	struct html_token t;
	struct html_name *name;

	html_rules_begin(&build, arena, names, input);
	html_lexer_init(x, legacy_input(arena, input));
	while (html_legacy_next(x, &t)) {
		name = name_of(names, &t);
		html_rules_token(&build, &t, name);
		enter(x, &t, name, true);
	}
	return html_rules_end(&build);
}

const struct html *
html_parse(struct arena *arena, struct span input)
{
	struct html_names *names = names_new(arena);
	struct html_rules_build build;
	struct html_read read;
	struct html_lexer x;
	struct html_token t;
	struct html_name *name;
	struct html *h;
	bool cut = input.n > HTML_BYTES_MAX;

	input = span_head(input, HTML_BYTES_MAX);
	html_rules_begin(&build, arena, names, input);
	html_read_begin(&read, arena, input);
	html_lexer_init(&x, input);
	while (html_token_next(&x, &t)) {
		name = name_of(names, &t);
		html_read_token(&read, &t, name);
		if (!x.odd)
			html_rules_token(&build, &t, name);
		enter(&x, &t, name, false);
	}
	h = html_read_end(&read);
	h->ambiguous = x.odd;
	if (names->full)
		h->limits |= 1u << HTML_LIMIT_NAMES;
	if (cut)
		h->limits |= 1u << HTML_LIMIT_BYTES;
	h->rules = x.odd ? rules_alone(arena, &x, input) :
	    html_rules_end(&build);
	if (x.vain == 0)
		h->limits |= 1u << HTML_LIMIT_DOCTYPES;
	if (h->rules->uri_truncated)
		h->limits |= 1u << HTML_LIMIT_URL;
	if (h->comments > HTML_COMMENTS_MAX)
		h->limits |= 1u << HTML_LIMIT_COMMENTS;
	return h;
}
