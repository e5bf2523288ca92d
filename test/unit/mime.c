/* mime - the tree that hostile and broken messages are taken for. */
#include "mail/mime.h"
#include "mail/split.h"
#include "test/unit/test.h"

#define FIELDS_MAX 64

struct row {
	const char *name;
	const char *message;
	const char *tree;	/* as tree_put() writes it */
	unsigned faults, notes;	/* of the message, exact */
};

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"

static const struct row rows[] = {
	{ "plain", "Subject: x\n\nHi\n", "text/plain<Hi|>", 0,
	  MIME_TYPE_MISSING },
	{ "empty", "", "text/plain<>", 0, MIME_TYPE_MISSING },
	{ "no body", "Content-Type: text/html\n", "text/html<>", 0, 0 },
	{ "crlf", "Content-Type: text/plain\r\n\r\nHi\r\nyou\r\n",
	  "text/plain<Hi|you|>", 0, 0 },
	{ "bare cr stays", "Content-Type: text/plain\n\na\rb\n",
	  "text/plain<a\rb|>", 0, 0 },
	{ "other text types are plain", "Content-Type: text/enriched\n\nx",
	  "text/plain<x>", 0, 0 },
	{ "calendar is not shown", "Content-Type: text/calendar\n\nx",
	  "text/calendar<x>", 0, 0 },
	{ "text alone", "Content-Type: text\n\nx", "text/plain<x>",
	  MIME_BAD_TYPE, 0 },
	{ "blanks around the slash", "Content-Type: text / html\n\nx",
	  "text/html<x>", 0, 0 },
	{ "comment in the type", "Content-Type: text/html(c); a=b\n\nx",
	  "text/html<x>", 0, 0 },
	{ "comma for semicolon", "Content-Type: text/html, a=b\n\nx",
	  "text/html<x>", 0, 0 },
	{ "capitals", "CONTENT-TYPE: TEXT/HTML\n\nx", "text/html<x>", 0, 0 },
	{ "type twice: the last", "Content-Type: text/html\n"
	  "Content-Type: image/gif\n\nx", "image/gif<x>", MIME_TYPE_TWICE, 0 },
	{ "html by its name", "Content-Type: application/octet-stream;"
	  " name=a.SHTML\n\nx", "application/octet-stream:H#a.SHTML<x>", 0, 0 },
	/* Boundaries. */
	{ "two parts", MIXED "pre\n--b\n\none\n--b\n\ntwo\n--b--\n",
	  "multipart/mixed{text/plain<one>text/plain<two>}", MIME_NO_HEADERS,
	  MIME_TYPE_MISSING },
	{ "two parts, CRLF", "Content-Type: multipart/mixed; boundary=b\r\n"
	  "\r\n--b\r\nA: b\r\n\r\none\r\n\r\n--b--\r\n",
	  "multipart/mixed{text/plain<one|>}", 0, MIME_TYPE_MISSING },
	{ "mixed line ends", MIXED "--b\r\nA: b\n\r\none\r\n--b\nA: c\r\n\n"
	  "two\n--b--", "multipart/mixed{text/plain<one>text/plain<two>}", 0,
	  MIME_TYPE_MISSING },
	{ "CR alone everywhere", "Content-Type: multipart/mixed; boundary=b\r"
	  "\r--b\rA: b\r\rone\r--b--\r", "multipart/mixed{text/plain<one>}", 0,
	  MIME_TYPE_MISSING },
	{ "blanks behind a boundary", MIXED "--b \t \nA: b\n\none\n--b--  \n",
	  "multipart/mixed{text/plain<one>}", 0, MIME_TYPE_MISSING },
	{ "boundary with blanks at its end",
	  "Content-Type: multipart/mixed; boundary=\"b  \"\n\n"
	  "--b\nA: b\n\none\n--b--\n", "multipart/mixed{text/plain<one>}", 0,
	  MIME_TYPE_MISSING },
	{ "more behind a boundary is text", MIXED
	  "--b\nA: b\n\n--bx\n--b-\n---b\n--b--x\n--b--\n",
	  "multipart/mixed{text/plain<--bx|--b-|---b|--b--x>}", 0,
	  MIME_TYPE_MISSING },
	{ "dashes within lines are text", MIXED "-\nx --b\n--b\nA: b\n\n"
	  "one --b\n-\n --b\n-b\r--b\n----b\n--\n-\n--b--",
	  "multipart/mixed{text/plain<one --b|-| --b|-b\r--b|----b|--|->}", 0,
	  MIME_TYPE_MISSING },
	{ "no end", MIXED "--b\nA: b\n\none\n",
	  "multipart/mixed{text/plain<one|>}", MIME_UNCLOSED,
	  MIME_TYPE_MISSING },
	{ "nothing behind a boundary", MIXED "--b\nA: b\n\none\n--b\n",
	  "multipart/mixed{text/plain<one>}", MIME_UNCLOSED,
	  MIME_TYPE_MISSING },
	{ "nothing at all", MIXED, "multipart/mixed<>", MIME_BOUNDARY_ABSENT,
	  0 },
	{ "epilogue", MIXED "--b\nA: b\n\none\n--b--\nmore\n--b\n\nx\n",
	  "multipart/mixed{text/plain<one>}", MIME_EPILOGUE,
	  MIME_TYPE_MISSING },
	{ "epilogue of dots", MIXED "--b\nA: b\n\none\n--b--\n.\n \n",
	  "multipart/mixed{text/plain<one>}", 0, MIME_TYPE_MISSING },
	{ "never comes: all is one part", MIXED "one\nA: b\n",
	  "multipart/mixed{text/plain<one|A: b|>}", MIME_BOUNDARY_ABSENT,
	  MIME_TYPE_MISSING },
	{ "only the final one", MIXED "one\n--b--\ntwo\n",
	  "multipart/mixed{text/plain<one>}", MIME_BOUNDARY_ABSENT,
	  MIME_TYPE_MISSING },
	{ "no boundary: plain text",
	  "Content-Type: multipart/mixed\n\n--b\n\none\n--b--\n",
	  "text/plain<--b||one|--b--|>", MIME_NO_BOUNDARY, 0 },
	{ "empty boundary: the same",
	  "Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\none\n",
	  "text/plain<--||one|>", MIME_NO_BOUNDARY, 0 },
	{ "no boundary within: one part with a header", MIXED
	  "--b\nContent-Type: multipart/alternative\n\n"
	  "Content-Type: text/html\n\none\n--b--\n",
	  "multipart/mixed{multipart/alternative{text/html<one>}}",
	  MIME_NO_BOUNDARY | MIME_BOUNDARY_ABSENT, 0 },
	{ "open quote", "Content-Type: multipart/mixed; boundary=\"b\n\n"
	  "--b\nA: b\n\none\n--b--\n", "multipart/mixed{text/plain<one>}",
	  MIME_BAD_PARAM, MIME_TYPE_MISSING },
	{ "no semicolon", "Content-Type: multipart/mixed boundary=b\n\n"
	  "--b\nA: b\n\none\n--b--\n", "multipart/mixed{text/plain<one>}", 0,
	  MIME_TYPE_MISSING },
	{ "open comment hides no boundary",
	  "Content-Type: multipart/mixed; (x boundary=b\n\n"
	  "--b\nA: b\n\none\n--b--\n", "multipart/mixed{text/plain<one>}",
	  MIME_BAD_PARAM, MIME_TYPE_MISSING },
	{ "boundary twice: the first",
	  "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n"
	  "--b\nA: b\n\none\n--c\n--b--\n",
	  "multipart/mixed{text/plain<one|--c>}",
	  MIME_BAD_PARAM | MIME_BOUNDARY_RIVALS, MIME_TYPE_MISSING },
	{ "plain and continued boundary: the plain one",
	  "Content-Type: multipart/mixed; boundary*0=c; boundary=b\n\n"
	  "--b\nA: b\n\none\n--c\n--b--\n",
	  "multipart/mixed{text/plain<one|--c>}", MIME_BOUNDARY_RIVALS,
	  MIME_TYPE_MISSING },
	{ "the same boundary in both ways",
	  "Content-Type: multipart/mixed; boundary*=us-ascii''b; boundary=b\n"
	  "\n--b\nA: b\n\none\n--b--\n",
	  "multipart/mixed{text/plain<one>}", 0, MIME_TYPE_MISSING },
	{ "continued boundary, RFC 2231 section 3", "Content-Type: "
	  "multipart/mixed; boundary*0=\"b\"; boundary*1=c\n\n"
	  "--bc\nA: b\n\none\n--bc--\n", "multipart/mixed{text/plain<one>}",
	  0, MIME_TYPE_MISSING },
	{ "a part of its header alone", MIXED "--b\nContent-Type: image/gif\n"
	  "--b\n--b--\n", "multipart/mixed{image/gif<>text/plain<>}",
	  MIME_NO_HEADERS, MIME_TYPE_MISSING },
	{ "lines that are no fields hide none", MIXED "--b\njunk one\n junk\n"
	  "X-Y z\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n"
	  "\nPGI+\n--b--\n", "multipart/mixed{text/html<<b>>}",
	  MIME_BAD_HEADER, 0 },
	{ "text behind such a line is text", MIXED "--b\njunk\n\n"
	  "Content-Type: text/html\n--b--\n",
	  "multipart/mixed{text/plain<junk||Content-Type: text/html>}",
	  MIME_NO_HEADERS | MIME_NO_SEPARATOR, MIME_TYPE_MISSING },
	{ "no empty line", MIXED "--b\nContent-Type: text/html\n<p>\n--b--\n",
	  "multipart/mixed{text/html<<p>>}", MIME_NO_SEPARATOR, 0 },
	{ "no header at all", MIXED "--b\none\n--b--\n",
	  "multipart/mixed{text/plain<one>}",
	  MIME_NO_SEPARATOR | MIME_NO_HEADERS, MIME_TYPE_MISSING },
	{ "blank before the colon", MIXED
	  "--b\nContent-Type : text/html\n\nx\n--b--\n",
	  "multipart/mixed{text/html<x>}", 0, 0 },
	{ "folded field", MIXED
	  "--b\nContent-Type:\n\ttext/html;\n charset=x\n\nx\n--b--\n",
	  "multipart/mixed{text/html<x>}", MIME_CHARSET_UNKNOWN, 0 },
	/* Multiparts in multiparts. */
	{ "nested", MIXED "--b\nContent-Type: multipart/alternative; boundary"
	  "=c\n\n--c\nA: b\n\none\n--c--\n\n--b\nA: b\n\ntwo\n--b--\n",
	  "multipart/mixed{multipart/alternative{text/plain<one>}"
	  "text/plain<two>}", 0, MIME_TYPE_MISSING },
	{ "the outer one ends the inner", MIXED
	  "--b\nContent-Type: multipart/alternative; boundary=c\n\n"
	  "--c\nA: b\n\none\n--b\nA: b\n\ntwo\n--c\n--b--\n",
	  "multipart/mixed{multipart/alternative{text/plain<one>}"
	  "text/plain<two|--c>}", MIME_UNCLOSED, MIME_TYPE_MISSING },
	{ "the same boundary: the inner one first", MIXED
	  "--b\nContent-Type: multipart/alternative; boundary=b\n\n"
	  "--b\nA: b\n\none\n--b--\n--b\nA: b\n\ntwo\n--b--\n",
	  "multipart/mixed{multipart/alternative{text/plain<one>}"
	  "text/plain<two>}", MIME_BOUNDARY_TWICE, MIME_TYPE_MISSING },
	{ "one is the other's beginning", MIXED
	  "--b\nContent-Type: multipart/alternative; boundary=b1\n\n"
	  "--b1\nA: b\n\none\n--b1--\n--b--\n",
	  "multipart/mixed{multipart/alternative{text/plain<one>}}",
	  MIME_BOUNDARY_PREFIX, MIME_TYPE_MISSING },
	{ "one is the other's end: the outer wins", MIXED
	  "--b\nContent-Type: multipart/alternative; boundary=b--\n\n"
	  "--b--\nA: b\n\none\n--b----\n",
	  "multipart/mixed{multipart/alternative<>}",
	  MIME_BOUNDARY_PREFIX | MIME_BOUNDARY_ABSENT | MIME_EPILOGUE, 0 },
	/* Messages within. */
	{ "message", MIXED "--b\nContent-Type: message/rfc822\n\n"
	  "Subject: x\n\nHi\n--b--\n",
	  "multipart/mixed{message/rfc822{text/plain<Hi>}}", 0,
	  MIME_TYPE_MISSING },
	{ "digest, RFC 2046 section 5.1.5",
	  "Content-Type: multipart/digest; boundary=b\n\n"
	  "--b\n\nSubject: x\n\nHi\n--b--\n",
	  "multipart/digest{message/rfc822{text/plain<Hi>}}",
	  MIME_NO_HEADERS, MIME_TYPE_MISSING },
	{ "message in base64", "Content-Type: message/rfc822\n"
	  "Content-Transfer-Encoding: base64\n\n"
	  "Q29udGVudC1UeXBlOiB0ZXh0L2h0bWwKClgK\n",
	  "message/rfc822{text/html<X|>}", MIME_ENCODED_FRAME, 0 },
	{ "message that only says base64", "Content-Type: message/rfc822\n"
	  "Content-Transfer-Encoding: base64\n\nContent-Type: text/html\n\nX\n",
	  "message/rfc822{text/html<X|>}", MIME_ENCODED_FRAME, 0 },
	{ "multipart in base64",
	  "Content-Type: multipart/mixed; boundary=b\n"
	  "Content-Transfer-Encoding: base64\n\n"
	  "LS1iCkE6IGIKCm9uZQotLWItLQo=\n",
	  "multipart/mixed{text/plain<one>}", MIME_ENCODED_FRAME,
	  MIME_TYPE_MISSING },
	{ "multipart that only says base64",
	  "Content-Type: multipart/mixed; boundary=b\n"
	  "Content-Transfer-Encoding: base64\n\n--b\nA: b\n\none\n--b--\n",
	  "multipart/mixed{text/plain<one>}", MIME_ENCODED_FRAME,
	  MIME_TYPE_MISSING },
	{ "bad lines in the header of a message within",
	  "Content-Type: message/rfc822\n\nFrom me today\nbad\n more\nbad\n"
	  "Content-Type: text/html\n\nX\n", "message/rfc822{text/html<X|>}",
	  MIME_BAD_HEADER, 0 },
	{ "too many of them",
	  "Content-Type: message/rfc822\n\nA: b\nbad\nbad\nbad\nbad\n"
	  "Content-Type: text/html\n\nX\n", "message/rfc822{text/plain<bad|"
	  "Content-Type: text/html||X|>}",
	  MIME_BAD_HEADER | MIME_NO_SEPARATOR, MIME_TYPE_MISSING },
	{ "nothing but bad lines", MIXED "--b\nContent-Type: message/rfc822\n\n"
	  "this is no message\n--b--\n", "multipart/mixed{message/rfc822{"
	  "text/plain<this is no message>}}", MIME_BAD_HEADER,
	  MIME_TYPE_MISSING },
	{ "delivery status is no message",
	  "Content-Type: message/delivery-status\n\nA: b\n",
	  "message/delivery-status<A: b|>", 0, 0 },
	/* Encodings. */
	{ "base64", "Content-Type: text/plain\n"
	  "Content-Transfer-Encoding: base64\n\nSGkN\nCg==\n",
	  "text/plain<Hi|>", 0, 0 },
	{ "encoding twice: the last that is known",
	  "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n"
	  "Content-Transfer-Encoding: nonsense\n\nSGk=\n", "text/plain<Hi>",
	  MIME_ENCODING_TWICE | MIME_BAD_ENCODING, 0 },
	{ "unknown encoding", "Content-Type: text/plain\n"
	  "Content-Transfer-Encoding: base-64\n\nSGk=\n", "text/plain<SGk=|>",
	  MIME_BAD_ENCODING, 0 },
	{ "junk in base64", "Content-Type: text/plain\n"
	  "Content-Transfer-Encoding: BASE64;\n\nS*G*k\n", "text/plain<Hi>",
	  MIME_BAD_BASE64, 0 },
	{ "quoted-printable", "Content-Type: text/plain; charset=utf-8\n"
	  "Content-Transfer-Encoding: quoted-printable\n\n=C3=A4 =\n=zz\n",
	  "text/plain<\xc3\xa4 =zz|>", MIME_BAD_QUOTED, 0 },
	{ "uuencode", "Content-Type: image/gif\n"
	  "Content-Transfer-Encoding: x-uuencode\n\n"
	  "begin 644 a\n#86)C\n`\nend\n",
	  "image/gif<abc>", 0, 0 },
	{ "uuencode in a text", "Content-Type: text/plain\n\n"
	  "Hi\nbegin 644 a.exe\n#86)C\n`\nend\n",
	  "text/plain<Hi|begin 644 a.exe|#86)C|`|end|>", 0, MIME_UUENCODED },
	{ "a text that begins", "Content-Type: text/plain\n\n"
	  "begin 644 a day well\nwith care\n",
	  "text/plain<begin 644 a day well|with care|>", 0, 0 },
	/* Names and notes. */
	{ "disposition names the file",
	  "Content-Type: text/plain; name=a.txt\n"
	  "Content-Disposition: attachment; filename=b.txt\n\nx",
	  "text/plain#b.txt<x>", MIME_NAMES_DIFFER, MIME_ATTACHMENT },
	{ "tnef", "Content-Type: application/ms-tnef\n\nx",
	  "application/ms-tnef<x>", 0, MIME_TNEF },
	{ "tnef by name", "Content-Type: a/b; name=WinMail.dat\n\nx",
	  "a/b#WinMail.dat<x>", 0, MIME_TNEF },
	{ "opaque", "Content-Type: application/x-pkcs7-mime;"
	  " smime-type=signed-data\n\nx", "application/x-pkcs7-mime<x>", 0,
	  MIME_SMIME | MIME_SIGNED },
	{ "partial", "Content-Type: message/partial; id=x\n\nx",
	  "message/partial<x>", 0, MIME_PARTIAL },
	/* Text. */
	{ "charset of the label", "Content-Type: text/plain; charset=koi8-r\n"
	  "\n\xd4\n", "text/plain<\xd1\x82|>", 0, 0 },
	{ "charset that HTML names", "Content-Type: text/html\n\n"
	  "<meta charset='koi8-r'>\xd4", "text/html<<meta charset='koi8-r'>"
	  "\xd1\x82>", 0, 0 },
	{ "not in its charset", "Content-Type: text/plain; charset=utf-8\n\n"
	  "\xe4", "text/plain<\xc3\xa4>", MIME_CHARSET_WRONG, 0 },
};

