/*
 * content - what a message is made of, as far as rules in SpamAssassin's
 * language cannot see it: parts that readers put together differently, text
 * that is there and is not shown, links that lead elsewhere than they say.
 *
 * Honest mail is broken too: most of these facts count little or nothing, and
 * are there for rules that know what else is odd about the message.
 */
#include "check/check.h"

#include "mail/fold.h"
#include "mail/html_chars.h"

#define SHOWN_BYTES 100		/* of one foreign text in evidence */
#define AROUND_BYTES 20		/* of what stands before and after */

/*
 * Preview lines of newsletters are hidden in several ways, and have up to 200
 * characters; what is hidden beyond that is not meant for people.
 */
#define HIDDEN_LETTERS 300
/* One word may have been split by an editor, or in a name. */
#define SPLIT_WORDS 3

struct content_options {
	bool enabled;
};

static const struct option rows[] = {
	{"enabled", OPTION_BOOL, offsetof(struct content_options, enabled),
	    "yes", 0, 0, NULL, "look at parts, hidden text and links"},
	{0},
};

static const char *const symbols[] = {
	"LIMIT_MIME_DEPTH", "LIMIT_MIME_PARTS", "LIMIT_MIME_HEADERS",
	"LIMIT_MIME_REREADS", "LIMIT_HTML", "LIMIT_LINKS", "LIMIT_URL",
	"MIME_BOUNDARY_MISSING", "MIME_BOUNDARY_AMBIGUOUS", "MIME_UNCLOSED",
	"MIME_EPILOGUE", "MIME_ENCODED_FRAME", "MIME_NO_HEADERS",
	"MIME_NO_SEPARATOR_LINE", "MIME_BAD_HEADER", "MIME_FIELD_TWICE",
	"MIME_BAD_TYPE", "MIME_BAD_ENCODING", "MIME_BAD_PARAM",
	"MIME_NAMES_DIFFER", "MIME_BAD_BASE64", "MIME_BAD_QUOTED",
	"MIME_BAD_UU", "MIME_CHARSET_UNKNOWN", "MIME_CHARSET_WRONG",
	"MIME_PARTIAL", "MIME_EXTERNAL_BODY", "MIME_TNEF",
	"HTML_AMBIGUOUS", "HTML_HIDDEN_TEXT", "HTML_HIDDEN_MOST",
	"HTML_ASKS_PASSWORD", "WORDS_SPLIT", "BIDI_OVERRIDE",
	"LINK_MISMATCH", "LINK_WRAPPED_DEEP", "USERPASS", "URI_IP_ODD",
	"URI_MIXED_SCRIPTS", "URI_LOOKALIKE", "URI_HOST_ESCAPED",
	"URI_HOST_ODD", "URI_SLASHES_ODD", NULL,
};

/* A fact that a parser tells as a bit, and what it is called. */
struct sign {
	unsigned bit;
	const char *symbol;
	const char *text;
};

