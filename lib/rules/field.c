/* field - the values of header fields as header rules see them. */
#include "rules/field.h"

#include <string.h>

#include "mail/words.h"
#include "rules/fieldaddr.h"
#include "rules/fieldhost.h"
#include "rules/fieldplace.h"
#include "rules/relays.h"

/* Adds a value unless there are too many. */
static void
add(struct facts *f, struct field_values *v, struct span value)
{
	struct span *items;

	if (v->count == FIELD_VALUES_MAX)
		return;
	if (v->count == v->room) {
		v->room = v->room == 0 ? 4 : 2 * v->room;
		items = arena_alloc(f->arena, v->room * sizeof(*items));
		if (v->count > 0)
			memcpy(items, v->items, v->count * sizeof(*items));
		v->items = items;
	}
	v->items[v->count++] = value;
}

/* A copy with CRLF made LF, as all rules expect. */
static struct span
lf_only(struct arena *arena, struct span raw)
{
	struct span out;
	char *p;
	size_t i;

	if (memchr(raw.p, '\r', raw.n) == NULL)
		return raw;
	p = arena_bytes(arena, raw.n);
	out = span_make(p, 0);
	for (i = 0; i < raw.n; i++)
		if (raw.p[i] != '\r' || i + 1 == raw.n || raw.p[i + 1] != '\n')
			p[out.n++] = raw.p[i];
	return out;
}

struct span
field_decode(struct arena *arena, struct span name, struct span raw)
{
	return words_allowed(name) ? words_decode(arena, raw, NULL) :
	    words_unfold(arena, raw, NULL);
}

static struct span
with_newline(struct facts *f, struct span value)
{
	char *p = arena_bytes(f->arena, value.n + 1);

	if (value.n > 0)
		memcpy(p, value.p, value.n);
	p[value.n] = '\n';
	return span_make(p, value.n + 1);
}

/* On one line, as lists of several fields have their raw values. */
static struct span
unfold(struct arena *arena, struct span raw)
{
	char *p = arena_bytes(arena, raw.n + 1);
	struct span out = span_make(p, 0);
	size_t i;

	for (i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\r' && i + 1 < raw.n && raw.p[i + 1] == '\n')
			continue;
		p[out.n++] = raw.p[i];
		if (raw.p[i] != '\n' || i + 1 == raw.n ||
		    !char_space((unsigned char)raw.p[i + 1]))
			continue;
		while (i + 1 < raw.n && char_space((unsigned char)
		    raw.p[i + 1]))
			i++;
		p[out.n - 1] = ' ';
	}
	return out;
}

static struct span
value_of(struct facts *f, const struct header *h, bool raw)
{
	struct span value = lf_only(f->arena, h->value);

	value = span_head(value, FIELD_VALUE_MAX);
	return raw ? value : field_decode(f->arena, h->name, value);
}

/* Every real field of that name. */
static void
add_named(struct facts *f, struct span name, bool raw, struct field_values *v)
{
	const struct header *h = f->message->headers;
	size_t i;

	for (i = 0; i < f->message->header_count; i++)
		if (span_ieq(h[i].name, name))
			add(f, v, with_newline(f, value_of(f, &h[i], raw)));
}

static void
add_list(struct facts *f, const char *const *names, bool raw,
    struct field_values *v)
{
	size_t i;

	for (; *names != NULL; names++) {
		i = v->count;
		add_named(f, span_of(*names), raw, v);
		for (; raw && i < v->count; i++)
			v->items[i] = unfold(f->arena, v->items[i]);
	}
}

/* A whole field: its name, a blank too unless raw, its value, a line end. */
static struct span
whole(struct facts *f, const struct header *h, bool raw)
{
	struct span value = raw ? lf_only(f->arena, h->value) :
	    value_of(f, h, false);
	char *p = arena_bytes(f->arena, h->name.n + value.n + 3);
	size_t n = h->name.n;

	memcpy(p, h->name.p, n);
	p[n++] = ':';
	if (!raw)
		p[n++] = ' ';
	if (value.n > 0)
		memcpy(p + n, value.p, value.n);
	p[n + value.n] = '\n';
	return span_make(p, n + value.n + 1);
}

static void
add_all(struct facts *f, bool raw, struct field_values *v)
{
	size_t i;

	for (i = 0; i < f->message->header_count; i++)
		add(f, v, whole(f, &f->message->headers[i], raw));
}

/*
 * The fields from one Received field to another, both told by number; from 0
 * is from the beginning.  A Received field that our own MTA will write stands
 * above all that we see.
 */
static void
add_between(struct facts *f, bool whole_top, size_t from, size_t to, bool raw,
    struct field_values *v)
{
	const struct message *m = f->message;
	size_t i, seen = facts_relays(f)->own;
	bool received;

	for (i = 0; i < m->header_count; i++) {
		received = span_iis(m->headers[i].name, "Received");
		seen += received;
		if (!whole_top && seen < from + 1)
			continue;
		if (seen == to + 1 && !received)
			return;
		add(f, v, whole(f, &m->headers[i], raw));
		if (seen == to + 1)
			return;
	}
}

/* ALL-TRUSTED and kin: fields that a trusted relay wrote, or may not have. */
static bool
add_part(struct facts *f, struct span name, bool raw, struct field_values *v)
{
	const struct relays *r;

	if (!span_starts(name, "ALL-"))
		return false;
	r = facts_relays(f);
	if (span_is(name, "ALL-TRUSTED"))
		add_between(f, true, 0, r->trusted_fields, raw, v);
	else if (span_is(name, "ALL-INTERNAL"))
		add_between(f, true, 0, r->internal_fields, raw, v);
	else if (span_is(name, "ALL-UNTRUSTED"))
		add_between(f, false, r->trusted_fields, SIZE_MAX - 1, raw, v);
	else if (span_is(name, "ALL-EXTERNAL"))
		add_between(f, false, r->internal_fields, SIZE_MAX - 1, raw,
		    v);
	else
		return false;
	return true;
}

