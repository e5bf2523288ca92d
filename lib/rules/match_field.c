/* match_field - rules on header fields of the message. */
#include "rules/matcher.h"

static void
note_all(struct match *match, const struct rule_list *list,
    struct span evidence)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		match_note(match, list->items[i], 1, evidence);
}

void
match_turn(struct match *match, const struct rule *rule)
{
	double *value = &match->values[rule->index];

	*value = *value == 0 && !match_limited(match, rule);
	match->evidence[rule->index] = span_of("");
}

void
match_fields(const struct matcher *m, struct match *match)
{
	const struct field_rules *f;
	struct span value;
	size_t i, k;

	for (i = 0; i < m->rules->field_count; i++) {
		f = &m->fields[i];
		if (!f->any)
			continue;
		value = facts_field(match->facts, f->key);
		if (value.p == NULL) {
			note_all(match, &f->absent, span_of("no such field"));
			continue;
		}
		match_scan(m, match,
		    CLASS_FIELDS + f->key->index, value);
		for (k = 0; k < f->negated.count; k++)
			match_turn(match, f->negated.items[k]);
		note_all(match, &f->exists, f->key->name);
	}
}