static void
text_put(struct buf *b, struct span text)
{
	for (; text.n != 0; text = span_skip(text, 1))
		buf_char(b, text.p[0] == '\n' ? '|' : text.p[0]);
}

/* Writes a part with all it holds; returns the index behind it. */
static size_t
tree_put(struct buf *b, struct arena *arena, struct mime *mime, size_t i)
{
	struct part *part = &mime->parts[i];
	size_t end = part->end;
	bool leaf = part->children == 0;

	buf_span(b, part->type);
	if (part->kind == PART_HTML && !span_is(part->type, "text/html"))
		buf_puts(b, ":H");
	if (part->name.n != 0)
		buf_puts(b, "#");
	buf_span(b, part->name);
	buf_char(b, leaf ? '<' : '{');
	if (leaf)
		text_put(b, part_readable(part) ? part_text(arena, part) :
		    part_bytes(arena, part));
	for (i++; i < end; )
		i = tree_put(b, arena, mime, i);
	buf_char(b, leaf ? '>' : '}');
	return end;
}

/* Parses a whole message in memory. */
static void
message_parse(struct arena *arena, struct span text, struct mime *mime)
{
	/* The parts keep pointing at them. */
	struct header *headers = arena_alloc(arena,
	    FIELDS_MAX * sizeof(*headers));
	struct split_field field;
	struct split split;
	size_t n = 0;

	split_begin(&split, text);
	while (n < FIELDS_MAX && split_field(&split, &field)) {
		headers[n].name = field.name;
		headers[n++].value = field.value;
	}
	mime_parse(arena, headers, n, split.rest, mime);
}

