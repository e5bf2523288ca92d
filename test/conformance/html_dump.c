/*
 * html_dump - prints what rules see of HTML, for html_compare.pl.  Reads a
 * length (four bytes, little end first) and so many bytes, again and again, and
 * answers each in the same form.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "mail/html_rules.h"

#define ANSWER_MAX (256u << 20)

static const char *const values[] = {
	"length", "html_length", "non_space_len", "image_area", "min_size",
	"max_size", "closed_extra_ratio", "bad_tag_ratio",
	"non_element_ratio", "obfuscation_ratio", "embeds",
	"font_low_contrast", "font_invalid_color", "font_face_bad",
	"form_action_mailto",
};

static const char *const lists[] = { "anchor", "title" };

static const char *const tags[] = {
	"!doctype", "a", "b", "body", "br", "center", "div", "font", "form",
	"head", "hr/", "html", "iframe", "img", "meta", "o:p", "p", "script",
	"span", "style", "table", "td", "title", "tr",
};

static void
put(struct buf *b, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c == '\\' || c == 0x7f)
			buf_printf(b, "\\x%02x", c);
		else
			buf_char(b, (char)c);
	}
}

static void
put_line(struct buf *b, const char *name, struct span s)
{
	buf_printf(b, "%s=", name);
	put(b, s);
	buf_char(b, '\n');
}

static int
by_uri(const void *a, const void *b)
{
	const struct html_uri *x = a, *y = b;
	size_t n = x->uri.n < y->uri.n ? x->uri.n : y->uri.n;
	int c = n != 0 ? memcmp(x->uri.p, y->uri.p, n) : 0;

	return c != 0 ? c : (x->uri.n > y->uri.n) - (x->uri.n < y->uri.n);
}

static void
put_uris(struct buf *b, const struct html_rules *r)
{
	struct html_uri *uris = mem_array(NULL, r->uri_count + 1,
	    sizeof(*uris));
	size_t i, k;

	if (r->uri_count != 0)
		memcpy(uris, r->uris, r->uri_count * sizeof(*uris));
	qsort(uris, r->uri_count, sizeof(*uris), by_uri);
	for (i = 0; i < r->uri_count; i++) {
		buf_puts(b, "uri=");
		put(b, uris[i].uri);
		for (k = 0; k < HTML_TYPES; k++) {
			if (uris[i].types >> k & 1)
				buf_printf(b, " %s", html_type_name(k));
		}
		for (k = 0; k < uris[i].anchors.n; k++) {
			buf_puts(b, " {");
			put(b, uris[i].anchors.p[k]);
			buf_puts(b, "}");
		}
		buf_char(b, '\n');
	}
	free(uris);
}

static void
put_facts(struct buf *b, const struct html_rules *r)
{
	struct html_texts texts;
	size_t i, k;
	double v;
	long open;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		texts = html_rules_texts(r, span_of(lists[i]));
		for (k = 0; k < texts.n; k++)
			put_line(b, lists[i], texts.p[k]);
	}
	buf_printf(b, "comments=%zu\n", r->comments.n);
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (html_rules_value(r, span_of(values[i]), &v))
			buf_printf(b, "%s=%.6g\n", values[i], v);
	}
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		if (html_rules_inside(r, span_of(tags[i]), &open))
			buf_printf(b, "<%s>=%ld\n", tags[i], open);
	}
}

static bool
read_length(uint32_t *n)
{
	unsigned char b[4];

	if (fread(b, 1, sizeof(b), stdin) != sizeof(b))
		return false;
	*n = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24;
	return true;
}

static void
answer(const struct buf *b)
{
	unsigned char n[4] = {
		(unsigned char)b->n, (unsigned char)(b->n >> 8),
		(unsigned char)(b->n >> 16), (unsigned char)(b->n >> 24)
	};

	fwrite(n, 1, sizeof(n), stdout);
	fwrite(b->p, 1, b->n, stdout);
	fflush(stdout);
}

int
main(void)
{
	const struct html_rules *r;
	struct arena arena;
	struct buf b;
	uint32_t n;
	char *text;

	arena_init(&arena);
	while (read_length(&n)) {
		text = mem_alloc((size_t)n + 1);
		if (fread(text, 1, n, stdin) != n)
			return 1;
		r = html_parse(&arena, span_make(text, n))->rules;
		buf_init(&b, ANSWER_MAX);
		put_line(&b, "rendered", r->rendered);
		put_line(&b, "visible", r->visible);
		put_line(&b, "invisible", r->invisible);
		put_uris(&b, r);
		put_facts(&b, r);
		answer(&b);
		buf_done(&b);
		arena_reset(&arena);
		free(text);
	}
	arena_done(&arena);
	return 0;
}
