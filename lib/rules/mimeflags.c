/* mimeflags - what SpamAssassin finds wrong with the frame of a multipart. */
#include "rules/mimeflags.h"

#include <string.h>

/* What a line is to the multipart. */
enum line { LINE_OTHER, LINE_BOUNDARY, LINE_LAST };

struct walk {
	struct span rest;	/* lines not yet seen */
	struct span boundary;
	struct span field;	/* the last one of the part's header */
	bool in_body;
	bool nested;		/* a part has the same boundary */
	unsigned flags;
};

static bool
is_blank(struct span s)
{
	return span_trim(s).n == 0;
}

/* "Name:", with blanks before the colon or without. */
static bool
is_field(struct span line, bool blanks)
{
	size_t n = 0;

	while (n < line.n && line.p[n] > 32 && line.p[n] < 127 &&
	    line.p[n] != ':')
		n++;
	if (n == 0)
		return false;
	while (blanks && n < line.n && (line.p[n] == ' ' ||
	    line.p[n] == '\t'))
		n++;
	return n < line.n && line.p[n] == ':';
}

static enum line
line_kind(const struct walk *w, struct span line)
{
	if (w->boundary.n == 0 || !span_starts(line, "--"))
		return LINE_OTHER;
	line = span_skip(line, 2);
	if (!span_eq(span_head(line, w->boundary.n), w->boundary))
		return LINE_OTHER;
	line = span_skip(line, w->boundary.n);
	if (is_blank(line))
		return LINE_BOUNDARY;
	return span_starts(line, "--") && is_blank(span_skip(line, 2)) ?
	    LINE_LAST : LINE_OTHER;
}

/* A boundary has come: fields ought to follow. */
static void
expect_field(struct walk *w)
{
	struct span next = span_head(w->rest, span_chr(w->rest, '\n'));

	if (w->rest.n > 0 && !is_field(next, false))
		w->flags |= MIMEFLAG_NO_HEADERS;
	w->in_body = false;
	w->field.n = 0;
}

/* The header of a part has ended with this line. */
static void
begin_body(struct walk *w, struct span line)
{
	w->in_body = true;
	if (span_istarts(w->field, "content-type") &&
	    span_find(w->field, w->boundary) < w->field.n)
		w->nested = true;
	if (line.n > 0 && !span_is(line, "\r"))
		w->flags |= MIMEFLAG_NO_SEPARATOR;
}

static void
take_line(struct walk *w, struct span line)
{
	if (w->in_body)
		return;
	if (is_field(line, true))
		w->field = line;
	else if (w->field.n > 0 && line.n > 0 && (line.p[0] == ' ' ||
	    line.p[0] == '\t'))
		w->field.n = (size_t)(line.p + line.n - w->field.p);
	else
		begin_body(w, line);
}

/* Drops lines that cannot be a boundary: most have no dash at all. */
static void
skip_lines(struct walk *w)
{
	const char *p = w->rest.p, *end = p + w->rest.n;

	while (p < end && *p != '-') {
		p = memchr(p, '-', (size_t)(end - p));
		if (p != NULL && p[-1] != '\n')
			p = memchr(p, '\n', (size_t)(end - p));
		else if (p != NULL)
			break;
		p = p != NULL ? p + 1 : end;
	}
	w->rest = span_between(p, end);
}

/* The next line; of a body, the next one that may be a boundary. */
static bool
next_line(struct walk *w, struct span *line)
{
	if (w->in_body && w->rest.n > 0)
		skip_lines(w);
	return span_cut(&w->rest, '\n', line);
}

/* Drops all before the first boundary, if there is any. */
static void
skip_preamble(struct walk *w)
{
	struct span before = w->rest, line;

	w->in_body = true;
	while (next_line(w, &line))
		if (line_kind(w, line) == LINE_BOUNDARY) {
			expect_field(w);
			return;
		}
	w->in_body = false;
	w->rest = before;
}

static void
take_parts(struct walk *w)
{
	struct span line;
	enum line kind;

	while (next_line(w, &line)) {
		kind = line_kind(w, line);
		if (kind != LINE_OTHER && w->nested) {
			w->nested = kind != LINE_LAST;
			kind = LINE_OTHER;
		}
		if (kind == LINE_LAST)
			break;
		if (kind == LINE_BOUNDARY)
			expect_field(w);
		else if (w->rest.n > 0)
			take_line(w, line);
	}
	while (span_cut(&w->rest, '\n', &line)) {
		for (; line.n > 0; line = span_skip(line, 1))
			if (line.p[0] != '.' &&
			    !char_space((unsigned char)line.p[0])) {
				w->flags |= MIMEFLAG_EPILOGUE;
				return;
			}
	}
}

/* The boundary that a field names: quotes need not be closed. */
static struct span
boundary_of(const struct header *field)
{
	struct span rest = field->value, found;
	size_t n;

	for (; rest.n > 0; rest = span_skip(rest, 1)) {
		if (!span_istarts(rest, "boundary"))
			continue;
		found = span_trim(span_skip(rest, 8));
		if (!span_starts(found, "="))
			continue;
		found = span_trim(span_skip(found, 1));
		if (span_starts(found, "\"")) {
			found = span_skip(found, 1);
			return span_head(found, span_chr(found, '"'));
		}
		for (n = 0; n < found.n && found.p[n] != ';' && !char_space(
		    (unsigned char)found.p[n]); n++)
			;
		return span_head(found, n);
	}
	return span_head(rest, 0);
}

static unsigned
flags_of(const struct part *part, struct span boundary)
{
	struct walk w = {.rest = part->raw, .boundary = boundary};
	struct span first = span_head(w.rest, span_chr(w.rest, '\n'));

	skip_preamble(&w);
	/* A body that begins with text has lost its empty line. */
	if (part->index == 0 && w.rest.p == part->raw.p && !is_blank(first))
		w.in_body = true;
	take_parts(&w);
	return w.flags;
}

unsigned
mimeflags_find(const struct mime *mime)
{
	struct span own[MIME_DEPTH_MAX + 2], boundary;
	const struct header *field;
	const struct part *part;
	unsigned flags = 0;
	size_t i;

	own[0] = span_of("");
	for (i = 0; i < mime->count; i++) {
		part = &mime->parts[i];
		field = part_last_field(part, "Content-Type");
		boundary = field != NULL ? boundary_of(field) : span_of("");
		/* One that has none shares that of the multipart around it. */
		if (boundary.n == 0)
			boundary = own[part->depth];
		own[part->depth + 1] = boundary;
		if (span_starts(part->declared, "multipart/"))
			flags |= flags_of(part, boundary);
	}
	return flags;
}
