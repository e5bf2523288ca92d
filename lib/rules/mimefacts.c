/* mimefacts - how the parts of a message are encoded. */
#include "rules/mimefacts.h"

#include <string.h>

#include "rules/fieldtext.h"
#include "rules/locales.h"

#define LINE_MAX_READ 2048	/* bytes of a line in a multipart; cut there */
#define QP_LINE 79		/* RFC 5322 section 2.1.1, and the line end */
#define CHARSET_MAX 40		/* bytes of a name that is looked at */

/* A part as its header says it. */
struct mime_part {
	struct span type;	/* lower case */
	struct span encoding;	/* lower case, all of the field */
	struct span disposition;	/* likewise */
	struct span charset;	/* lower case; p is NULL without one */
	bool plain, html, ascii, qp, base64, bare, counted;
	bool sized;		/* its size is wanted */
	bool referring;		/* it may have references */
	size_t size;
};

/* The value of the last such field, on one line; empty without one. */
static struct span
field(struct facts *f, const struct part *part, const char *name)
{
	const struct header *h = part_last_field(part, name);

	return h != NULL ? field_decode(f->arena, h->name, h->value) :
	    span_of("");
}

static bool
contains(struct span s, const char *what)
{
	return span_find(s, span_of(what)) < s.n;
}

/*
 * What stands behind "charset=" up to a semicolon, a quote before and behind
 * it taken off; p is NULL without it.  SpamAssassin judges by this, and not by
 * what a reader makes of a broken field.
 */
static struct span
declared_charset(struct span value)
{
	struct span rest;
	size_t i, end;

	for (i = 0; i + 7 <= value.n; i++) {
		rest = span_skip(value, i);
		if ((i > 0 && char_word(value.p[i - 1])) ||
		    !span_istarts(rest, "charset"))
			continue;
		rest = span_trim(span_skip(rest, 7));
		if (!span_starts(rest, "="))
			continue;
		rest = span_trim(span_skip(rest, 1));
		if (span_starts(rest, "\"") || span_starts(rest, "'"))
			rest = span_skip(rest, 1);
		end = span_chr(rest, ';');
		if (end > 0 && (rest.p[end - 1] == '"' ||
		    rest.p[end - 1] == '\''))
			end--;
		return span_head(rest, end);
	}
	return (struct span){NULL, 0};
}

/* The type that the field itself says, whatever else speaks for another. */
static struct span
declared_type(const struct part *part)
{
	struct span d = part->declared;

	if (d.n == 0 || (span_is(span_head(d, span_chr(d, '/')), "text") &&
	    !span_is(d, "text/html") && !span_is(d, "text/calendar") &&
	    !span_is(d, "text/x-vcard")))
		return span_of("text/plain");
	return d;
}

static void
read_part(struct facts *f, const struct part *part, struct mime_part *p)
{
	struct span charset;

	p->type = declared_type(part);
	p->encoding = arena_lower(f->arena, field(f, part,
	    "Content-Transfer-Encoding"));
	p->disposition = arena_lower(f->arena, field(f, part,
	    "Content-Disposition"));
	charset = declared_charset(field(f, part, "Content-Type"));
	p->charset = charset;
	if (charset.p != NULL)
		p->charset = arena_lower(f->arena, charset);
	p->plain = span_is(p->type, "text/plain");
	p->html = span_is(p->type, "text/html");
	p->ascii = p->plain && (charset.p == NULL ||
	    span_is(p->charset, "us-ascii"));
	p->qp = span_is(p->encoding, "quoted-printable");
	p->base64 = span_is(p->encoding, "base64") &&
	    !span_is(p->type, "application/ics");
	p->bare = p->plain && (p->encoding.n == 0 ||
	    span_is(p->encoding, "7bit") || span_is(p->encoding, "8bit"));
	p->counted = !contains(p->disposition, "attachment");
	p->size = 0;
}

/* Names of ASCII, as SpamAssassin finds them: within other names, too. */
static bool
ascii_charset(struct span charset)
{
	static const char *const names[] = {"ascii", "us", "ansi_x3.4-1968",
	    "ansi_x3.4-1986", "iso-ir-6", "iso_646.irv:1991", "ibm367",
	    "cp367"};
	size_t i;

	if (charset.n == 0 || span_is(charset, "0"))
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (contains(charset, names[i]))
			return true;
	return false;
}

/* Whether no letter or digit stands at that place. */
static bool
word_ends(struct span s, size_t at)
{
	return at >= s.n || !char_word(s.p[at]);
}

