/*
 * html_read - what a mail reader shows of HTML, without a tree.  Instead of the
 * standard's tree builder there is a stack of open elements with these of its
 * rules: implied ends of paragraphs, items, cells and rows; end tags that do
 * not reach beyond a cell or table; formatting that is opened again when the
 * element around it was closed first.  What differs: text directly in a table
 * is not moved before it, an <a> within <a> ends the first alone, and <select>
 * keeps its tags.  None of these changes what is visible, only its order.
 */
#include "mail/html_read.h"

#include <string.h>

#include "mail/html_colour.h"
#include "mail/html_entity.h"
#include "mail/html_scan.h"

#define LINK_BLUE 0x0000eeu	/* what readers give a link without colour */
#define TINY_PIXELS 5		/* below it text is hardly read */

static unsigned
view_how(const struct html_view *v)
{
	unsigned how = v->lasting;

	if (v->invisible)
		how |= HTML_HIDDEN_VISIBILITY;
	if (v->size < 1)
		how |= HTML_HIDDEN_SIZE;
	else if (v->size < TINY_PIXELS)
		how |= HTML_TINY;
	if (v->clear_colour)
		how |= HTML_HIDDEN_OPACITY;
	else if (!v->unknown_background &&
	    html_colours_near(v->colour, v->background))
		how |= HTML_HIDDEN_COLOUR;
	return how;
}

static struct html_view
view_within(const struct html_view *parent, const struct html_look *l,
    const struct html_element *e)
{
	struct html_view v = *parent;

	if (e->flags & HTML_IS_UNSEEN)
		v.dropped = true;
	if (l->set == 0 && !l->image && !l->hidden)
		return v;
	if (l->set & 1u << HTML_CSS_COLOR) {
		v.colour = l->colour;
		v.clear_colour = l->clear_colour;
	}
	if ((l->set & 1u << HTML_CSS_BACKGROUND) && !l->clear_background) {
		v.background = l->background;
		v.unknown_background = false;
	}
	if (l->image)
		v.unknown_background = true;
	if (l->set & 1u << HTML_CSS_SIZE)
		v.size = l->relative ? v.size * l->size : l->size;
	if (l->set & 1u << HTML_CSS_VISIBILITY)
		v.invisible = l->invisible;
	if (l->set & 1u << HTML_CSS_WHITE_SPACE)
		v.pre = l->pre;
	if (l->none)
		v.lasting |= HTML_HIDDEN_DISPLAY;
	if (l->hidden && !(l->set & 1u << HTML_CSS_DISPLAY))
		v.lasting |= HTML_HIDDEN_ATTRIBUTE;
	if (l->clear)
		v.lasting |= HTML_HIDDEN_OPACITY;
	if (l->cropped && (l->no_height || l->no_width || l->no_max_height ||
	    l->no_max_width))
		v.lasting |= HTML_HIDDEN_BOX;
	if (l->far_indent || l->far_margin_left || l->far_margin_top ||
	    (l->placed && (l->far_left || l->far_top || l->clipped)))
		v.lasting |= HTML_HIDDEN_PLACE;
	if (l->mso_hide)
		v.lasting |= HTML_HIDDEN_MSO;
	v.how = view_how(&v);
	return v;
}

/* The texts are at most this long, see the comment in html_rules_begin. */
static void
out_init(struct html_out *out, struct arena *arena, size_t input)
{
	memset(out, 0, sizeof(*out));
	out->p = arena_bytes(arena, input + input / 5 + 8);
}

void
html_read_begin(struct html_read *r, struct arena *arena, struct span input)
{
	memset(r, 0, sizeof(*r));
	r->arena = arena;
	r->out = arena_alloc(arena, sizeof(*r->out));
	html_sheet_init(&r->sheet, arena);
	r->styles = linkset_new(arena);
	r->out->title = r->out->base = span_of("");
	r->out->refresh = r->out->charset = span_of("");
	r->top.colour = HTML_BLACK;
	r->top.background = HTML_WHITE;
	r->top.size = HTML_FONT_PIXELS;
	out_init(&r->text, arena, input.n);
	out_init(&r->visible, arena, input.n);
	out_init(&r->hidden, arena, input.n);
}

