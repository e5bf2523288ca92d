/*
 * replace - tags inside regular expressions.  A pattern is cut into pieces:
 * tags, and what stands between them, as SpamAssassin's ReplaceTags does, so
 * that pre, inter and post reach the same places.
 */
#include "rules/replace.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"

struct definition {
	char *text;
	size_t n;
};

struct replace {
	struct map names[REPLACE_KINDS];
	char *start, *end;
};

/* What one pass works with. */
struct pass {
	const struct replace *r;
	struct span start, end;
	struct span modifier[REPLACE_KINDS];	/* pre, inter, post or empty */
	struct buf *out;
	bool again;		/* a tag brought further tags */
};

struct replace *
replace_new(void)
{
	struct replace *r = mem_alloc(sizeof(*r));
	size_t i;

	for (i = 0; i < REPLACE_KINDS; i++)
		map_init(&r->names[i]);
	replace_delimit(r, span_of("<"), span_of(">"));
	return r;
}

void
replace_free(struct replace *r)
{
	struct definition *d;
	size_t i, k;

	if (r == NULL)
		return;
	for (i = 0; i < REPLACE_KINDS; i++) {
		for (k = 0; k < r->names[i].count; k++) {
			d = map_value(&r->names[i], k);
			free(d->text);
			free(d);
		}
		map_done(&r->names[i]);
	}
	free(r->start);
	free(r->end);
	free(r);
}

void
replace_put(struct replace *r, enum replace_kind kind, struct span name,
    struct span text)
{
	struct definition *d = map_find(&r->names[kind], name);

	if (d == NULL) {
		d = mem_alloc(sizeof(*d));
		map_put(&r->names[kind], name, d);
	}
	free(d->text);
	d->text = mem_copy(text.p, text.n);
	d->n = text.n;
}

void
replace_delimit(struct replace *r, struct span start, struct span end)
{
	if (start.n > 0) {
		free(r->start);
		r->start = mem_copy(start.p, start.n);
	}
	if (end.n > 0) {
		free(r->end);
		r->end = mem_copy(end.p, end.n);
	}
}

static struct span
lookup(const struct replace *r, enum replace_kind kind, struct span name)
{
	const struct definition *d = map_find(&r->names[kind], name);

	return d != NULL ? span_make(d->text, d->n) : span_of("");
}

/*
 * Finds start, at least one byte, end in text: the offset of start, or text.n.
 * *inner is what stands between.
 */
static size_t
find_tag(struct span text, struct span start, struct span end,
    struct span *inner)
{
	size_t from = span_find(text, start), n;
	struct span rest;

	if (from == text.n)
		return text.n;
	rest = span_skip(text, from + start.n);
	n = span_find(span_skip(rest, 1), end);
	if (rest.n == 0 || n == rest.n - 1)
		return text.n;
	*inner = span_head(rest, n + 1);
	return from;
}

/*
 * Takes the first "<pre NAME>" and the like out of text, which lies in the
 * arena, and remembers what NAME stands for.
 */
static struct span
take_modifier(struct pass *p, struct arena *arena, struct span text,
    enum replace_kind kind)
{
	static const char *const words[REPLACE_KINDS] = {
		NULL, "pre ", "inter ", "post ",
	};
	struct span start, name;
	size_t from;

	start = arena_printf(arena, "%.*s%s", SPAN_ARG(p->start),
	    words[kind]);
	from = find_tag(text, start, p->end, &name);
	if (from == text.n)
		return text;
	p->modifier[kind] = lookup(p->r, kind, name);
	return arena_printf(arena, "%.*s%.*s", (int)from, text.p,
	    SPAN_ARG(span_skip(text, from + start.n + name.n + p->end.n)));
}