static void
row_run(const struct row *row)
{
	struct arena arena;
	struct mime mime;
	struct buf got;

	arena_init(&arena);
	buf_init(&got, 1 << 20);
	message_parse(&arena, span_of(row->message), &mime);
	CHECK(row->name, tree_put(&got, &arena, &mime, 0) == mime.count);
	mime_sum(&mime);
	CHECK_TEXT(row->name, buf_string(&got), row->tree);
	if (!CHECK(row->name, mime.faults == row->faults))
		fprintf(stderr, "  %x for %x\n", mime.faults, row->faults);
	if (!CHECK(row->name, mime.notes == row->notes))
		fprintf(stderr, "  %x for %x\n", mime.notes, row->notes);
	buf_done(&got);
	arena_done(&arena);
}

/* A message made of a header and so many copies of a piece, in which "#" is
 * its number and "+" the next one. */
struct flood {
	const char *name;
	const char *header, *piece;
	unsigned faults;	/* at least these */
	size_t parts_min, parts_max;
};

#define FLOOD 100000

static const struct flood floods[] = {
	{ "parts", MIXED, "--b\n\nx\n", MIME_TOO_MANY_PARTS, MIME_PARTS_MAX,
	  MIME_PARTS_MAX },
	{ "boundaries alone", MIXED, "--b\n", MIME_TOO_MANY_PARTS,
	  MIME_PARTS_MAX, MIME_PARTS_MAX },
	{ "nested multiparts of one boundary", MIXED,
	  "--b\nContent-Type: multipart/mixed; boundary=b\n\n",
	  MIME_TOO_DEEP, MIME_PARTS_MAX, MIME_PARTS_MAX },
	{ "nested multiparts",
	  "Content-Type: multipart/mixed; boundary=0\n\n",
	  "--#\nContent-Type: multipart/mixed; boundary=+\n\n",
	  MIME_TOO_DEEP, MIME_DEPTH_MAX + 1, MIME_DEPTH_MAX + 1 },
	{ "nested messages", "Content-Type: message/rfc822\n\n",
	  "Content-Type: message/rfc822\n\n", MIME_TOO_DEEP,
	  MIME_DEPTH_MAX + 1, MIME_DEPTH_MAX + 1 },
	{ "boundaries that never come", MIXED,
	  "--b\nContent-Type: multipart/mixed; boundary=c#\n\nx\n",
	  MIME_TOO_MANY_REREADS | MIME_TOO_MANY_PARTS, MIME_PARTS_MAX,
	  MIME_PARTS_MAX },
	{ "header fields", MIXED "--b\n", "A: b\n", MIME_TOO_MANY_HEADERS,
	  2, 2 },
	{ "folded lines", MIXED "--b\nA: b\n", " c\n",
	  MIME_TOO_MANY_HEADERS, 2, 2 },
	{ "parameters", MIXED "--b\nContent-Type: text/plain", "; a=b",
	  MIME_BAD_PARAM, 2, 2 },
	{ "open comments", MIXED "--b\nContent-Type: text/plain", ";(",
	  MIME_BAD_PARAM, 2, 2 },
	{ "dashes", MIXED "--b\n\n", "-", 0, 2, 2 },
	{ "begin lines", "Content-Type: text/plain\n\n", "begin 644 a\n", 0,
	  1, 1 },
};