static const struct html_view *
view_now(const struct html_read *r)
{
	return r->open_count != 0 ? &r->open[r->open_count - 1].view : &r->top;
}

static void
limit(struct html_read *r, enum html_limit which)
{
	r->out->limits |= 1u << which;
}

static void
push(struct html_read *r, struct html_name *name, const struct html_look *look,
    const struct html_view *view)
{
	struct html_open *more, *o;

	if (r->open_count == HTML_DEPTH_MAX) {
		limit(r, HTML_LIMIT_DEPTH);
		return;
	}
	if (r->open_count == r->open_room) {
		r->open_room = r->open_room != 0 ? r->open_room * 2 : 32;
		more = arena_raw(r->arena, r->open_room * sizeof(*more));
		if (r->open_count != 0)
			memcpy(more, r->open, r->open_count * sizeof(*more));
		r->open = more;
	}
	o = &r->open[r->open_count];
	o->name = name;
	o->look = *look;
	o->view = *view;
	name->shown++;
	r->ids[name->element->id]++;
	r->open_count++;
	r->how = view->how;
}

static void
line_end(struct html_read *r, const struct html_element *e)
{
	if (e->flags & HTML_IS_BLOCK)
		html_read_break(r, 2);
	else if (e->flags & HTML_IS_LINE)
		html_read_break(r, 1);
	else if (e->flags & HTML_IS_CELL)
		html_read_blank(r);
}

/* Formatting, which goes on behind the end of what it is in. */
static bool
goes_on(const struct html_open *o)
{
	return (o->name->element->flags & HTML_IS_FORMAT) &&
	    o->name->element->id != HTML_EL_A;
}

/* Closes the elements above and at index; formatting among them goes on. */
static void
close_to(struct html_read *r, size_t index)
{
	struct html_open again[HTML_REOPEN_MAX];
	const struct html_element *target = r->open[index].name->element;
	bool keep = !(target->flags & (HTML_IS_FORMAT | HTML_IS_WALL));
	struct html_view view;
	size_t n = 0;
	struct html_open *o;

	while (r->open_count > index) {
		o = &r->open[r->open_count - 1];
		if (keep && r->open_count - 1 > index && goes_on(o)) {
			if (n < HTML_REOPEN_MAX)
				again[n++] = *o;
			else if (html_look_hides(&o->look))
				limit(r, HTML_LIMIT_DEPTH);
		}
		if (o->name->element->id == HTML_EL_A)
			html_read_anchor_end(r);
		line_end(r, o->name->element);
		o->name->shown--;
		r->ids[o->name->element->id]--;
		r->open_count--;
	}
	r->how = view_now(r)->how;
	while (n-- > 0) {
		view = view_within(view_now(r), &again[n].look,
		    again[n].name->element);
		push(r, again[n].name, &again[n].look, &view);
	}
}

static bool
of_table(const struct html_element *e)
{
	return e->id == HTML_EL_TR || e->id == HTML_EL_TBODY ||
	    e->id == HTML_EL_TABLE || (e->flags & HTML_IS_CELL);
}

/*
 * The innermost open element that is_it accepts; false when a wall is before
 * it.  What belongs to a table has the table alone for a wall.
 */
static bool
find_open(struct html_read *r, const struct html_name *name,
    enum html_element_id id, bool in_table, size_t *index)
{
	const struct html_element *e;
	size_t i, left = HTML_SCOPE_MAX;

	for (i = r->open_count; i > 0 && left > 0; i--, left--) {
		e = r->open[i - 1].name->element;
		if (name != NULL ? r->open[i - 1].name == name : e->id == id) {
			*index = i - 1;
			return true;
		}
		if (e->id == HTML_EL_TABLE || ((e->flags & HTML_IS_WALL) &&
		    !in_table))
			return false;
	}
	if (i > 0)
		limit(r, HTML_LIMIT_DEPTH);
	return false;
}

static void
close_id(struct html_read *r, enum html_element_id id, bool in_table)
{
	size_t index;

	if (r->ids[id] != 0 && find_open(r, NULL, id, in_table, &index))
		close_to(r, index);
}