static const struct sign part_faults[] = {
	{MIME_TOO_DEEP, "LIMIT_MIME_DEPTH", "parts within parts"},
	{MIME_TOO_MANY_WRAPS, "LIMIT_MIME_DEPTH",
	    "encoded messages within encoded messages"},
	{MIME_TOO_MANY_PARTS, "LIMIT_MIME_PARTS", "parts"},
	{MIME_TOO_MANY_HEADERS, "LIMIT_MIME_HEADERS", "header fields"},
	{MIME_TOO_MANY_REREADS, "LIMIT_MIME_REREADS",
	    "multiparts whose boundary never comes"},
	{MIME_NO_BOUNDARY, "MIME_BOUNDARY_MISSING", "names no boundary"},
	{MIME_BOUNDARY_ABSENT, "MIME_BOUNDARY_MISSING",
	    "its boundary never comes"},
	{MIME_BOUNDARY_TWICE, "MIME_BOUNDARY_AMBIGUOUS",
	    "boundary of a multipart around it"},
	{MIME_BOUNDARY_PREFIX, "MIME_BOUNDARY_AMBIGUOUS",
	    "boundary that another begins with"},
	{MIME_BOUNDARY_RIVALS, "MIME_BOUNDARY_AMBIGUOUS",
	    "two boundary parameters that differ"},
	{MIME_UNCLOSED, "MIME_UNCLOSED", "no final boundary"},
	{MIME_EPILOGUE, "MIME_EPILOGUE", "text behind the final boundary"},
	{MIME_ENCODED_FRAME, "MIME_ENCODED_FRAME",
	    "an encoding that it must not have"},
	{MIME_NO_HEADERS, "MIME_NO_HEADERS", "no header"},
	{MIME_NO_SEPARATOR, "MIME_NO_SEPARATOR_LINE",
	    "no empty line behind the header"},
	{MIME_BAD_HEADER, "MIME_BAD_HEADER", "a line that is no field"},
	{MIME_TYPE_TWICE, "MIME_FIELD_TWICE", "Content-Type"},
	{MIME_ENCODING_TWICE, "MIME_FIELD_TWICE",
	    "Content-Transfer-Encoding"},
	{MIME_DISPOSITION_TWICE, "MIME_FIELD_TWICE", "Content-Disposition"},
	{MIME_BAD_TYPE, "MIME_BAD_TYPE", "Content-Type names no type"},
	{MIME_BAD_ENCODING, "MIME_BAD_ENCODING", "no known encoding"},
	{MIME_BAD_PARAM, "MIME_BAD_PARAM", "doubled or broken parameters"},
	{MIME_NAMES_DIFFER, "MIME_NAMES_DIFFER", "two names for one file"},
	{MIME_BAD_BASE64, "MIME_BAD_BASE64", "broken base64"},
	{MIME_BAD_QUOTED, "MIME_BAD_QUOTED", "broken quoted-printable"},
	{MIME_BAD_UU, "MIME_BAD_UU", "broken uuencoding"},
	{MIME_CHARSET_UNKNOWN, "MIME_CHARSET_UNKNOWN", "charset"},
	{MIME_CHARSET_WRONG, "MIME_CHARSET_WRONG",
	    "text that cannot be in its charset"},
	{0},
};

static const struct sign part_notes[] = {
	{MIME_PARTIAL, "MIME_PARTIAL", "message/partial"},
	{MIME_EXTERNAL, "MIME_EXTERNAL_BODY", "message/external-body"},
	{MIME_TNEF, "MIME_TNEF", "winmail.dat"},
	{0},
};

/* What a body that was not kept to its end looks like without being it. */
#define CUT_FAULTS (MIME_UNCLOSED | MIME_BOUNDARY_ABSENT | MIME_BAD_BASE64 | \
	MIME_BAD_QUOTED | MIME_BAD_UU | MIME_CHARSET_WRONG | \
	MIME_NO_SEPARATOR)

static const struct sign html_limits[] = {
	{1 << HTML_LIMIT_BYTES, "LIMIT_HTML", "bytes"},
	{1 << HTML_LIMIT_DEPTH, "LIMIT_HTML", "elements within elements"},
	{1 << HTML_LIMIT_LINKS, "LIMIT_LINKS", "links of one part"},
	{1 << HTML_LIMIT_ATTRS, "LIMIT_HTML", "attributes of one tag"},
	{1 << HTML_LIMIT_NAMES, "LIMIT_HTML", "names of elements"},
	{1 << HTML_LIMIT_RUNS, "LIMIT_HTML", "changes of style"},
	{1 << HTML_LIMIT_COMMENTS, "LIMIT_HTML", "comments"},
	{1 << HTML_LIMIT_SELECTORS, "LIMIT_HTML", "selectors of style sheets"},
	{1 << HTML_LIMIT_DOCTYPES, "LIMIT_HTML", "broken DOCTYPEs"},
	{1 << HTML_LIMIT_URL, "LIMIT_URL", "in HTML"},
	{0},
};

