/* html_style - declarations of CSS (CSS Syntax 3), as far as they hide text. */
#include "mail/html_style.h"

#include <stddef.h>
#include <string.h>

#include "mail/html_scan.h"

#define CLEAR_ALPHA 12		/* of 255: 5 %, no longer read */
#define CLEAR_OPACITY 0.05f
#define ESCAPE_DIGITS 6		/* CSS Syntax 3 section 4.3.7 */

void
html_look_init(struct html_look *look)
{
	memset(look, 0, sizeof(*look));
	look->width = look->height = -1;
}

size_t
html_memo_number(struct link_set *styles, struct span style)
{
	bool fresh;
	size_t i;

	if (styles->count < HTML_MEMOS)
		return linkset_put(styles, style, &fresh);
	return linkset_find(styles, style, &i) ? i : HTML_MEMOS;
}

/* True when the property may be set; notes that it is. */
static bool
take(struct html_look *look, enum html_property which, bool important)
{
	uint32_t bit = 1u << which;

	if ((look->important & bit) && !important)
		return false;
	look->set |= bit;
	if (important)
		look->important |= bit;
	return true;
}

static bool
zero(struct span value)
{
	bool relative;
	float v;

	return html_css_length(value, &v, &relative) && v == 0;
}

/* Far to the left or above; of "em" 16 pixels are taken. */
static bool
far_off(struct span value)
{
	bool relative;
	float v;

	if (!html_css_length(value, &v, &relative))
		return false;
	if (relative && span_iends(value, "%"))
		return v <= -5;
	return v * (relative ? HTML_FONT_PIXELS : 1) <= -HTML_FAR_PIXELS;
}

static void
set_size(struct html_look *look, struct span value, bool important)
{
	static const struct {
		const char *name;
		float size;
		bool relative;
	} words[] = {
		{ "xx-small", 9, false }, { "x-small", 10, false },
		{ "small", 13, false }, { "medium", 16, false },
		{ "large", 18, false }, { "x-large", 24, false },
		{ "xx-large", 32, false }, { "smaller", 0.83f, true },
		{ "larger", 1.2f, true },
	};
	bool relative;
	float size;
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!span_iis(value, words[i].name))
			continue;
		if (take(look, HTML_CSS_SIZE, important)) {
			look->size = words[i].size;
			look->relative = words[i].relative;
		}
		return;
	}
	if (!html_css_length(value, &size, &relative) || size < 0 ||
	    !take(look, HTML_CSS_SIZE, important))
		return;
	look->size = size;
	look->relative = relative;
}

/* "italic bold 12px/30px Georgia": the size is the first length. */
static void
set_font(struct html_look *look, struct span value, bool important)
{
	struct span word;
	bool relative;
	float size;

	while (span_word(&value, &word)) {
		word = span_head(word, span_chr(word, '/'));
		if (!html_css_length(word, &size, &relative))
			continue;
		/* 100 to 900 without a unit are weights. */
		if (size >= 100 && char_digit((unsigned char)
		    word.p[word.n - 1]))
			continue;
		set_size(look, word, important);
		return;
	}
}

static void
set_colour(struct html_look *look, struct span value, bool important)
{
	unsigned alpha;
	uint32_t rgb;

	if (!html_css_colour(value, &rgb, &alpha) ||
	    !take(look, HTML_CSS_COLOR, important))
		return;
	look->colour = rgb;
	look->clear_colour = alpha <= CLEAR_ALPHA;
}

static void
set_background(struct html_look *look, struct span value, bool important)
{
	unsigned alpha;
	uint32_t rgb;

	if (!html_css_colour(value, &rgb, &alpha) ||
	    !take(look, HTML_CSS_BACKGROUND, important))
		return;
	look->background = rgb;
	look->clear_background = alpha <= CLEAR_ALPHA;
}

