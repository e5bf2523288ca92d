/* words - the escapes of scenario files, and their patterns. */
#include "test/scenario/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"

/* "*" of a pattern while escapes are resolved; no scenario needs this byte. */
#define ANYTHING '\x1a'

static bool resolve(struct arena *, const struct words *, struct span,
    bool pattern, struct buf *);

bool
words_duration(struct span text, int64_t *ms)
{
	static const char units[] = "smhd";
	static const int64_t factors[] = {1000, 60000, 3600000, 86400000};
	const char *unit;
	bool minus = span_starts(text, "-");
	int64_t number;

	if (minus || span_starts(text, "+"))
		text = span_skip(text, 1);
	if (text.n < 2 || !text_number(span_head(text, text.n - 1), &number))
		return false;
	unit = strchr(units, text.p[text.n - 1]);
	if (unit == NULL)
		return false;
	*ms = number * factors[unit - units] * (minus ? -1 : 1);
	return true;
}

struct span
words_date(struct arena *arena, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;

	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000",
	    gmtime_r(&seconds, &tm));
	return arena_span(arena, span_of(text));
}

static bool
put_date(struct arena *arena, const struct words *w, struct span rest,
    struct buf *out)
{
	int64_t ahead = 0;

	rest = span_trim(rest);
	if (rest.n > 0 && !words_duration(rest, &ahead))
		return false;
	buf_span(out, words_date(arena, w->now + ahead));
	return true;
}

static bool
put_times(struct arena *arena, const struct words *w, int64_t times,
    struct span text, struct buf *out)
{
	while (times-- > 0 && !out->full)
		if (!resolve(arena, w, text, false, out))
			return false;
	return true;
}

/* What stands between \{ and }. */
static bool
put_name(struct arena *arena, const struct words *w, struct span name,
    struct buf *out)
{
	struct span rest = name, word = span_of("");
	int64_t times;

	span_word(&rest, &word);
	if (span_is(word, "date"))
		return put_date(arena, w, rest, out);
	if (span_is(name, "version"))
		buf_puts(out, POSTERN_VERSION);
	else if (span_is(name, "generation"))
		buf_span(out, w->generation);
	else if (span_is(name, "token"))
		buf_span(out, w->token);
	else if (text_number(word, &times))
		return put_times(arena, w, times, span_trim(rest), out);
	else
		return false;
	return true;
}

static bool
put_byte(struct span *text, struct buf *out)
{
	unsigned byte;

	if (text->n < 2 || sscanf(text->p, "%2x", &byte) != 1)
		return false;
	buf_char(out, (char)byte);
	*text = span_skip(*text, 2);
	return true;
}

/* One escape, of which the backslash is gone already. */
static bool
put_escape(struct arena *arena, const struct words *w, struct span *text,
    struct buf *out)
{
	char c = text->n > 0 ? text->p[0] : '\0';
	size_t end;

	*text = span_skip(*text, 1);
	switch (c) {
	case 'n':
		buf_char(out, '\n');
		return true;
	case 't':
		buf_char(out, '\t');
		return true;
	case 's':
		buf_char(out, ' ');
		return true;
	case '\\':
	case '*':
		buf_char(out, c);
		return true;
	case 'x':
		return put_byte(text, out);
	case '{':
		end = span_chr(*text, '}');
		if (end == text->n || !put_name(arena, w,
		    span_head(*text, end), out))
			return false;
		*text = span_skip(*text, end + 1);
		return true;
	default:
		return false;
	}
}

static bool
resolve(struct arena *arena, const struct words *w, struct span text,
    bool pattern, struct buf *out)
{
	while (text.n > 0) {
		char c = text.p[0];

		text = span_skip(text, 1);
		if (c == '\\' && !put_escape(arena, w, &text, out))
			return false;
		if (c != '\\')
			buf_char(out, pattern && c == '*' ? ANYTHING : c);
	}
	return true;
}

static bool
words_resolve(struct arena *arena, const struct words *w, const char *text,
    bool pattern, struct span *out)
{
	struct buf b;
	bool good;

	buf_init(&b, WORDS_MAX);
	good = resolve(arena, w, span_of(text), pattern, &b);
	*out = arena_span(arena, buf_contents(&b));
	buf_done(&b);
	return good;
}

bool
words_text(struct arena *arena, const struct words *w, const char *text,
    struct span *out)
{
	return words_resolve(arena, w, text, false, out);
}

/* Greedy from star to star: one step back is enough for "*". */
static bool
glob(struct span pattern, struct span text)
{
	size_t p = 0, t = 0, star = pattern.n, mark = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == ANYTHING) {
			star = p++;
			mark = t;
		} else if (p < pattern.n && pattern.p[p] == text.p[t]) {
			p++;
			t++;
		} else if (star < pattern.n) {
			p = star + 1;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == ANYTHING)
		p++;
	return p == pattern.n;
}

bool
words_match(struct arena *arena, const struct words *w, const char *pattern,
    struct span text)
{
	struct span resolved;

	return words_resolve(arena, w, pattern, true, &resolved) &&
	    glob(resolved, text);
}