static bool
ends_paragraph(const struct html_element *e)
{
	return (e->flags & (HTML_IS_LINE | HTML_IS_BLOCK)) &&
	    e->id != HTML_EL_TR && e->id != HTML_EL_OPTION &&
	    e->id != HTML_EL_BODY && e->id != HTML_EL_TABLE;
}

/* Section 13.2.6.4.7 and those of tables: ends that nobody wrote. */
static void
implied_ends(struct html_read *r, const struct html_element *e)
{
	switch (e->id) {
	case HTML_EL_LI:
	case HTML_EL_OPTION:
	case HTML_EL_BUTTON:
	case HTML_EL_A:
		close_id(r, e->id, false);
		break;
	case HTML_EL_DD:
	case HTML_EL_DT:
		close_id(r, HTML_EL_DD, false);
		close_id(r, HTML_EL_DT, false);
		break;
	case HTML_EL_TBODY:
		close_id(r, HTML_EL_TBODY, true);
		close_id(r, HTML_EL_TR, true);
		break;
	case HTML_EL_TR:
		close_id(r, HTML_EL_TR, true);
		break;
	case HTML_EL_TD:
	case HTML_EL_TH:
		close_id(r, HTML_EL_TD, true);
		close_id(r, HTML_EL_TH, true);
		break;
	default:
		break;
	}
	if (ends_paragraph(e))
		close_id(r, HTML_EL_P, false);
}

struct span
html_read_attr(struct html_read *r, const struct html_token *t,
    const char *name)
{
	const struct html_attr *a = html_token_attr(t, name);
	static const struct span absent = { NULL, 0 };

	if (a == NULL)
		return absent;
	return html_decode(r->arena, HTML_ATTRIBUTE_REFERENCES, a->value);
}

static void
add_style(struct html_read *r, struct html_look *look, struct span style)
{
	size_t i = html_memo_number(r->styles, style);
	struct html_look_memo none = {0}, *memo = &none;

	if (i < HTML_MEMOS) {
		r->memos = arena_room(r->arena, r->memos, i,
		    sizeof(*r->memos), &r->memo_room);
		memo = &r->memos[i];
	}
	/* A new one is zero, which no look is: unknown sizes are -1.  What
	 * differs in padding alone is read again, and nothing else. */
	if (memcmp(&memo->before, look, sizeof(*look)) != 0) {
		memo->before = *look;
		html_look_css(r->arena, look, html_decode(r->arena,
		    HTML_ATTRIBUTE_REFERENCES, style));
		memo->after = *look;
	}
	*look = memo->after;
}

/* What says how an element looks: its kind, attributes, style sheets. */
static void
look_of(struct html_read *r, const struct html_token *t,
    const struct html_name *name, struct html_look *look)
{
	const struct html_element *e = name->element;
	const struct html_attr *a;
	struct span value;
	size_t i;

	html_look_init(look);
	if (e->id == HTML_EL_SMALL || e->id == HTML_EL_BIG) {
		look->set |= 1u << HTML_CSS_SIZE;
		look->size = e->id == HTML_EL_BIG ? 1.2f : 0.83f;
		look->relative = true;
	} else if (e->id == HTML_EL_PRE) {
		look->set |= 1u << HTML_CSS_WHITE_SPACE;
		look->pre = true;
	} else if (e->id == HTML_EL_A &&
	    html_token_attr(t, "href") != NULL) {
		look->set |= 1u << HTML_CSS_COLOR;
		look->colour = LINK_BLUE;
	}
	for (i = 0; i < t->attr_count; i++) {
		a = &t->attrs[i];
		value = a->value;
		if (HTML_IS(a->name, "hidden"))
			look->hidden = true;
		else if (HTML_IS(a->name, "bgcolor"))
			html_look_bgcolor(look, value);
		else if (HTML_IS(a->name, "background"))
			look->image = look->image || value.n != 0;
		else if (e->id == HTML_EL_FONT && HTML_IS(a->name, "color"))
			html_look_color(look, value);
		else if (e->id == HTML_EL_BODY && HTML_IS(a->name, "text"))
			html_look_color(look, value);
		else if (e->id == HTML_EL_FONT && HTML_IS(a->name, "size"))
			html_look_font(look, value);
	}
	html_sheet_look(&r->sheet, t, name->name, look);
	a = html_token_attr(t, "style");
	if (a != NULL)
		add_style(r, look, a->value);
}

