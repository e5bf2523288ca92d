/*
 * mime - a message taken apart as mail readers do it.
 *
 * One pass over the body keeps the boundaries that are open; a line is held
 * against all of them, so that a multipart never reaches past one around it.
 * Of two that fit a line the outer one wins, as for SpamAssassin, which cuts
 * from the outside in; but of two that are the same the inner one, else nested
 * messages of senders that use one boundary for all would fall apart.
 *
 * Where readers differ:
 * - Content fields given twice: the last one, as Outlook and SpamAssassin; of
 *   encodings the last that is known.
 * - A multipart whose boundary never comes holds one part, all of its body;
 *   without a boundary parameter it is plain text at the top, as it is shown.
 * - Text before the first boundary and behind the final one is shown by none.
 * - Lines end with LF; only where there is no LF at all does CR end them.
 * - A header ends at the first line that is no field; that of a message within
 *   the message may have three of them, as in SpamAssassin, and so may that of
 *   a part where Content- fields follow, as readers pass over such lines.
 * - A message with an encoding is undone although RFC 2046 section 5.2.1
 *   forbids it, because all readers do.
 */
#include "mail/mime.h"

#include <string.h>

#include "mail/mime_describe.h"
#include "mail/mime_header.h"
#include "mail/split.h"

#define PARTS_FIRST 8

/* A multipart whose final boundary has not come. */
struct frame {
	const struct frame *outer;
	struct span boundary;
};

/* One text that is walked: the body, or an encoded message within it. */
struct walk {
	struct arena *arena;
	struct mime *out;
	struct header_reader *reader;	/* for one header at a time */
	size_t *room;			/* of out->parts */
	size_t *rereads;
	size_t wraps;			/* encoded messages around this text */
	struct span rest;
	char end;			/* of lines: LF, or CR */
	const struct frame *frames;	/* the innermost */
	/* What ended the content read last. */
	const struct frame *hit;	/* NULL: the end of the text */
	bool final;			/* its final boundary */
	const char *content_end;
};

/* What a part is read as once its header is known. */
enum frame_kind { FRAME_LEAF, FRAME_MULTIPART, FRAME_MESSAGE, FRAME_WRAPPED };

static void read_body(struct walk *, size_t index);
static void read_multipart(struct walk *, size_t index);

static struct part *
part_at(struct walk *w, size_t index)
{
	return &w->out->parts[index];
}

/* Adds a part; pointers to others become invalid. */
static size_t
part_add(struct walk *w, size_t parent)
{
	struct mime *out = w->out;
	struct part *old = out->parts, *part;

	if (out->count == *w->room) {
		*w->room = *w->room != 0 ? *w->room * 2 : PARTS_FIRST;
		out->parts = arena_alloc(w->arena,
		    *w->room * sizeof(*out->parts));
		if (out->count != 0)
			memcpy(out->parts, old, out->count * sizeof(*old));
	}
	part = &out->parts[out->count];
	part->index = out->count;
	part->parent = parent;
	if (out->count != 0) {
		part->depth = out->parts[parent].depth + 1;
		out->parts[parent].children++;
	}
	return out->count++;
}

static char
line_end(struct span text)
{
	return span_chr(text, '\n') == text.n &&
	    span_chr(text, '\r') != text.n ? '\r' : '\n';
}

/* Which open boundary a line is. */
static const struct frame *
boundary_find(const struct walk *w, struct span line, bool *final)
{
	const struct frame *f, *found = NULL;
	struct span tail;

	if (w->frames == NULL || !span_starts(line, "--"))
		return NULL;
	line = span_skip(line, 2);
	while (line.n != 0 && char_space(line.p[line.n - 1]))
		line.n--;
	for (f = w->frames; f != NULL; f = f->outer) {
		tail = span_skip(line, f->boundary.n);
		if ((tail.n != 0 && !span_is(tail, "--")) ||
		    !span_eq(span_head(line, line.n - tail.n), f->boundary))
			continue;
		if (found != NULL && span_eq(found->boundary, f->boundary))
			continue;
		found = f;
		*final = tail.n != 0;
	}
	return found;
}

