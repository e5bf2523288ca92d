/* authres_write - writes the value of one Authentication-Results field. */
#include "auth/authres_write.h"

#include <assert.h>
#include <string.h>

#include "auth/authres.h"
#include "base/text.h"
#include "mail/token.h"

#define COLUMNS 77	/* RFC 5322 2.1.1 says 78; a ";" may follow */
#define TAB 8
#define WORD_MAX 64	/* bytes of a keyword */
#define CHAR_ROOM 4	/* bytes that a character of UTF-8 takes at most */

static bool
keyword(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!char_alpha((unsigned char)s[i]) &&
		    !char_digit((unsigned char)s[i]) && s[i] != '-')
			return false;
	return i != 0 && i <= WORD_MAX && s[i - 1] != '-';
}

static void
put(struct authres_writer *w, struct span s)
{
	buf_span(w->out, s);
	w->column += s.n;
}

/* A space, or a fold when so many bytes would not fit into the line. */
static void
put_space(struct authres_writer *w, size_t following)
{
	if (w->column + 1 + following <= COLUMNS) {
		put(w, span_of(" "));
		return;
	}
	buf_puts(w->out, "\n\t");
	w->column = TAB;
}

static void
put_words(struct authres_writer *w, const char *words)
{
	put(w, span_of(words));
}

/*
 * Text with spaces inside, for quoted strings and comments: a line is folded
 * in front of a space, which stays, so that no reader sees a difference.
 */
static void
put_folding(struct authres_writer *w, struct span s)
{
	size_t n;

	while (s.n != 0) {
		n = s.p[0] == ' ' ? 1 : 0;
		n += span_chr(span_skip(s, n), ' ');
		/* No line must consist of white space. */
		if (s.p[0] == ' ' && n > 1 && w->column > TAB &&
		    w->column + n + 1 > COLUMNS) {
			buf_puts(w->out, "\n");
			w->column = 0;
		}
		put(w, span_head(s, n));
		s = span_skip(s, n);
	}
}

/* A byte of qtext, ctext, a space, or one to be escaped. */
static bool
writable(const struct authres_writer *w, char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 128 ? w->utf8 : byte >= ' ' && byte != 127;
}

/* C1 controls are as bad as C0. */
static bool
c1_control(struct span s, size_t i)
{
	return i + 1 < s.n && (unsigned char)s.p[i] == 0xc2 &&
	    (unsigned char)s.p[i + 1] < 0xa0;
}

/*
 * The bytes between the quotes.  False when they cannot be written, or would
 * be longer than AUTHRES_VALUE_MAX.
 */
static bool
escape(const struct authres_writer *w, struct span s, struct buf *out)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!writable(w, s.p[i]) || c1_control(s, i))
			return false;
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, s.p[i]);
	}
	return !out->full && text_utf8(s);
}

/* token of RFC 2045, which RFC 6532 leaves in ASCII. */
static bool
token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 128)
			return false;
	return token_atomic(s, TOKEN_MIME);
}

/* Tokens with single dots between them; in a domain only what hosts have. */
static bool
dotted(struct span s, bool domain)
{
	struct span part;
	size_t i;

	if (s.n == 0 || s.p[s.n - 1] == '.')
		return false;
	while (span_cut(&s, '.', &part)) {
		if (!token(part))
			return false;
		for (i = 0; domain && i < part.n; i++)
			if (!char_alpha((unsigned char)part.p[i]) &&
			    !char_digit((unsigned char)part.p[i]) &&
			    part.p[i] != '-')
				return false;
	}
	return true;
}

/* How many bytes from the start of a value have to stand in quotes. */
static size_t
to_quote(struct span s)
{
	size_t at = span_rchr(s, '@');

	if (token(s))
		return 0;
	if (at == s.n || !dotted(span_skip(s, at + 1), true))
		return s.n;
	if (at == 0 || dotted(span_head(s, at), false))
		return 0;
	/* What has quotes is not the name of a mailbox, but its spelling. */
	return span_chr(s, '"') == s.n && span_chr(s, '\\') == s.n ? at :
	    s.n;
}

