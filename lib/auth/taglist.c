/* taglist - "tag=value; tag=value" of RFC 6376 section 3.2. */
#include "auth/taglist.h"

#include <string.h>

#include "base/text.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
trim(struct span s)
{
	while (s.n != 0 && blank(s.p[0]))
		s = span_skip(s, 1);
	while (s.n != 0 && blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

/*
 * VALCHAR and FWS, and no other byte below 128.  The CR of a fold may be
 * missing, as libmilter passes folds without it.
 */
static bool
printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			i++;
		if (s.p[i] == '\n' && (i + 1 == s.n || s.p[i + 1] == ' ' ||
		    s.p[i + 1] == '\t'))
			continue;
		if (s.p[i] == 127 || ((unsigned char)s.p[i] < ' ' &&
		    s.p[i] != '\t'))
			return false;
	}
	return true;
}

static bool
named(struct span name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!char_alpha((unsigned char)name.p[i]) && (i == 0 ||
		    (!char_digit((unsigned char)name.p[i]) &&
		    name.p[i] != '_')))
			return false;
	return name.n != 0;
}

static bool
present(const struct taglist *list, struct span name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (span_eq(list->tags[i].name, name))
			return true;
	return false;
}

static const char *
add(struct taglist *list, struct span spec)
{
	struct tag *tag = &list->tags[list->count];
	size_t equals = span_chr(spec, '=');
	struct span name = trim(span_head(spec, equals));

	if (equals == spec.n || !named(name))
		return "not a list of tags";
	if (present(list, name))
		return "a tag comes twice";
	if (list->count == TAGLIST_MAX)
		return "too many tags";
	tag->name = name;
	tag->raw = span_skip(spec, equals + 1);
	tag->value = trim(tag->raw);
	list->count++;
	return NULL;
}

const char *
taglist_parse(struct span text, struct taglist *out)
{
	const char *fault = NULL;
	size_t n;

	if (!printable(text) || !text_utf8(text))
		return "not a list of tags";
	out->count = 0;
	do {
		n = span_chr(text, ';');
		fault = add(out, span_head(text, n));
		text = span_skip(text, n + 1);
	} while (fault == NULL && trim(text).n != 0);
	return fault;
}

const struct tag *
taglist_find(const struct taglist *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (span_is(list->tags[i].name, name))
			return &list->tags[i];
	return NULL;
}

struct span
taglist_value(const struct taglist *list, const char *name,
    const char *otherwise)
{
	const struct tag *tag = taglist_find(list, name);

	return tag != NULL ? tag->value : span_of(otherwise);
}

bool
taglist_item(struct span *rest, struct span *item)
{
	if (!span_cut(rest, ':', item))
		return false;
	*item = trim(*item);
	return true;
}

bool
taglist_has(struct span list, const char *wanted)
{
	struct span item;

	while (taglist_item(&list, &item))
		if (span_is(item, wanted))
			return true;
	return false;
}

/* The six bits of a base64 digit, or -1. */
static int
digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
taglist_base64(struct arena *arena, struct span value, struct span *out)
{
	char *bytes = arena_bytes(arena, value.n / 4 * 3 + 3);
	unsigned bits = 0, digits = 0, pads = 0;
	size_t i, n = 0;

	for (i = 0; i < value.n; i++) {
		if (blank(value.p[i]))
			continue;
		if (value.p[i] == '=') {
			pads++;
			continue;
		}
		if (pads != 0 || digit(value.p[i]) < 0)
			return false;
		bits = bits << 6 | (unsigned)digit(value.p[i]);
		if (digits++ % 4 != 0)
			bytes[n++] = (char)(bits >> (8 - digits % 4 * 2) % 8);
	}
	if (n == 0 || digits % 4 == 1 || pads > 2 ||
	    (pads != 0 && (digits + pads) % 4 != 0))
		return false;
	*out = span_make(bytes, n);
	return true;
}
