/* html_rules_facts - what a start tag tells SpamAssassin besides its style. */
#include <string.h>

#include "mail/html_chars.h"
#include "mail/html_entity.h"
#include "mail/html_rules_build.h"
#include "mail/html_scan.h"

#define SCREEN_WIDTH 800	/* that SpamAssassin takes percentages of */
#define SCREEN_HEIGHT 600
#define IMAGE_SIDE 200		/* when an image's size is unknown */
#define DIGITS_MAX 15		/* of a number; more are cut off */

static bool
word_char(char c)
{
	return char_alpha((unsigned char)c) || char_digit((unsigned char)c) ||
	    c == '_';
}

/* "title/href" counts as href, and overrides it. */
static bool
url_attr(struct html_rules_build *b, const struct html_token *t,
    const char *name, struct span *url)
{
	bool found = html_rules_attr(b, t, name, url);
	size_t i, j, n = strlen(name);
	struct span key;

	for (i = 0; i < t->attr_count; i++) {
		key = t->attrs[i].name;
		for (j = 1; j + n < key.n; j++) {
			if (key.p[j] != '/' || !word_char(key.p[j - 1]) ||
			    !span_ieq(span_make(key.p + j + 1, n),
			    span_of(name)))
				continue;
			*url = html_rules_value_of(b, &t->attrs[i]);
			found = true;
			break;
		}
	}
	return found;
}

/* Without U+FEFF. */
static struct span
without_mark(struct html_rules_build *b, struct span url)
{
	static const struct span mark = SPAN("\xef\xbb\xbf");
	struct html_bytes clean = { NULL, 0, 0 };
	size_t at;

	if (span_find(url, mark) == url.n)
		return url;
	while (url.n != 0) {
		at = span_find(url, mark);
		html_bytes_add(b->arena, &clean, span_head(url, at));
		url = span_skip(url, at + mark.n);
	}
	return span_make(clean.p, clean.n);
}

/* Where needle stands in s, any case, from there on; s.n when it does not. */
static size_t
find_word(struct span s, struct span needle)
{
	size_t i;

	for (i = 0; i + needle.n <= s.n; i++) {
		if (char_lower((unsigned char)s.p[i]) == needle.p[0] &&
		    span_ieq(span_make(s.p + i, needle.n), needle))
			return i;
	}
	return s.n;
}

/* After "name =" as a word of its own; false when s has none. */
static bool
find_setting(struct span s, struct span name, struct span *rest)
{
	struct span r;
	size_t at, i = 0;

	for (;; i = at + 1) {
		at = i + find_word(span_skip(s, i), name);
		if (at >= s.n)
			return false;
		if (at != 0 && word_char(s.p[at - 1]))
			continue;
		r = span_skip(s, at + name.n);
		while (r.n != 0 && char_space((unsigned char)r.p[0]))
			r = span_skip(r, 1);
		if (r.n == 0 || r.p[0] != '=')
			continue;
		*rest = span_skip(r, 1);
		return true;
	}
}

/* <meta http-equiv=refresh content="5; url=...">: the last "url=" counts. */
static void
meta_refresh(struct html_rules_build *b, struct span content)
{
	static const struct span name = SPAN("url");
	struct span url, rest;

	if (!find_setting(content, name, &url))
		return;
	/* The pattern does not cross lines: a later one leaves all as it is. */
	if (span_chr(span_head(content, content.n - url.n), '\n') !=
	    content.n - url.n) {
		html_rules_uri(b, HTML_TYPE_META,
		    span_head(content, span_chr(content, ';')));
		return;
	}
	for (rest = span_head(url, span_chr(url, '\n'));
	    find_setting(rest, name, &rest); )
		url = span_skip(url, (size_t)(rest.p - url.p));
	while (url.n != 0 && char_space((unsigned char)url.p[0]))
		url = span_skip(url, 1);
	url = span_head(url, span_chr(url, ';'));
	html_rules_uri(b, HTML_TYPE_META, url);
}

