/* html - a text/html part understood as a reader and as SpamAssassin do. */
#include "mail/html.h"

#include <string.h>

#include "mail/html_element.h"
#include "mail/html_read.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"
#include "mail/html_token.h"

/* Sections 13.2.6.2: what the text after some start tags may contain. */
static void
enter(struct html_lexer *x, const struct html_token *t, bool legacy)
{
	const struct html_element *e;
	char lower[HTML_NAME_MAX];
	size_t i;

	if (t->kind != HTML_START || t->name.n >= sizeof(lower))
		return;
	for (i = 0; i < t->name.n; i++)
		lower[i] = (char)char_lower((unsigned char)t->name.p[i]);
	e = html_element_find(span_make(lower, t->name.n));
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

static const struct html_rules *
rules_alone(struct arena *arena, struct span input)
{
	struct html_rules_build build;
	struct html_lexer x;
	struct html_token t;

	html_rules_begin(&build, arena, input);
	html_lexer_init(&x, legacy_input(arena, input));
	while (html_legacy_next(&x, &t)) {
		html_rules_token(&build, &t);
		enter(&x, &t, true);
	}
	return html_rules_end(&build);
}

const struct html *
html_parse(struct arena *arena, struct span input)
{
	struct html_rules_build build;
	struct html_read read;
	struct html_lexer x;
	struct html_token t;
	struct html *h;
	bool cut = input.n > HTML_BYTES_MAX;

	input = span_head(input, HTML_BYTES_MAX);
	html_rules_begin(&build, arena, input);
	html_read_begin(&read, arena, input);
	html_lexer_init(&x, input);
	while (html_token_next(&x, &t)) {
		html_read_token(&read, &t);
		if (!x.odd)
			html_rules_token(&build, &t);
		enter(&x, &t, false);
	}
	h = html_read_end(&read);
	h->ambiguous = x.odd;
	if (cut)
		h->limits |= 1u << HTML_LIMIT_BYTES;
	h->rules = x.odd ? rules_alone(arena, input) : html_rules_end(&build);
	if (h->comments > HTML_COMMENTS_MAX)
		h->limits |= 1u << HTML_LIMIT_COMMENTS;
	return h;
}