/* "url(...)" or a gradient: what is behind the text is not known then. */
static void
set_image(struct html_look *look, struct span value, bool important)
{
	struct span url;
	size_t i;

	for (i = 0; i + 4 <= value.n; i++) {
		if (span_istarts(span_skip(value, i), "url("))
			break;
	}
	if (i + 4 > value.n) {
		if (span_find(value, span_of("gradient")) == value.n)
			return;
		url = span_make("", 0);
	} else {
		url = span_skip(value, i + 4);
		url = span_trim(span_head(url, span_chr(url, ')')));
		if (url.n > 1 && (url.p[0] == '"' || url.p[0] == '\'') &&
		    url.p[url.n - 1] == url.p[0])
			url = span_make(url.p + 1, url.n - 2);
	}
	if (!take(look, HTML_CSS_IMAGE, important))
		return;
	look->image = true;
	look->url = url;
}

/* The short form: a colour stands among other words, brackets protected. */
static void
set_background_all(struct html_look *look, struct span value, bool important)
{
	size_t i, from = 0, depth = 0;
	bool end;

	set_image(look, value, important);
	for (i = 0; i <= value.n; i++) {
		end = i == value.n;
		if (!end && value.p[i] == '(')
			depth++;
		else if (!end && value.p[i] == ')' && depth != 0)
			depth--;
		if (!end && (depth != 0 || !html_space(value.p[i])))
			continue;
		if (i > from)
			set_background(look, span_make(value.p + from,
			    i - from), important);
		from = i + 1;
	}
}

static void
set_extent(struct html_look *look, enum html_property which, bool *none,
    int *pixels, struct span value, bool important)
{
	bool relative;
	float v;

	if (!take(look, which, important))
		return;
	*none = zero(value);
	if (pixels == NULL || !html_css_length(value, &v, &relative) || v < 0)
		return;
	if (!relative && v < (float)HTML_FAR_PIXELS * 100)
		*pixels = (int)v;
}

static void
set_flag(struct html_look *look, enum html_property which, bool *flag,
    bool on, bool important)
{
	if (take(look, which, important))
		*flag = on;
}

static bool
one_of(struct span value, const char *a, const char *b, const char *c)
{
	return span_iis(value, a) || span_iis(value, b) || span_iis(value, c);
}

static bool
set_extents(struct html_look *l, struct span name, struct span v, bool imp)
{
	if (HTML_IS(name, "height"))
		set_extent(l, HTML_CSS_HEIGHT, &l->no_height, &l->height, v,
		    imp);
	else if (HTML_IS(name, "max-height"))
		set_extent(l, HTML_CSS_MAX_HEIGHT, &l->no_max_height, NULL, v,
		    imp);
	else if (HTML_IS(name, "width"))
		set_extent(l, HTML_CSS_WIDTH, &l->no_width, &l->width, v, imp);
	else if (HTML_IS(name, "max-width"))
		set_extent(l, HTML_CSS_MAX_WIDTH, &l->no_max_width, NULL, v,
		    imp);
	else if (HTML_IS(name, "overflow") || HTML_IS(name, "overflow-x") ||
	    HTML_IS(name, "overflow-y"))
		set_flag(l, HTML_CSS_OVERFLOW, &l->cropped,
		    one_of(v, "hidden", "clip", "scroll"), imp);
	else
		return false;
	return true;
}

static bool
set_place(struct html_look *l, struct span name, struct span v, bool imp)
{
	if (HTML_IS(name, "text-indent"))
		set_flag(l, HTML_CSS_INDENT, &l->far_indent, far_off(v), imp);
	else if (HTML_IS(name, "position"))
		set_flag(l, HTML_CSS_POSITION, &l->placed,
		    one_of(v, "absolute", "fixed", "relative"), imp);
	else if (HTML_IS(name, "left"))
		set_flag(l, HTML_CSS_LEFT, &l->far_left, far_off(v), imp);
	else if (HTML_IS(name, "top"))
		set_flag(l, HTML_CSS_TOP, &l->far_top, far_off(v), imp);
	else if (HTML_IS(name, "margin-left"))
		set_flag(l, HTML_CSS_MARGIN_LEFT, &l->far_margin_left,
		    far_off(v), imp);
	else if (HTML_IS(name, "margin-top"))
		set_flag(l, HTML_CSS_MARGIN_TOP, &l->far_margin_top,
		    far_off(v), imp);
	else if (HTML_IS(name, "clip"))
		set_flag(l, HTML_CSS_CLIP, &l->clipped,
		    span_istarts(v, "rect(0") || span_istarts(v, "rect(1px"),
		    imp);
	else
		return false;
	return true;
}