static void
meta_charset(struct html_rules_build *b, struct span content)
{
	static const struct span name = SPAN("charset");
	struct span set;
	size_t i;

	if (!find_setting(content, name, &set))
		return;
	while (set.n != 0 && char_space((unsigned char)set.p[0]))
		set = span_skip(set, 1);
	if (set.n != 0 && (set.p[0] == '"' || set.p[0] == '\''))
		set = span_skip(set, 1);
	for (i = 0; i < set.n && set.p[i] != '"' && set.p[i] != '\''; i++)
		;
	if (i == 0)
		return;
	if (b->charsets.n != 0)
		html_bytes_add(b->arena, &b->charsets, span_of(" "));
	html_bytes_add(b->arena, &b->charsets, span_head(set, i));
}

static void
meta(struct html_rules_build *b, const struct html_token *t)
{
	static const struct span refresh = SPAN("refresh");
	static const struct span type = SPAN("content-type");
	struct span equiv, content;

	if (!html_rules_attr(b, t, "http-equiv", &equiv) ||
	    !html_rules_attr(b, t, "content", &content))
		return;
	if (find_word(equiv, refresh) < equiv.n)
		meta_refresh(b, content);
	if (find_word(equiv, type) < equiv.n)
		meta_charset(b, content);
}

/* A number with nothing but "%" after it; percent is what 1 % amounts to. */
static double
side(struct span s, int percent)
{
	double value = 0;
	size_t i;

	for (i = 0; i < s.n && char_digit((unsigned char)s.p[i]); i++) {
		if (i < DIGITS_MAX)
			value = value * 10 + (s.p[i] - '0');
	}
	if (i == 0)
		return IMAGE_SIDE;
	if (i + 1 == s.n && s.p[i] == '%')
		value *= percent;
	else if (i != s.n && !(i + 1 == s.n && s.p[i] == '\n'))
		return IMAGE_SIDE;
	return value > 0 ? value : IMAGE_SIDE;
}

static void
image(struct html_rules_build *b, const struct html_token *t)
{
	struct span width, height;

	if (b->a->open > 0)
		html_bytes_add(b->arena, &b->part, span_of("<img>\n"));
	if (html_rules_attr(b, t, "width", &width) &&
	    html_rules_attr(b, t, "height", &height))
		b->out->image_area += side(width, SCREEN_WIDTH / 100) *
		    side(height, SCREEN_HEIGHT / 100);
}

static void
anchor(struct html_rules_build *b, struct span href)
{
	b->anchor_uri = html_rules_uri_entry(b,
	    html_rules_uri_clean(b, href));
}

static bool
face_char(char c)
{
	return char_alpha((unsigned char)c) || c == ' ' || c == '-';
}

/* One name of a list of fonts: at least two letters, and a digit at most. */
static bool
face_name(struct span *s)
{
	size_t n = 0;

	while (n < s->n && face_char(s->p[n]))
		n++;
	if (n < 2 || !char_alpha((unsigned char)s->p[n - 1]))
		return false;
	*s = span_skip(*s, n);
	if (s->n != 0 && char_digit((unsigned char)s->p[0]))
		*s = span_skip(*s, 1);
	if (s->n != 0 && (s->p[0] == '"' || s->p[0] == '\''))
		*s = span_skip(*s, 1);
	return true;
}

static bool
face_good(struct span s)
{
	bool blank = false, first = true;

	for (;; first = false, blank = false) {
		while (s.n != 0 && char_space((unsigned char)s.p[0])) {
			blank = s.p[0] == ' ';
			s = span_skip(s, 1);
		}
		if (s.n != 0 && (s.p[0] == '"' || s.p[0] == '\'' ||
		    (first && s.p[0] == '.'))) {
			s = span_skip(s, 1);
			blank = false;
			/* The first name may start with one blank. */
			if (first && s.n != 0 && s.p[0] == ' ')
				blank = true;
		}
		if (s.n == 0 || (!char_alpha((unsigned char)s.p[0]) &&
		    !(first && blank && face_char(s.p[0]))))
			return false;
		if (!face_name(&s))
			return false;
		if (s.n == 0 || s.p[0] != ',')
			break;
		s = span_skip(s, 1);
	}
	if (s.n != 0 && s.p[0] == ';')
		s = span_skip(s, 1);
	return s.n == 0 || span_is(s, "\n");
}