/*
 * " name=value", of which the first bytes are quoted; or a comment that it is
 * missing.  The empty value needs quotes too.
 */
static void
put_value(struct authres_writer *w, struct span name, struct span value,
    size_t quoted)
{
	bool quotes = quoted != 0 || value.n == 0;
	struct buf text;
	size_t n;

	buf_init(&text, AUTHRES_VALUE_MAX);
	if (!escape(w, value, &text)) {
		w->left_out++;
		put_space(w, name.n + sizeof("( left out)") - 1);
		put_words(w, "(");
		put(w, name);
		put_words(w, " left out)");
	} else {
		/* What stands behind the quotes never needed an escape. */
		n = text.n - (value.n - quoted);
		put_space(w, name.n + text.n + (quotes ? 3 : 1));
		put(w, name);
		put_words(w, quotes ? "=\"" : "=");
		put_folding(w, span_head(buf_contents(&text), n));
		put_words(w, quotes ? "\"" : "");
		put(w, span_skip(buf_contents(&text), n));
	}
	buf_done(&text);
}

bool
authres_begin(struct authres_writer *w, struct buf *out, struct span id,
    bool utf8)
{
	struct buf text;
	bool good;

	memset(w, 0, sizeof(*w));
	w->out = out;
	w->utf8 = utf8;
	w->column = sizeof("Authentication-Results: ") - 1;
	buf_init(&text, AUTHRES_VALUE_MAX);
	good = id.n != 0 && escape(w, id, &text);
	if (good && token(id))
		put(w, id);
	else if (good) {
		put_words(w, "\"");
		put(w, buf_contents(&text));
		put_words(w, "\"");
	}
	buf_done(&text);
	return good;
}

void
authres_method(struct authres_writer *w, const char *method,
    const char *result)
{
	assert(keyword(method) && keyword(result));
	w->properties = false;
	w->dropped = w->results == AUTHRES_RESULTS_MAX;
	if (w->dropped)
		return;
	w->results++;
	/* Each result begins a line of its own. */
	buf_puts(w->out, ";\n\t");
	w->column = TAB;
	put_words(w, method);
	put_words(w, "=");
	put_words(w, result);
}

void
authres_reason(struct authres_writer *w, struct span reason)
{
	assert(w->results != 0 && !w->properties);
	if (!w->dropped && reason.n != 0)
		put_value(w, span_of("reason"), reason,
		    token(reason) ? 0 : reason.n);
}

void
authres_property(struct authres_writer *w, const char *type,
    const char *name, struct span value)
{
	char both[2 * WORD_MAX + 2] = "";

	assert(w->results != 0 && keyword(type) && keyword(name));
	w->properties = true;
	strcat(strcat(strcpy(both, type), "."), name);
	if (!w->dropped)
		put_value(w, span_of(both), value, to_quote(value));
}

/* Appends a character of a comment; returns the bytes of text it took. */
static size_t
put_comment_char(const struct authres_writer *w, struct span text,
    struct buf *out)
{
	size_t n = 1;

	while (n < text.n && ((unsigned char)text.p[n] & 0xc0) == 0x80)
		n++;
	if (!writable(w, text.p[0]) || c1_control(text, 0) ||
	    !text_utf8(span_head(text, n))) {
		buf_char(out, '?');
		return n;
	}
	if (strchr("()\\", text.p[0]) != NULL)
		buf_char(out, '\\');
	buf_span(out, span_head(text, n));
	return n;
}

void
authres_comment(struct authres_writer *w, struct span text)
{
	struct buf out;
	size_t n;

	assert(w->results != 0);
	if (w->dropped)
		return;
	buf_init(&out, AUTHRES_VALUE_MAX);
	for (; text.n != 0 && out.n + CHAR_ROOM <= out.max;
	    text = span_skip(text, n))
		n = put_comment_char(w, text, &out);
	put_space(w, out.n + 2);
	put_words(w, "(");
	put_folding(w, buf_contents(&out));
	put_words(w, ")");
	buf_done(&out);
}

bool
authres_end(struct authres_writer *w)
{
	if (w->results == 0)
		put_words(w, "; none");
	return !w->out->full;
}
