/*
 * html_rules_style - colours and sizes as SpamAssassin follows them: a stack
 * of a dozen elements, style= of those, no style sheets.  bgcolor= has no
 * effect: HTML.pm reads it and forgets to use it.
 */
#include <stdio.h>
#include <string.h>

#include "mail/html_colour.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"
#include "mail/html_style.h"

#define TINY_SIZE 1		/* as <font size=1> */
#define COLOUR_TRANSPARENT 0x4000000u
#define NUMBER_MAX 1000000000

void
html_rules_style_begin(struct html_rules_build *b)
{
	b->basefont = 3;
	b->style_room = 32;
	b->styles = arena_alloc(b->arena,
	    b->style_room * sizeof(*b->styles));
	b->styles[0].fg = HTML_BLACK;
	b->styles[0].bg = HTML_WHITE;
	b->styles[0].size = b->basefont;
	b->style_count = 1;
	b->memo_set = linkset_new(b->arena);
}

static bool
hex(char c)
{
	return char_digit((unsigned char)c) || (c >= 'a' && c <= 'f');
}

/* "#..." of lower case, with the padding and cutting of name_to_rgb(). */
static uint32_t
hash_colour(const char *digits, size_t n)
{
	char six[6];
	size_t i;
	uint32_t rgb = 0;

	if (n == 0)
		return HTML_COLOUR_EMPTY;
	if (n > 6)
		n = 6;
	else if (n > 3 && n < 6)
		n = 3;
	for (i = 0; i < 6; i++) {
		if (n == 6)
			six[i] = digits[i];
		else
			six[i] = i / 2 < n ? digits[i / 2] : '0';
	}
	for (i = 0; i < 6; i++)
		rgb = rgb << 4 | (uint32_t)(six[i] <= '9' ? six[i] - '0' :
		    six[i] - 'a' + 10);
	return rgb;
}

static bool
take(struct span *s, const char *what)
{
	if (!span_starts(*s, what))
		return false;
	*s = span_skip(*s, strlen(what));
	return true;
}

static void
skip_space(struct span *s)
{
	while (s->n != 0 && char_space((unsigned char)s->p[0]))
		*s = span_skip(*s, 1);
}

static bool
number(struct span *s, long *value)
{
	size_t i;

	*value = 0;
	for (i = 0; i < s->n && char_digit((unsigned char)s->p[i]); i++) {
		if (*value < NUMBER_MAX)
			*value = *value * 10 + (s->p[i] - '0');
	}
	*s = span_skip(*s, i);
	return i != 0;
}

/* "rgb(1, 2, 3)" or with "%", at the start of s. */
static bool
three(struct span s, const char *unit, long value[3])
{
	size_t i;

	if (!take(&s, "rgb("))
		return false;
	for (i = 0; i < 3; i++) {
		if (i != 0) {
			if (!take(&s, ","))
				return false;
			skip_space(&s);
		}
		if (!number(&s, &value[i]) || !take(&s, unit))
			return false;
	}
	skip_space(&s);
	return take(&s, ")");
}

/* Values above 255 get three digits, and then the whole is cut to six. */
static uint32_t
rgb_colour(struct span s)
{
	char digits[32];
	long v[3];
	size_t i, n = 0;
	bool percent;

	percent = three(s, "%", v);
	if (!percent && !three(s, "", v))
		return HTML_COLOUR_INVALID;
	for (i = 0; i < 3; i++) {
		if (percent)
			v[i] = v[i] * 255 / 100;
		n += (size_t)snprintf(digits + n, sizeof(digits) - n, "%02lx",
		    (unsigned long)v[i] & 0xffffff);
	}
	return hash_colour(digits, n);
}

static size_t
find(struct span s, const char *what)
{
	return span_find(s, span_of(what));
}

