/* mime_describe - what the header fields of a part say of it. */
#include "mail/mime_describe.h"

#include "mail/fields.h"
#include "mail/param.h"
#include "mail/words.h"

/* Types that say what a part is besides. */
static const struct {
	struct span type;
	unsigned notes;
} noted[] = {
	{ SPAN("message/partial"), MIME_PARTIAL },
	{ SPAN("message/external-body"), MIME_EXTERNAL },
	{ SPAN("application/ms-tnef"), MIME_TNEF },
	{ SPAN("application/vnd.ms-tnef"), MIME_TNEF },
	{ SPAN("multipart/encrypted"), MIME_ENCRYPTED },
	{ SPAN("multipart/signed"), MIME_SIGNED },
	{ SPAN("application/pkcs7-mime"), MIME_SMIME },
	{ SPAN("application/x-pkcs7-mime"), MIME_SMIME },
};

const struct header *
part_field(const struct part *part, const char *name, size_t nth)
{
	struct span wanted = span_of(name);
	size_t i;

	for (i = 0; i < part->header_count; i++)
		if (span_ieq(part->headers[i].name, wanted) && nth-- == 0)
			return &part->headers[i];
	return NULL;
}

const struct header *
part_last_field(const struct part *part, const char *name)
{
	struct span wanted = span_of(name);
	size_t i;

	for (i = part->header_count; i-- > 0; )
		if (span_ieq(part->headers[i].name, wanted))
			return &part->headers[i];
	return NULL;
}

/*
 * The value of the last field of that name, which most readers take, or the
 * empty span; twice is set when there are several.
 */
static struct span
field_value(struct part *part, const char *name, unsigned twice)
{
	const struct header *last = part_last_field(part, name);

	if (last == NULL)
		return span_of(NULL);
	if (last != part_field(part, name, 0))
		part->faults |= twice;
	return last->value;
}

/* Bytes that have no place in a type: blanks, specials, 8-bit. */
static bool
type_byte(char c)
{
	static const struct span never = SPAN("\"(),:;<=>?@[\\]");
	unsigned char byte = (unsigned char)c;

	return byte > ' ' && byte < 127 && span_chr(never, c) == never.n;
}

/* Lower case, without the bytes that have no place in it. */
static struct span
type_clean(struct arena *arena, struct span head)
{
	char *out = arena_bytes(arena, head.n);
	size_t i, n = 0;

	for (i = 0; i < head.n; i++)
		if (type_byte(head.p[i]))
			out[n++] = (char)char_lower(head.p[i]);
	return span_make(out, n);
}

static bool
type_good(struct span type)
{
	size_t slash = span_chr(type, '/');

	return slash != 0 && slash + 1 < type.n;
}

/* SpamAssassin's reading of a declared type. */
static struct span
type_read(struct span declared)
{
	struct span major = span_head(declared, span_chr(declared, '/'));

	if (declared.n == 0)
		return span_of("text/plain");
	if (!span_is(major, "text") || span_is(declared, "text/html") ||
	    span_is(declared, "text/calendar") ||
	    span_is(declared, "text/x-vcard"))
		return declared;
	return span_of("text/plain");
}

/* Blanks at its end are the way's doing: RFC 2046 section 5.1.1. */
static struct span
boundary_clean(struct span value)
{
	while (value.n != 0 && char_space(value.p[value.n - 1]))
		value.n--;
	return value;
}

static struct span
boundary_read(const struct params *params)
{
	const struct param *param = params_find(params, "boundary");

	return boundary_clean(param != NULL ? param->value : span_of(NULL));
}

/* Another one is given, which some readers take. */
static bool
boundary_rivals(struct arena *arena, const struct params *params)
{
	struct span value = boundary_read(params), name, other;
	bool pieces = false;
	size_t i;

	for (i = 0; i < params->count && value.n != 0; i++) {
		name = params->list[i].name;
		pieces |= span_istarts(name, "boundary*");
		other = boundary_clean(params->list[i].value);
		if (span_iis(name, "boundary") && !span_eq(other, value))
			return true;
	}
	return pieces && params_text(arena, params, "boundary", &other) &&
	    !span_eq(boundary_clean(other), value);
}

/* An RFC 2231 boundary is legal as well, if hardly ever seen. */
static struct span
boundary_find(struct arena *arena, const struct params *params)
{
	struct span value = boundary_read(params);

	if (value.n == 0)
		params_text(arena, params, "boundary", &value);
	return span_trim(value).n != 0 ? value : span_of(NULL);
}