/* The line end before a boundary belongs to it: RFC 2046 section 5.1.1. */
static void
content_ends(struct walk *w, const char *begin, const char *line)
{
	if (line > begin && line[-1] == w->end) {
		line--;
		if (w->end == '\n' && line > begin && line[-1] == '\r')
			line--;
	}
	w->content_end = line;
}

/*
 * Reads the next line, which belongs to content that began at begin.  Returns
 * false when it is a boundary, or there is none: then the content is over.
 */
static bool
next_line(struct walk *w, const char *begin, struct span *line)
{
	w->hit = NULL;
	if (w->rest.n == 0) {
		w->content_end = w->rest.p;
		return false;
	}
	*line = split_line(&w->rest, w->end);
	w->hit = boundary_find(w, *line, &w->final);
	if (w->hit != NULL)
		content_ends(w, begin, line->p);
	return w->hit == NULL;
}

/* Passes over lines that do not start as a boundary does. */
static void
skip_lines(struct walk *w)
{
	struct span rest = w->rest;
	size_t at = span_chr(rest, '-');

	while (at < rest.n && ((at != 0 && rest.p[at - 1] != w->end) ||
	    !span_starts(span_skip(rest, at), "--")))
		at += 1 + span_chr(span_skip(rest, at + 1), '-');
	w->rest = span_skip(rest, at);
}

/* Goes on behind the next boundary or to the end of the text. */
static void
skip_content(struct walk *w)
{
	const char *begin = w->rest.p;
	struct span line;

	if (w->frames == NULL)
		w->rest = span_skip(w->rest, w->rest.n);
	do
		skip_lines(w);
	while (next_line(w, begin, &line));
}

/* Reads the header; false when the part ended within it. */
static bool
read_header(struct walk *w, size_t index, enum header_kind kind)
{
	const char *begin = w->rest.p;
	struct span all = w->rest, before, line;
	bool more;

	header_begin(w->reader, kind);
	if (kind == HEADER_MESSAGE && (span_starts(w->rest, "From ") ||
	    span_starts(w->rest, ">From ")))
		split_line(&w->rest, w->end);
	do {
		before = w->rest;
		more = next_line(w, begin, &line);
	} while (more && header_line(w->reader, line, w->rest));
	header_end(w->arena, w->reader, part_at(w, index));
	/* Nothing but bad lines is no header, and is shown. */
	if (w->reader->count == 0 && w->reader->bad_lines != 0) {
		w->rest = all;
		return true;
	}
	/* A line that is not the separator is the first of the body. */
	if (more && !w->reader->separated)
		w->rest = before;
	return more;
}

/*
 * Whether two boundaries that are open together can be taken for another.
 * Eudora's do not count, which puts ".ALT" or ".REL" behind the outer one.
 */
static unsigned
boundary_faults(const struct frame *outer, struct span boundary)
{
	unsigned faults = 0;
	struct span more;
	size_t n;

	for (; outer != NULL && boundary.n != 0; outer = outer->outer) {
		n = outer->boundary.n < boundary.n ? outer->boundary.n :
		    boundary.n;
		if (!span_eq(span_head(outer->boundary, n),
		    span_head(boundary, n)))
			continue;
		more = span_skip(boundary, n);
		if (span_is(more, ".ALT") || span_is(more, ".REL"))
			continue;
		faults |= outer->boundary.n == boundary.n ?
		    MIME_BOUNDARY_TWICE : MIME_BOUNDARY_PREFIX;
	}
	return faults;
}

/* The default type of what a multipart holds. */
static enum mime_default
default_within(struct walk *w, size_t parent)
{
	return span_is(part_at(w, parent)->type, "multipart/digest") ?
	    MIME_DIGEST : MIME_TEXT;
}