/* The second in a row makes an empty line. */
static void
line_break(struct html_read *r)
{
	html_read_break(r, r->text.lines != 0 ? 2 : 1);
}

static void
count_tag(struct html_read *r, const struct html_token *t)
{
	const struct span *name;
	size_t i;

	r->out->tags++;
	if (t->crowded)
		limit(r, HTML_LIMIT_ATTRS);
	for (i = 0; i < t->attr_count; i++) {
		name = &t->attrs[i].name;
		/* onclick and all its kin. */
		r->out->scripts += name->n > 4 && span_istarts(*name, "on");
	}
}

static void
start(struct html_read *r, const struct html_token *t, struct html_name *name)
{
	const struct html_element *e = name->element;
	struct html_look look;
	struct html_view view;

	count_tag(r, t);
	implied_ends(r, e);
	look_of(r, t, name, &look);
	view = view_within(view_now(r), &look, e);
	if (e->id == HTML_EL_BR)
		line_break(r);
	else
		line_end(r, e);
	if (e->id == HTML_EL_TITLE)
		r->in_title = !r->has_title;
	if (e->id == HTML_EL_STYLE) {
		r->in_style = true;
		r->media = html_read_attr(r, t, "media");
	}
	if (!(e->flags & HTML_IS_VOID))
		push(r, name, &look, &view);
	if (!view.dropped || e->content != HTML_IN_DATA)
		html_read_links(r, t, e, &look, view.how);
}

static void
end(struct html_read *r, const struct html_name *name)
{
	const struct html_element *e = name->element;
	size_t index;

	r->out->tags++;
	if (e->id == HTML_EL_BR) {
		line_break(r);
		return;
	}
	/* Text after these is shown inside them. */
	if (e->id == HTML_EL_BODY || e->id == HTML_EL_HTML)
		return;
	if (e->id == HTML_EL_TITLE)
		r->in_title = false;
	if (e->id == HTML_EL_STYLE)
		r->in_style = false;
	if (name->shown == 0) {
		if (e->id == HTML_EL_P)
			html_read_break(r, 2);
		return;
	}
	if (find_open(r, name, HTML_EL_OTHER, of_table(e), &index))
		close_to(r, index);
}

static void
text(struct html_read *r, const struct html_token *t)
{
	const struct html_view *view = view_now(r);
	struct span s = t->text;

	if (r->in_title) {
		s = html_decode(r->arena, HTML_TEXT_REFERENCES, s);
		if (!r->has_title) {
			r->out->title = s;
			r->has_title = true;
		}
		return;
	}
	if (r->in_style)
		html_sheet_add(&r->sheet, s, r->media);
	if (view->dropped)
		return;
	if (t->references)
		s = html_decode(r->arena, HTML_TEXT_REFERENCES, s);
	html_read_chars(r, s, view->pre);
}

void
html_read_token(struct html_read *r, const struct html_token *t,
    struct html_name *name)
{
	switch (t->kind) {
	case HTML_TEXT:
		text(r, t);
		break;
	case HTML_START:
		start(r, t, name);
		break;
	case HTML_END:
		end(r, name);
		break;
	case HTML_COMMENT:
		r->out->comments++;
		r->out->conditional += span_istarts(span_trim(t->text), "[if");
		break;
	case HTML_DOCTYPE:
	case HTML_NOTHING:
	case HTML_EOF:
		break;
	}
}

static struct span
contents(const struct html_out *out)
{
	return span_make(out->p, out->n);
}

struct html *
html_read_end(struct html_read *r)
{
	struct html *h = r->out;

	html_read_anchor_end(r);
	h->text = contents(&r->text);
	h->visible = contents(&r->visible);
	h->hidden = contents(&r->hidden);
	if (r->run_count != 0)
		r->runs[r->run_count - 1].n = h->text.n -
		    r->runs[r->run_count - 1].at;
	h->runs = r->runs;
	h->run_count = r->run_count;
	h->links = r->links;
	h->link_count = r->link_count;
	h->images = r->images;
	h->image_count = r->image_count;
	if (r->sheet.full)
		limit(r, HTML_LIMIT_SELECTORS);
	return h;
}