/* name_to_rgb() of HTML.pm. */
uint32_t
html_rules_colour(struct span name)
{
	char lower[64], digits[64];
	size_t i, n = 0;
	struct span s = span_trim(name);
	uint32_t rgb;

	if (s.n > sizeof(lower))
		return HTML_COLOUR_INVALID;
	if (html_colour_name(s, &rgb))
		return rgb;
	for (i = 0; i < s.n; i++) {
		lower[i] = (char)char_lower((unsigned char)s.p[i]);
		if (hex(lower[i]))
			digits[n++] = lower[i];
	}
	s.p = lower;
	i = find(s, "rgb(");
	if (i < s.n)
		return rgb_colour(span_skip(s, i));
	if (s.n == 0 || lower[0] != '#')
		return HTML_COLOUR_INVALID;
	for (i = 0; i < s.n; i++) {
		if (!hex(lower[i]) && lower[i] != '#')
			return HTML_COLOUR_INVALID;
	}
	return hash_colour(digits, n);
}

/* A colour in style=: "rgb" anywhere makes it a list of numbers. */
static uint32_t
style_colour(struct span value)
{
	uint32_t rgb = 0;
	long v;
	size_t i, c = 0;

	for (i = 0; i < 3; i++) {
		v = 0;
		for (; c < value.n && value.p[c] != ','; c++) {
			if (char_digit((unsigned char)value.p[c]) &&
			    v < NUMBER_MAX)
				v = v * 10 + (value.p[c] - '0');
		}
		c++;
		rgb = rgb << 8 | (uint32_t)(v > 255 ? 255 : v);
	}
	return rgb;
}

static struct span
without_important(struct span s)
{
	struct span v = s;

	if (!span_iends(v, "important"))
		return s;
	v = span_trim(span_head(v, v.n - strlen("important")));
	if (v.n == 0 || v.p[v.n - 1] != '!')
		return s;
	return span_trim(span_head(v, v.n - 1));
}

static void
set_colour(uint32_t *colour, struct span value)
{
	size_t i;

	value = without_important(value);
	for (i = 0; i + 3 <= value.n; i++) {
		if (span_istarts(span_skip(value, i), "rgb")) {
			*colour = style_colour(span_skip(value, i));
			return;
		}
	}
	if (span_iis(value, "transparent"))
		*colour = COLOUR_TRANSPARENT;
	else if (!span_iis(value, "inherit"))
		*colour = html_rules_colour(value);
}

/*
 * "background: ...": the first colour of the last layer.  Values are cut at
 * blanks and after a bracket; quotes and brackets protect.
 */
static void
background(uint32_t *bg, struct span value)
{
	size_t i, from = 0;
	uint32_t rgb, found = HTML_COLOUR_INVALID;
	char quote = 0, c;
	bool bracket = false, cut;

	for (i = 0; i <= value.n; i++) {
		c = i < value.n ? value.p[i] : '\0';
		cut = i == value.n;
		if (!cut && quote != 0) {
			quote = c == quote ? 0 : quote;
		} else if (!cut && (c == '"' || c == '\'')) {
			quote = c;
		} else if (!cut && bracket) {
			bracket = c != ')';
			/* The bracket is the value's last byte. */
			if (!bracket && found == HTML_COLOUR_INVALID) {
				found = html_rules_colour(span_make(
				    value.p + from, i + 1 - from));
			}
			from = bracket ? from : i + 1;
		} else {
			bracket = c == '(';
			cut = cut || c == ' ' || c == ',';
		}
		if (!cut)
			continue;
		rgb = i > from ? html_rules_colour(span_make(value.p + from,
		    i - from)) : HTML_COLOUR_INVALID;
		if (found == HTML_COLOUR_INVALID)
			found = rgb;
		from = i + 1;
		/* A comma with nothing after it does not start a layer. */
		if (c == ',' && span_trim(span_skip(value, i + 1)).n != 0)
			found = HTML_COLOUR_INVALID;
	}
	if (found != HTML_COLOUR_INVALID)
		*bg = found;
}

static bool
property_name(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!char_alpha((unsigned char)s.p[i]) && s.p[i] != '_' &&
		    s.p[i] != '-')
			return false;
	}
	return s.n != 0;
}

