/* reading - a message as the person it is for will see it. */
#include "mail/reading.h"

#include <string.h>

#include "mail/calendar.h"
#include "mail/fold.h"
#include "mail/html_rules.h"
#include "mail/words.h"

struct reading {
	struct arena *arena;
	const struct message *message;
	size_t scan_rendered, scan_raw;
	struct mime mime;
	const struct html **html;	/* by part; NULL until asked for */
	struct texts body, raw, aside;
	struct links *links;
	bool has_mime, has_body, has_raw, has_aside;
};

struct reading *
reading_new(struct arena *arena, const struct message *m,
    size_t scan_rendered, size_t scan_raw)
{
	struct reading *r = arena_alloc(arena, sizeof(*r));

	r->arena = arena;
	r->message = m;
	r->scan_rendered = scan_rendered > 0 ? scan_rendered : SIZE_MAX;
	r->scan_raw = scan_raw > 0 ? scan_raw : SIZE_MAX;
	return r;
}

struct mime *
reading_mime(struct reading *r)
{
	if (!r->has_mime) {
		mime_parse(r->arena, r->message->headers,
		    r->message->header_count, buf_contents(&r->message->body),
		    &r->mime);
		r->html = arena_alloc(r->arena,
		    r->mime.count * sizeof(struct html *));
		r->has_mime = true;
	}
	return &r->mime;
}

const struct html *
reading_html(struct reading *r, struct part *part)
{
	reading_mime(r);
	if (part->kind != PART_HTML)
		return NULL;
	if (r->html[part->index] == NULL)
		r->html[part->index] = html_parse(r->arena,
		    part_text(r->arena, part));
	return r->html[part->index];
}

/* As SpamAssassin decides: files called .html count, calendars do not. */
static bool
rendered(const struct part *part)
{
	return part->kind == PART_HTML || (part->kind == PART_PLAIN &&
	    span_is(part->type, "text/plain"));
}

/* Cuts a long text behind one of the bytes near its limit, if there is one. */
static struct span
cut_long(struct span text, size_t limit, const char *ends)
{
	size_t at;

	if (text.n <= limit)
		return text;
	for (; *ends != '\0'; ends++) {
		at = span_chr(span_head(span_skip(text, limit), 1025), *ends);
		if (limit + at < text.n && at <= 1024)
			return span_head(text, limit + at + 1);
	}
	return span_head(text, limit);
}

static struct span
part_rendered(struct reading *r, struct part *part, bool *narrow)
{
	const struct html *html = reading_html(r, part);
	struct span text;

	*narrow = html != NULL && html->rules->narrow;
	text = html != NULL ? html->rules->rendered : part_text(r->arena, part);
	return cut_long(text, r->scan_rendered, "\n ");
}

/* True when some text needs characters beyond Latin-1's bytes to be told. */
static bool
any_wide(struct reading *r)
{
	struct mime *mime = reading_mime(r);
	struct span text;
	bool narrow;
	size_t i;

	for (i = 0; i < mime->count; i++) {
		if (!rendered(&mime->parts[i]))
			continue;
		text = part_rendered(r, &mime->parts[i], &narrow);
		if (!narrow && !span_ascii(text))
			return true;
	}
	return false;
}

static struct span
subject_line(struct reading *r)
{
	const struct message *m = r->message;
	struct span value = span_of("");
	size_t i;

	for (i = m->header_count; i-- > 0; )
		if (span_iis(m->headers[i].name, "Subject")) {
			value = words_decode(r->arena, m->headers[i].value,
			    NULL);
			break;
		}
	return arena_join(r->arena, value, span_of("\n"));
}

/* All text of all parts, an empty line's worth between them. */
static struct span
join_rendered(struct reading *r)
{
	struct mime *mime = reading_mime(r);
	struct fold fold;
	struct span text;
	bool narrow, wide = any_wide(r);
	size_t i;

	fold_begin(&fold, wide);
	for (i = 0; i < mime->count; i++) {
		if (mime->parts[i].children > 0)
			continue;
		fold_part(&fold);
		if (!rendered(&mime->parts[i]))
			continue;
		text = part_rendered(r, &mime->parts[i], &narrow);
		fold_add(&fold, text);
	}
	return fold_end(&fold, r->arena);
}

/* Where a line longer than READING_LINE is cut: behind a blank if possible. */
static size_t
line_piece(struct span line)
{
	size_t at;

	if (line.n <= READING_LINE)
		return line.n;
	at = span_rchr(span_head(line, READING_LINE + 1), ' ');
	return at <= READING_LINE ? at + 1 : READING_LINE;
}

/* How many pieces add_lines can make of it. */
static size_t
count_lines(struct span text)
{
	size_t n = text.n / (READING_LINE / 2) + 2;
	const char *p = text.p, *end = text.p + text.n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	if (n <= READING_TEXTS_MAX)
		return n;
	return READING_TEXTS_MAX + 2 * (text.n / READING_PACK + 1);
}

/* The length of the piece of a line, its line end included. */
static size_t
next_line(struct span text)
{
	/* No further than it can matter: a line may be the whole text. */
	struct span near = span_head(text, READING_LINE + 1);
	size_t length = span_chr(near, '\n');

	return line_piece(span_head(near, length + 1));
}

