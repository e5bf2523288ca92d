/* mime_header - the header of a part, line by line. */
#include "mail/mime_header.h"

#include <string.h>

#include "mail/split.h"

/* Lines that are no field, yet end no header. */
#define BAD_LINES_MAX 3

void
header_begin(struct header_reader *r, enum header_kind kind)
{
	r->count = r->lines = 0;
	r->kind = kind;
	r->open = r->separated = false;
	r->bad_lines = r->faults = 0;
}

bool
header_looks(struct span text)
{
	size_t colon;

	return split_name(text, &colon).n != 0;
}

static void
field_add(struct header_reader *r, struct span name, struct span value)
{
	struct header *h;

	r->open = r->count < MIME_HEADERS_MAX;
	if (!r->open) {
		r->faults |= MIME_TOO_MANY_HEADERS;
		return;
	}
	h = &r->fields[r->count++];
	h->name = name;
	h->value = value;
}

static bool
folded(struct span line)
{
	return line.p[0] == ' ' || line.p[0] == '\t';
}

/* A folded line behind a bad one goes with it. */
static void
field_continue(struct header_reader *r, struct span line)
{
	struct span *value;

	if (!r->open)
		return;
	value = &r->fields[r->count - 1].value;
	value->n = (size_t)(line.p + line.n - value->p);
}

/* A field that says how to read the body is among the next lines. */
static bool
content_follows(struct span rest)
{
	struct span line;
	unsigned n = 0;

	while (n++ < BAD_LINES_MAX && rest.n != 0) {
		line = split_line(&rest, '\n');
		if (line.n == 0 || span_starts(line, "--"))
			return false;
		if (span_istarts(line, "Content-") && header_looks(line))
			return true;
	}
	return false;
}

/* Whether a line that is no field is passed over. */
static bool
bad_line(struct header_reader *r, struct span line, struct span rest)
{
	if ((r->kind == HEADER_PART && !content_follows(rest)) ||
	    span_starts(line, "--") || ++r->bad_lines > BAD_LINES_MAX) {
		r->faults |= MIME_NO_SEPARATOR;
		return false;
	}
	r->faults |= MIME_BAD_HEADER;
	r->open = false;
	return true;
}

bool
header_line(struct header_reader *r, struct span line, struct span rest)
{
	struct span name;
	size_t colon;

	r->separated = line.n == 0;
	if (r->separated)
		return false;
	if (r->lines++ == MIME_HEADER_LINES_MAX) {
		r->faults |= MIME_TOO_MANY_HEADERS;
		return false;
	}
	if (span_chr(line, '\r') != line.n)
		r->faults |= MIME_BAD_HEADER;
	if (folded(line) && (r->count != 0 || r->bad_lines != 0)) {
		field_continue(r, line);
		return true;
	}
	name = split_name(line, &colon);
	if (name.n == 0)
		return bad_line(r, line, rest);
	field_add(r, name, span_skip(line, colon + 1));
	return true;
}

void
header_end(struct arena *arena, const struct header_reader *r,
    struct part *part)
{
	struct header *fields;

	part->faults |= r->faults;
	if (r->kind == HEADER_PART && r->count == 0)
		part->faults |= MIME_NO_HEADERS;
	part->header_count = r->count;
	if (r->count == 0)
		return;
	fields = arena_alloc(arena, r->count * sizeof(*fields));
	memcpy(fields, r->fields, r->count * sizeof(*fields));
	part->headers = fields;
}