static void
piece_put(struct buf *b, const char *piece, size_t number)
{
	for (; *piece != '\0'; piece++) {
		if (*piece == '#' || *piece == '+')
			buf_printf(b, "%zu", number + (*piece == '+'));
		else
			buf_char(b, *piece);
	}
}

static void
flood_run(const struct flood *flood)
{
	struct arena arena;
	struct mime mime;
	struct buf text;
	size_t i;

	arena_init(&arena);
	buf_init(&text, (size_t)64 << 20);
	buf_puts(&text, flood->header);
	for (i = 0; i < FLOOD; i++)
		piece_put(&text, flood->piece, i);
	message_parse(&arena, buf_contents(&text), &mime);
	CHECK(flood->name, mime.count >= flood->parts_min);
	CHECK(flood->name, mime.count <= flood->parts_max);
	if (!CHECK(flood->name, (mime.faults & flood->faults) ==
	    flood->faults))
		fprintf(stderr, "  %x, %zu parts\n", mime.faults, mime.count);
	CHECK(flood->name, arena.used < text.n * 2 + (4 << 20));
	buf_done(&text);
	arena_done(&arena);
}

/* What a message in so many layers of base64 is seen as. */
static void
wraps_run(void)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[8192] = "Content-Type: text/html\n\nx  ", coded[8192];
	struct arena arena;
	struct mime mime;
	size_t i, layer, n;
	unsigned group;

	for (layer = 0; layer <= MIME_WRAPS_MAX; layer++) {
		n = (size_t)sprintf(coded, "Content-Type: message/rfc822\n"
		    "Content-Transfer-Encoding: base64\n\n");
		for (i = 0; i < strlen(text); i += 3) {
			group = (unsigned)(unsigned char)text[i] << 16 |
			    (unsigned)(unsigned char)text[i + 1] << 8 |
			    (unsigned char)text[i + 2];
			coded[n++] = digits[group >> 18];
			coded[n++] = digits[group >> 12 & 63];
			coded[n++] = digits[group >> 6 & 63];
			coded[n++] = digits[group & 63];
		}
		coded[n] = '\0';
		while (n % 3 != 0)
			coded[n++] = '\n';
		coded[n] = '\0';
		memcpy(text, coded, n + 1);
		memset(text + n + 1, 0, 3);
	}
	arena_init(&arena);
	message_parse(&arena, span_of(text), &mime);
	CHECK("wraps", mime.count == MIME_WRAPS_MAX + 1);
	CHECK("wraps", (mime.faults & MIME_TOO_MANY_WRAPS) != 0);
	arena_done(&arena);
}

static void
fields_run(void)
{
	struct arena arena;
	struct mime mime;

	arena_init(&arena);
	message_parse(&arena, span_of("A: 1\nContent-ID: <x@y>\na: 2\n\n"),
	    &mime);
	CHECK("first", span_is(part_field(mime.parts, "A", 0)->value, " 1"));
	CHECK("second", span_is(part_field(mime.parts, "A", 1)->value, " 2"));
	CHECK("third", part_field(mime.parts, "A", 2) == NULL);
	CHECK("last", span_is(part_last_field(mime.parts, "A")->value, " 2"));
	CHECK("none", part_last_field(mime.parts, "B") == NULL);
	CHECK("id", span_is(mime.parts[0].content_id, "x@y"));
	arena_done(&arena);
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		row_run(&rows[i]);
	for (i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
		flood_run(&floods[i]);
	wraps_run();
	fields_run();
	return test_end();
}