/* All that is left, as plain text: there is no room to take it apart. */
static void
add_rest(struct walk *w, size_t parent)
{
	struct part *part = part_at(w, part_add(w, parent));

	part->notes = MIME_REST;
	part->faults = MIME_TOO_MANY_PARTS;
	part->type = part->declared = span_of("text/plain");
	part->kind = PART_PLAIN;
	part->raw = w->rest;
	part->end = w->out->count;
	w->content_end = w->rest.p + w->rest.n;
	w->rest = span_skip(w->rest, w->rest.n);
	w->hit = NULL;
}

/* Reads one part of a multipart, or the message in a part. */
static void
read_part(struct walk *w, size_t parent, enum header_kind kind)
{
	struct part *part;
	size_t index;

	if (w->out->count + 1 >= MIME_PARTS_MAX) {
		add_rest(w, parent);
		return;
	}
	index = part_add(w, parent);
	if (kind == HEADER_NONE || read_header(w, index, kind)) {
		mime_describe(w->arena, part_at(w, index),
		    default_within(w, parent),
		    part_at(w, parent)->kind == PART_MULTIPART);
		read_body(w, index);
		return;
	}
	/* It ended within its header: it has no body. */
	part = part_at(w, index);
	mime_describe(w->arena, part, default_within(w, parent), true);
	if (span_starts(part->type, "multipart/"))
		part->kind = PART_MULTIPART;
	part->raw = span_make(w->content_end, 0);
	part->end = w->out->count;
}

/* Text behind the final boundary: dots alone are some gateway's doing. */
static bool
epilogue(struct span text)
{
	while (text.n != 0 && (char_space(text.p[0]) || text.p[0] == '.'))
		text = span_skip(text, 1);
	return text.n != 0;
}

/* Another text within this one, with nothing open yet. */
static struct walk
walk_into(const struct walk *w, struct span text)
{
	struct walk inner = *w;

	inner.rest = text;
	inner.end = line_end(text);
	inner.frames = NULL;
	inner.hit = NULL;
	return inner;
}

/*
 * A multipart whose boundary never came: all of it is one part.  The body of a
 * message has no part's header in front, that of a part has one, as for
 * SpamAssassin.  Reading it again is bounded.
 */
static void
read_unframed(struct walk *w, size_t index, struct span text)
{
	struct walk inner = walk_into(w, text);
	struct part *part = part_at(w, index);
	bool message = index == 0 ||
	    part_at(w, part->parent)->kind == PART_MESSAGE;

	if (*w->rereads == MIME_REREADS_MAX) {
		part->faults |= MIME_BOUNDARY_ABSENT | MIME_TOO_MANY_REREADS;
		part->kind = PART_PLAIN;
		return;
	}
	++*w->rereads;
	if (part->encoding != TRANSFER_PLAIN) {
		/* An encoding that is not allowed here hides it. */
		inner = walk_into(w, transfer_decode(w->arena, part->encoding,
		    text, NULL));
		part->encoding = TRANSFER_PLAIN;
		read_multipart(&inner, index);
		return;
	}
	part->faults |= MIME_BOUNDARY_ABSENT;
	if (text.n != 0)
		read_part(&inner, index, message ? HEADER_NONE : HEADER_PART);
}

/* Skips text before the first boundary; where a final one came before it, the
 * text ends there. */
static const char *
skip_preamble(struct walk *w, const struct frame *frame)
{
	const char *final = NULL;

	do {
		skip_content(w);
		if (w->hit == frame && w->final && final == NULL)
			final = w->content_end;
	} while (w->hit == frame && w->final);
	return final != NULL ? final : w->content_end;
}

/* What comes behind the parts of a multipart. */
static void
read_epilogue(struct walk *w, size_t index, const struct frame *frame)
{
	const char *behind;

	if (w->hit != frame || !w->final) {
		w->hit = w->hit == frame ? NULL : w->hit;
		part_at(w, index)->faults |= MIME_UNCLOSED;
		return;
	}
	behind = w->rest.p;
	skip_content(w);
	if (epilogue(span_between(behind, w->content_end)))
		part_at(w, index)->faults |= MIME_EPILOGUE;
}