/* The length of as many lines as fit into a pack. */
static size_t
next_pack(struct span text)
{
	struct span near = span_head(text, READING_PACK);
	size_t length = span_rchr(near, '\n');

	return length < near.n && length >= READING_PACK / 2 ? length + 1 :
	    near.n;
}

/* Adds the lines of text, each with its line end, to items. */
static size_t
add_lines(struct span text, struct span *items, size_t n)
{
	size_t length;

	while (text.n > 0) {
		length = n < READING_TEXTS_MAX ? next_line(text) :
		    next_pack(text);
		items[n++] = span_head(text, length);
		text = span_skip(text, length);
	}
	return n;
}

const struct texts *
reading_body(struct reading *r)
{
	struct span subject, text, *items;
	size_t room;

	if (r->has_body)
		return &r->body;
	subject = subject_line(r);
	text = join_rendered(r);
	room = count_lines(subject) + count_lines(text) + 1;
	items = arena_alloc(r->arena, room * sizeof(*items));
	r->body.items = items;
	r->body.count = add_lines(subject, items, 0);
	r->body.count = add_lines(text, items, r->body.count);
	r->has_body = true;
	return &r->body;
}

static bool
raw_wanted(const struct part *part)
{
	return part->children == 0 && !span_is(part->type, "text/calendar") &&
	    (span_starts(part->type, "text/") ||
	    span_starts(part->type, "message/") || part->kind == PART_HTML);
}

/* The length of a piece of one to two times READING_LINE. */
static size_t
raw_piece(struct span text)
{
	static const char ends[] = "\n> ";
	struct span near;
	size_t i, at;

	if (text.n <= 2 * READING_LINE)
		return text.n;
	near = span_head(span_skip(text, READING_LINE), READING_LINE);
	for (i = 0; ends[i] != '\0'; i++) {
		at = span_chr(near, ends[i]);
		if (at < near.n)
			return READING_LINE + at + 1;
	}
	return READING_LINE + 1;
}

static void
add_raw(struct reading *r, struct span text, struct span *items, size_t room)
{
	size_t n;

	if (text.n == 0) {
		items[r->raw.count++] = text;
		return;
	}
	while (text.n > 0) {
		n = r->raw.count + 1 < room ? raw_piece(text) : text.n;
		items[r->raw.count++] = span_head(text, n);
		text = span_skip(text, n);
	}
}

const struct texts *
reading_raw(struct reading *r)
{
	struct mime *mime = reading_mime(r);
	struct span *items, text;
	size_t i, room = 1;

	if (r->has_raw)
		return &r->raw;
	r->has_raw = true;
	for (i = 0; i < mime->count; i++)
		if (raw_wanted(&mime->parts[i]))
			room += 2 + part_bytes(r->arena,
			    &mime->parts[i]).n / READING_LINE;
	items = arena_alloc(r->arena, room * sizeof(*items));
	r->raw.items = items;
	for (i = 0; i < mime->count; i++)
		if (raw_wanted(&mime->parts[i])) {
			text = cut_long(part_bytes(r->arena, &mime->parts[i]),
			    r->scan_raw, "\n> ");
			add_raw(r, text, items, room);
		}
	return &r->raw;
}

/* Plain text by its type, which readers show; HTML to rules, by its name. */
static bool
plain_or_html(const struct part *part)
{
	return part->kind == PART_HTML && (part->declared.n == 0 ||
	    span_is(part->declared, "text/plain"));
}

const struct texts *
reading_aside(struct reading *r)
{
	struct mime *mime = reading_mime(r);
	struct span *items = NULL, text;
	size_t i, room = 0;

	if (r->has_aside)
		return &r->aside;
	r->has_aside = true;
	for (i = 0; i < mime->count; i++) {
		if (!calendar_is(&mime->parts[i]) &&
		    !plain_or_html(&mime->parts[i]))
			continue;
		text = part_text(r->arena, &mime->parts[i]);
		items = arena_room(r->arena, items, r->aside.count,
		    sizeof(*items), &room);
		items[r->aside.count++] = calendar_is(&mime->parts[i]) ?
		    calendar_text(r->arena, text) : text;
	}
	r->aside.items = items;
	return &r->aside;
}

static void
add_signatures(struct links *links, const struct message *m)
{
	struct span rest, tag;
	size_t i;

	for (i = 0; i < m->header_count; i++) {
		if (!span_iis(m->headers[i].name, "DKIM-Signature") &&
		    !span_iis(m->headers[i].name, "DomainKey-Signature"))
			continue;
		rest = m->headers[i].value;
		while (span_cut(&rest, ';', &tag)) {
			tag = span_trim(tag);
			if (span_starts(tag, "d="))
				links_add_signature(links,
				    span_trim(span_skip(tag, 2)));
		}
	}
}

const struct links *
reading_links(struct reading *r, const struct links_view *view)
{
	const struct texts *body = reading_body(r), *aside = reading_aside(r);
	struct mime *mime = reading_mime(r);
	const struct html *html;
	size_t i;

	if (r->links != NULL)
		return r->links;
	r->links = links_new(r->arena, view);
	for (i = 0; i < body->count; i++)
		links_add_text(r->links, body->items[i]);
	for (i = 0; i < mime->count; i++) {
		html = reading_html(r, &mime->parts[i]);
		if (html != NULL)
			links_add_html(r->links, html);
	}
	for (i = 0; i < aside->count; i++)
		links_add_shown(r->links, aside->items[i]);
	add_signatures(r->links, r->message);
	return r->links;
}
