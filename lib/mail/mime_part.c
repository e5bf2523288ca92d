/* mime_part - the bytes and the text of a part. */
#include "mail/charset.h"
#include "mail/mime.h"

/* Where an HTML text may say its charset: the first bytes, as in browsers. */
#define HTML_LABEL_MAX 1024

static const struct {
	enum transfer transfer;
	unsigned fault;
} decoding[] = {
	{ TRANSFER_BASE64, MIME_BAD_BASE64 },
	{ TRANSFER_QUOTED, MIME_BAD_QUOTED },
	{ TRANSFER_UU, MIME_BAD_UU },
};

bool
part_readable(const struct part *part)
{
	return part->kind == PART_PLAIN || part->kind == PART_HTML;
}

struct span
part_bytes(struct arena *arena, struct part *part)
{
	unsigned faults = 0;
	size_t i;

	if (part->has_bytes)
		return part->bytes;
	part->has_bytes = true;
	if (part->kind == PART_MULTIPART)
		return part->bytes = span_of(NULL);
	part->bytes = transfer_decode(arena, part->encoding, part->raw,
	    &faults);
	if (part_readable(part) || span_starts(part->type, "text/") ||
	    span_starts(part->type, "message/"))
		part->bytes = lines_unix(arena, part->bytes);
	for (i = 0; i < sizeof(decoding) / sizeof(decoding[0]); i++)
		if (faults != 0 && decoding[i].transfer == part->encoding)
			part->faults |= decoding[i].fault;
	return part->bytes;
}

/*
 * What a <meta> says: all that follows "charset=", up to what ends it.  It is
 * in ASCII as it can be read, so that it cannot be UTF-16 or the like.
 */
static struct span
html_label(struct span html)
{
	struct span rest = span_head(html, HTML_LABEL_MAX);
	const char *name;
	size_t n = 0;

	while (rest.n != 0 && !span_istarts(rest, "charset="))
		rest = span_skip(rest, 1);
	rest = span_skip(rest, 8);
	while (rest.n != 0 && (rest.p[0] == '"' || rest.p[0] == '\''))
		rest = span_skip(rest, 1);
	while (n < rest.n && !char_space(rest.p[n]) &&
	    span_chr(span_of("\"'>;/"), rest.p[n]) == 5)
		n++;
	rest = span_head(rest, n);
	name = charset_name(rest);
	if (name == NULL || span_starts(span_of(name), "utf-"))
		rest.n = 0;
	return rest;
}

struct span
part_text(struct arena *arena, struct part *part)
{
	struct span bytes, label = part->charset;
	unsigned faults = 0;

	if (part->has_text)
		return part->text;
	part->has_text = true;
	bytes = part_bytes(arena, part);
	if (part->kind == PART_HTML && charset_name(label) == NULL)
		label = html_label(bytes);
	part->text = charset_utf8(arena, bytes, label, CHARSET_BODY, &faults);
	if (part->charset.n != 0 && charset_name(part->charset) == NULL)
		part->faults |= MIME_CHARSET_UNKNOWN;
	if ((faults & (CHARSET_WRONG | CHARSET_DAMAGED)) != 0)
		part->faults |= MIME_CHARSET_WRONG;
	return part->text;
}

void
mime_sum(struct mime *mime)
{
	size_t i;

	for (i = 0; i < mime->count; i++) {
		mime->faults |= mime->parts[i].faults;
		mime->notes |= mime->parts[i].notes;
	}
}