/* One "name: value" of style=. */
static void
property(struct html_style *style, struct span part)
{
	struct span name, value = part;
	bool blank;

	if (!span_cut(&value, ':', &name) || value.n == 0)
		return;
	while (name.n != 0 && char_space((unsigned char)name.p[0]))
		name = span_skip(name, 1);
	/* "color: ;" is a colour that is no colour, "color:;" is nothing. */
	blank = span_trim(value).n == 0 && span_chr(value, '\n') == value.n;
	value = span_trim(value);
	/* The patterns do not cross lines. */
	if ((value.n == 0 && !blank) || span_chr(value, '\n') != value.n)
		return;
	if (HTML_IS(name, "color")) {
		set_colour(&style->fg, value);
	} else if (HTML_IS(name, "background-color")) {
		set_colour(&style->bg, value);
	} else if (span_is(name, "background")) {
		background(&style->bg, value);
	} else {
		name = span_trim(name);
		if (!property_name(name))
			return;
		if (span_is(name, "display"))
			style->display_none = span_iis(value, "none");
		else if (span_is(name, "visibility"))
			style->visibility_hidden = span_iis(value, "hidden");
	}
}

static void
declarations(struct html_style *style, struct span value)
{
	uint32_t behind = style->bg;
	struct span part;

	while (span_cut(&value, ';', &part))
		property(style, part);
	if (style->bg == COLOUR_TRANSPARENT)
		style->bg = behind;
	if (style->fg == COLOUR_TRANSPARENT)
		style->fg = style->bg;
}

static bool
same(const struct html_style *a, const struct html_style *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->size == b->size &&
	    a->tag == b->tag && a->display_none == b->display_none &&
	    a->visibility_hidden == b->visibility_hidden;
}

static void
style_attr(struct html_rules_build *b, struct html_style *style,
    const struct html_attr *attr)
{
	size_t i = html_memo_number(b->memo_set, attr->value);
	struct html_style_memo none = {0}, *memo = &none;

	if (i < HTML_MEMOS) {
		b->memos = arena_room(b->arena, b->memos, i,
		    sizeof(*b->memos), &b->memo_room);
		memo = &b->memos[i];
	}
	/* A new one has no tag. */
	if (!same(&memo->before, style)) {
		memo->before = *style;
		declarations(style, html_rules_value_of(b, attr));
		memo->after = *style;
	}
	*style = memo->after;
}

static bool
heeds(enum html_element_id tag, struct span attr)
{
	switch (tag) {
	case HTML_EL_BASEFONT:
	case HTML_EL_FONT:
		return HTML_IS(attr, "color") || HTML_IS(attr, "face") ||
		    HTML_IS(attr, "size");
	case HTML_EL_BODY:
		return HTML_IS(attr, "text") || HTML_IS(attr, "bgcolor") ||
		    HTML_IS(attr, "link") || HTML_IS(attr, "alink") ||
		    HTML_IS(attr, "vlink") || HTML_IS(attr, "background");
	case HTML_EL_TABLE:
	case HTML_EL_TD:
	case HTML_EL_TR:
		return HTML_IS(attr, "bgcolor") || HTML_IS(attr, "style");
	case HTML_EL_A:
	case HTML_EL_DIV:
	case HTML_EL_P:
	case HTML_EL_SPAN:
		return HTML_IS(attr, "style");
	default:
		return false;
	}
}

/* Leading blanks, a sign, digits: "+2" counts from the base font. */
static void
font_size(struct html_rules_build *b, struct html_style *style,
    struct span value)
{
	bool plus, minus;
	long n;

	skip_space(&value);
	plus = take(&value, "+");
	minus = !plus && take(&value, "-");
	if (!number(&value, &n))
		return;
	if (plus || minus)
		style->size = b->basefont + (minus ? -(double)n : (double)n);
	else
		style->size = (double)n;
}

static void
attributes(struct html_rules_build *b, const struct html_token *t,
    struct html_style *style)
{
	struct html_rules *r = b->out;
	struct span name, value;
	bool any = false;
	size_t i;

