/*
 * eval_mime - functions about the parts of a message as they are encoded, of
 * SpamAssassin's MIMEEval.
 */
#include "rules/eval.h"

#include "rules/evalarg.h"
#include "rules/locales.h"
#include "rules/mimefacts.h"

#define CAPS_TEXT_MIN 200	/* bytes of text; less says nothing */

struct mime_slot {
	struct mime_facts facts;
	bool has_caps;
	double caps;		/* percentage of letters and digits */
};

static struct mime_slot *
slot_of(struct facts *f)
{
	struct mime_slot *slot = f->slots[SLOT_MIME];

	if (slot == NULL) {
		slot = f->slots[SLOT_MIME] = arena_alloc(f->arena,
		    sizeof(*slot));
		mimefacts_find(f, &slot->facts);
	}
	return slot;
}

static const struct mime_facts *
facts_of(struct facts *f)
{
	return &slot_of(f)->facts;
}

static double
qp_ratio(const struct mime_facts *m)
{
	return m->qp_bytes == 0 ? 0 :
	    (double)m->qp_needless / (double)m->qp_bytes;
}

static double
multipart_ratio(const struct mime_facts *m)
{
	if (!m->alternative || !m->has_text_size || !m->has_html_size ||
	    m->html_size == 0)
		return 1;
	return (double)m->text_size / (double)m->html_size;
}

static double
unicode_ratio(const struct mime_facts *m)
{
	return m->characters == 0 ? 0 :
	    (double)m->references / (double)m->characters;
}

