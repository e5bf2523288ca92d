/*
 * suite - reads the JSON files of third-party suites, which are taken to be
 * well formed.  Everything lives in the arena given.
 */
#ifndef TEST_UNIT_SUITE_H
#define TEST_UNIT_SUITE_H

#include "base/arena.h"
#include "base/mem.h"
#include "test/unit/test.h"

#define SUITE_FILE_MAX (2 << 20)
#define SUITE_DEPTH_MAX 16

/* A JSON value; objects and arrays chain their members. */
struct json {
	char type;	/* '{', '[', '"', '0' number or word, 'n' null */
	struct span name, text;
	struct json *first, *next;
};

static inline void
blanks(struct span *s)
{
	while (s->n != 0 && char_space((unsigned char)s->p[0]))
		*s = span_skip(*s, 1);
}

static inline char *
utf8(char *out, unsigned code)
{
	if (code < 0x80)
		*out++ = (char)code;
	else if (code < 0x800)
		*out++ = (char)(0xc0 | code >> 6);
	else {
		if (code > 0xffff)
			*out++ = (char)(0xf0 | code >> 18);
		*out++ = code > 0xffff ? (char)(0x80 | (code >> 12 & 0x3f)) :
		    (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	if (code >= 0x80)
		*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

/* The \uXXXX at s, or two of them that are a pair; U+FFFD for half a pair. */
static inline unsigned
suite_escape(struct span *s)
{
	unsigned high, low = 0;
	char hex[5] = "";

	memcpy(hex, s->p + 2, 4);
	high = (unsigned)strtoul(hex, NULL, 16);
	*s = span_skip(*s, 6);
	if (high < 0xd800 || high > 0xdfff)
		return high;
	if (s->n > 6 && s->p[0] == '\\' && s->p[1] == 'u') {
		memcpy(hex, s->p + 2, 4);
		low = (unsigned)strtoul(hex, NULL, 16);
	}
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*s = span_skip(*s, 6);
	return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static inline struct span
suite_string(struct arena *arena, struct span *s)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	char *text = arena_bytes(arena, s->n), *out = text;
	const char *at;

	for (*s = span_skip(*s, 1); s->n > 1 && s->p[0] != '"';) {
		if (s->p[0] != '\\') {
			*out++ = s->p[0];
			*s = span_skip(*s, 1);
			continue;
		}
		if (s->p[1] == 'u' && s->n > 6) {
			out = utf8(out, suite_escape(s));
			continue;
		}
		at = strchr(from, s->p[1]);
		*out++ = at != NULL ? to[at - from] : s->p[1];
		*s = span_skip(*s, 2);
	}
	*s = span_skip(*s, 1);
	return span_make(text, (size_t)(out - text));
}

static inline struct json *
suite_value(struct arena *arena, struct span *s, unsigned depth)
{
	struct json *v = arena_alloc(arena, sizeof(*v)), **end = &v->first;
	struct span name = span_of(NULL);
	size_t n = 0;
	char close;

	blanks(s);
	v->type = s->n != 0 ? s->p[0] : 'n';
	if (v->type == '"') {
		v->text = suite_string(arena, s);
		return v;
	}
	if (v->type != '{' && v->type != '[') {
		while (n < s->n && strchr(",]} \n", s->p[n]) == NULL)
			n++;
		v->text = span_head(*s, n);
		*s = span_skip(*s, n);
		if (v->type == 'n')
			v->text = span_of("");
		else
			v->type = '0';
		return v;
	}
	close = v->type == '{' ? '}' : ']';
	*s = span_skip(*s, 1);
	for (blanks(s); s->n != 0 && s->p[0] != close &&
	    depth < SUITE_DEPTH_MAX; blanks(s)) {
		if (close == '}') {
			name = suite_string(arena, s);
			blanks(s);
			*s = span_skip(*s, 1);
		}
		*end = suite_value(arena, s, depth + 1);
		(*end)->name = name;
		end = &(*end)->next;
		blanks(s);
		if (s->n != 0 && s->p[0] == ',')
			*s = span_skip(*s, 1);
	}
	*s = span_skip(*s, 1);
	return v;
}

static inline const struct json *
member(const struct json *v, const char *name)
{
	static const struct json null = { .type = 'n' };
	const struct json *m = v->first;

	while (m != NULL && !span_is(m->name, name))
		m = m->next;
	return m != NULL ? m : &null;
}

static inline long
integer(const struct json *v, const char *name)
{
	struct span s = member(v, name)->text;
	char digits[32];

	snprintf(digits, sizeof(digits), "%.*s", SPAN_ARG(s));
	return strtol(digits, NULL, 10);
}

static inline const struct json *
suite_read(struct arena *arena, const char *dir, const char *file)
{
	char path[4096], *text = mem_alloc(SUITE_FILE_MAX);
	struct span s;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "rb");
	CHECK(path, f != NULL);
	s = span_make(text, f != NULL ? fread(text, 1, SUITE_FILE_MAX, f) : 0);
	if (f != NULL)
		fclose(f);
	s = arena_span(arena, s);
	free(text);
	return suite_value(arena, &s, 0);
}

#endif