static void
note_type(struct arena *arena, struct part *part, const struct params *params)
{
	struct span kind;
	size_t i;

	for (i = 0; i < sizeof(noted) / sizeof(noted[0]); i++)
		if (span_eq(part->declared, noted[i].type))
			part->notes |= noted[i].notes;
	if ((part->notes & MIME_SMIME) == 0 ||
	    !params_text(arena, params, "smime-type", &kind))
		return;
	if (span_istarts(kind, "signed"))
		part->notes |= MIME_SIGNED;
	else if (span_istarts(kind, "enveloped") ||
	    span_istarts(kind, "authenveloped"))
		part->notes |= MIME_ENCRYPTED;
}

static void
describe_type(struct arena *arena, struct part *part,
    const struct params *params, enum mime_default fallback, bool framed)
{
	part->declared = type_clean(arena, params->head);
	part->type = type_read(part->declared);
	if (part->declared.n == 0)
		part->notes |= MIME_TYPE_MISSING;
	if (part->declared.n == 0 && fallback == MIME_DIGEST)
		part->type = span_of("message/rfc822");
	if (!params_text(arena, params, "charset", &part->charset))
		part->charset = span_of(NULL);
	if (span_starts(part->type, "multipart/")) {
		part->boundary = boundary_find(arena, params);
		if (boundary_rivals(arena, params))
			part->faults |= MIME_BOUNDARY_RIVALS;
		if (part->boundary.n == 0) {
			part->faults |= MIME_NO_BOUNDARY;
			if (!framed)
				part->type = span_of("text/plain");
		}
	}
	note_type(arena, part, params);
}

static bool
tnef_name(struct span name)
{
	return span_iis(name, "winmail.dat") || span_iis(name, "win.dat");
}

/* Content-Disposition names the file, or else Content-Type does. */
static void
describe_name(struct arena *arena, struct part *part,
    const struct params *type, const struct params *disposition)
{
	struct span name, other;
	bool has_name, has_other;

	has_name = params_text(arena, disposition, "filename", &name) ||
	    params_text(arena, disposition, "name", &name);
	has_other = params_text(arena, type, "name", &other) ||
	    params_text(arena, type, "filename", &other);
	if (!has_name || name.n == 0) {
		part->name = has_other ? other : span_of(NULL);
	} else {
		part->name = name;
		if (has_other && other.n != 0 && !span_eq(name, other)) {
			part->other_name = other;
			part->faults |= MIME_NAMES_DIFFER;
		}
	}
	if (tnef_name(part->name) || tnef_name(part->other_name))
		part->notes |= MIME_TNEF;
}

static void
describe_encoding(struct part *part)
{
	const struct header *header;
	enum transfer found;
	size_t i;

	field_value(part, "Content-Transfer-Encoding", MIME_ENCODING_TWICE);
	/* The last that is known: one reader or another decodes it. */
	for (i = part->header_count; i-- > 0; ) {
		header = &part->headers[i];
		if (!span_iis(header->name, "Content-Transfer-Encoding"))
			continue;
		if (transfer_parse(header->value, &found)) {
			part->encoding = found;
			return;
		}
		part->faults |= MIME_BAD_ENCODING;
	}
}

static void
describe_kind(struct part *part)
{
	if (span_iends(part->name, ".html") || span_iends(part->name, ".htm") ||
	    span_iends(part->name, ".shtml") ||
	    span_iends(part->name, ".shtm") ||
	    span_is(part->type, "text/html"))
		part->kind = PART_HTML;
	else if (span_is(part->type, "text/plain"))
		part->kind = PART_PLAIN;
	else
		part->kind = PART_OTHER;
}

static void
describe_type_field(struct arena *arena, struct part *part,
    enum mime_default fallback, bool framed, struct params *out)
{
	struct span value = field_value(part, "Content-Type",
	    MIME_TYPE_TWICE);

	params_parse(arena, value, out);
	describe_type(arena, part, out, fallback, framed);
	if (span_trim(value).n != 0 && !type_good(part->declared))
		part->faults |= MIME_BAD_TYPE;
	if (out->broken || out->doubled)
		part->faults |= MIME_BAD_PARAM;
}

void
mime_describe(struct arena *arena, struct part *part,
    enum mime_default fallback, bool framed)
{
	struct params type, disposition;
	const struct header *id;

	describe_type_field(arena, part, fallback, framed, &type);
	params_parse(arena, field_value(part, "Content-Disposition",
	    MIME_DISPOSITION_TWICE), &disposition);
	part->disposition = type_clean(arena, disposition.head);
	if (span_is(part->disposition, "attachment"))
		part->notes |= MIME_ATTACHMENT;
	if (disposition.broken || disposition.doubled)
		part->faults |= MIME_BAD_PARAM;
	describe_name(arena, part, &type, &disposition);
	describe_encoding(part);
	describe_kind(part);
	id = part_last_field(part, "Content-ID");
	if (id != NULL)
		msgid_parse(id->value, &part->content_id);
}