static void
set_seen(struct html_look *l, struct span name, struct span v, bool imp)
{
	bool relative;
	float f;

	if (HTML_IS(name, "display"))
		set_flag(l, HTML_CSS_DISPLAY, &l->none, span_iis(v, "none"),
		    imp);
	else if (HTML_IS(name, "visibility"))
		set_flag(l, HTML_CSS_VISIBILITY, &l->invisible,
		    one_of(v, "hidden", "collapse", "collapse"), imp);
	else if (HTML_IS(name, "opacity")) {
		if (html_css_length(v, &f, &relative))
			set_flag(l, HTML_CSS_OPACITY, &l->clear,
			    f < CLEAR_OPACITY, imp);
	} else if (HTML_IS(name, "mso-hide"))
		set_flag(l, HTML_CSS_MSO_HIDE, &l->mso_hide,
		    span_iis(v, "all"), imp);
	else if (HTML_IS(name, "white-space"))
		set_flag(l, HTML_CSS_WHITE_SPACE, &l->pre,
		    span_istarts(v, "pre"), imp);
}

static void
declare(struct html_look *l, struct span name, struct span v, bool imp)
{
	if (HTML_IS(name, "color"))
		set_colour(l, v, imp);
	else if (HTML_IS(name, "background-color"))
		set_background(l, v, imp);
	else if (HTML_IS(name, "background"))
		set_background_all(l, v, imp);
	else if (HTML_IS(name, "background-image"))
		set_image(l, v, imp);
	else if (HTML_IS(name, "font-size"))
		set_size(l, v, imp);
	else if (HTML_IS(name, "font"))
		set_font(l, v, imp);
	else if (!set_extents(l, name, v, imp) && !set_place(l, name, v, imp))
		set_seen(l, name, v, imp);
}

static bool
cut_important(struct span *value)
{
	struct span v = *value;

	if (!span_iends(v, "important"))
		return false;
	v = span_trim(span_head(v, v.n - strlen("important")));
	if (v.n == 0 || v.p[v.n - 1] != '!')
		return false;
	*value = span_trim(span_head(v, v.n - 1));
	return true;
}

static void
declaration(struct html_look *look, struct span part)
{
	struct span name, value = part;
	bool important;

	if (!span_cut(&value, ':', &name) || value.p == part.p)
		return;
	name = span_trim(name);
	value = span_trim(value);
	important = cut_important(&value);
	if (name.n != 0 && value.n != 0)
		declare(look, name, value, important);
}

struct span
html_css_plain(struct arena *arena, struct span css)
{
	const char *s = css.p, *end = css.p + css.n, *from;
	char *start, *to;
	unsigned c;

	if (span_chr(css, '\\') == css.n && span_chr(css, '*') == css.n)
		return css;
	start = to = arena_bytes(arena, css.n);
	while (s < end) {
		if (*s == '/' && end - s > 1 && s[1] == '*') {
			from = memmem(s + 2, (size_t)(end - s) - 2, "*/", 2);
			s = from != NULL ? from + 2 : end;
			continue;
		}
		if (*s != '\\' || end - s < 2) {
			*to++ = *s++;
			continue;
		}
		c = 0;
		from = ++s;
		for (; s < end && s - from < ESCAPE_DIGITS &&
		    (char_digit((unsigned char)*s) || ((*s | 32) >= 'a' &&
		    (*s | 32) <= 'f')); s++)
			c = c << 4 | (unsigned)(char_digit((unsigned char)*s) ?
			    *s - '0' : (*s | 32) - 'a' + 10);
		if (s == from)
			*to++ = *s++;
		else
			*to++ = c < 0x80 && c != 0 ? (char)c : '?';
		if (s > from && s < end && c != 0 && html_space(*s))
			s++;
	}
	return span_make(start, (size_t)(to - start));
}