	for (i = 0; i < t->attr_count; i++) {
		name = t->attrs[i].name;
		if (!heeds(style->tag, name) ||
		    html_token_attr_named(t, name) != &t->attrs[i])
			continue;
		any = true;
		if (HTML_IS(name, "style")) {
			style_attr(b, style, &t->attrs[i]);
			continue;
		}
		value = html_rules_value_of(b, &t->attrs[i]);
		if (HTML_IS(name, "color") || HTML_IS(name, "text"))
			style->fg = html_rules_colour(value);
		else if (HTML_IS(name, "size"))
			font_size(b, style, value);
	}
	/* An inherited size, by <big>, is noticed here and nowhere else. */
	if (any && style->size > r->max_size)
		r->max_size = style->size;
	else if (any && style->size < r->min_size)
		r->min_size = style->size;
}

static void
push(struct html_rules_build *b, const struct html_style *style)
{
	struct html_style *more;

	if (b->style_count == HTML_STYLES_MAX)
		return;
	if (b->style_count == b->style_room) {
		more = arena_alloc(b->arena,
		    b->style_room * 2 * sizeof(*more));
		memcpy(more, b->styles, b->style_room * sizeof(*more));
		b->styles = more;
		b->style_room *= 2;
	}
	b->styles[b->style_count++] = *style;
	b->open[style->tag]++;
}

static enum html_element_id
pop(struct html_rules_build *b)
{
	enum html_element_id tag = b->styles[--b->style_count].tag;

	b->open[tag]--;
	return tag;
}

/* A cell ends an open cell, a row ends a row, and fonts within. */
static void
close_cells(struct html_rules_build *b, enum html_element_id tag)
{
	enum html_element_id top;

	if (b->open[tag] == 0)
		return;
	while (b->style_count > 1) {
		top = b->styles[b->style_count - 1].tag;
		if (top != HTML_EL_FONT && top != HTML_EL_TD &&
		    (tag != HTML_EL_TR || top != HTML_EL_TR))
			return;
		pop(b);
	}
}

static bool
basefont(struct html_rules_build *b, const struct html_token *t)
{
	struct span size;
	long n;

	if (!html_rules_attr(b, t, "size", &size))
		return false;
	skip_space(&size);
	if (!number(&size, &n))
		return false;
	b->basefont = (double)n;
	return true;
}

void
html_rules_style(struct html_rules_build *b, const struct html_token *t,
    enum html_element_id tag)
{
	struct html_style style;

	if (tag == HTML_EL_TH)
		tag = HTML_EL_TD;
	if (tag == HTML_EL_BASEFONT && basefont(b, t))
		return;
	if (tag == HTML_EL_TD || tag == HTML_EL_TR)
		close_cells(b, tag);
	style = b->styles[b->style_count - 1];
	style.tag = (unsigned char)tag;
	if (tag == HTML_EL_BIG)
		style.size++;
	else if (tag == HTML_EL_SMALL)
		style.size--;
	else
		attributes(b, t, &style);
	push(b, &style);
}

void
html_rules_unstyle(struct html_rules_build *b, enum html_element_id tag)
{
	if (tag == HTML_EL_TH)
		tag = HTML_EL_TD;
	/* Text after </body> is shown in its colours. */
	if (tag == HTML_EL_BODY || b->open[tag] == 0)
		return;
	while (b->style_count > 1 && pop(b) != tag)
		;
}

bool
html_rules_unseen(struct html_rules_build *b)
{
	const struct html_style *s = &b->styles[b->style_count - 1];
	bool colours = s->fg <= HTML_WHITE && s->bg <= HTML_WHITE;

	if (s->fg == s->bg || (colours && html_colours_near(s->fg, s->bg))) {
		b->out->font_low_contrast = true;
		return true;
	}
	if (s->fg == HTML_COLOUR_INVALID || s->bg == HTML_COLOUR_INVALID) {
		b->out->font_invalid_color = true;
		return true;
	}
	return s->size <= TINY_SIZE || s->display_none || s->visibility_hidden;
}