static const struct sign link_flags[] = {
	{LINK_DEEP, "LINK_WRAPPED_DEEP", "redirectors within redirectors"},
	{LINK_CUT, "LIMIT_URL", "cut"},
	{0},
};

static const struct sign url_flags[] = {
	{URL_USERINFO, "USERPASS", "name before the host"},
	{URL_IP_ODD, "URI_IP_ODD", "address in disguise"},
	{URL_CUT, "LIMIT_URL", "cut"},
	{URL_MIXED, "URI_MIXED_SCRIPTS", "scripts mixed in one label"},
	{URL_LOOKALIKE, "URI_LOOKALIKE", "letters that only look Latin"},
	{URL_HOST_ESCAPED, "URI_HOST_ESCAPED", "escapes in the host"},
	{URL_HOST_ODD, "URI_HOST_ODD", "odd characters in the host"},
	{URL_BACKSLASH, "URI_SLASHES_ODD", "backslashes"},
	{URL_SLASHES, "URI_SLASHES_ODD", "too many or few slashes"},
	{URL_CONTROL, "URI_SLASHES_ODD", "control characters"},
	{0},
};

/* People write so too, in text: there it is a slip, in markup a trick. */
#define MARKUP_ONLY (URL_HOST_ODD | URL_BACKSLASH | URL_SLASHES | URL_CONTROL)

/* Of HTML_TRICKS. */
static const struct {
	unsigned bit;
	const char *name;
} tricks[] = {
	{HTML_HIDDEN_SIZE, "size"},
	{HTML_HIDDEN_COLOUR, "colour"},
	{HTML_HIDDEN_PLACE, "place"},
	{HTML_HIDDEN_OPACITY, "opacity"},
};

static unsigned
content_needs(const void *self)
{
	const struct content_options *o = self;

	return o->enabled ? NEED_CLIENT | NEED_HEADERS | NEED_BODY : 0;
}

static void
raise_signs(struct inquiry *q, const struct sign *sign, unsigned bits,
    struct span where)
{
	for (; sign->bit != 0; sign++)
		if (bits & sign->bit)
			inquiry_raise(q, sign->symbol, "%s: %.*s", sign->text,
			    SPAN_ARG(span_head(where, 2 * SHOWN_BYTES)));
}

/* "part 3, text/html \"name\"", in the arena. */
static struct span
describe_part(struct inquiry *q, const struct part *part, unsigned faults)
{
	struct span more = span_of("");

	if (faults & MIME_CHARSET_UNKNOWN)
		more = part->charset;
	else if (faults & MIME_NAMES_DIFFER)
		more = arena_printf(q->arena, "%.*s / %.*s",
		    SPAN_ARG(span_head(part->name, SHOWN_BYTES)),
		    SPAN_ARG(span_head(part->other_name, SHOWN_BYTES)));
	return arena_printf(q->arena, "part %zu, %.*s %.*s", part->index,
	    SPAN_ARG(span_head(part->type, SHOWN_BYTES)),
	    SPAN_ARG(span_head(more, 2 * SHOWN_BYTES)));
}

static struct span
base_name(struct span path)
{
	size_t slash = span_rchr(path, '/'), back = span_rchr(path, '\\');

	if (slash < path.n)
		path = span_skip(path, slash + 1);
	else if (back < path.n)
		path = span_skip(path, back + 1);
	return path;
}

/* The check "headers" tells these of the message itself. */
#define OWN_FAULTS (MIME_BAD_TYPE | MIME_TYPE_TWICE | MIME_ENCODING_TWICE)

/*
 * Faults that count.  Some mailers give the whole path once, or change case,
 * and OpenPGP signatures are called with and without ".asc".
 */
