/* charset - text of any character set as UTF-8. */
#include "mail/charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

/* More than one bad byte in so many, and a text is in another set. */
#define DAMAGE_SHARE 16

/* Bad bytes that an encoded word may have: each costs a call of iconv. */
#define WORD_DAMAGE_MAX 1000

/*
 * Converters that are kept open, more than there are sets with a name.  To open
 * one takes some twenty microseconds, and encoded words may change sets each
 * time.
 */
#define SETS_MAX 64

/* A character takes up to three bytes where it took one. */
#define GROWTH 3

static const struct span replacement = SPAN("\xef\xbf\xbd");

static const uint16_t windows_1252[32] = {
	0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
	0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

static struct span
from_windows_1252(struct arena *arena, struct span text)
{
	size_t i, n = span_ascii_run(text), high = 0;
	uint32_t code;
	char *out;

	if (n == text.n)
		return text;
	for (i = n; i < text.n; i++)
		high += (unsigned char)text.p[i] >> 7;
	out = arena_bytes(arena, text.n + high * (GROWTH - 1));
	memcpy(out, text.p, n);
	for (i = n; i < text.n; i++) {
		code = (unsigned char)text.p[i];
		if (code >= 0x80 && code < 0xa0)
			code = windows_1252[code - 0x80];
		if (code < 0x80) {
			out[n++] = (char)code;
			continue;
		}
		if (code < 0x800)
			out[n++] = (char)(0xc0 | code >> 6);
		else {
			out[n++] = (char)(0xe0 | code >> 12);
			out[n++] = (char)(0x80 | (code >> 6 & 0x3f));
		}
		out[n++] = (char)(0x80 | (code & 0x3f));
	}
	return span_make(out, n);
}

/* Which bytes may follow the first one of a UTF-8 character; 0 is none. */
static size_t
utf8_length(struct span text)
{
	unsigned char first = (unsigned char)text.p[0];
	size_t n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	return n <= text.n && text_utf8(span_head(text, n)) ? n : 0;
}

/* Text that is UTF-8 but for some bytes; false when those are too many. */
static bool
utf8_repair(struct arena *arena, struct span text, size_t bad_max,
    struct span *out)
{
	struct span rest;
	size_t n, bad = 0;
	char *p;

	for (rest = text; rest.n != 0; rest = span_skip(rest, n)) {
		n = span_ascii_run(rest);
		if (n == 0)
			n = utf8_length(rest);
		if (n == 0) {
			bad++;
			n = 1;
		}
	}
	if (bad > bad_max)
		return false;
	p = arena_bytes(arena, text.n + bad * (GROWTH - 1));
	out->p = p;
	for (rest = text; rest.n != 0; rest = span_skip(rest, n)) {
		n = span_ascii_run(rest);
		if (n == 0)
			n = utf8_length(rest);
		memcpy(p, n != 0 ? rest.p : replacement.p, n != 0 ? n : 3);
		p += n != 0 ? n : 3;
		n = n != 0 ? n : 1;
	}
	out->n = (size_t)(p - out->p);
	return true;
}

/* Converts to the end, bad bytes replaced; false when those are too many. */
static bool
convert(iconv_t set, struct span text, size_t bad_max, struct buf *out,
    size_t *bad)
{
	char chunk[4096], *to, *from = (char *)(uintptr_t)text.p;
	size_t room, left = text.n, done;

	while (left != 0) {
		to = chunk;
		room = sizeof(chunk);
		done = iconv(set, &from, &left, &to, &room);
		buf_add(out, chunk, sizeof(chunk) - room);
		if (done != (size_t)-1 ||
		    (errno == E2BIG && room != sizeof(chunk)))
			continue;
		buf_span(out, replacement);
		if (++*bad > bad_max)
			return false;
		/* EINVAL: the text ends within a character. */
		from += errno == EINVAL ? left : 1;
		left -= errno == EINVAL ? left : 1;
	}
	to = chunk;
	room = sizeof(chunk);
	iconv(set, NULL, NULL, &to, &room);
	buf_add(out, chunk, sizeof(chunk) - room);
	return true;
}

struct sets {
	const char *names[SETS_MAX];	/* static */
	iconv_t set[SETS_MAX];		/* (iconv_t)-1: nobody knows it */
	size_t count;
};

static void
set_close(iconv_t set)
{
	if (set != (iconv_t)-1)
		iconv_close(set);
}

static void
sets_close(void *thing)
{
	struct sets *sets = thing;
	size_t i;

	for (i = 0; i < sets->count; i++)
		set_close(sets->set[i]);
}

/* Those that are kept as long as what the arena hands out. */
static struct sets *
sets_of(struct arena *arena)
{
	static const char key[] = "sets";
	struct sets *sets = arena_attached(arena, key);

	if (sets == NULL) {
		sets = arena_alloc(arena, sizeof(*sets));
		arena_attach(arena, key, sets, sets_close);
	}
	return sets;
}

/* A converter in its initial state, or (iconv_t)-1. */
static iconv_t
set_find(struct arena *arena, const char *name)
{
	struct sets *sets = sets_of(arena);
	size_t i;

	for (i = 0; i < sets->count; i++)
		if (strcmp(sets->names[i], name) == 0)
			break;
	if (i == SETS_MAX)	/* the last one makes room */
		set_close(sets->set[--sets->count]);
	if (i >= sets->count) {
		i = sets->count++;
		sets->names[i] = name;
		sets->set[i] = iconv_open("UTF-8", name);
	}
	if (sets->set[i] != (iconv_t)-1)
		iconv(sets->set[i], NULL, NULL, NULL, NULL);
	return sets->set[i];
}

static bool
from_iconv(struct arena *arena, const char *name, struct span text,
    size_t bad_max, struct span *out, unsigned *faults)
{
	iconv_t set = set_find(arena, name);
	size_t bad = 0;
	struct buf buf;
	bool good;

	if (set == (iconv_t)-1) {
		*faults |= CHARSET_UNKNOWN;
		return false;
	}
	buf_init(&buf, text.n * GROWTH + 64);
	good = convert(set, text, bad_max, &buf, &bad);
	if (good)
		*out = arena_span(arena, buf_contents(&buf));
	/* iconv lets code points through that UTF-8 has no room for. */
	if (good && !text_utf8(*out))
		good = utf8_repair(arena, *out, bad_max, out);
	if (good && bad != 0)
		*faults |= CHARSET_DAMAGED;
	buf_done(&buf);
	return good;
}

/* UTF-16 by its byte order mark, or NULL. */
static const char *
utf16_marked(struct span text)
{
	if (span_starts(text, "\xff\xfe"))
		return "utf-16le";
	return span_starts(text, "\xfe\xff") ? "utf-16be" : NULL;
}

/*
 * UTF-16 without a byte order: by its mark, else by where the zeros are, as
 * senders forget it.  NULL when it is no UTF-16.
 */
static const char *
utf16_name(struct span text)
{
	size_t i, n = text.n < 4096 ? text.n & ~(size_t)1 : 4096;
	size_t even = 0, odd = 0;

	if (utf16_marked(text) != NULL)
		return utf16_marked(text);
	for (i = 0; i < n; i += 2) {
		even += text.p[i] == '\0';
		odd += text.p[i + 1] == '\0';
	}
	if (even == 0 && odd == 0)
		return span_ascii(text) ? NULL : "utf-16be";
	return odd > even ? "utf-16le" : "utf-16be";
}

static struct span
without_mark(struct span text)
{
	return span_starts(text, "\xef\xbb\xbf") ? span_skip(text, 3) : text;
}

/* As the label says; false when it says nothing or the text is something
 * else. */
static bool
as_labelled(struct arena *arena, struct span text, const char *name,
    enum charset_use use, struct span *out, unsigned *faults)
{
	size_t bad_max = text.n / DAMAGE_SHARE;

	if (use == CHARSET_WORD)
		bad_max = text.n < WORD_DAMAGE_MAX ? text.n : WORD_DAMAGE_MAX;
	if (strcmp(name, "utf-16") == 0)
		name = utf16_name(text);
	if (name == NULL)
		return false;
	if (strcmp(name, "windows-1252") == 0) {
		*out = from_windows_1252(arena, text);
		return true;
	}
	if (strcmp(name, "utf-8") != 0)
		return from_iconv(arena, name, text, bad_max, out, faults);
	if (text_utf8(text)) {
		*out = text;
		return true;
	}
	if (!utf8_repair(arena, text, bad_max, out))
		return false;
	*faults |= CHARSET_DAMAGED;
	return true;
}

/* Sets in which bytes below 128 may stand for something else than ASCII. */
static bool
shifts(const char *name)
{
	return strncmp(name, "iso-2022-", 9) == 0 ||
	    strncmp(name, "utf-7", 5) == 0 ||
	    strncmp(name, "utf-16", 6) == 0 || strncmp(name, "utf-32", 6) == 0;
}

struct span
charset_utf8(struct arena *arena, struct span text, struct span label,
    enum charset_use use, unsigned *faults)
{
	const char *name = charset_name(label), *marked = NULL;
	unsigned ignored = 0;
	struct span out;
	bool ascii = span_ascii(text);

	if (faults == NULL)
		faults = &ignored;
	if (name == NULL && label.n != 0)
		*faults |= CHARSET_UNKNOWN;
	if (use == CHARSET_BODY)
		marked = utf16_marked(text);
	/* Encoding standard section 6, "decode": before any label. */
	if (marked != NULL && (name == NULL || !shifts(name)))
		name = marked;
	if (ascii && (name == NULL || !shifts(name)))
		return text;
	if (!ascii && (use == CHARSET_BODY || name == NULL) && text_utf8(text))
		return without_mark(text);
	if (name != NULL && as_labelled(arena, text, name, use, &out, faults))
		return without_mark(out);
	if (name != NULL)
		*faults |= CHARSET_WRONG;
	if (text_utf8(text))
		return text;
	return from_windows_1252(arena, text);
}
