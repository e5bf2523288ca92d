/*
 * eval_body - functions about the text of a message, of SpamAssassin's
 * BodyEval: how parts that should say the same differ, how lines are filled.
 */
#include "rules/eval.h"

#include "mail/html_rules.h"
#include "rules/evalarg.h"
#include "rules/tokens.h"

#define WORDS_MAX 400000	/* compared; then no further multipart is */
#define LABEL_MAX 30		/* bytes of a word before a colon */
#define STOCK_WORDS_MAX 64	/* different ones that are counted */
#define NO_SIGNATURE 1e6	/* times as long as one is a text without */

/* How the parts of multipart/alternative differ. */
struct difference {
	double percent;		/* of words of HTML that the text lacks: the
				 * most of all such multiparts */
	double html, text;	/* different words of the last one */
};

struct body_slot {
	bool has_difference;
	struct difference difference;
	bool has_vertical;
	double vertical;	/* blanks per 100 other bytes, of the line
				 * that has most; -1: no line */
	bool has_stock;
	double stock;
	bool has_length;
	double length;		/* of the body */
};

static struct body_slot *
slot_of(struct facts *f)
{
	if (f->slots[SLOT_BODY] == NULL)
		f->slots[SLOT_BODY] = arena_alloc(f->arena,
		    sizeof(struct body_slot));
	return f->slots[SLOT_BODY];
}

/* An invitation as Exchange sends it. */
static bool
is_invitation(const struct mime *mime)
{
	return mime->count == 3 && mime->parts[0].children == 2 &&
	    span_is(mime->parts[0].type, "multipart/alternative") &&
	    span_is(mime->parts[1].type, "text/html") &&
	    span_is(mime->parts[2].type, "text/calendar");
}

#define HTML TOKENS_LEFT
#define TEXT TOKENS_RIGHT

struct words {
	struct tokens tokens;
	bool image;		/* HTML that begins without any word */
};

static void
add_part(struct facts *f, struct part *part, struct words *words)
{
	const struct html *html = reading_html(f->reading, part);
	struct tokens *t = &words->tokens;
	long open;

	if (!span_starts(part->type, "text"))
		return;
	if (html != NULL) {
		tokens_add(t, HTML, html->rules->rendered,
		    !html->rules->narrow);
		if (t->count[HTML] == 0 &&
		    html_rules_inside(html->rules, span_of("img"), &open))
			words->image = true;
	} else if (span_is(part->type, "text/plain")) {
		tokens_add(t, TEXT, part_text(f->arena, part), true);
	}
}

/* Returns how many words that took. */
static size_t
compare_parts(struct facts *f, const struct part *around,
    struct difference *out)
{
	struct mime *mime = reading_mime(f->reading);
	struct words words = {.image = false};
	const struct tokens *t = &words.tokens;
	double html, beyond;
	size_t i;

	tokens_init(&words.tokens, f->arena);
	for (i = around->index; i < around->end; i++)
		add_part(f, &mime->parts[i], &words);
	html = (double)(tokens_distinct(t, HTML) + words.image);
	if (html > 0) {
		out->html = html;
		out->text = (double)tokens_distinct(t, TEXT);
		beyond = (double)(tokens_beyond(t, HTML) + words.image);
		if (beyond / html * 100 > out->percent)
			out->percent = beyond / html * 100;
	}
	return t->count[HTML] + t->count[TEXT];
}

static const struct difference *
difference_of(struct facts *f)
{
	struct body_slot *slot = slot_of(f);
	struct mime *mime = reading_mime(f->reading);
	size_t i, work = 0;

	if (slot->has_difference)
		return &slot->difference;
	slot->has_difference = true;
	if (is_invitation(mime))
		return &slot->difference;
	for (i = 0; i < mime->count && work < WORDS_MAX; i++)
		if (span_is(mime->parts[i].type, "multipart/alternative"))
			work += compare_parts(f, &mime->parts[i],
			    &slot->difference);
	return &slot->difference;
}

/* More than argument i, or any when that is 0; at most argument i + 1. */
static bool
above(const struct eval_call *call, size_t i, double value)
{
	double min = evalarg_number(call, i, 0);

	return (min == 0 || value > min) &&
	    value <= evalarg_number(call, i + 1, value);
}

static int
alternative_difference(struct facts *f, const struct eval_call *call)
{
	return above(call, 0, difference_of(f)->percent);
}

static int
alternative_count(struct facts *f, const struct eval_call *call)
{
	const struct difference *d = difference_of(f);

	return d->html > evalarg_number(call, 1, 0) &&
	    d->text / d->html > evalarg_number(call, 0, 0);
}

