/* words - header text as people read it. */
#include "mail/words.h"

#include <string.h>

#include "base/buf.h"
#include "mail/charset.h"
#include "mail/fields.h"
#include "mail/transfer.h"

/* U+FFFD for a byte is the most that text grows by. */
#define GROWTH 3

/* One encoded word: =?charset?encoding?text?= */
struct word {
	struct span charset;
	struct span text;
	bool base64;
	size_t length;	/* of all of it */
};

struct decoder {
	struct arena *arena;
	struct buf out;
	struct buf bytes;	/* of words in one charset, not yet converted */
	struct span charset;	/* theirs */
	unsigned *faults;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
words_line(struct arena *arena, struct span value)
{
	size_t i, n = 0;
	char *out;

	value = span_trim(value);
	if (span_chr(value, '\n') == value.n && span_chr(value, '\r') ==
	    value.n)
		return value;
	out = arena_bytes(arena, value.n);
	for (i = 0; i < value.n; i++) {
		if (value.p[i] != '\n' && (value.p[i] != '\r' ||
		    i + 1 == value.n || value.p[i + 1] != '\n')) {
			out[n++] = value.p[i];
			continue;
		}
		if (i + 1 == value.n || (value.p[i + 1] != ' ' &&
		    value.p[i + 1] != '\t'))
			continue;
		while (i + 1 < value.n && (value.p[i + 1] == ' ' ||
		    value.p[i + 1] == '\t'))
			i++;
		out[n++] = ' ';
	}
	return span_make(out, n);
}

struct span
words_unfold(struct arena *arena, struct span value, unsigned *faults)
{
	struct span line = words_line(arena, value);
	unsigned bytes = faults != NULL ? field_bytes(line) : 0;

	if ((bytes & FIELD_8BIT) != 0)
		*faults |= (bytes & FIELD_NOT_UTF8) != 0 ? WORDS_NOT_UTF8 :
		    WORDS_8BIT;
	return charset_utf8(arena, line, span_of(NULL), CHARSET_BODY, NULL);
}

static bool
charset_char(char c)
{
	return char_alpha(c) || char_digit(c) ||
	    (c != '\0' && strchr("*_-.:+()", c) != NULL);
}

/*
 * How long the text of a word is, or rest.n + 1 without an end.  It may hold
 * question marks when it holds no blank, but never the start of another word:
 * so nothing is read twice.
 */
static size_t
text_length(struct span rest)
{
	bool question = false, blanks = false;
	size_t i;

	for (i = 0; i + 1 < rest.n; i++) {
		if (rest.p[i] == '?' && rest.p[i + 1] == '=')
			return question && blanks ? rest.n + 1 : i;
		if (rest.p[i] == '=' && rest.p[i + 1] == '?' &&
		    (i + 2 == rest.n || rest.p[i + 2] != '='))
			break;
		question |= rest.p[i] == '?';
		blanks |= blank(rest.p[i]);
		if (question && blanks)
			break;
	}
	return rest.n + 1;
}

/* Reads the encoded word at the start of text. */
static bool
word_read(struct span text, struct word *out)
{
	struct span rest = span_skip(text, 2);
	size_t n = 0;

	if (!span_starts(text, "=?"))
		return false;
	while (n < rest.n && charset_char(rest.p[n]))
		n++;
	out->charset = span_head(rest, n);
	rest = span_skip(rest, n);
	if (n == 0 || rest.n < 3 || rest.p[0] != '?' || rest.p[2] != '?')
		return false;
	out->base64 = char_lower(rest.p[1]) == 'b';
	if (!out->base64 && char_lower(rest.p[1]) != 'q')
		return false;
	rest = span_skip(rest, 3);
	n = text_length(rest);
	if (n > rest.n)
		return false;
	out->text = span_head(rest, n);
	out->length = (size_t)(rest.p + n + 2 - text.p);
	return true;
}

static void
flush(struct decoder *d)
{
	unsigned faults = 0;

	if (d->bytes.n == 0)
		return;
	buf_span(&d->out, charset_utf8(d->arena, buf_contents(&d->bytes),
	    d->charset, CHARSET_WORD, &faults));
	if ((faults & CHARSET_UNKNOWN) != 0)
		*d->faults |= WORDS_UNKNOWN;
	if ((faults & (CHARSET_WRONG | CHARSET_DAMAGED)) != 0)
		*d->faults |= WORDS_WRONG;
	buf_reset(&d->bytes);
}

/* RFC 2047 section 4.2: "_" is a blank. */
static struct span
underscores(struct arena *arena, struct span text)
{
	size_t i;
	char *out;

	if (span_chr(text, '_') == text.n)
		return text;
	out = arena_bytes(arena, text.n);
	for (i = 0; i < text.n; i++)
		out[i] = text.p[i] == '_' ? ' ' : text.p[i];
	return span_make(out, text.n);
}

/*
 * Words of one charset are joined before it is undone, because senders cut
 * characters in two.
 */
static void
word_add(struct decoder *d, const struct word *word)
{
	struct span bytes;

	if (d->bytes.n != 0 && !span_ieq(word->charset, d->charset))
		flush(d);
	d->charset = word->charset;
	if (word->base64)
		bytes = base64_decode(d->arena, word->text, NULL);
	else
		bytes = quoted_decode(d->arena,
		    underscores(d->arena, word->text), NULL);
	buf_span(&d->bytes, bytes);
	*d->faults |= WORDS_ENCODED;
}

static void
decode(struct decoder *d, struct span text)
{
	struct span after;
	struct word word;
	size_t n;

	while (text.n != 0) {
		if (word_read(text, &word)) {
			word_add(d, &word);
			text = span_skip(text, word.length);
			/* RFC 2047 section 6.2: no blank between two words. */
			for (after = text; after.n != 0 && blank(after.p[0]); )
				after = span_skip(after, 1);
			if (word_read(after, &word))
				text = after;
			continue;
		}
		flush(d);
		n = 1 + span_chr(span_skip(text, 1), '=');
		buf_span(&d->out, span_head(text, n));
		text = span_skip(text, n);
	}
	flush(d);
}

struct span
words_decode(struct arena *arena, struct span value, unsigned *faults)
{
	struct span text, out;
	struct decoder d = { .arena = arena };
	unsigned ignored = 0;

	d.faults = faults != NULL ? faults : &ignored;
	text = words_unfold(arena, value, faults);
	if (span_find(text, span_of("=?")) == text.n)
		return text;
	buf_init(&d.out, text.n * GROWTH);
	buf_init(&d.bytes, text.n);
	decode(&d, text);
	out = arena_span(arena, buf_contents(&d.out));
	buf_done(&d.out);
	buf_done(&d.bytes);
	return out;
}

bool
words_allowed(struct span name)
{
	static const char *const left_alone[] = {
		"Received", "Message-ID", "Resent-Message-ID", "Date",
		"Resent-Date", "MIME-Version", "References", "In-Reply-To",
	};
	size_t i;

	if (span_istarts(name, "List-"))
		return false;
	for (i = 0; i < sizeof(left_alone) / sizeof(left_alone[0]); i++)
		if (span_iis(name, left_alone[i]))
			return false;
	return true;
}