static void
read_multipart(struct walk *w, size_t index)
{
	struct part *part = part_at(w, index);
	struct frame frame = { .outer = w->frames, .boundary = part->boundary };
	const char *begin = w->rest.p, *end;
	bool begun;

	part->kind = PART_MULTIPART;
	part->faults |= boundary_faults(w->frames, frame.boundary);
	if (part->boundary.n == 0) {
		skip_content(w);
		read_unframed(w, index, span_between(begin, w->content_end));
		return;
	}
	w->frames = &frame;
	end = skip_preamble(w, &frame);
	begun = w->hit == &frame;
	while (w->hit == &frame && !w->final && w->rest.n != 0)
		read_part(w, index, HEADER_PART);
	w->frames = frame.outer;
	if (begun)
		read_epilogue(w, index, &frame);
	else
		read_unframed(w, index, span_between(begin, end));
}

/* A message that had to be decoded first. */
static void
read_wrapped(struct walk *w, size_t index)
{
	struct part *part = part_at(w, index);
	const char *begin = w->rest.p;
	struct walk inner;

	skip_content(w);
	part->raw = span_between(begin, w->content_end);
	inner = walk_into(w, part_bytes(w->arena, part));
	inner.wraps++;
	part->kind = PART_MESSAGE;
	read_part(&inner, index, HEADER_MESSAGE);
}

static enum frame_kind
frame_kind(struct walk *w, struct part *part)
{
	bool multipart = span_starts(part->type, "multipart/");

	if (!multipart && !span_is(part->type, "message/rfc822") &&
	    !span_is(part->type, "message/global"))
		return FRAME_LEAF;
	if (part->encoding != TRANSFER_PLAIN)
		part->faults |= MIME_ENCODED_FRAME;
	if (part->depth >= MIME_DEPTH_MAX) {
		part->faults |= MIME_TOO_DEEP;
		return FRAME_LEAF;
	}
	if (multipart)
		return FRAME_MULTIPART;
	/* Base64 cannot look like a field: an encoding that is not true. */
	if (part->encoding == TRANSFER_BASE64 && header_looks(w->rest))
		part->encoding = TRANSFER_PLAIN;
	if (part->encoding == TRANSFER_PLAIN)
		return FRAME_MESSAGE;
	if (w->wraps < MIME_WRAPS_MAX)
		return FRAME_WRAPPED;
	part->faults |= MIME_TOO_MANY_WRAPS;
	return FRAME_LEAF;
}

static void
note_uuencoded(struct part *part)
{
	struct span rest = part->raw;
	struct uu_file file;

	if (part->kind == PART_PLAIN && part->encoding == TRANSFER_PLAIN &&
	    uu_next(&rest, &file))
		part->notes |= MIME_UUENCODED;
}

/* Reads what follows the header. */
static void
read_body(struct walk *w, size_t index)
{
	struct part *part = part_at(w, index);
	const char *begin = w->rest.p;

	switch (frame_kind(w, part)) {
	case FRAME_MULTIPART:
		read_multipart(w, index);
		break;
	case FRAME_MESSAGE:
		part->kind = PART_MESSAGE;
		read_part(w, index, HEADER_MESSAGE);
		break;
	case FRAME_WRAPPED:
		read_wrapped(w, index);
		break;
	case FRAME_LEAF:
		skip_content(w);
		break;
	}
	part = part_at(w, index);
	part->raw = span_between(begin, w->content_end);
	part->end = w->out->count;
	note_uuencoded(part);
}

void
mime_parse(struct arena *arena, const struct header *headers, size_t count,
    struct span body, struct mime *out)
{
	size_t room = 0, rereads = 0;
	struct walk w = {
		.arena = arena, .out = out, .room = &room, .rereads = &rereads,
		.rest = body, .end = line_end(body)
	};
	struct header_reader reader;
	struct part *part;

	w.reader = &reader;
	memset(out, 0, sizeof(*out));
	part = part_at(&w, part_add(&w, 0));
	part->headers = headers;
	part->header_count = count;
	mime_describe(arena, part, MIME_TEXT, false);
	read_body(&w, 0);
	mime_sum(out);
}