static int
blank_line_ratio(struct facts *f, const struct eval_call *call)
{
	const struct texts *raw = reading_raw(f->reading);
	double least = evalarg_number(call, 2, 1), blank = 0;
	struct span rest, line;
	size_t i, lines = 0;

	for (i = 0; i < raw->count; i++)
		for (rest = raw->items[i]; rest.n > 0; lines++) {
			line = span_head(rest, span_chr(rest, '\n'));
			rest = span_skip(rest, line.n + 1);
			blank += span_trim(line).n == 0;
		}
	if ((double)lines < least || lines < 1)
		return above(call, 0, -1);
	return above(call, 0, 100 * blank / (double)lines);
}

/* Blanks of a line per 100 other bytes. */
static size_t
blanks(struct span line)
{
	size_t n = span_count(line, ' ');

	return 2 * n > line.n || n == line.n ? 100 : 100 * n / (line.n - n);
}

static int
vertical_words(struct facts *f, const struct eval_call *call)
{
	struct body_slot *slot = slot_of(f);
	const struct texts *body = reading_body(f->reading);
	double max = evalarg_number(call, 1, 0), most = -1;
	size_t i;

	for (i = 0; i < body->count && !slot->has_vertical; i++)
		if (body->items[i].n > 5 && blanks(body->items[i]) > most)
			most = blanks(body->items[i]);
	if (!slot->has_vertical)
		slot->vertical = most;
	slot->has_vertical = true;
	return slot->vertical >= evalarg_number(call, 0, 0) &&
	    (max >= 100 || slot->vertical < max);
}

/* Whether s is the form, in which "." may be any letter or none. */
static bool
fits(struct span s, const char *form)
{
	for (; *form != '\0'; form++) {
		if (*form == '.') {
			if (fits(s, form + 1))
				return true;
			if (s.n == 0)
				return false;
		} else if (s.n == 0 || s.p[0] != *form) {
			return false;
		}
		s = span_skip(s, 1);
	}
	return s.n == 0;
}

/* Words of touts for shares, such as before "Current Price: $0.12". */
static bool
stock_word(struct span s, bool whole)
{
	static const char *const forms[] = {
		"company", "companyname", "s.t.o.c.k", "s.y.m", "s.y.m.b.o.l",
		"target", "ticker", "openingp", "openingprice", "currentp",
		"currentprice", "projected", "position", "expectations",
		"weekhigh", "weekshigh", "marketperformance", "yeartarget",
		"yearestimate", "yearestimates", "weektarget", "weekestimate",
		"weekestimates", "monthtarget", "monthestimate",
		"monthestimates", "daytarget", "dayestimate", "dayestimates",
		"pricetarget", "priceestimate", "priceestimates", "sector",
		"recommendation", "rating",
	};
	size_t i;

	if (whole && (span_is(s, "tradedate") || span_is(s, "tradingdate")))
		return true;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (fits(s, forms[i]))
			return true;
	return false;
}

struct stock {
	struct arena *arena;
	struct span words[STOCK_WORDS_MAX];
	size_t count;
};

/* Counts the longest end of a label that is such a word. */
static void
take_label(struct stock *stock, struct span label)
{
	char *letters = arena_bytes(stock->arena, LABEL_MAX);
	struct span word = span_make(letters, 0);
	size_t i;

	for (i = 0; i < label.n; i++)
		if (char_alpha((unsigned char)label.p[i]))
			letters[word.n++] = (char)char_lower(
			    (unsigned char)label.p[i]);
	for (i = 0; word.n > 0 && !stock_word(word, i == 0); i++)
		word = span_skip(word, 1);
	if (word.n == 0)
		return;
	for (i = 0; i < stock->count; i++)
		if (span_eq(stock->words[i], word))
			return;
	if (stock->count < STOCK_WORDS_MAX)
		stock->words[stock->count++] = word;
}

/*
 * A line that begins with 3 to 30 bytes, a colon and something behind it; the
 * colon and what follows may stand on later lines.  *rest begins there then.
 */
static bool
next_label(struct span *rest, struct span *label)
{
	struct span text = span_trim(*rest), line, behind;

	line = span_head(text, span_chr(text, '\n'));
	*rest = span_skip(text, line.n + 1);
	line = span_head(line, LABEL_MAX);
	*label = span_head(line, span_chr(line, ':'));
	behind = span_skip(text, label->n);
	behind = span_trim(behind);
	if (label->n < 3 || !span_starts(behind, ":"))
		return false;
	behind = span_trim(span_skip(behind, 1));
	if (behind.n == 0)
		return false;
	*rest = span_skip(behind, span_chr(behind, '\n') + 1);
	return true;
}