void
html_look_css(struct arena *arena, struct html_look *look, struct span css)
{
	size_t i, from = 0, depth = 0;
	char quote = 0, c;

	css = html_css_plain(arena, css);
	for (i = 0; i < css.n; i++) {
		c = css.p[i];
		if (quote != 0) {
			quote = c == quote || c == '\n' ? 0 : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth -= depth != 0;
		} else if (c == ';' && depth == 0) {
			declaration(look, span_make(css.p + from, i - from));
			from = i + 1;
		}
	}
	declaration(look, span_make(css.p + from, css.n - from));
}

void
html_look_bgcolor(struct html_look *look, struct span value)
{
	if (html_old_colour(value, &look->background))
		look->set |= 1u << HTML_CSS_BACKGROUND;
}

void
html_look_color(struct html_look *look, struct span value)
{
	if (html_old_colour(value, &look->colour))
		look->set |= 1u << HTML_CSS_COLOR;
}

/* Section 15.3.4: 1 to 7, "+" and "-" count from 3. */
void
html_look_font(struct html_look *look, struct span size)
{
	static const float pixels[] = { 10, 13, 16, 18, 24, 32, 48 };
	int n = 0;
	char sign = 0;

	size = span_trim(size);
	if (size.n != 0 && (size.p[0] == '+' || size.p[0] == '-')) {
		sign = size.p[0];
		size = span_skip(size, 1);
	}
	if (size.n == 0 || !char_digit((unsigned char)size.p[0]))
		return;
	for (; size.n != 0 && char_digit((unsigned char)size.p[0]) && n < 10;
	    size = span_skip(size, 1))
		n = n * 10 + (size.p[0] - '0');
	if (sign != 0)
		n = sign == '+' ? 3 + n : 3 - n;
	n = n < 1 ? 1 : n > 7 ? 7 : n;
	look->size = pixels[n - 1];
	look->relative = false;
	look->set |= 1u << HTML_CSS_SIZE;
}

#define MEMBER(property, member) { HTML_CSS_##property, \
	offsetof(struct html_look, member), \
	sizeof(((struct html_look *)NULL)->member) }

/* What is copied where a property is set. */
static const struct {
	enum html_property which;
	size_t at, n;
} members[] = {
	MEMBER(COLOR, colour), MEMBER(COLOR, clear_colour),
	MEMBER(BACKGROUND, background), MEMBER(BACKGROUND, clear_background),
	MEMBER(IMAGE, image), MEMBER(SIZE, size), MEMBER(SIZE, relative),
	MEMBER(DISPLAY, none), MEMBER(VISIBILITY, invisible),
	MEMBER(OPACITY, clear), MEMBER(HEIGHT, no_height),
	MEMBER(MAX_HEIGHT, no_max_height), MEMBER(WIDTH, no_width),
	MEMBER(MAX_WIDTH, no_max_width), MEMBER(OVERFLOW, cropped),
	MEMBER(INDENT, far_indent), MEMBER(POSITION, placed),
	MEMBER(LEFT, far_left), MEMBER(TOP, far_top),
	MEMBER(MARGIN_LEFT, far_margin_left),
	MEMBER(MARGIN_TOP, far_margin_top),
	MEMBER(CLIP, clipped), MEMBER(MSO_HIDE, mso_hide),
	MEMBER(WHITE_SPACE, pre),
};

void
html_look_merge(struct html_look *look, const struct html_look *from)
{
	uint32_t set = from->set & ~(look->important & ~from->important);
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (set >> members[i].which & 1)
			memcpy((char *)look + members[i].at,
			    (const char *)from + members[i].at, members[i].n);
	look->set |= set;
	look->important |= set & from->important;
}

bool
html_look_hides(const struct html_look *l)
{
	return l->none || l->invisible || l->clear || l->no_height ||
	    l->no_width || l->no_max_height || l->no_max_width ||
	    l->far_indent || l->far_left || l->far_top ||
	    l->far_margin_left || l->far_margin_top || l->clipped ||
	    ((l->set & 1u << HTML_CSS_SIZE) && !l->relative && l->size < 1);
}
