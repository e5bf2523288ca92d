/* template - a rule whose pattern holds %{NAME}. */
#include "rules/template.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#define VALUE_BYTES 23	/* of a value that are looked for */

/* Stands for a value while loading: rare, and never a part of a word. */
static const char stand_in[] = "\001\002\003\004\005\006";

/* The pattern so filled; notes its names. */
static struct span
fill(struct template *t, struct arena *arena)
{
	struct span pattern = t->rule->pattern.text, name, out;
	struct buf buf;
	size_t i = 0, n;

	buf_init(&buf, 2 * sizeof(stand_in) * pattern.n + 1);
	while (i < pattern.n) {
		n = pattern_template(pattern, i, &name);
		if (n == 0) {
			buf_char(&buf, pattern.p[i++]);
			continue;
		}
		buf_printf(&buf, "(?:%s)", stand_in);
		t->names = mem_array(t->names, t->name_count + 1,
		    sizeof(*t->names));
		t->names[t->name_count++] = name;
		i += n;
	}
	out = arena_span(arena, buf_contents(&buf));
	buf_done(&buf);
	return out;
}

/* The bytes from there on that stand for nothing else. */
static struct literal
plain_run(struct span s, bool backwards)
{
	struct literal out = {.n = 0};
	size_t n = 0;

	while (n < s.n && !char_among(s.p[backwards ? s.n - n - 1 : n],
	    stand_in))
		n++;
	out.n = (uint8_t)n;
	memcpy(out.p, backwards ? s.p + s.n - n : s.p, n);
	return out;
}

static void
add_frame(struct template *t, struct span before, struct span behind)
{
	struct template_frame *frame = &t->frames[t->frame_count];

	if (t->frame_count == TEMPLATE_FRAMES_MAX) {
		t->frame_count = 1;
		memset(t->frames, 0, sizeof(t->frames));
		return;
	}
	frame->before = plain_run(before, true);
	frame->behind = plain_run(behind, false);
	t->frame_count++;
}

/* Takes strings with the stand-in out; false when one has a piece of it. */
static bool
take_values(struct template *t, struct literals *l)
{
	struct span s;
	size_t i, k, n = 0;

	for (i = 0; i < l->n; i++) {
		s = span_make(l->all[i].p, l->all[i].n);
		k = span_find(s, span_of(stand_in));
		if (k < s.n) {
			add_frame(t, span_head(s, k),
			    span_skip(s, k + sizeof(stand_in) - 1));
			continue;
		}
		for (k = 0; k < s.n; k++)
			if (char_among(s.p[k], stand_in))
				return false;
		l->all[n++] = l->all[i];
	}
	l->n = n;
	/* A value may be some of them. */
	l->times = 1;
	return true;
}

void
template_init(struct template *t, const struct rule *rule)
{
	struct arena arena;

	memset(t, 0, sizeof(*t));
	t->rule = rule;
	/* Between \Q and \E what is filled in stands for something else. */
	if (span_find(rule->pattern.text, span_of("\\Q")) <
	    rule->pattern.text.n)
		return;
	arena_init(&arena);
	needs_read(fill(t, &arena), rule->pattern.flags, &t->needs);
	needs_cut(&t->needs, 1);
	if (t->needs.n > 0 && !take_values(t, &t->needs.all[0])) {
		t->frame_count = 0;
		needs_done(&t->needs);
	}
	arena_done(&arena);
}

void
template_done(struct template *t)
{
	free(t->names);
	needs_done(&t->needs);
}

static bool
uses(const struct template *t, struct span name)
{
	size_t i;

	for (i = 0; i < t->name_count; i++)
		if (span_eq(t->names[i], name))
			return true;
	return false;
}

/* The value in its frame; returns how many bytes that are. */
static size_t
put_framed(char *to, const struct template_frame *frame, struct span value)
{
	size_t n = frame->before.n;

	memcpy(to, frame->before.p, n);
	memcpy(to + n, value.p, value.n);
	n += value.n;
	/* Where more of the value follows, that is another place. */
	if (value.n == VALUE_BYTES)
		return n;
	memcpy(to + n, frame->behind.p, frame->behind.n);
	return n + frame->behind.n;
}

/* Whether the value stands somewhere in one of the frames. */
static bool
has_value(const struct template *t, struct span value,
    const struct texts *texts)
{
	char bytes[2 * LITERAL_BYTES_MAX + VALUE_BYTES];
	struct span needle;
	size_t i, k, key;

	for (i = 0; i < t->frame_count; i++) {
		needle = span_make(bytes, put_framed(bytes, &t->frames[i],
		    value));
		key = span_rarest(needle);
		for (k = 0; k < texts->count; k++)
			if (needle.n == 0 || span_ifind(texts->items[k],
			    needle, key) < texts->items[k].n)
				return true;
	}
	return false;
}

bool
template_possible(const struct template *t, const struct match *match,
    const struct texts *texts)
{
	const struct match_capture *c = match->captures;
	size_t i;

	if (t->needs.n == 0)
		return true;
	for (i = 0; t->frame_count > 0 && i < match->capture_count; i++)
		if (uses(t, c[i].name) && has_value(t,
		    span_head(c[i].value, VALUE_BYTES), texts))
			return true;
	/* Without words of its own one of the values had to be there. */
	for (i = 0; t->needs.all[0].n > 0 && i < texts->count; i++)
		if (needs_met(&t->needs, texts->items[i]))
			return true;
	return false;
}
