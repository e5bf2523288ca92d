/*
 * html_sheet - the style sheets of a text/html part.
 *
 * For each selector that can be told by one look at a start tag there is a
 * rule with all that the sheets declare for it.  Of others, such as "div .x" or
 * "a:link", it is not known whether they hold: what they declare makes the
 * colours of all ".x" or "a" unknown, and what they show is not hidden.
 */
#include "mail/html_sheet.h"

#include <string.h>

#include "mail/html_entity.h"
#include "mail/html_scan.h"
#include "mail/linkset.h"

#define BIT(property) (1u << HTML_CSS_##property)
#define COLOURS (BIT(COLOR) | BIT(BACKGROUND) | BIT(IMAGE))
#define HIDING (BIT(SIZE) | BIT(DISPLAY) | BIT(VISIBILITY) | BIT(OPACITY) | \
	BIT(HEIGHT) | BIT(MAX_HEIGHT) | BIT(WIDTH) | BIT(MAX_WIDTH) | \
	BIT(OVERFLOW) | BIT(INDENT) | BIT(POSITION) | BIT(LEFT) | BIT(TOP) | \
	BIT(MARGIN_LEFT) | BIT(MARGIN_TOP) | BIT(CLIP))

/* What is said of one selector. */
struct html_rule {
	struct html_look look;
	bool shown;	/* somewhere it is shown, whatever look says */
	bool coloured;	/* perhaps it has other colours */
};

/* A selector, as far as a start tag can be held against it. */
struct selector {
	char key[HTML_KEY_MAX];
	size_t n;
	bool sure;	/* false: more than the key is asked */
};

/* A sheet while it is read. */
struct reader {
	struct html_sheet *sheet;
	struct span rest;
	size_t depth;		/* of blocks of @media around */
	size_t condition;	/* the depth at which one began, or 0 */
};

void
html_sheet_init(struct html_sheet *s, struct arena *arena)
{
	memset(s, 0, sizeof(*s));
	s->arena = arena;
	s->keys = linkset_new(arena);
}

/* Where the first of stops is that no string holds, or css.n. */
static size_t
find_stop(struct span css, const char *stops)
{
	char quote = 0;
	size_t i;

	for (i = 0; i < css.n; i++) {
		if (quote != 0)
			quote = css.p[i] == quote || css.p[i] == '\n' ? 0 :
			    quote;
		else if (char_among(css.p[i], stops))
			break;
		else if (css.p[i] == '"' || css.p[i] == '\'')
			quote = css.p[i];
	}
	return i;
}

static bool
name_byte(char c)
{
	return char_word((unsigned char)c) || c == '-' ||
	    (unsigned char)c > 127;
}

static size_t
name_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && name_byte(s.p[n]))
		n++;
	return n;
}

static bool
key_add(char key[HTML_KEY_MAX], size_t *n, struct span s)
{
	size_t i;

	if (s.n > HTML_KEY_MAX - *n)
		return false;
	for (i = 0; i < s.n; i++)
		key[(*n)++] = (char)char_lower((unsigned char)s.p[i]);
	return true;
}

/* What stands behind the last combinator. */
static struct span
last_compound(struct span s)
{
	size_t i, from = 0, depth = 0;

	for (i = 0; i < s.n; i++) {
		if (char_among(s.p[i], "[("))
			depth++;
		else if (char_among(s.p[i], "])"))
			depth -= depth != 0;
		else if (depth == 0 && (html_space(s.p[i]) ||
		    char_among(s.p[i], ">+~")))
			from = i + 1;
	}
	return span_skip(s, from);
}

/*
 * False for one without a key, for what no text is shown by, and for names too
 * long for a key, which sets *full.
 */
static bool
selector_read(struct span s, struct selector *out, bool *full)
{
	struct span last = last_compound(s);
	size_t n = name_length(last);

	out->n = 0;
	out->sure = last.n == s.n;
	if (!key_add(out->key, &out->n, span_head(last, n))) {
		*full = true;
		return false;
	}
	last = span_skip(last, n);
	if (n == 0 && last.n != 0 && last.p[0] == '*')
		last = span_skip(last, 1);
	if (last.n > 1 && (last.p[0] == '.' || last.p[0] == '#')) {
		if (!out->sure)
			out->n = 0;
		n = 1 + name_length(span_skip(last, 1));
		if (!key_add(out->key, &out->n, span_head(last, n))) {
			*full = true;
			return false;
		}
		last = span_skip(last, n);
	}
	/* What a pointer does, or what is put in beside the text. */
	if (span_starts(last, "::") || span_istarts(last, ":hover") ||
	    span_istarts(last, ":active") || span_istarts(last, ":focus"))
		return false;
	out->sure = out->sure && last.n == 0;
	return out->n != 0;
}

/* The rule of that key, made if need be; NULL when there is no room. */
static struct html_rule *
rule_of(struct html_sheet *s, const struct selector *sel)
{
	struct span key = span_make(sel->key, sel->n);
	bool fresh;
	size_t i;

	if (linkset_find(s->keys, key, &i))
		return &s->rules[i];
	if (s->keys->count == HTML_SELECTORS_MAX) {
		s->full = true;
		return NULL;
	}
	i = linkset_put(s->keys, arena_span(s->arena, key), &fresh);
	s->rules = arena_room(s->arena, s->rules, i, sizeof(*s->rules),
	    &s->room);
	memset(&s->rules[i], 0, sizeof(s->rules[i]));
	html_look_init(&s->rules[i].look);
	return &s->rules[i];
}