static struct span
first_plain(struct facts *f, bool decoded)
{
	struct mime *mime = reading_mime(f->reading);
	const struct html *html;
	size_t i;

	for (i = 0; i < mime->count; i++) {
		if (!span_is(mime->parts[i].type, "text/plain"))
			continue;
		if (decoded)
			return part_bytes(f->arena, &mime->parts[i]);
		html = reading_html(f->reading, &mime->parts[i]);
		return html != NULL ? html->rules->rendered :
		    part_text(f->arena, &mime->parts[i]);
	}
	return (struct span){NULL, 0};
}

static int
stock_info(struct facts *f, const struct eval_call *call)
{
	double least = evalarg_number(call, 0, 0);
	struct body_slot *slot = slot_of(f);
	struct stock stock = {.arena = f->arena};
	struct span rest, label;

	if (!slot->has_stock) {
		slot->has_stock = true;
		rest = first_plain(f, false);
		while (rest.n > 0)
			if (next_label(&rest, &label))
				take_label(&stock, label);
		slot->stock = (double)stock.count;
	}
	return least == 0 || slot->stock >= least;
}

/* Line ends count one byte, as in a mailbox, however they came. */
static double
unix_length(const struct message *m)
{
	struct span rest = buf_contents(&m->body);
	size_t at, crlf = 0;

	for (; rest.n > 0; rest = span_skip(rest, at + 1)) {
		at = span_chr(rest, '\n');
		crlf += at > 0 && at < rest.n && rest.p[at - 1] == '\r';
	}
	return (double)m->body_seen - (double)crlf;
}

static int
body_length(struct facts *f, const struct eval_call *call)
{
	struct body_slot *slot = slot_of(f);
	const struct message *m = f->message;
	double most = evalarg_number(call, 0, 0);
	/* Not more than every second byte is a CR that does not count. */
	size_t least = m->body_seen - m->body.n / 2;

	if ((double)least > most)
		return 0;
	if (!slot->has_length) {
		slot->has_length = true;
		slot->length = unix_length(m);
	}
	return slot->length <= most;
}

/* The first plain text, parted at its last signature mark. */
struct signed_text {
	bool is;
	double text, signature;	/* bytes */
};

static void
find_signature(struct facts *f, struct signed_text *out)
{
	struct span text = first_plain(f, true), rest = text, line, mark;
	size_t behind;

	out->is = text.p != NULL;
	out->text = (double)text.n;
	out->signature = 0;
	while (rest.n > 0) {
		line = span_head(rest, span_chr(rest, '\n'));
		rest = span_skip(rest, line.n + 1);
		mark = line;
		if (mark.n > 0 && mark.p[mark.n - 1] == '\r')
			mark.n--;
		if (!span_is(mark, "--") && !span_is(mark, "-- "))
			continue;
		/* One at the very end is a decoy. */
		behind = text.n - (size_t)(line.p + line.n - text.p);
		if (behind <= 4)
			continue;
		out->text = (double)(line.p - text.p);
		out->signature = (double)behind;
	}
}

/* From the first argument to the second, if that is given. */
static bool
in_range(const struct eval_call *call, double value)
{
	return value >= evalarg_number(call, 0, 0) &&
	    value <= evalarg_number(call, 1, value);
}

static int
plain_length(struct facts *f, const struct eval_call *call)
{
	struct signed_text s;

	find_signature(f, &s);
	return s.is && in_range(call, s.text);
}

static int
signature_length(struct facts *f, const struct eval_call *call)
{
	struct signed_text s;

	find_signature(f, &s);
	return s.is && in_range(call, s.signature);
}

static int
signature_ratio(struct facts *f, const struct eval_call *call)
{
	struct signed_text s;

	find_signature(f, &s);
	return s.is && in_range(call, s.signature == 0 ? NO_SIGNATURE :
	    s.text / s.signature);
}

#define ROW(name, function, least, most) \
	{name, function, least, most, 0, "BodyEval"}

const struct eval evals_body[] = {
	ROW("check_blank_line_ratio", blank_line_ratio, 2, 3),
	ROW("check_body_length", body_length, 1, 1),
	ROW("check_stock_info", stock_info, 1, 1),
	ROW("multipart_alternative_difference", alternative_difference, 2, 2),
	ROW("multipart_alternative_difference_count", alternative_count, 2,
	    2),
	ROW("plaintext_body_length", plain_length, 1, 2),
	ROW("plaintext_body_sig_ratio", signature_ratio, 1, 2),
	ROW("plaintext_sig_length", signature_length, 1, 2),
	ROW("tvd_vertical_words", vertical_words, 2, 2),
	{0},
};