static unsigned
faults_of(const struct inquiry *q, const struct part *part)
{
	unsigned faults = part->faults;

	if (q->message->reached & LIMIT_BODY)
		faults &= ~(unsigned)CUT_FAULTS;
	if (part->index == 0)
		faults &= ~(unsigned)OWN_FAULTS;
	if (span_istarts(part->type, "application/pgp-") ||
	    span_ieq(base_name(part->name), base_name(part->other_name)))
		faults &= ~(unsigned)MIME_NAMES_DIFFER;
	return faults;
}

static void
judge_parts(struct inquiry *q, struct mime *mime)
{
	const struct part *part;
	unsigned faults;
	size_t i;

	for (i = 0; i < mime->count; i++) {
		part = &mime->parts[i];
		faults = faults_of(q, part);
		if (faults == 0 && part->notes == 0)
			continue;
		raise_signs(q, part_faults, faults,
		    describe_part(q, part, faults));
		raise_signs(q, part_notes, part->notes,
		    describe_part(q, part, 0));
	}
}

/* "size, colour": the tricks that something is hidden by. */
static const char *
name_tricks(struct inquiry *q, const struct html *html)
{
	struct span names = span_of("");
	size_t i, k;

	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++)
		for (k = 0; k < HTML_HIDDEN_REASONS; k++)
			if (tricks[i].bit == 1u << k && html->why[k] > 0)
				names = arena_printf(q->arena, "%.*s%s%s",
				    SPAN_ARG(names), names.n > 0 ? ", " : "",
				    tricks[i].name);
	return names.p;
}

static void
judge_html(struct inquiry *q, const struct html *html)
{
	raise_signs(q, html_limits, html->limits, span_of("of one part"));
	if (html->ambiguous)
		inquiry_raise(q, "HTML_AMBIGUOUS", "%s", "");
	if (html->tricked >= HIDDEN_LETTERS)
		inquiry_raise(q, "HTML_HIDDEN_TEXT", "%zu letters by %s, "
		    "%zu are seen: %.*s", html->tricked,
		    name_tricks(q, html), html->letters,
		    SPAN_ARG(span_head(html->hidden, SHOWN_BYTES)));
	if (html->unseen >= HIDDEN_LETTERS && html->unseen > html->letters)
		inquiry_raise(q, "HTML_HIDDEN_MOST", "%zu letters, %zu are "
		    "seen: %.*s", html->unseen, html->letters,
		    SPAN_ARG(span_head(html->hidden, SHOWN_BYTES)));
	if (html->passwords > 0)
		inquiry_raise(q, "HTML_ASKS_PASSWORD", "%zu fields",
		    html->passwords);
}

/* Some bytes on both sides of a place in text. */
static struct span
around(struct span text, size_t at)
{
	size_t from = at > AROUND_BYTES ? at - AROUND_BYTES : 0;

	return span_head(span_skip(text, from), at - from + AROUND_BYTES);
}

/* U+202D and U+202E, which turn the order of what follows them. */
static bool
is_override(struct span at)
{
	return at.n > 2 && span_starts(at, "\xe2\x80") &&
	    (at.p[2] == '\xad' || at.p[2] == '\xae');
}

/*
 * Words that are split by characters of no width, and overrides of the
 * direction of writing.  A soft hyphen is what honest writers split words by.
 */
static void
judge_text(struct inquiry *q, struct span text, size_t *split)
{
	static const char soft[] = "\xc2\xad";
	struct span rest = text;
	bool letter = false, zero = false;
	enum html_char kind;
	size_t n;

	for (; rest.n != 0; rest = span_skip(rest, n)) {
		n = span_ascii_run(rest);
		if (n != 0) {	/* its ends matter, and nothing inside */
			if (zero && char_alpha((unsigned char)rest.p[0]) &&
			    ++*split == SPLIT_WORDS)
				inquiry_raise(q, "WORDS_SPLIT", "%.*s",
				    SPAN_ARG(around(text, text.n - rest.n)));
			letter = char_alpha((unsigned char)rest.p[n - 1]);
			zero = false;
			continue;
		}
		kind = html_char_at(rest.p, rest.p + rest.n, &n);
		if (kind == HTML_CHAR_ZERO) {
			zero = zero || (letter && !span_starts(rest, soft));
			continue;
		}
		if (kind == HTML_CHAR_BIDI && is_override(rest))
			inquiry_raise(q, "BIDI_OVERRIDE", "%.*s",
			    SPAN_ARG(around(text, text.n - rest.n)));
		letter = zero = false;
	}
}

