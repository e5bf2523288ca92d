/* facts - what rules may ask about one message. */
#include "rules/facts.h"

#include <string.h>

#include "rules/field.h"
#include "rules/fieldtext.h"
#include "rules/lists.h"
#include "rules/pairs.h"

/* redirector_pattern: where a link leads through the link itself. */
static bool
redirect(void *context, struct span uri, struct span *target)
{
	struct facts *f = context;
	const struct redirector *r;
	enum regex_answer answer;
	struct regex_found found;
	struct pairs pairs;
	struct span group;
	size_t i, n;

	r = lists_redirectors(f->lists, &n);
	if (n > 0)
		pairs_find(uri, &pairs);
	for (i = 0; i < n && f->redirect_steps < FACTS_REDIRECT_STEPS; i++) {
		if (!pairs_allow(&pairs, &r[i].needs) ||
		    !needs_met(&r[i].needs, uri))
			continue;
		answer = regex_match(r[i].regex, f->scratch, uri, 0, &found);
		f->redirect_steps += found.steps;
		if (answer == REGEX_MATCH &&
		    regex_group(f->scratch, 1, &group) &&
		    span_chr(group, '.') < group.n) {
			*target = group;
			return true;
		}
	}
	return false;
}

void
facts_begin(struct facts *f, struct engine_scratch *scratch)
{
	f->engine = scratch;
	f->scratch = engine_regexes(scratch);
	f->reading = reading_new(f->arena, f->message,
	    (size_t)ruleset_number(f->rules, "body_part_scan_size", 0),
	    (size_t)ruleset_number(f->rules, "rawbody_part_scan_size", 0));
	f->view.registry = lists_registry(f->lists);
	f->view.suffixes = f->suffixes;
	f->view.redirect = redirect;
	f->view.context = f;
}

const struct links *
facts_links(struct facts *f)
{
	return reading_links(f->reading, &f->view);
}

/* Joined as header rules want them: each on a line of its own. */
static struct span
join(struct facts *f, const struct field_values *v)
{
	bool ended = v->items[0].n > 0 &&
	    v->items[0].p[v->items[0].n - 1] == '\n';
	size_t i, n = 0;
	struct span out;
	char *p;

	if (v->count == 1)
		return v->items[0];
	for (i = 0; i < v->count; i++)
		n += v->items[i].n + 1;
	p = arena_bytes(f->arena, n);
	out = span_make(p, 0);
	for (i = 0; i < v->count; i++) {
		if (i > 0 && !ended)
			p[out.n++] = '\n';
		memcpy(p + out.n, v->items[i].p, v->items[i].n);
		out.n += v->items[i].n;
	}
	return out;
}

/* A span that is not "absent" even when it is empty. */
static struct span
present(struct span s)
{
	return s.p != NULL ? s : span_make("", 0);
}

struct span
facts_field(struct facts *f, const struct field_key *key)
{
	struct field_values v;

	if (f->fields == NULL) {
		f->fields = arena_alloc(f->arena, f->rules->field_count *
		    sizeof(*f->fields));
		f->field_known = arena_alloc(f->arena, f->rules->field_count *
		    sizeof(*f->field_known));
	}
	if (!f->field_known[key->index]) {
		f->field_known[key->index] = true;
		field_values(f, key, &v);
		if (v.count > 0)
			f->fields[key->index] = present(join(f, &v));
	}
	return f->fields[key->index];
}

static struct span
find_named(struct facts *f, const char *name)
{
	struct field_key key;
	struct field_values v;
	struct span first;

	if (!field_key_parse(span_of(name), &key))
		return span_of("");
	field_values(f, &key, &v);
	if (v.count == 0)
		return span_of("");
	if ((key.modifiers & ~(unsigned)(FIELD_RAW | FIELD_FIRST |
	    FIELD_LAST)) == 0 && !span_is(key.name, "EnvelopeFrom"))
		return present(join(f, &v));
	first = present(v.items[0]);
	if (first.n > 0 && first.p[first.n - 1] == '\n')
		first.n--;
	return first;
}

struct span
facts_get(struct facts *f, const char *name)
{
	struct span value;
	size_t i;

	for (i = 0; i < f->named_count; i++)
		if (strcmp(f->named[i].name, name) == 0)
			return f->named[i].value;
	value = find_named(f, name);
	f->named = arena_room(f->arena, f->named, f->named_count,
	    sizeof(*f->named), &f->named_room);
	f->named[f->named_count++] = (struct facts_named){name, value};
	return value;
}

struct span
facts_full(struct facts *f)
{
	const struct message *m = f->message;
	struct span body = buf_contents(&m->body);
	size_t i, n = 0, room = body.n + 1;
	char *p;

	if (f->full.p != NULL)
		return f->full;
	for (i = 0; i < m->header_count; i++)
		room += m->headers[i].name.n + m->headers[i].value.n + 2;
	p = arena_bytes(f->arena, room);
	for (i = 0; i < m->header_count; i++) {
		n += field_put_lf(p + n, m->headers[i].name);
		p[n++] = ':';
		n += field_put_lf(p + n, m->headers[i].value);
		p[n++] = '\n';
	}
	p[n++] = '\n';
	n += field_put_lf(p + n, body);
	f->full = span_make(p, n);
	return f->full;
}

const struct relays *
facts_relays(struct facts *f)
{
	if (f->relays == NULL) {
		f->relays = arena_alloc(f->arena, sizeof(*f->relays));
		relays_find(f->arena, f->message, f->networks, f->relays);
	}
	return f->relays;
}
