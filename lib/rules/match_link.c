/* match_link - rules on links: "uri" and "uri_detail". */
#include "rules/matcher.h"

/* One test of a uri_detail rule, being run over the texts of one link. */
struct link_test {
	struct match *match;
	const struct rule *rule;
	const struct uri_test *test;
	const struct regex *regex;
	bool hit;
};

static void
try(struct link_test *t, struct span text)
{
	struct regex_found found;

	if (!t->hit)
		t->hit = match_try(t->match, t->rule, t->regex, text, 0,
		    &found) != t->test->pattern.negate;
}

static void
try_types(struct link_test *t, const struct link *link)
{
	unsigned i;

	for (i = 0; i < LINK_TYPES; i++)
		if (link->types & 1u << i)
			try(t, span_of(link_type_name(i)));
}

static void
try_link(struct link_test *t, const struct link *link)
{
	struct span key = t->test->key;
	size_t i;

	if (span_is(key, "raw"))
		try(t, link->raw);
	if (span_is(key, "type"))
		try_types(t, link);
	for (i = 0; span_is(key, "cleaned") && i < link->form_count; i++)
		try(t, link->forms[i]);
	for (i = 0; span_is(key, "text") && i < link->anchor_count; i++)
		try(t, link->anchors[i]);
	for (i = 0; span_is(key, "domain") && i < link->host_count; i++)
		try(t, link->hosts[i].domain);
	for (i = 0; span_is(key, "host") && i < link->host_count; i++)
		try(t, link->hosts[i].host);
}

static bool
all_tests(struct match *match, const struct rule *rule,
    struct regex *const *regexes, const struct link *link)
{
	struct link_test t = {.match = match, .rule = rule};
	size_t i;

	for (i = 0; i < rule->test_count; i++) {
		t.test = &rule->tests[i];
		t.regex = regexes[i];
		t.hit = false;
		try_link(&t, link);
		if (!t.hit)
			return false;
	}
	return true;
}

/* The first link that passes all tests of a rule is enough. */
static void
match_detail(const struct matcher *m, struct match *match, size_t number,
    const struct links *links)
{
	const struct rule *rule = m->details.items[number];
	size_t i;

	for (i = 0; i < links->count; i++) {
		if (!links->items[i]->for_rules || !all_tests(match, rule,
		    m->tests[number], links->items[i]))
			continue;
		/* What was given up may have hit because of "!~". */
		if (!match_limited(match, rule))
			match_note(match, rule, 1, links->items[i]->raw);
		return;
	}
}

void
match_links(const struct matcher *m, struct match *match)
{
	const struct links *links;
	size_t i;

	if (!m->any_uri && m->details.count == 0)
		return;
	links = facts_links(match->facts);
	for (i = 0; i < links->form_count; i++)
		match_scan(m, match, CLASS_URI, links->forms[i]);
	for (i = 0; i < m->details.count; i++)
		match_detail(m, match, i, links);
}
