/* html_read_links - what a reader can follow, load or fill in. */
#include <string.h>

#include "mail/html_entity.h"
#include "mail/html_read.h"
#include "mail/html_scan.h"

#define SCREEN_WIDTH 800	/* that percentages are taken of */
#define SCREEN_HEIGHT 600
#define SIDE_MAX 100000		/* pixels; more is cut */

/* URL standard section 4.4: no controls around it, no line ends within. */
static struct span
clean(struct html_read *r, struct span url)
{
	char *out;
	size_t i, n = 0;

	while (url.n != 0 && (unsigned char)url.p[0] <= ' ')
		url = span_skip(url, 1);
	while (url.n != 0 && (unsigned char)url.p[url.n - 1] <= ' ')
		url.n--;
	if (url.n > HTML_URL_MAX) {
		r->out->limits |= 1u << HTML_LIMIT_URL;
		url.n = HTML_URL_MAX;
	}
	if (span_chr(url, '\n') == url.n && span_chr(url, '\r') == url.n &&
	    span_chr(url, '\t') == url.n)
		return url;
	out = arena_bytes(r->arena, url.n);
	for (i = 0; i < url.n; i++) {
		if (url.p[i] != '\n' && url.p[i] != '\r' && url.p[i] != '\t')
			out[n++] = url.p[i];
	}
	return span_make(out, n);
}

/* One more link; NULL when there are too many, or nothing to it. */
static struct html_link *
add_link(struct html_read *r, enum html_source source, struct span url,
    unsigned how)
{
	struct html_link *l, *more;

	url = clean(r, url);
	if (url.n == 0 && source != HTML_A)
		return NULL;
	if (r->link_count == HTML_LINKS_MAX) {
		r->out->limits |= 1u << HTML_LIMIT_LINKS;
		return NULL;
	}
	if (r->link_count == r->link_room) {
		r->link_room = r->link_room != 0 ? r->link_room * 2 : 32;
		more = arena_raw(r->arena, r->link_room * sizeof(*more));
		if (r->link_count != 0)
			memcpy(more, r->links, r->link_count * sizeof(*more));
		r->links = more;
	}
	l = &r->links[r->link_count++];
	*l = (struct html_link){ .text = span_of(""), .title = span_of(""),
	    .source = source, .url = url, .how = how, .at = r->text.n };
	return l;
}