static int
check_mime(struct facts *f, const struct eval_call *call)
{
	const struct mime_facts *m = facts_of(f);
	const struct {
		const char *name;
		bool is;
	} rows[] = {
		{"mime_attachment", m->attachments > 0},
		{"mime_ascii_text_illegal", m->illegal},
		{"mime_bad_iso_charset", m->bad_iso},
		{"mime_base64_count", m->base64 > 0},
		{"mime_base64_encoded_text", m->base64_text},
		{"mime_body_html_count", m->html > 0},
		{"mime_body_text_count", m->text > 0},
		{"mime_faraway_charset", m->faraway},
		{"mime_missing_boundary", m->unclosed},
		{"mime_multipart_alternative", m->alternative},
		{"mime_multipart_ratio", multipart_ratio(m) != 0},
		{"mime_qp_count", (m->qp_bytes > 0 ? m->qp_needless :
		    m->qp) > 0},
		{"mime_qp_long_line", m->long_line},
		{"mime_qp_ratio", m->qp_needless > 0},
		{"mime_text_unicode_ratio", m->references > 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_is(call->args[0].text, rows[i].name))
			return rows[i].is;
	return 0;
}

static bool
says_html(struct facts *f)
{
	return span_istarts(facts_get(f, "Content-Type"), "text/html");
}

static int
mime_html(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return says_html(f) || facts_of(f)->html > 0;
}

static int
mime_html_only(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return says_html(f) ||
	    (facts_of(f)->html > 0 && facts_of(f)->text == 0);
}

static int
mime_multipart_ratio(struct facts *f, const struct eval_call *call)
{
	double ratio = multipart_ratio(facts_of(f));

	return ratio >= evalarg_number(call, 0, 0) &&
	    ratio < evalarg_number(call, 1, 0);
}

static int
ascii_text_illegal(struct facts *f, const struct eval_call *call)
{
	(void)call;
	return facts_of(f)->illegal;
}

static int
abundant_unicode(struct facts *f, const struct eval_call *call)
{
	struct span ratio = call->args[0].text;

	/* As there, a ratio without a dot is none. */
	return span_chr(ratio, '.') < ratio.n &&
	    unicode_ratio(facts_of(f)) >= evalarg_number(call, 0, 1);
}

static int
least_qp_ratio(struct facts *f, const struct eval_call *call)
{
	return qp_ratio(facts_of(f)) >= evalarg_number(call, 0, 0);
}

static int
base64_length(struct facts *f, const struct eval_call *call)
{
	double length = (double)facts_of(f)->base64_line;

	return length >= evalarg_number(call, 0, 0) &&
	    length <= evalarg_number(call, 1, length);
}

/* Behind "charset=" in quotes, or up to a blank. */
static struct span
quoted_charset(struct span type)
{
	static const char *const quotes[] = {"charset=\"", "charset='"};
	struct span rest, word;
	size_t i, at, end;

	for (i = 0; i < 2; i++)
		for (at = 0; at < type.n; at++) {
			rest = span_skip(type, at);
			if (!span_istarts(rest, quotes[i]))
				continue;
			rest = span_skip(rest, 9);
			end = span_chr(rest, quotes[i][8]);
			if (end > 0 && end < rest.n)
				return span_head(rest, end);
		}
	for (at = 0; at < type.n; at++) {
		rest = span_skip(type, at + 8);
		if (span_istarts(span_skip(type, at), "charset=") &&
		    rest.n > 0 && !char_space((unsigned char)rest.p[0]) &&
		    span_word(&rest, &word))
			return word;
	}
	return (struct span){NULL, 0};
}

/* A charset such as KOI8-R holds ASCII too: most bytes have to be beyond. */
static bool
mostly_high(const struct texts *body)
{
	size_t i, k, high = 0, low = 0;

	for (i = 0; i < body->count; i++) {
		low += i > 0;
		for (k = 0; k < body->items[i].n; k++)
			if ((unsigned char)body->items[i].p[k] > 127)
				high++;
			else
				low++;
	}
	return high >= low && high > 3;
}

static int
faraway_charset(struct facts *f, const struct eval_call *call)
{
	struct span locales = locales_of(f->rules), charset;

	(void)call;
	if (locales_all(locales))
		return 0;
	charset = quoted_charset(facts_get(f, "Content-Type"));
	return charset.p != NULL && !locales_read(locales, charset) &&
	    mostly_high(reading_body(f->reading));
}

/* Two words of 60 to 76 bytes each: base64 that nobody decoded. */
static bool
base64_line(struct span line)
{
	size_t i = 0, words, from;

	for (words = 0; words < 2; words++) {
		for (from = i; i < line.n && (char_alpha((unsigned char)
		    line.p[i]) || char_digit((unsigned char)line.p[i]) ||
		    line.p[i] == '+' || line.p[i] == '/' ||
		    line.p[i] == '='); i++)
			continue;
		if (i - from < 60 || i - from > 76 || i == line.n ||
		    line.p[i] != ' ')
			return false;
		i++;
	}
	return true;
}

/* Two words at least. */
static bool
inner_blank(struct span line)
{
	struct span word;

	return span_word(&line, &word) && span_trim(line).n > 0;
}

struct caps {
	size_t bytes, lower, upper;
};

static void
count_caps(struct span s, struct caps *caps)
{
	caps->bytes += s.n;
	caps->upper += span_count_between(s, 'A', 'Z');
	caps->lower += span_count_between(s, 'a', 'z') +
	    span_count_between(s, '0', '9');
}

/* Without ISO-2022-JP's: from the first shift out to the last one back. */
static void
count_line(struct span line, struct caps *caps)
{
	struct span back = SPAN("\033(B");
	size_t from = span_chr(line, '\033'), to, at;

	if (from < line.n)
		from = span_find(line, span_of("\033$B"));
	to = from;
	for (at = from; at + back.n <= line.n; at++)
		if (span_eq(span_head(span_skip(line, at), back.n), back))
			to = at + back.n;
	if (to == from) {
		count_caps(line, caps);
		return;
	}
	count_caps(span_head(line, from), caps);
	count_caps(span_skip(line, to), caps);
}

static double
caps_share(struct facts *f)
{
	struct span charset = quoted_charset(facts_get(f, "Content-Type"));
	const struct texts *body;
	struct caps caps = {0, 0, 0};
	size_t i;

	if (facts_of(f)->caseless || mimefacts_caseless(charset))
		return 0;
	body = reading_body(f->reading);
	for (i = 0; i < body->count; i++)
		if (inner_blank(body->items[i]) &&
		    !base64_line(body->items[i]))
			count_line(body->items[i], &caps);
	if (caps.bytes < CAPS_TEXT_MIN || caps.upper == 0)
		return 0;
	return (double)caps.upper / (double)(caps.upper + caps.lower) * 100;
}

static int
uppercase(struct facts *f, const struct eval_call *call)
{
	struct mime_slot *slot = slot_of(f);

	if (!slot->has_caps) {
		slot->has_caps = true;
		slot->caps = caps_share(f);
	}
	return slot->caps > evalarg_number(call, 0, 0) &&
	    slot->caps <= evalarg_number(call, 1, 0);
}

/* Something beside text in multipart/alternative that ham does not have. */
static int
alternative_non_text(struct facts *f, const struct eval_call *call)
{
	const struct mime *mime = reading_mime(f->reading);
	const struct part *part, *parent;
	size_t i;

	(void)call;
	for (i = 1; i < mime->count; i++) {
		part = &mime->parts[i];
		parent = &mime->parts[part->parent];
		if (span_is(parent->type, "multipart/alternative") &&
		    part->children == 0 && part->type.n > 0 &&
		    !span_is(part->type, "multipart/related") &&
		    !span_is(part->type, "application/rtf") &&
		    !span_starts(part->type, "text/"))
			return 1;
	}
	return 0;
}

#define ROW(name, function, least, most) \
	{name, function, least, most, 0, "MIMEEval"}

const struct eval evals_mime[] = {
	ROW("check_abundant_unicode_ratio", abundant_unicode, 1, 1),
	ROW("check_base64_length", base64_length, 1, 2),
	ROW("check_for_ascii_text_illegal", ascii_text_illegal, 0, 0),
	ROW("check_for_faraway_charset", faraway_charset, 0, 0),
	ROW("check_for_mime", check_mime, 1, 1),
	ROW("check_for_mime_html", mime_html, 0, 0),
	ROW("check_for_mime_html_only", mime_html_only, 0, 0),
	ROW("check_for_uppercase", uppercase, 2, 2),
	ROW("check_ma_non_text", alternative_non_text, 0, 0),
	ROW("check_mime_multipart_ratio", mime_multipart_ratio, 2, 2),
	ROW("check_qp_ratio", least_qp_ratio, 1, 1),
	{0},
};
