/* fieldtext - the header fields of a message as rules see them. */
#include "rules/fieldtext.h"

#include <string.h>

#include "mail/words.h"

#define BUCKETS 64		/* of names: messages have some 30 fields */

/* Of one field; p is NULL until somebody has asked. */
struct text {
	struct span lf, raw, decoded;
	size_t next;		/* field in the same bucket, further down */
};

struct field_texts {
	struct text *items;	/* by number of the field */
	size_t first[BUCKETS];
};

static size_t
bucket_of(struct span name)
{
	return name.n == 0 ? 0 : (name.n + 5u * (unsigned)char_lower(
	    name.p[0]) + 11u * (unsigned)char_lower(name.p[name.n - 1])) %
	    BUCKETS;
}

static struct field_texts *
texts_of(struct facts *f)
{
	const struct message *m = f->message;
	struct field_texts *t = f->texts;
	size_t i, *first;

	if (t != NULL)
		return t;
	t = f->texts = arena_alloc(f->arena, sizeof(*t));
	t->items = arena_alloc(f->arena, m->header_count * sizeof(*t->items));
	for (i = 0; i < BUCKETS; i++)
		t->first[i] = m->header_count;
	for (i = m->header_count; i-- > 0; *first = i) {
		first = &t->first[bucket_of(m->headers[i].name)];
		t->items[i].next = *first;
	}
	return t;
}

/* The first field from i on, within its bucket, that has the name. */
static size_t
named(const struct facts *f, size_t i, struct span name)
{
	const struct message *m = f->message;

	while (i < m->header_count && !span_ieq(m->headers[i].name, name))
		i = f->texts->items[i].next;
	return i;
}

size_t
fieldtext_first(struct facts *f, struct span name)
{
	return named(f, texts_of(f)->first[bucket_of(name)], name);
}

size_t
fieldtext_next(struct facts *f, size_t i)
{
	return named(f, texts_of(f)->items[i].next,
	    f->message->headers[i].name);
}

size_t
field_put_lf(char *to, struct span s)
{
	const char *p = s.p, *end = s.p + s.n, *cr;
	size_t n = 0, run;

	while (p < end) {
		cr = memchr(p, '\r', (size_t)(end - p));
		run = (size_t)((cr != NULL ? cr : end) - p);
		memcpy(to + n, p, run);
		n += run;
		p += run;
		if (cr == NULL)
			break;
		if (p + 1 >= end || p[1] != '\n')
			to[n++] = '\r';
		p++;
	}
	return n;
}

struct span
fieldtext_lf(struct facts *f, size_t i)
{
	struct span *lf = &texts_of(f)->items[i].lf;
	struct span value = f->message->headers[i].value;
	char *p;

	if (lf->p != NULL)
		return *lf;
	*lf = span_make(value.p, value.n);
	if (span_chr(value, '\r') < value.n) {
		p = arena_bytes(f->arena, value.n);
		*lf = span_make(p, field_put_lf(p, value));
	}
	return *lf;
}

struct span
field_decode(struct arena *arena, struct span name, struct span raw)
{
	return words_allowed(name) ? words_decode(arena, raw, NULL) :
	    words_unfold(arena, raw, NULL);
}

struct span
fieldtext_raw(struct facts *f, size_t i)
{
	struct span *raw = &texts_of(f)->items[i].raw;

	if (raw->p == NULL)
		*raw = arena_join(f->arena, span_head(fieldtext_lf(f, i),
		    FIELD_VALUE_MAX), span_of("\n"));
	return *raw;
}

struct span
fieldtext_decoded(struct facts *f, size_t i)
{
	struct span *decoded = &texts_of(f)->items[i].decoded;

	if (decoded->p == NULL)
		*decoded = arena_join(f->arena, field_decode(f->arena,
		    f->message->headers[i].name, span_head(
		    fieldtext_lf(f, i), FIELD_VALUE_MAX)), span_of("\n"));
	return *decoded;
}