static void
judge_all(struct inquiry *q, const struct texts *texts, size_t *split)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (!span_ascii(texts->items[i]))
			judge_text(q, texts->items[i], split);
}

/* Subject and text first, then who it says it is from, and names of files. */
static void
judge_texts(struct inquiry *q, struct facts *f, const struct mime *mime)
{
	struct span from = facts_get(f, "From:name");
	size_t split = 0, i;

	judge_all(q, reading_body(f->reading), &split);
	judge_all(q, reading_aside(f->reading), &split);
	if (from.n > 0)
		judge_text(q, from, &split);
	for (i = 0; i < mime->count; i++)
		if (mime->parts[i].name.n > 0)
			judge_text(q, mime->parts[i].name, &split);
}

/* The shown text that looks like an address, else the first. */
static struct span
shown_address(const struct link *link)
{
	size_t i;

	for (i = 0; i < link->shown_count; i++)
		if (span_chr(link->shown[i], '.') < link->shown[i].n)
			return link->shown[i];
	return link->shown_count > 0 ? link->shown[0] : span_of("");
}

static void
judge_link(struct inquiry *q, const struct link *link)
{
	unsigned mask = link->sources != 0 ? ~0u : ~(unsigned)MARKUP_ONLY;

	raise_signs(q, link_flags, link->flags, link->raw);
	if (!link->seen || !link->good)
		return;
	/* Scanners of mail rewrite links, and not always what is shown. */
	if (link->flags & LINK_MISMATCH && !(link->flags & LINK_SCANNED))
		inquiry_raise(q, "LINK_MISMATCH", "%.*s leads to %.*s",
		    SPAN_ARG(span_head(shown_address(link), SHOWN_BYTES)),
		    SPAN_ARG(span_head(link->target.text, SHOWN_BYTES)));
	if (link->url.kind == URL_WEB)
		raise_signs(q, url_flags, link->url.flags & mask, link->raw);
	/* Scanners and archives make one of two slashes. */
	mask &= ~(unsigned)URL_SLASHES;
	if (link->target.kind == URL_WEB && link->wraps > 0)
		raise_signs(q, url_flags, link->target.flags & mask,
		    link->target.text);
}

static void
judge_links(struct inquiry *q, const struct links *links)
{
	size_t i;

	if (links->full)
		inquiry_raise(q, "LIMIT_LINKS", "%zu different ones kept",
		    links->count);
	for (i = 0; i < links->count; i++)
		judge_link(q, links->items[i]);
}

static enum answer
content_run(const void *self, struct inquiry *q)
{
	struct facts *f;
	struct mime *mime;
	const struct html *html;
	size_t i;

	(void)self;
	if (q->message->direction != DIRECTION_INBOUND)
		return ANSWERED;
	f = inquiry_facts(q);
	mime = reading_mime(f->reading);
	for (i = 0; i < mime->count; i++) {
		html = reading_html(f->reading, &mime->parts[i]);
		if (html != NULL)
			judge_html(q, html);
	}
	judge_texts(q, f, mime);
	judge_links(q, facts_links(f));
	/* Last: some faults are found by decoding. */
	judge_parts(q, mime);
	return ANSWERED;
}

const struct check check_content = {
	.name = "content",
	.options = rows,
	.size = sizeof(struct content_options),
	.symbols = symbols,
	.needs = content_needs,
	.run[STAGE_BODY] = content_run,
};
