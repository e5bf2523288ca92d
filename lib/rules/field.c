/* field - the values of header fields as header rules see them. */
#include "rules/field.h"

#include <string.h>

#include "mail/words.h"
#include "rules/fieldaddr.h"
#include "rules/fieldhost.h"
#include "rules/fieldplace.h"
#include "rules/fieldtext.h"
#include "rules/relays.h"

#define ADDRESSES_KEPT 64	/* values whose addresses are looked up */

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

/* Every real field of that name. */
static void
add_named(struct facts *f, struct span name, bool raw, struct field_values *v)
{
	size_t i;

	for (i = fieldtext_first(f, name); i < f->message->header_count;
	    i = fieldtext_next(f, i))
		add(f, v, raw ? fieldtext_raw(f, i) : fieldtext_decoded(f, i));
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

static void
add_to_cc(struct facts *f, const struct field_key *key, struct field_values *v)
{
	static const char *const names[] = {"To", "Cc", NULL};

	add_list(f, names, key->modifiers & FIELD_RAW, v);
}

static void
add_ids(struct facts *f, const struct field_key *key, struct field_values *v)
{
	static const char *const names[] = {"X-Message-Id",
	    "Resent-Message-Id", "X-Original-Message-ID", "Message-Id", NULL};

	add_list(f, names, key->modifiers & FIELD_RAW, v);
}

static void
add_sender(struct facts *f, const struct field_key *key,
    struct field_values *v)
{
	(void)key;
	add(f, v, f->message->sender);
}

/* A whole field: its name, a blank too unless raw, its value, a line end. */
static struct span
whole(struct facts *f, size_t i, bool raw)
{
	struct span name = f->message->headers[i].name;
	struct span value = raw ? fieldtext_lf(f, i) : fieldtext_decoded(f, i);
	char *p = arena_bytes(f->arena, name.n + value.n + 3);
	size_t n = name.n;

	memcpy(p, name.p, n);
	p[n++] = ':';
	if (!raw)
		p[n++] = ' ';
	memcpy(p + n, value.p, value.n);
	n += value.n;
	if (raw)
		p[n++] = '\n';
	return span_make(p, n);
}

static void
add_all(struct facts *f, const struct field_key *key, struct field_values *v)
{
	size_t i;

	for (i = 0; i < f->message->header_count; i++)
		add(f, v, whole(f, i, key->modifiers & FIELD_RAW));
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
		add(f, v, whole(f, i, raw));
		if (seen == to + 1)
			return;
	}
}

/* A name for what is no field of the message. */
struct field_pseudo {
	const char *name;
	bool exact;		/* upper case is meant */
	void (*add)(struct facts *, const struct field_key *,
	    struct field_values *);
	size_t offset;		/* in struct relays */
};

/* What the relays say about the key. */
static const void *
of_relays(struct facts *f, const struct field_key *key)
{
	return (const char *)facts_relays(f) + key->pseudo->offset;
}

/* One of the texts that tell the way of the message. */
static void
add_relays(struct facts *f, const struct field_key *key,
    struct field_values *v)
{
	add(f, v, *(const struct span *)of_relays(f, key));
}

/* Fields that a trusted relay wrote. */
static void
add_above(struct facts *f, const struct field_key *key,
    struct field_values *v)
{
	add_between(f, true, 0, *(const size_t *)of_relays(f, key),
	    key->modifiers & FIELD_RAW, v);
}

/* Fields that it may not have written. */
static void
add_below(struct facts *f, const struct field_key *key,
    struct field_values *v)
{
	add_between(f, false, *(const size_t *)of_relays(f, key),
	    SIZE_MAX - 1, key->modifiers & FIELD_RAW, v);
}

static void
add_place(struct facts *f, const struct field_key *key,
    struct field_values *v)
{
	struct span value = fieldplace_value(f, key->name);

	if (value.p != NULL)
		add(f, v, value);
}

/* Places have names of their own: the last row stands for all of them. */
static const struct field_pseudo pseudos[] = {
	{"ALL", true, add_all, 0},
	{"ALL-TRUSTED", true, add_above,
	    offsetof(struct relays, trusted_fields)},
	{"ALL-INTERNAL", true, add_above,
	    offsetof(struct relays, internal_fields)},
	{"ALL-UNTRUSTED", true, add_below,
	    offsetof(struct relays, trusted_fields)},
	{"ALL-EXTERNAL", true, add_below,
	    offsetof(struct relays, internal_fields)},
	{"EnvelopeFrom", false, add_sender, 0},
	{"ToCc", false, add_to_cc, 0},
	{"MESSAGEID", true, add_ids, 0},
	{"X-Spam-Relays-Trusted", false, add_relays,
	    offsetof(struct relays, trusted_text)},
	{"X-Spam-Relays-Untrusted", false, add_relays,
	    offsetof(struct relays, untrusted_text)},
	{"X-Spam-Relays-Internal", false, add_relays,
	    offsetof(struct relays, internal_text)},
	{"X-Spam-Relays-External", false, add_relays,
	    offsetof(struct relays, external_text)},
	{NULL, false, add_place, 0},
};

static const struct field_pseudo *
pseudo_of(struct span name)
{
	const struct field_pseudo *p;

	for (p = pseudos; p->name != NULL; p++)
		if (p->exact ? span_is(name, p->name) :
		    span_iis(name, p->name))
			return p;
	return fieldplace_needs(name) != 0 ? p : NULL;
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

/* The addresses of a value, which stays where it is: each is read once. */
static const struct facts_addresses *
addresses_of(struct facts *f, struct span value)
{
	struct fieldaddr found[FIELD_ADDRESSES_MAX], *all;
	struct facts_addresses *a = f->addresses, *new;
	size_t depth;

	for (depth = 0; a != NULL && depth < ADDRESSES_KEPT; depth++) {
		if (a->value.p == value.p && a->value.n == value.n)
			return a;
		a = a->next;
	}
	new = arena_alloc(f->arena, sizeof(*new));
	new->value = value;
	new->count = fieldaddr_parse(f->arena, value, found,
	    FIELD_ADDRESSES_MAX);
	all = arena_alloc(f->arena, new->count * sizeof(*all));
	memcpy(all, found, new->count * sizeof(*all));
	new->items = all;
	new->next = f->addresses;
	f->addresses = new;
	return new;
}

/* The addresses in the values, or the names beside them. */
static void
take_addresses(struct facts *f, unsigned modifiers, struct field_values *v)
{
	const struct facts_addresses *a;
	const struct fieldaddr *found;
	struct field_values out = {NULL, 0, 0};
	size_t i, k;

	for (i = 0; i < v->count; i++) {
		a = addresses_of(f, v->items[i]);
		found = a->items;
		for (k = 0; k < a->count; k++)
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

	if (key->pseudo != NULL)
		key->pseudo->add(f, key, &v);
	else
		add_named(f, key->name, key->modifiers & (FIELD_RAW |
		    FIELD_ADDR | FIELD_NAME), &v);
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
	out->pseudo = pseudo_of(out->name);
	return true;
}
