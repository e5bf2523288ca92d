/* match_mime - rules on header fields of MIME parts. */
#include <string.h>

#include "rules/fieldtext.h"
#include "rules/matcher.h"

/* While the parts are gone through. */
struct run {
	const struct matcher *matcher;
	struct match *match;
	const struct mime *mime;
	bool *missing;		/* by field index: not in this part */
	double *settled;	/* by mime_rule: hits of the deciding part */
};

/* All fields of a part, each on a line. */
static struct span
part_all(struct arena *arena, const struct part *part, bool raw)
{
	struct span all, value;
	struct buf buf;
	size_t i;

	buf_init(&buf, MATCH_CONCAT_MAX);
	for (i = 0; i < part->header_count; i++) {
		value = raw ? part->headers[i].value :
		    field_decode(arena, part->headers[i].name,
		    part->headers[i].value);
		buf_span(&buf, part->headers[i].name);
		buf_puts(&buf, raw ? ":" : ": ");
		buf_span(&buf, value);
		buf_char(&buf, '\n');
	}
	all = arena_span(arena, buf_contents(&buf));
	buf_done(&buf);
	return all.p != NULL ? all : span_make("", 0);
}

/* The last field of that name, which is what counts of a part. */
static struct span
part_value(struct arena *arena, const struct part *part,
    const struct field_key *key)
{
	bool raw = key->modifiers & FIELD_RAW;
	const struct header *h;

	if (span_is(key->name, "ALL"))
		return part_all(arena, part, raw);
	/* Names of fields that rules look at end with a zero. */
	h = part_last_field(part, key->name.p);
	if (h == NULL)
		return (struct span){NULL, 0};
	return arena_join(arena, raw ? h->value : field_decode(arena, h->name,
	    h->value), span_of("\n"));
}

static bool
in_range(const struct rule *rule, size_t part)
{
	return part + 1 >= rule->range_min && part + 1 <= rule->range_max;
}

static void
scan_part(struct run *r, size_t number)
{
	const struct ruleset *rules = r->matcher->rules;
	unsigned base = CLASS_FIELDS + (unsigned)rules->field_count;
	struct span value;
	size_t i;

	for (i = 0; i < rules->field_count; i++) {
		if (!r->matcher->mime_fields[i])
			continue;
		value = part_value(r->match->facts->arena,
		    &r->mime->parts[number], rules->fields[i]);
		r->missing[i] = value.p == NULL;
		if (value.p != NULL)
			match_scan(r->matcher, r->match, base + (unsigned)i,
			    value);
	}
}

/* Only the first part in range that hits counts; others did in vain. */
static void
settle(struct run *r, size_t part)
{
	const struct mime_rule *mime;
	double *value;
	size_t i;

	for (i = 0; i < r->matcher->mime_count; i++) {
		mime = &r->matcher->mimes[i];
		if (mime->regex != NULL)
			continue;
		value = &r->match->values[mime->rule->index];
		if (r->settled[i] != 0 || !in_range(mime->rule, part)) {
			*value = r->settled[i];
			continue;
		}
		if (mime->unset && r->missing[mime->rule->field->index])
			match_note(r->match, mime->rule, 1,
			    span_of("no such field"));
		r->settled[i] = *value;
	}
}

/* With tflags concat: the values of all parts are one text. */
static void
match_concat(struct run *r, const struct mime_rule *mime)
{
	const struct rule *rule = mime->rule;
	struct arena *arena = r->match->facts->arena;
	struct span value;
	struct buf buf;
	size_t i;

	buf_init(&buf, MATCH_CONCAT_MAX);
	for (i = 0; i < r->mime->count && !buf.full; i++) {
		if (!in_range(rule, i))
			continue;
		value = part_value(arena, &r->mime->parts[i], rule->field);
		if (value.p == NULL)
			value = rule->if_unset;
		buf_span(&buf, value);
		if (value.n == 0 || value.p[value.n - 1] != '\n')
			buf_char(&buf, '\n');
	}
	match_regex(r->match, rule, mime->regex,
	    arena_span(arena, buf_contents(&buf)));
	buf_done(&buf);
}

void
match_mimeheaders(const struct matcher *m, struct match *match)
{
	struct arena *arena = match->facts->arena;
	struct run r = {.matcher = m, .match = match};
	size_t i;

	if (m->mime_count == 0)
		return;
	r.mime = reading_mime(match->facts->reading);
	r.missing = arena_alloc(arena, m->rules->field_count);
	r.settled = arena_alloc(arena, m->mime_count * sizeof(*r.settled));
	for (i = 0; i < r.mime->count; i++) {
		scan_part(&r, i);
		settle(&r, i);
	}
	for (i = 0; i < m->mime_count; i++) {
		if (m->mimes[i].regex != NULL)
			match_concat(&r, &m->mimes[i]);
		if (m->mimes[i].rule->pattern.negate)
			match_turn(match, m->mimes[i].rule);
	}
}