/* "8859-1" to "8859-15", "2022-jp", "2022-kr". */
static bool
iso_number(struct span s)
{
	size_t n = 5;

	if (span_starts(s, "2022-jp") || span_starts(s, "2022-kr"))
		return word_ends(s, 7);
	if (!span_starts(s, "8859-"))
		return false;
	while (n < s.n && n < 7 && char_digit((unsigned char)s.p[n]))
		n++;
	return n > 5 && word_ends(s, n);
}

/* "iso-" and two things with a dash between them. */
static bool
iso_like(struct span s)
{
	size_t n = 0;

	while (n < s.n && !char_space((unsigned char)s.p[n]))
		n++;
	s = span_head(s, n);
	if (s.n == 0)
		return false;
	for (n = 1 + span_chr(span_skip(s, 1), '-'); n < s.n; n++)
		if (char_word(s.p[n]))
			return true;
	return false;
}

static bool
bad_iso_charset(struct span charset)
{
	bool like = false;
	size_t i;

	for (i = 0; i + 4 <= charset.n; i++) {
		if (!span_starts(span_skip(charset, i), "iso-"))
			continue;
		if (iso_number(span_skip(charset, i + 4)))
			return false;
		like = like || iso_like(span_skip(charset, i + 4));
	}
	return like;
}

