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

/* Takes strings with the stand-in out; false when one has a piece of it. */
static bool
take_values(struct template *t, struct literals *l)
{
	struct span s;
	size_t i, k, n = 0;

	for (i = 0; i < l->n; i++) {
		s = span_make(l->all[i].p, l->all[i].n);
		if (span_find(s, span_of(stand_in)) < s.n) {
			t->value = true;
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
		t->value = false;
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

bool
template_possible(const struct template *t, const struct match *match,
    struct span text)
{
	const struct match_capture *c = match->captures;
	struct span value;
	size_t i;

	if (t->needs.n == 0)
		return true;
	for (i = 0; t->value && i < match->capture_count; i++) {
		if (!uses(t, c[i].name))
			continue;
		value = span_head(c[i].value, VALUE_BYTES);
		if (value.n == 0 || span_ifind(text, value) < text.n)
			return true;
	}
	/* Without words of its own one of the values had to be there. */
	return t->needs.all[0].n > 0 && needs_met(&t->needs, text);
}