/* Length of the tag at the start of text: "<", other bytes, ">"; or 0. */
static size_t
angle_length(struct span text)
{
	size_t i;

	for (i = 1; i < text.n && text.p[i] != '<' && text.p[i] != '>'; i++)
		;
	return i > 1 && i < text.n && text.p[i] == '>' ? i + 1 : 0;
}

/* Whether a replacement holds a tag itself: "<", bytes but ">", ">". */
static bool
has_angle(struct span text)
{
	size_t i, from = text.n;

	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '>') {
			if (from + 1 < i)
				return true;
			from = text.n;
		} else if (text.p[i] == '<' && from == text.n) {
			from = i;
		}
	}
	return false;
}

static void
write_tag(struct pass *p, struct span whole, struct span name)
{
	struct span text = lookup(p->r, REPLACE_TAG, name);

	if (text.n == 0 || span_is(text, "0")) {
		buf_span(p->out, whole);
		return;
	}
	buf_span(p->out, text);
	if (has_angle(text))
		p->again = true;
}

/* One piece: its tags get what stands before and behind, and are replaced. */
static void
write_piece(struct pass *p, struct span piece)
{
	struct span first, name, whole;
	bool pre = true;
	size_t from, used;

	if (piece.n == 0) {
		buf_span(p->out, p->modifier[REPLACE_INTER]);
		return;
	}
	from = find_tag(piece, p->start, p->end, &first);
	if (from == piece.n) {
		buf_span(p->out, piece);
		return;
	}
	while ((from = find_tag(piece, p->start, p->end, &name)) < piece.n) {
		used = p->start.n + name.n + p->end.n;
		whole = span_head(span_skip(piece, from), used);
		buf_span(p->out, span_head(piece, from));
		if (pre)
			buf_span(p->out, p->modifier[REPLACE_PRE]);
		pre = false;
		/* Of one piece only the tag that comes first is replaced. */
		if (span_eq(name, first))
			write_tag(p, whole, name);
		else
			buf_span(p->out, whole);
		buf_span(p->out, p->modifier[REPLACE_POST]);
		piece = span_skip(piece, from + used);
	}
	buf_span(p->out, piece);
}

/* Cuts text at its tags, which are pieces of their own. */
static void
write_pieces(struct pass *p, struct span text)
{
	size_t i = 0, from = 0, n;

	while (i < text.n) {
		n = text.p[i] == '<' ? angle_length(span_skip(text, i)) : 0;
		if (n == 0) {
			i++;
			continue;
		}
		/* Perl sees its own (?aa) at the start: never empty. */
		if (i > 0)
			write_piece(p, span_make(text.p + from, i - from));
		write_piece(p, span_make(text.p + i, n));
		i += n;
		from = i;
	}
	if (from < text.n)
		write_piece(p, span_skip(text, from));
}

int
replace_apply(const struct replace *r, struct arena *arena,
    struct span pattern, struct span *out, struct error *error)
{
	struct pass p = {.r = r, .start = span_of(r->start),
	    .end = span_of(r->end), .again = true};
	struct buf buf;
	int i, k;

	buf_init(&buf, REPLACE_LENGTH_MAX);
	p.out = &buf;
	for (i = 0; i < REPLACE_PASSES_MAX && p.again && !buf.full; i++) {
		p.again = false;
		for (k = REPLACE_PRE; k < REPLACE_KINDS; k++)
			p.modifier[k] = span_of("");
		pattern = take_modifier(&p, arena, pattern, REPLACE_PRE);
		pattern = take_modifier(&p, arena, pattern, REPLACE_POST);
		pattern = take_modifier(&p, arena, pattern, REPLACE_INTER);
		buf_reset(&buf);
		write_pieces(&p, pattern);
		pattern = arena_span(arena, buf_contents(&buf));
	}
	i = buf.full ? error_set(error, "with its tags replaced the pattern "
	    "has more than %d bytes", REPLACE_LENGTH_MAX) : 0;
	buf_done(&buf);
	if (i == 0)
		*out = pattern;
	return i;
}