/* Charsets without upper case, or in which bytes only look like it. */
bool
mimefacts_caseless(struct span charset)
{
	static const char *const names[] = {"koi", "jp", "jis", "euc", "gb",
	    "big5", "isoir", "cp1251", "windows-1251", "georgianps", "pt154",
	    "tis"};
	char name[CHARSET_MAX];
	size_t i;

	if (charset.n > sizeof(name))
		return false;
	for (i = 0; i < charset.n; i++) {
		name[i] = (char)char_lower((unsigned char)charset.p[i]);
		if (!char_word(name[i]) && name[i] != '-')
			return false;
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (contains(span_make(name, charset.n), names[i]))
			return true;
	return false;
}

static bool
has_letter(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (char_alpha((unsigned char)s.p[i]))
			return true;
	return false;
}

static void
judge_charset(struct facts *f, struct mime_facts *m, struct span charset)
{
	struct span locales = locales_of(f->rules), word;

	m->bad_iso = m->bad_iso || bad_iso_charset(charset);
	if (!has_letter(charset))
		return;
	m->faraway = m->faraway || (!locales_all(locales) &&
	    !locales_read(locales, charset));
	while (span_word(&charset, &word))
		m->caseless = m->caseless || mimefacts_caseless(word);
}

static void
judge_header(struct facts *f, struct mime_facts *m, const struct mime_part *p)
{
	bool base64 = contains(p->encoding, "base64");

	m->alternative = m->alternative ||
	    span_is(p->type, "multipart/alternative");
	m->html += p->html;
	m->text += !p->html && span_starts(p->type, "text");
	m->base64 += base64;
	m->qp += !base64 && contains(p->encoding, "quoted-printable");
	m->attachments += !p->counted;
	if (base64 && span_starts(p->type, "text") &&
	    ascii_charset(p->charset) &&
	    !span_starts(p->disposition, "attachment") &&
	    !span_starts(p->disposition, "inline"))
		m->base64_text = true;
	judge_charset(f, m, p->charset);
}

static bool
upper_hex(char c)
{
	return char_digit((unsigned char)c) || (c >= 'A' && c <= 'F');
}

/* What stands for itself as well: printable but "=", and tab. */
static bool
needless(char high, char low)
{
	if (!upper_hex(low))
		return false;
	if (high == '0')
		return low == '9';
	if (high == '3')
		return low != 'D';
	if (high == '7')
		return low != 'F';
	return high == '2' || high == '4' || high == '5' || high == '6';
}

static bool
blank_escape(const char *p)
{
	return memcmp(p, "=20", 3) == 0 || memcmp(p, "=09", 3) == 0;
}

static size_t
needless_escapes(struct span line)
{
	struct span rest = line;
	size_t n = 0, end, taken;

	for (;; rest = span_skip(rest, taken)) {
		rest = span_skip(rest, span_chr(rest, '='));
		if (rest.n < 3)
			break;
		taken = needless(rest.p[1], rest.p[2]) ? 3 : 1;
		n += taken == 3;
	}
	if (n == 0)
		return 0;
	/* Blanks at the end of a line have to be escaped. */
	for (end = line.n; end > 0; end--)
		if (!char_space((unsigned char)line.p[end - 1]))
			break;
	for (; end >= 3 && blank_escape(line.p + end - 3); end -= 3)
		n--;
	return n;
}

/* ended: so many CR are no bytes of the text. */
static bool
illegal_ascii(struct span text, size_t ended)
{
	return !span_ascii(text) || span_chr(text, '\0') < text.n ||
	    span_count(text, '\r') > ended;
}

/* "&#x1234;" */
static bool
is_reference(struct span s)
{
	return s.n >= 8 && span_starts(s, "&#x") && upper_hex(s.p[3]) &&
	    upper_hex(s.p[4]) && upper_hex(s.p[5]) && upper_hex(s.p[6]) &&
	    s.p[7] == ';';
}

static size_t
count_references(struct span line)
{
	size_t n = 0;
	bool is;

	for (line = span_skip(line, span_chr(line, '&')); line.n > 0;
	    line = span_skip(line, span_chr(line, '&'))) {
		is = is_reference(line);
		n += is;
		line = span_skip(line, is ? 8 : 1);
	}
	return n;
}

/* One line without its end, which counts ended (0 or 1) bytes. */
static inline void
take_line(struct mime_facts *m, struct mime_part *p, struct span line,
    size_t ended)
{
	size_t length = line.n + ended, n;

	if (p->sized)
		p->size += length;
	if (p->base64 && length > m->base64_line)
		m->base64_line = length;
	if (p->qp && !span_starts(line, "SPAM: ")) {
		m->long_line = m->long_line || length > QP_LINE;
		m->qp_bytes += length;
		m->qp_needless += needless_escapes(line);
	}
	if (p->bare) {
		n = p->referring ? count_references(line) : 0;
		m->references += n;
		m->characters += length - n * 8;
	}
}

/* SpamAssassin cuts long lines while it takes a multipart apart. */
static bool
within_multipart(const struct mime *mime, const struct part *part)
{
	while (part->index != 0) {
		part = &mime->parts[part->parent];
		if (part->kind == PART_MULTIPART)
			return true;
	}
	return false;
}

/* Whether lines end with CRLF: then CR is no byte of the text. */
static bool
ends_crlf(struct span body)
{
	size_t at = span_rchr(body, '\n');

	return at < body.n && at > 0 && body.p[at - 1] == '\r';
}

/* Returns how many lines ended with CRLF, where lines do. */
static size_t
take_lines(struct mime_facts *m, struct mime_part *p, struct span text,
    bool crlf, bool cut)
{
	const char *at = text.p, *end = at + text.n, *stop;
	struct span line;
	size_t ended, n = 0;

	for (; at < end; at = stop + ended) {
		stop = memchr(at, '\n', (size_t)(end - at));
		ended = stop != NULL;
		stop = ended ? stop : end;
		line = span_between(at, stop);
		if (crlf && ended && line.n > 0 && stop[-1] == '\r') {
			line.n--;
			n++;
		}
		for (; cut && line.n + ended > LINE_MAX_READ;
		    line = span_skip(line, LINE_MAX_READ))
			take_line(m, p, span_head(line, LINE_MAX_READ), 1);
		take_line(m, p, line, ended);
	}
	return n;
}

static void
judge_body(struct mime_facts *m, struct mime_part *p, struct span text,
    bool crlf, bool cut)
{
	size_t ended;

	p->sized = m->alternative && p->counted && (p->plain || p->html);
	p->referring = span_chr(text, '&') < text.n;
	ended = take_lines(m, p, text, crlf, cut);
	m->illegal = m->illegal || (p->ascii && illegal_ascii(text, ended));
}

static void
keep_size(struct mime_facts *m, const struct mime_part *p)
{
	if (p->counted && p->html) {
		m->has_html_size = true;
		m->html_size = p->size;
	} else if (p->counted && p->plain) {
		m->has_text_size = true;
		m->text_size = p->size;
	}
}

void
mimefacts_find(struct facts *f, struct mime_facts *out)
{
	struct mime *mime = reading_mime(f->reading);
	bool crlf = ends_crlf(buf_contents(&f->message->body));
	struct mime_part p;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->unclosed = (mime->faults & MIME_UNCLOSED) != 0;
	for (i = 0; i < mime->count; i++) {
		read_part(f, &mime->parts[i], &p);
		judge_header(f, out, &p);
		if (mime->parts[i].children > 0)
			continue;
		judge_body(out, &p, mime->parts[i].raw, crlf,
		    within_multipart(mime, &mime->parts[i]));
		keep_size(out, &p);
	}
}
