/* literal - no gate may be shut where PCRE2 finds a match. */
#include <stdlib.h>

#include "base/buf.h"
#include "rules/engine_item.h"
#include "rules/engine_sketch.h"
#include "rules/engine_strings.h"
#include "rules/literal.h"
#include "rules/pairs.h"
#include "rules/regex.h"
#include "rules/regex_perl.h"
#include "test/fuzz/fuzz.h"

#define FLAGS (REGEX_CASELESS | REGEX_LINES | REGEX_DOTALL | REGEX_EXTENDED)
#define INPUT_MAX 2000

static void
reach(void *arg, unsigned number)
{
	(void)number;
	*(bool *)arg = true;
}

/* Strings that were found, and where the first of them was. */
struct count {
	size_t n, first;
};

static void
count_one(void *arg, unsigned number, size_t at)
{
	struct count *c = arg;

	(void)number;
	if (c->n++ == 0)
		c->first = at;
}

/* Strings of the set that the search finds. */
static struct count
count_found(const struct literals *set, struct span subject)
{
	struct engine_strings *search = engine_strings_new(&set, 1);
	struct count c = {0, 0};

	engine_strings_scan(search, subject, count_one, &c);
	engine_strings_free(search);
	return c;
}

/* pattern matches subject: do its strings and its sketch occur? */
static void
check_gates(struct span pattern, unsigned flags, struct span subject)
{
	struct needs needs = {.n = 0};
	struct sketch sketch = {0, 0, NULL};
	const struct sketch *one = &sketch;
	struct sketches *sketches;
	const struct tree *tree;
	struct pairs pairs;
	struct arena arena;
	bool reached = false;
	size_t i;

	arena_init(&arena);
	tree = tree_parse(&arena, pattern, flags, NULL);
	if (tree != NULL) {
		needs_find(tree, &needs);
		sketch_find(tree, &sketch);
	}
	sketches = sketches_new(&one, 1);
	sketches_scan(sketches, subject, reach, &reached);
	pairs_find(subject, &pairs);
	if (!needs_met(&needs, subject) || !pairs_allow(&pairs, &needs) ||
	    (sketch.n > 0 && !reached))
		abort();
	for (i = 0; i < needs.n; i++)
		if (count_found(&needs.all[i], subject).n < needs.all[i].times)
			abort();
	sketches_free(sketches);
	sketch_done(&sketch);
	needs_done(&needs);
	arena_done(&arena);
}

/* False when the item says that no match begins at or after from. */
static bool
item_passes(const struct item *item, struct span subject, size_t from)
{
	struct filter_job job = {.filter = item->filter,
	    .text = span_skip(subject, from),
	    .rest = item->run.least > 0 ? item->run.least - 1 : 0};

	if (item->filter != NULL)
		filters_run(&job, 1);
	return subject.n - from >= item->run.least &&
	    run_occurs(&item->run, subject) &&
	    (item->filter == NULL || job.passes);
}

/* Whether it matches and where, as the engine finds out about one text. */
static void
check_item(struct span pattern, unsigned flags, struct span subject,
    enum regex_answer wanted, const struct regex_found *found)
{
	struct engine_pattern p = {.text = pattern, .flags = flags};
	char key[ITEM_KEY_MAX] = "";
	struct item *item = item_new(&p, false, key);
	size_t from = 0, to, before;
	struct count c;
	bool found_it;
	size_t i;

	for (i = 0; wanted == REGEX_MATCH && i < item->needs.n; i++) {
		c = count_found(&item->needs.all[i], subject);
		before = item_before(item, i);
		from = before < c.first ? c.first - before : 0;
		if (from > found->from ||
		    !item_passes(item, subject, from))
			abort();
	}
	if (wanted == REGEX_MATCH && !item_passes(item, subject, 0))
		abort();
	from = 0;
	if (item->brief != NULL) {
		found_it = brief_count(item->brief, subject, 1, &from,
		    &to) > 0;
		if (found_it != (wanted == REGEX_MATCH) || (found_it &&
		    (from != found->from || to != found->to)))
			abort();
	}
	item_put(item);
}

/* What PCRE2 says of it; flags with REGEX_ONCE: without any help of ours. */
static enum regex_answer
ask(struct span pattern, unsigned flags, struct span subject,
    struct regex_found *found)
{
	struct regex *regex = regex_new(pattern, flags, NULL);
	struct regex_scratch *scratch = regex_scratch_new();
	enum regex_answer answer = REGEX_LIMIT;

	if (regex != NULL)
		answer = regex_match(regex, scratch, subject, 0, found);
	regex_put(regex);
	regex_scratch_free(scratch);
	return answer;
}

/* A byte of flags, the pattern, a zero, the subject. */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct span text, subject;
	struct regex_found found = {0, 0, 0}, helped = {0, 0, 0};
	enum regex_answer plain, answer;
	struct buf pattern;

	if (n < 2 || n > INPUT_MAX)
		return 0;
	text = span_make((const char *)bytes + 1, n - 1);
	subject = span_skip(text, span_chr(text, '\0') + 1);
	buf_init(&pattern, REGEX_PATTERN_MAX);
	regex_unperl(span_head(text, span_chr(text, '\0')), &pattern);
	text = buf_contents(&pattern);
	plain = ask(text, (bytes[0] & FLAGS) | REGEX_ONCE, subject, &found);
	answer = ask(text, bytes[0] & FLAGS, subject, &helped);
	if (plain != REGEX_LIMIT && answer != REGEX_LIMIT &&
	    (plain != answer || found.from != helped.from ||
	    found.to != helped.to))
		abort();
	if (plain == REGEX_MATCH)
		check_gates(text, bytes[0] & FLAGS, subject);
	if (plain != REGEX_LIMIT)
		check_item(text, bytes[0] & FLAGS, subject, plain, &found);
	buf_done(&pattern);
	return 0;
}