static void
attr_uri(struct html_rules_build *b, const struct html_token *t,
    const char *name, enum html_type type)
{
	struct span url;

	if (html_rules_attr(b, t, name, &url))
		html_rules_uri(b, type, url);
}

static void
source_uri(struct html_rules_build *b, const struct html_token *t,
    enum html_type type)
{
	struct span url;

	if (url_attr(b, t, "src", &url))
		html_rules_uri(b, type, url);
}

static struct span
link_uri(struct html_rules_build *b, const struct html_token *t,
    enum html_type type)
{
	struct span url = { "", 0 };

	if (url_attr(b, t, "href", &url)) {
		url = without_mark(b, url);
		html_rules_uri(b, type, url);
	}
	attr_uri(b, t, "data-saferedirecturl", type);
	return url;
}

static void
form(struct html_rules_build *b, const struct html_token *t)
{
	static const struct span mailto = SPAN("mailto:");
	struct span action;

	if (!html_rules_attr(b, t, "action", &action))
		return;
	html_rules_uri(b, HTML_TYPE_FORM, action);
	if (find_word(action, mailto) < action.n)
		b->out->form_action_mailto = true;
}

/* Elements with nothing but one URL to tell. */
static void
plain_uri(struct html_rules_build *b, const struct html_token *t,
    enum html_element_id id)
{
	static const struct {
		const char *attr;
		enum html_type type;
	} plain[HTML_ELEMENT_IDS] = {
		[HTML_EL_FRAME] = { "src", HTML_TYPE_FRAME },
		[HTML_EL_IFRAME] = { "src", HTML_TYPE_IFRAME },
		[HTML_EL_SCRIPT] = { "src", HTML_TYPE_SCRIPT },
		[HTML_EL_BGSOUND] = { "src", HTML_TYPE_BGSOUND },
		[HTML_EL_BODY] = { "background", HTML_TYPE_BODY },
		[HTML_EL_TABLE] = { "background", HTML_TYPE_TABLE },
		[HTML_EL_TR] = { "background", HTML_TYPE_TR },
		[HTML_EL_TD] = { "background", HTML_TYPE_TD },
	};
	const char *attr = plain[id].attr;

	if (attr != NULL && attr[0] == 's')
		source_uri(b, t, plain[id].type);
	else if (attr != NULL)
		attr_uri(b, t, attr, plain[id].type);
}

void
html_rules_facts(struct html_rules_build *b, const struct html_token *t,
    const struct html_element *e)
{
	struct span value;

	switch (e->id) {
	case HTML_EL_A:
		anchor(b, link_uri(b, t, HTML_TYPE_A));
		break;
	case HTML_EL_AREA:
		link_uri(b, t, HTML_TYPE_AREA);
		break;
	case HTML_EL_LINK:
		link_uri(b, t, HTML_TYPE_LINK);
		break;
	case HTML_EL_IMG:
		source_uri(b, t, HTML_TYPE_IMG);
		image(b, t);
		break;
	case HTML_EL_EMBED:
		source_uri(b, t, HTML_TYPE_EMBED);
		b->out->embeds = true;
		break;
	case HTML_EL_OBJECT:
		b->out->embeds = true;
		break;
	case HTML_EL_FORM:
		form(b, t);
		break;
	case HTML_EL_BASE:
		if (html_rules_attr(b, t, "href", &value))
			html_rules_uri_base(b, value);
		break;
	case HTML_EL_META:
		meta(b, t);
		break;
	case HTML_EL_FONT:
		if (html_rules_attr(b, t, "face", &value) && !face_good(value))
			b->out->font_face_bad = true;
		break;
	default:
		plain_uri(b, t, e->id);
		break;
	}
}
