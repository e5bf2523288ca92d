/* dmarc_trace - what a search for a DMARC record asked and found. */
#include "auth/dmarc_trace.h"

/* Levels of all walks, the one of the suffix list, and existence. */
#define QUERIES_MAX ((DMARC_IDENTIFIERS_MAX + 1) * DMARC_WALK_MAX + 1 + \
	DMARC_EXISTENCE_TYPES)

struct trace {
	struct arena *arena;
	struct dmarc_query *queries;
	size_t count;
};

const char *
dmarc_rule_text(enum dmarc_rule rule)
{
	static const char *const texts[] = {
		[DMARC_RULE_FAILED] = "unknown: a question was not answered",
		[DMARC_RULE_PSD_N] = "its record says psd=n (4.10.2 rule 1)",
		[DMARC_RULE_PSD_Y] =
		    "one label below a record with psd=y (4.10.2 rule 2)",
		[DMARC_RULE_SHORTEST] =
		    "the shortest name with a record (4.10.2 rule 3)",
		[DMARC_RULE_START] =
		    "no record anywhere: the domain itself (4.10.2)",
		[DMARC_RULE_SUFFIX] =
		    "one label below the public suffix (RFC 7489 3.2)",
	};

	return texts[rule];
}

static struct span
no_records(struct arena *arena, const struct dns_answer *a)
{
	if (a == NULL)
		return span_of("not waited for");
	if (a->status == DNS_FAILED)
		return arena_printf(arena, "no answer: %s", a->why);
	if (a->status == DNS_NXDOMAIN)
		return span_of("no such name");
	if (a->status == DNS_NODATA)
		return span_of("the name exists without such a record");
	return arena_printf(arena, "%zu record%s", a->count,
	    a->count == 1 ? "" : "s");
}

static struct span
level_brought(struct arena *arena, const struct dmarc_level *l)
{
	if (l->answer == NULL || l->answer->status != DNS_FOUND)
		return no_records(arena, l->answer);
	if (l->records == 0)
		return arena_printf(arena, "%zu TXT, none of them DMARC",
		    l->answer->count);
	if (l->records > 1)
		return arena_printf(arena, "%u DMARC records: all are "
		    "discarded (4.10)", l->records);
	return l->record.text;
}

static void
add_level(struct trace *t, const struct dmarc_level *l, bool used)
{
	struct dmarc_query *q;
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (!span_eq(t->queries[i].name, l->name))
			continue;
		t->queries[i].used = t->queries[i].used || used;
		return;
	}
	q = &t->queries[t->count++];
	q->name = l->name;
	q->type = DNS_TXT;
	q->used = used;
	q->brought = level_brought(t->arena, l);
}

static void
add_walk(struct trace *t, const struct dmarc_walk *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		add_level(t, &w->levels[i], i < w->used);
}

static void
add_existence(struct trace *t, const struct dmarc_outcome *o)
{
	struct dmarc_query *q;
	size_t i;

	for (i = 0; i < DMARC_EXISTENCE_TYPES; i++) {
		q = &t->queries[t->count++];
		q->name = o->author;
		q->type = dmarc_existence_types[i];
		q->used = o->existence[i] != NULL;
		q->brought = no_records(t->arena, o->existence[i]);
	}
}

const struct dmarc_query *
dmarc_trace(const struct dmarc_outcome *o, struct arena *arena, size_t *count)
{
	struct trace t = { arena, NULL, 0 };
	size_t i;

	t.queries = arena_alloc(arena, QUERIES_MAX * sizeof(*t.queries));
	if (o->by[DMARC_WALK].done)
		add_walk(&t, &o->walk);
	else
		add_level(&t, &o->walk.levels[0], true);
	if (o->by[DMARC_SUFFIX].done)
		add_level(&t, &o->registered, o->by[DMARC_SUFFIX].at !=
		    &o->walk.levels[0]);
	if (o->exists != DMARC_UNASKED)
		add_existence(&t, o);
	for (i = 0; i < o->identity_count; i++)
		if (o->identities[i].walk != NULL)
			add_walk(&t, o->identities[i].walk);
	*count = t.count;
	return t.queries;
}
