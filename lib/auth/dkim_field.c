/* dkim_field - one DKIM-Signature field, read and checked. */
#include "auth/dkim_field.h"

#include <string.h>

#include "auth/taglist.h"
#include "base/text.h"
#include "mail/domain.h"

/* t= and x= have up to 12 digits; RFC 6376 section 3.5. */
#define TIME_DIGITS_MAX 12
#define LENGTH_DIGITS_MAX 76
#define SHA1_BYTES 20
#define SHA256_BYTES 32

static const char *
refuse(enum dkim_result *result, enum dkim_result what, const char *reason)
{
	*result = what;
	return reason;
}

/* Digits, up to that many; what is past 18 of them counts as INT64_MAX. */
static bool
number(const struct taglist *tags, const char *name, size_t digits,
    int64_t *out)
{
	const struct tag *tag = taglist_find(tags, name);
	size_t i;

	*out = -1;
	if (tag == NULL)
		return true;
	if (tag->value.n == 0 || tag->value.n > digits)
		return false;
	for (i = 0; i < tag->value.n; i++)
		if (!char_digit((unsigned char)tag->value.p[i]))
			return false;
	if (!text_number(tag->value, out))
		*out = INT64_MAX;
	return true;
}

/* s without any white space, in the arena. */
static struct span
unfolded(struct arena *arena, struct span s)
{
	char *out = arena_bytes(arena, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		if (!char_space((unsigned char)s.p[i]))
			out[n++] = s.p[i];
	return span_make(out, n);
}

static int
hex(char c)
{
	if (char_digit((unsigned char)c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* dkim-quoted-printable of RFC 6376 section 2.11; false when it is none. */
static bool
unquoted(struct arena *arena, struct span s, struct span *out)
{
	char *p;
	size_t i, n = 0;

	s = unfolded(arena, s);
	p = arena_bytes(arena, s.n + 1);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '=') {
			p[n++] = s.p[i];
			continue;
		}
		if (i + 2 >= s.n || hex(s.p[i + 1]) < 0 ||
		    hex(s.p[i + 2]) < 0)
			return false;
		p[n++] = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
		i += 2;
	}
	*out = span_make(p, n);
	return true;
}

/* What reports name even when the rest is unreadable. */
static void
read_names(struct arena *arena, const struct taglist *tags,
    struct dkim_field *out)
{
	out->domain = taglist_value(tags, "d", "");
	out->selector = taglist_value(tags, "s", "");
	out->algorithm = taglist_value(tags, "a", "");
	out->identity = taglist_value(tags, "i", "");
	out->b = unfolded(arena, taglist_value(tags, "b", ""));
}

static const char *
missing(const struct taglist *tags)
{
	static const struct {
		const char *tag, *reason;
	} needed[] = {
		{"v", "no v= tag"}, {"a", "no a= tag"}, {"b", "no b= tag"},
		{"bh", "no bh= tag"}, {"d", "no d= tag"}, {"h", "no h= tag"},
		{"s", "no s= tag"},
	};
	size_t i;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (taglist_value(tags, needed[i].tag, "").n == 0)
			return needed[i].reason;
	return NULL;
}

static const char *
read_algorithm(struct dkim_field *out)
{
	out->rsa = !span_is(out->algorithm, "ed25519-sha256");
	out->hash = span_is(out->algorithm, "rsa-sha1") ? DKIM_SHA1 :
	    DKIM_SHA256;
	if (!out->rsa || out->hash == DKIM_SHA1 ||
	    span_is(out->algorithm, "rsa-sha256"))
		return NULL;
	return "unknown algorithm";
}

static const char *
read_canonicalization(const struct taglist *tags, struct dkim_field *out)
{
	struct span body = taglist_value(tags, "c", "simple/simple");
	struct span header;

	span_cut(&body, '/', &header);
	out->relaxed_body = span_is(body, "relaxed");
	if (!span_is(header, "simple") && !span_is(header, "relaxed"))
		return "unknown canonicalization of the header";
	if (!out->relaxed_body && body.n != 0 && !span_is(body, "simple"))
		return "unknown canonicalization of the body";
	return NULL;
}

static const char *
read_values(struct arena *arena, const struct taglist *tags,
    struct dkim_field *out)
{
	size_t wanted = out->hash == DKIM_SHA1 ? SHA1_BYTES : SHA256_BYTES;

	if (!taglist_base64(arena, taglist_value(tags, "b", ""),
	    &out->signature))
		return "b= is not base64";
	if (!taglist_base64(arena, taglist_value(tags, "bh", ""),
	    &out->body_hash) || out->body_hash.n != wanted)
		return "bh= is not such a hash";
	if (!number(tags, "l", LENGTH_DIGITS_MAX, &out->length))
		return "l= is not a number";
	if (!number(tags, "t", TIME_DIGITS_MAX, &out->time))
		return "t= is not a time";
	if (!number(tags, "x", TIME_DIGITS_MAX, &out->expires))
		return "x= is not a time";
	if (out->time >= 0 && out->expires >= 0 && out->expires <= out->time)
		return "expired before it was made";
	if (!taglist_has(taglist_value(tags, "q", "dns/txt"), "dns/txt"))
		return "unknown query method";
	return NULL;
}

/* ftext of RFC 5322 section 3.6.8, but no ";". */
static bool
field_name(struct span name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ';')
			return false;
	return name.n != 0;
}

static const char *
read_header_names(const struct taglist *tags, struct dkim_field *out)
{
	struct span rest = taglist_value(tags, "h", "");
	struct span name;

	if (rest.n > DKIM_NAMES_BYTES)
		return "h= is too long";
	while (taglist_item(&rest, &name)) {
		if (!field_name(name))
			return "h= is not a list of names";
		if (out->name_count == DKIM_NAMES_MAX)
			return "h= is too long";
		out->names[out->name_count++] = name;
	}
	return NULL;
}

/* i= has to be of the domain d= or one below it (RFC 6376 section 3.5). */
static const char *
read_identity(struct arena *arena, const struct taglist *tags,
    struct dkim_field *out)
{
	size_t at;

	if (taglist_find(tags, "i") == NULL)
		out->identity = arena_printf(arena, "@%.*s",
		    SPAN_ARG(out->domain));
	else if (!unquoted(arena, out->identity, &out->identity))
		return "i= is not quoted-printable";
	at = span_rchr(out->identity, '@');
	if (at == out->identity.n)
		return "i= has no domain";
	out->identity_domain = span_skip(out->identity, at + 1);
	if (!domain_within(out->identity_domain, out->domain))
		return "i= is not within d=";
	return NULL;
}

static bool
covers_from(const struct dkim_field *field)
{
	size_t i;

	for (i = 0; i < field->name_count; i++)
		if (span_iis(field->names[i], "From"))
			return true;
	return false;
}

const char *
dkim_field_parse(struct arena *arena, struct span value,
    struct dkim_field *out, enum dkim_result *result)
{
	struct taglist tags;
	const char *reason;

	memset(out, 0, sizeof(*out));
	out->time = out->expires = out->length = -1;
	if (value.n > DKIM_FIELD_MAX)
		return refuse(result, DKIM_NEUTRAL, "too long");
	if ((reason = taglist_parse(value, &tags)) != NULL)
		return refuse(result, DKIM_NEUTRAL, reason);
	read_names(arena, &tags, out);
	if ((reason = missing(&tags)) != NULL)
		return refuse(result, DKIM_PERMERROR, reason);
	if (!span_is(taglist_value(&tags, "v", ""), "1"))
		return refuse(result, DKIM_NEUTRAL, "unknown version");
	if ((reason = read_algorithm(out)) != NULL ||
	    (reason = read_canonicalization(&tags, out)) != NULL ||
	    (reason = read_values(arena, &tags, out)) != NULL ||
	    (reason = read_header_names(&tags, out)) != NULL)
		return refuse(result, DKIM_NEUTRAL, reason);
	if ((reason = read_identity(arena, &tags, out)) != NULL)
		return refuse(result, DKIM_PERMERROR, reason);
	if (!covers_from(out))
		return refuse(result, DKIM_PERMERROR, "From is not signed");
	return NULL;
}
