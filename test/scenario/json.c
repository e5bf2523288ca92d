/* json - a JSON object made flat. */
#include "test/scenario/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_BYTES 256

struct reader {
	struct arena *arena;
	struct json *out;
	struct span rest;
	unsigned depth;
};

static bool read_value(struct reader *r, const char *path);

static void
skip_space(struct reader *r)
{
	while (r->rest.n > 0 && char_space((unsigned char)r->rest.p[0]))
		r->rest = span_skip(r->rest, 1);
}

static bool
take(struct reader *r, char c)
{
	skip_space(r);
	if (r->rest.n == 0 || r->rest.p[0] != c)
		return false;
	r->rest = span_skip(r->rest, 1);
	return true;
}

static size_t
put_utf8(unsigned code, char *out)
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | code >> 12);
	out[1] = (char)(0x80 | (code >> 6 & 0x3f));
	out[2] = (char)(0x80 | (code & 0x3f));
	return 3;
}

/* Bytes up to the quote that ends a string. */
static size_t
string_length(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' ? 2 : 1;
	return n;
}

/* The bytes of a string up to its quote, which has been opened. */
static bool
read_string(struct reader *r, struct span *out)
{
	char *text = arena_bytes(r->arena, string_length(r->rest) + 1);
	size_t n = 0;
	unsigned code;

	while (r->rest.n > 0 && r->rest.p[0] != '"') {
		if (r->rest.p[0] != '\\') {
			text[n++] = r->rest.p[0];
			r->rest = span_skip(r->rest, 1);
		} else if (span_starts(r->rest, "\\u") && r->rest.n > 6 &&
		    sscanf(r->rest.p + 2, "%4x", &code) == 1) {
			n += put_utf8(code, text + n);
			r->rest = span_skip(r->rest, 6);
		} else if (r->rest.n > 1) {
			text[n++] = r->rest.p[1];
			r->rest = span_skip(r->rest, 2);
		} else {
			return false;
		}
	}
	*out = span_make(text, n);
	return take(r, '"');
}

static bool
keep(struct reader *r, const char *path, struct span value)
{
	if (r->out->count == JSON_VALUES_MAX)
		return false;
	r->out->at[r->out->count].path = arena_span(r->arena, span_of(path));
	r->out->at[r->out->count++].value = value;
	return true;
}

static bool
read_members(struct reader *r, const char *path, char end)
{
	char below[PATH_BYTES];
	struct span key;
	unsigned i = 0;

	if (take(r, end))
		return true;
	do {
		const char *dot = path[0] != '\0' ? "." : "";

		if (end == ']') {
			snprintf(below, sizeof(below), "%s%s%u", path, dot,
			    i++);
		} else {
			if (!take(r, '"') || !read_string(r, &key) ||
			    !take(r, ':'))
				return false;
			snprintf(below, sizeof(below), "%s%s%.*s", path, dot,
			    SPAN_ARG(key));
		}
		if (!read_value(r, below))
			return false;
	} while (take(r, ','));
	return take(r, end);
}

static bool
read_value(struct reader *r, const char *path)
{
	struct span value;
	size_t n = 0;
	bool good;

	if (r->depth == JSON_DEPTH_MAX)
		return false;
	r->depth++;
	if (take(r, '{')) {
		good = read_members(r, path, '}');
	} else if (take(r, '[')) {
		good = read_members(r, path, ']');
	} else if (take(r, '"')) {
		good = read_string(r, &value) && keep(r, path, value);
	} else {
		while (n < r->rest.n && strchr(",]}", r->rest.p[n]) == NULL)
			n++;
		value = span_trim(span_head(r->rest, n));
		r->rest = span_skip(r->rest, n);
		good = value.n > 0 && keep(r, path, value);
	}
	r->depth--;
	return good;
}

bool
json_parse(struct arena *arena, struct span text, struct json *out)
{
	struct reader r = {.arena = arena, .out = out, .rest = text};

	out->count = 0;
	out->at = arena_alloc(arena, JSON_VALUES_MAX * sizeof(*out->at));
	if (!read_value(&r, ""))
		return false;
	skip_space(&r);
	return r.rest.n == 0;
}

struct span
json_get(const struct json *json, const char *fmt, ...)
{
	char path[PATH_BYTES];
	va_list ap;
	size_t i;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	for (i = 0; i < json->count; i++)
		if (span_is(json->at[i].path, path))
			return json->at[i].value;
	return (struct span) {NULL, 0};
}