/* White space folded; without a copy where it is. */
static struct span
fold(struct html_read *r, struct span s)
{
	char *out;
	size_t i, n = 0;

	s = span_trim(s);
	if (span_chr(s, '\n') == s.n)
		return s;
	out = arena_bytes(r->arena, s.n);
	for (i = 0; i < s.n; i++) {
		if (!html_space(s.p[i]))
			out[n++] = s.p[i];
		else if (n != 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	return span_make(out, n);
}

void
html_read_anchor_end(struct html_read *r)
{
	const struct html_out *out;
	struct html_link *l;

	if (r->anchor == 0)
		return;
	l = &r->links[r->anchor - 1];
	out = l->how & HTML_UNSEEN ? &r->text : &r->visible;
	l->text = fold(r, span_make(out->p + r->anchor_from,
	    out->n - r->anchor_from));
	r->anchor = 0;
}

static void
anchor(struct html_read *r, const struct html_token *t, unsigned how)
{
	struct span url = html_read_attr(r, t, "href"), title;
	struct html_link *l;

	if (url.p == NULL)
		return;
	html_read_anchor_end(r);
	l = add_link(r, HTML_A, url, how);
	if (l == NULL)
		return;
	title = html_read_attr(r, t, "title");
	if (title.p != NULL)
		l->title = title;
	r->anchor = r->link_count;
	r->anchor_from = how & HTML_UNSEEN ? r->text.n : r->visible.n;
}

static void
simple(struct html_read *r, const struct html_token *t, const char *attr,
    enum html_source source, unsigned how)
{
	struct span url = html_read_attr(r, t, attr), alt;
	struct html_link *l;

	if (url.p == NULL)
		return;
	l = add_link(r, source, url, how);
	if (l == NULL)
		return;
	alt = html_read_attr(r, t, "alt");
	if (alt.p != NULL)
		l->text = alt;
}

static int
side(const struct html_token *t, const char *name, int style, int screen)
{
	const struct html_attr *a = html_token_attr(t, name);
	struct span s;
	long v = 0;

	if (style >= 0 || a == NULL)
		return style;
	for (s = span_trim(a->value); s.n != 0 &&
	    char_digit((unsigned char)s.p[0]); s = span_skip(s, 1)) {
		if (v < SIDE_MAX)
			v = v * 10 + (s.p[0] - '0');
	}
	if (s.p == span_trim(a->value).p)
		return -1;
	if (s.n != 0 && s.p[0] == '%')
		v = v * screen / 100;
	return v < SIDE_MAX ? (int)v : SIDE_MAX;
}

static void
image(struct html_read *r, const struct html_token *t,
    const struct html_look *look, unsigned how)
{
	struct span src = html_read_attr(r, t, "src");
	struct html_image *more, *i;

	simple(r, t, "src", HTML_IMG, how);
	if (r->anchor != 0)
		r->links[r->anchor - 1].image = true;
	if (r->image_count == HTML_LINKS_MAX)
		return;
	if (r->image_count == r->image_room) {
		r->image_room = r->image_room != 0 ? r->image_room * 2 : 32;
		more = arena_raw(r->arena, r->image_room * sizeof(*more));
		if (r->image_count != 0)
			memcpy(more, r->images,
			    r->image_count * sizeof(*more));
		r->images = more;
	}
	i = &r->images[r->image_count++];
	*i = (struct html_image){ .src = clean(r, src),
	    .alt = html_read_attr(r, t, "alt"),
	    .width = side(t, "width", look->width, SCREEN_WIDTH),
	    .height = side(t, "height", look->height, SCREEN_HEIGHT),
	    .how = how, .linked = r->anchor != 0 };
}

/* Shown in its place, as most readers show no pictures at first. */
static void
alternative(struct html_read *r, const struct html_token *t, const char *attr,
    unsigned how)
{
	struct span alt = html_read_attr(r, t, attr);
	unsigned around = r->how;

	if (alt.n == 0)
		return;
	r->how = how;
	html_read_chars(r, alt, false);
	r->how = around;
}

static void
input(struct html_read *r, const struct html_token *t,
    const struct html_look *look, unsigned how)
{
	struct span type = html_read_attr(r, t, "type");

	r->out->inputs++;
	simple(r, t, "formaction", HTML_FORM, how);
	if (span_iis(type, "password"))
		r->out->passwords++;
	else if (span_iis(type, "image"))
		image(r, t, look, how);
	else if (span_iis(type, "submit") || span_iis(type, "button") ||
	    span_iis(type, "reset"))
		alternative(r, t, "value", how);
}

static bool
absolute(struct span url)
{
	return span_istarts(url, "http:") || span_istarts(url, "https:") ||
	    span_istarts(url, "ftp:");
}

static void
base(struct html_read *r, const struct html_token *t, unsigned how)
{
	struct span href = html_read_attr(r, t, "href");
	struct html_link *l;

	if (href.p == NULL)
		return;
	l = add_link(r, HTML_BASE, href, how);
	if (l != NULL && r->out->base.n == 0 && absolute(l->url))
		r->out->base = l->url;
}

static struct span
skip_space(struct span s)
{
	while (s.n != 0 && html_space(s.p[0]))
		s = span_skip(s, 1);
	return s;
}

/* Section 4.2.5.3, "refresh": a time, a separator, perhaps "url=", a URL. */
static bool
refresh_url(struct span s, struct span *url)
{
	struct span rest;
	char quote;

	s = skip_space(s);
	while (s.n != 0 && (char_digit((unsigned char)s.p[0]) ||
	    s.p[0] == '.'))
		s = span_skip(s, 1);
	rest = skip_space(s);
	if (rest.n != 0 && (rest.p[0] == ';' || rest.p[0] == ','))
		rest = skip_space(span_skip(rest, 1));
	if (rest.n == 0)
		return false;
	s = rest;
	if (span_istarts(s, "url")) {
		rest = skip_space(span_skip(s, 3));
		if (rest.n != 0 && rest.p[0] == '=')
			s = skip_space(span_skip(rest, 1));
	}
	if (s.n != 0 && (s.p[0] == '"' || s.p[0] == '\'')) {
		quote = s.p[0];
		s = span_skip(s, 1);
		s = span_head(s, span_chr(s, quote));
	}
	*url = s;
	return s.n != 0;
}

/* The charset= of a content type. */
static struct span
charset_of(struct span content)
{
	static const struct span word = SPAN("charset");
	struct span s, none = { "", 0 };
	size_t i;

	for (i = 0; i + word.n <= content.n; i++) {
		s = span_skip(content, i);
		if (!span_istarts(s, word.p))
			continue;
		s = skip_space(span_skip(s, word.n));
		if (s.n == 0 || s.p[0] != '=')
			continue;
		s = skip_space(span_skip(s, 1));
		if (s.n != 0 && (s.p[0] == '"' || s.p[0] == '\''))
			s = span_skip(s, 1);
		for (i = 0; i < s.n && !html_space(s.p[i]) && s.p[i] != ';' &&
		    s.p[i] != '"' && s.p[i] != '\''; i++)
			;
		return span_head(s, i);
	}
	return none;
}

static void
meta(struct html_read *r, const struct html_token *t, unsigned how)
{
	struct span equiv = html_read_attr(r, t, "http-equiv");
	struct span content = html_read_attr(r, t, "content");
	struct span charset = html_read_attr(r, t, "charset"), url;
	struct html_link *l;

	if (span_iis(equiv, "content-type") && charset.n == 0)
		charset = charset_of(content);
	if (r->out->charset.n == 0)
		r->out->charset = charset;
	if (!span_iis(equiv, "refresh") || !refresh_url(content, &url))
		return;
	l = add_link(r, HTML_META, url, how);
	if (l != NULL && r->out->refresh.n == 0)
		r->out->refresh = l->url;
}

static void
frame(struct html_read *r, const struct html_token *t, unsigned how)
{
	r->out->frames++;
	simple(r, t, "src", HTML_FRAME, how);
}

static void
object(struct html_read *r, const struct html_token *t, unsigned how)
{
	r->out->objects++;
	simple(r, t, "src", HTML_OBJECT, how);
	simple(r, t, "data", HTML_OBJECT, how);
}

/* Where every element may have one. */
static void
common(struct html_read *r, const struct html_token *t,
    const struct html_look *look, unsigned how)
{
	if (look->url.n != 0)
		add_link(r, HTML_BACKGROUND, look->url, how);
	if (look->image)
		simple(r, t, "background", HTML_BACKGROUND, how);
	if (HTML_IS(t->name, "applet") || HTML_IS(t->name, "svg"))
		r->out->objects++;
	else if (HTML_IS(t->name, "select"))
		r->out->inputs++;
}

void
html_read_links(struct html_read *r, const struct html_token *t,
    const struct html_element *e, const struct html_look *look, unsigned how)
{
	switch (e->id) {
	case HTML_EL_A:
		anchor(r, t, how);
		simple(r, t, "data-saferedirecturl", HTML_REDIRECT, how);
		break;
	case HTML_EL_AREA:
		simple(r, t, "href", HTML_AREA, how);
		break;
	case HTML_EL_LINK:
		simple(r, t, "href", HTML_LINK, how);
		break;
	case HTML_EL_BASE:
		base(r, t, how);
		break;
	case HTML_EL_FORM:
		r->out->forms++;
		simple(r, t, "action", HTML_FORM, how);
		break;
	case HTML_EL_BUTTON:
		simple(r, t, "formaction", HTML_FORM, how);
		break;
	case HTML_EL_META:
		meta(r, t, how);
		break;
	case HTML_EL_IMG:
		image(r, t, look, how);
		alternative(r, t, "alt", how);
		break;
	case HTML_EL_VML:
		simple(r, t, "src", HTML_IMG, how);
		break;
	case HTML_EL_INPUT:
		input(r, t, look, how);
		break;
	case HTML_EL_TEXTAREA:
		r->out->inputs++;
		break;
	case HTML_EL_FRAME:
	case HTML_EL_IFRAME:
		frame(r, t, how);
		break;
	case HTML_EL_SCRIPT:
		r->out->scripts++;
		simple(r, t, "src", HTML_SCRIPT, how);
		break;
	case HTML_EL_OBJECT:
	case HTML_EL_EMBED:
	case HTML_EL_BGSOUND:
		object(r, t, how);
		break;
	default:
		break;
	}
	common(r, t, look, how);
}