/* One of the texts that tell the way of the message; false for other names. */
static bool
add_relays(struct facts *f, struct span name, struct field_values *v)
{
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{"X-Spam-Relays-Trusted", offsetof(struct relays,
		    trusted_text)},
		{"X-Spam-Relays-Untrusted", offsetof(struct relays,
		    untrusted_text)},
		{"X-Spam-Relays-Internal", offsetof(struct relays,
		    internal_text)},
		{"X-Spam-Relays-External", offsetof(struct relays,
		    external_text)},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (span_iis(name, rows[i].name)) {
			add(f, v, *(const struct span *)((const char *)
			    facts_relays(f) + rows[i].offset));
			return true;
		}
	return false;
}

static bool
add_places(struct facts *f, struct span name, struct field_values *v)
{
	struct span value;

	if (fieldplace_needs(name) == 0)
		return false;
	value = fieldplace_value(f, name);
	if (value.p != NULL)
		add(f, v, value);
	return true;
}

/* All values, before modifiers other than :raw. */
static void
add_values(struct facts *f, const struct field_key *key, bool raw,
    struct field_values *v)
{
	static const char *const to_cc[] = {"To", "Cc", NULL};
	static const char *const ids[] = {"X-Message-Id", "Resent-Message-Id",
	    "X-Original-Message-ID", "Message-Id", NULL};

	if (span_is(key->name, "ALL"))
		add_all(f, raw, v);
	else if (span_iis(key->name, "EnvelopeFrom"))
		add(f, v, f->message->sender);
	else if (span_iis(key->name, "ToCc"))
		add_list(f, to_cc, raw, v);
	else if (span_is(key->name, "MESSAGEID"))
		add_list(f, ids, raw, v);
	else if (!add_relays(f, key->name, v) &&
	    !add_places(f, key->name, v) &&
	    !add_part(f, key->name, raw, v))
		add_named(f, key->name, raw || (key->modifiers &
		    (FIELD_ADDR | FIELD_NAME)), v);
}

static void
keep_one(struct field_values *v, bool last)
{
	if (v->count > 1 && last)
		v->items[0] = v->items[v->count - 1];
	v->count = v->count > 0;
}

/* A display name decoded, its space folded, single quotes around it off. */
static struct span
display_name(struct facts *f, struct span name)
{
	struct span value = words_decode(f->arena, name, NULL), out;
	char *p = arena_bytes(f->arena, value.n + 1);
	size_t i;

	if (value.n == 0)
		return name;
	out = span_make(p, 0);
	for (i = 0; i < value.n; i++)
		if (!char_space((unsigned char)value.p[i]))
			p[out.n++] = value.p[i];
		else if (out.n > 0 && p[out.n - 1] != ' ')
			p[out.n++] = ' ';
	out = span_trim(out);
	if (out.n >= 2 && out.p[0] == '\'' && out.p[out.n - 1] == '\'')
		out = span_make(out.p + 1, out.n - 2);
	return out;
}

/* The addresses in the values, or the names beside them. */
static void
take_addresses(struct facts *f, unsigned modifiers, struct field_values *v)
{
	struct fieldaddr found[FIELD_ADDRESSES_MAX];
	struct field_values out = {NULL, 0, 0};
	size_t i, k, n;

	for (i = 0; i < v->count; i++) {
		n = fieldaddr_parse(f->arena, v->items[i], found,
		    FIELD_ADDRESSES_MAX);
		for (k = 0; k < n; k++)
			if (modifiers & FIELD_ADDR) {
				if (found[k].address.p != NULL)
					add(f, &out, found[k].address);
			} else if (found[k].name.p != NULL)
				add(f, &out, modifiers & FIELD_RAW ?
				    found[k].name :
				    display_name(f, found[k].name));
	}
	*v = out;
}

void
field_values(struct facts *f, const struct field_key *key,
    struct field_values *out)
{
	struct field_values v = {NULL, 0, 0};

	add_values(f, key, key->modifiers & FIELD_RAW, &v);
	if (key->modifiers & (FIELD_FIRST | FIELD_LAST))
		keep_one(&v, !(key->modifiers & FIELD_FIRST));
	if (key->modifiers & (FIELD_ADDR | FIELD_NAME))
		take_addresses(f, key->modifiers, &v);
	if (key->modifiers & (FIELD_HOST | FIELD_DOMAIN | FIELD_IP |
	    FIELD_REVIP))
		fieldhost_take(f, key->modifiers, &v);
	*out = v;
}

bool
field_key_parse(struct span text, struct field_key *out)
{
	static const struct {
		const char *word;
		unsigned bits;
	} words[] = {
		{"raw", FIELD_RAW}, {"addr", FIELD_ADDR},
		{"name", FIELD_NAME}, {"host", FIELD_HOST},
		{"domain", FIELD_DOMAIN}, {"ip", FIELD_IP},
		{"revip", FIELD_REVIP}, {"first", FIELD_FIRST},
		{"last", FIELD_LAST},
	};
	struct span rest = text, word;
	size_t i, n = sizeof(words) / sizeof(words[0]);

	memset(out, 0, sizeof(*out));
	span_cut(&rest, ':', &out->name);
	while (span_cut(&rest, ':', &word)) {
		for (i = 0; i < n && !span_is(word, words[i].word); i++)
			;
		if (i == n)
			return false;
		out->modifiers |= words[i].bits;
	}
	return true;
}