static void
declare(struct reader *r, struct span selector, const struct html_look *look)
{
	struct html_rule *rule;
	struct selector sel;

	if (!selector_read(selector, &sel, &r->sheet->full))
		return;
	rule = rule_of(r->sheet, &sel);
	if (rule == NULL)
		return;
	if (sel.sure && r->condition == 0) {
		html_look_merge(&rule->look, look);
		return;
	}
	if ((look->set & HIDING) != 0 && !html_look_hides(look))
		rule->shown = true;
	/* Without its condition a rule says nothing of colours. */
	if ((look->set & COLOURS) != 0 && r->condition == 0)
		rule->coloured = true;
}

/* "p, .x { ... }"; the rest begins behind the brace. */
static void
read_rule(struct reader *r, struct span selectors)
{
	size_t end = find_stop(r->rest, "}");
	struct html_look look;
	struct span selector;

	html_look_init(&look);
	html_look_css(r->sheet->arena, &look, span_head(r->rest, end));
	r->rest = span_skip(r->rest, end + 1);
	if ((look.set & (HIDING | COLOURS)) == 0)
		return;
	while (span_cut(&selectors, ',', &selector))
		declare(r, span_trim(selector), &look);
}

/* True for what every screen fulfils. */
static bool
any_screen(struct span media)
{
	return media.n == 0 || span_iis(media, "all") ||
	    span_iis(media, "screen") || span_iis(media, "only screen");
}

/* A block that holds no rules, such as @font-face. */
static void
skip_block(struct reader *r)
{
	size_t depth = 1, n;

	while (depth != 0 && r->rest.n != 0) {
		n = find_stop(r->rest, "{}");
		if (n < r->rest.n)
			depth += r->rest.p[n] == '{' ? 1 : (size_t)-1;
		r->rest = span_skip(r->rest, n + 1);
	}
}

static void
begin_block(struct reader *r, bool sure)
{
	r->depth++;
	if (!sure && r->condition == 0)
		r->condition = r->depth;
}

static void
end_block(struct reader *r)
{
	if (r->depth == r->condition)
		r->condition = 0;
	r->depth -= r->depth != 0;
}

/* "@media ... {" and others; the rest begins behind the brace. */
static void
read_at(struct reader *r, struct span prelude)
{
	if (span_istarts(prelude, "@media"))
		begin_block(r, any_screen(span_trim(span_skip(prelude, 6))));
	else if (span_istarts(prelude, "@supports"))
		begin_block(r, false);
	else
		skip_block(r);
}

/* Marks of a comment of HTML, which CSS passes over. */
static struct span
without_marks(struct span s)
{
	s = span_trim(s);
	while (span_starts(s, "<!--") || span_starts(s, "-->"))
		s = span_trim(span_skip(s, s.p[0] == '<' ? 4 : 3));
	return s;
}

void
html_sheet_add(struct html_sheet *s, struct span css, struct span media)
{
	struct reader r = { .sheet = s };
	struct span prelude;
	size_t n;

	r.rest = html_css_plain(s->arena, css);
	if (!any_screen(span_trim(media)))
		begin_block(&r, false);
	while (r.rest.n != 0) {
		r.rest = without_marks(r.rest);
		n = find_stop(r.rest, span_starts(r.rest, "@") ? "{};" : "{}");
		prelude = span_trim(span_head(r.rest, n));
		r.rest = span_skip(r.rest, n);
		if (r.rest.n == 0)
			return;
		if (r.rest.p[0] == '}')
			end_block(&r);
		n = r.rest.p[0] == '{';
		r.rest = span_skip(r.rest, 1);
		if (n != 0 && span_starts(prelude, "@"))
			read_at(&r, prelude);
		else if (n != 0)
			read_rule(&r, prelude);
	}
}

/* What the sheets say of elements of that tag, mark and name. */
static void
add_rule(struct html_sheet *s, struct span tag, const char *mark,
    struct span name, struct html_rule *sum)
{
	char key[HTML_KEY_MAX];
	size_t n = 0, i;

	if (!key_add(key, &n, tag) || !key_add(key, &n, span_of(mark)) ||
	    !key_add(key, &n, name) ||
	    !linkset_find(s->keys, span_make(key, n), &i))
		return;
	html_look_merge(&sum->look, &s->rules[i].look);
	sum->shown |= s->rules[i].shown;
	sum->coloured |= s->rules[i].coloured;
}

static struct span
attr_of(struct html_sheet *s, const struct html_token *t, const char *name)
{
	const struct html_attr *a = html_token_attr(t, name);

	return a == NULL ? span_of(NULL) : span_trim(html_decode(s->arena,
	    HTML_ATTRIBUTE_REFERENCES, a->value));
}

static void
add_classes(struct html_sheet *s, struct span tag, struct span classes,
    struct html_rule *sum)
{
	struct span name;
	unsigned n = 0;

	while (n++ < HTML_CLASSES_MAX && span_word(&classes, &name))
		add_rule(s, tag, ".", name, sum);
	if (n > HTML_CLASSES_MAX && span_word(&classes, &name))
		s->full = true;
}

void
html_sheet_look(struct html_sheet *s, const struct html_token *t,
    struct span name, struct html_look *look)
{
	struct html_rule sum = { .shown = false };
	struct span classes, id, none = span_of("");

	if (s->keys->count == 0)
		return;
	html_look_init(&sum.look);
	classes = attr_of(s, t, "class");
	id = attr_of(s, t, "id");
	/* CSS Cascade 4 section 6.1: the more special ones count more. */
	add_rule(s, name, "", none, &sum);
	add_classes(s, none, classes, &sum);
	add_classes(s, name, classes, &sum);
	if (id.n != 0) {
		add_rule(s, none, "#", id, &sum);
		add_rule(s, name, "#", id, &sum);
	}
	if (sum.shown)
		sum.look.set &= ~HIDING;
	html_look_merge(look, &sum.look);
	look->image |= sum.coloured;
}
