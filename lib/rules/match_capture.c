/*
 * match_capture - named groups: what a pattern's (?<NAME>...) took can stand in
 * other patterns as %{NAME}.  Those are made and matched for one message.
 */
#include "rules/matcher.h"

/* Keeps a value, once. */
static void
keep(struct match *match, struct span name, struct span value)
{
	struct match_capture *c = match->captures;
	size_t i;

	if (value.n == 0)
		return;
	if (c == NULL)
		match->captures = c = arena_raw(match->facts->arena,
		    MATCH_CAPTURES_MAX * sizeof(*c));
	for (i = 0; i < match->capture_count; i++)
		if (span_eq(c[i].name, name) && span_eq(c[i].value, value))
			return;
	if (match->capture_count == MATCH_CAPTURES_MAX) {
		match->captures_cut = true;
		return;
	}
	c[match->capture_count].name = name;
	c[match->capture_count++].value = value;
}

void
match_keep(struct match *match, const struct engine_capture *captures,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		keep(match, span_of(captures[i].name), captures[i].value);
}

void
match_groups(struct match *match, const struct regex *regex)
{
	struct span value;
	const char *name;
	unsigned i, group;

	/* The regex may end before the message does. */
	for (i = 0; regex_name(regex, i, &name, &group); i++)
		if (regex_group(match->facts->scratch, group, &value))
			keep(match, span_of(arena_string(match->facts->arena,
			    span_of(name))), value);
}

/* As \Q...\E would write it. */
static void
put_quoted(struct buf *buf, struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!char_alpha((unsigned char)s.p[i]) &&
		    !char_digit((unsigned char)s.p[i]) && s.p[i] != '_' &&
		    (unsigned char)s.p[i] < 128)
			buf_char(buf, '\\');
		buf_char(buf, s.p[i]);
	}
}

/*
 * All that NAME took, as alternatives, as long as there is room for them and
 * what comes after; false when it took nothing.
 */
static bool
put_captured(struct buf *buf, struct match *match, struct span name,
    size_t after)
{
	bool any = false;
	struct span value;
	size_t i;

	for (i = 0; i < match->capture_count; i++) {
		if (!span_eq(match->captures[i].name, name))
			continue;
		value = match->captures[i].value;
		if (buf->n + 2 * value.n + sizeof("(?:)") + after > buf->max) {
			match->captures_cut = true;
			continue;
		}
		buf_puts(buf, any ? "|" : "(?:");
		put_quoted(buf, value);
		any = true;
	}
	if (any)
		buf_char(buf, ')');
	return any;
}

/* The pattern with its %{NAME} filled in; false when one is not known. */
static bool
fill(struct buf *buf, struct match *match, struct span text)
{
	struct span name;
	size_t i = 0, n;

	while (i < text.n) {
		n = pattern_template(text, i, &name);
		if (n == 0)
			buf_char(buf, text.p[i++]);
		else if (!put_captured(buf, match, name, text.n - i - n))
			return false;
		i += n;
	}
	match->captures_cut |= buf->full;
	return !buf->full;
}

/* A field that is not there counts as [if-unset: ] says, or as empty. */
static struct texts
one_field(struct match *match, const struct rule *rule)
{
	struct span *text = arena_alloc(match->facts->arena, sizeof(*text));

	*text = facts_field(match->facts, rule->field);
	if (text->p == NULL)
		*text = rule->if_unset.p != NULL ? rule->if_unset :
		    span_make("", 0);
	return (struct texts){text, 1};
}

/* What the rule is matched against. */
static struct texts
texts_of(struct match *match, const struct rule *rule)
{
	struct facts *f = match->facts;
	const struct links *links;
	struct texts texts = {NULL, 0};

	switch (rule->kind) {
	case RULE_HEADER:
		return one_field(match, rule);
	case RULE_BODY:
		texts = *reading_body(f->reading);
		if (rule->flags & RULE_NOSUBJECT && texts.count > 0) {
			texts.items++;
			texts.count--;
		}
		return texts;
	case RULE_RAWBODY:
		return *reading_raw(f->reading);
	case RULE_FULL:
		facts_full(f);
		return (struct texts){&f->full, 1};
	case RULE_URI:
		links = facts_links(f);
		return (struct texts){links->forms, links->form_count};
	default:	/* others have no pattern, or none with captures */
		return texts;
	}
}

/* Without tflags multiple one hit is enough. */
static void
try_texts(struct match *match, const struct rule *rule,
    const struct regex *regex, const struct texts *texts)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (rule->flags & RULE_MULTIPLE ||
		    match->values[rule->index] == 0)
			match_regex(match, rule, regex, texts->items[i]);
}

/* Takes room for the pattern. */
static void
try_template(struct match *match, const struct template *t, struct buf *room)
{
	const struct rule *rule = t->rule;
	struct texts texts = texts_of(match, rule);
	struct regex *regex;

	if (!rule->pattern.negate && !template_possible(t, match, &texts))
		return;
	buf_reset(room);
	if (!fill(room, match, rule->pattern.text))
		return;
	regex = regex_new(buf_contents(room),
	    rule->pattern.flags | REGEX_ONCE, NULL);
	if (regex == NULL)
		return;
	try_texts(match, rule, regex, &texts);
	if (rule->pattern.negate)
		match_turn(match, rule);
	regex_put(regex);
}

void
match_templates(const struct matcher *m, struct match *match)
{
	struct buf room;
	size_t i;

	if (match->capture_count == 0)
		return;
	buf_init(&room, MATCH_TEMPLATE_MAX);
	for (i = 0; i < m->template_count && i < MATCH_TEMPLATES_MAX; i++)
		try_template(match, &m->templates[i], &room);
	match->captures_cut |= i < m->template_count;
	buf_done(&room);
}
