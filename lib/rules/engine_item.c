/* engine_item - one pattern made ready for matching. */
#include "rules/engine_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"
#include "rules/regex_perl.h"
#include "rules/regex_tree.h"

/*
 * Gates that are guessed to open less often than once in so many bytes of text
 * are worth their while (measured with SpamAssassin's rules on real mail).
 */
#define STRINGS_BYTES 1024
#define SKETCH_BYTES 128
#define POOR_BYTES 64	/* better than none */

/* Past a set of strings that is this rare no other is looked for. */
#define RARE (1 << 24)
#define WORTHY 256	/* nor one that is more frequent than this */

/* Few texts come through sketches, and those patterns are large. */
#define SKETCHED_CELLS 2048

#define NAMES_MAX 32	/* named groups that are told */

void
item_key(const struct engine_pattern *p, bool few, char key[ITEM_KEY_MAX])
{
	struct digest *d = digest_new();
	char hex[DIGEST_TEXT_MAX];
	unsigned numbers[2] = {p->flags,
	    (unsigned)few | (unsigned)p->captures << 1};

	digest_add(d, span_make((const char *)numbers, sizeof(numbers)));
	digest_add(d, p->text);
	digest_text(d, hex);
	digest_free(d);
	memcpy(key, hex, ITEM_KEY_MAX - 1);
	key[ITEM_KEY_MAX - 1] = '\0';
}

/* Further sets must be worth their while, beside one that is rare. */
static size_t
count_worthy(const struct needs *needs)
{
	size_t n = 1;

	while (n < needs->n && needs->all[0].rate > LITERAL_ALWAYS / RARE &&
	    needs->all[n].rate <= LITERAL_ALWAYS / WORTHY)
		n++;
	return n;
}

/* The sets that open less often than once in so many bytes, if any. */
static bool
take_strings(struct item *item, uint64_t bytes)
{
	struct needs *needs = &item->needs;

	if (needs->n == 0 || needs->all[0].rate > LITERAL_ALWAYS / bytes)
		return false;
	needs_cut(needs, count_worthy(needs));
	item->way = ENGINE_STRINGS;
	return true;
}

static void
find_gates(struct item *item, const struct tree *t)
{
	needs_find(t, &item->needs);
	if (take_strings(item, STRINGS_BYTES))
		return;
	sketch_find(t, &item->sketch);
	if (item->sketch.n > 0 &&
	    item->sketch.rate <= SKETCH_ALWAYS / SKETCH_BYTES) {
		item->way = ENGINE_SKETCHED;
		needs_done(&item->needs);
		return;
	}
	sketch_done(&item->sketch);
	if (!take_strings(item, POOR_BYTES))
		needs_done(&item->needs);
}

/* The tree forgets what (?> and verbs forbid. */
static bool
is_exact(const struct engine_pattern *p)
{
	static const char *const beyond[] = {"(?>", "(*", "\\R"};
	unsigned i;

	for (i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
		if (span_find(p->text, span_of(beyond[i])) < p->text.n)
			return false;
	return !p->captures && !(p->flags & REGEX_ANCHORED);
}

/* What tells of a single text that PCRE2 need not be asked. */
static void
find_filters(struct item *item, const struct engine_pattern *p,
    const struct tree *t, struct span plain)
{
	if (is_exact(p))
		item->brief = brief_new(t);
	if (item->brief != NULL)
		return;
	run_find(t, &item->run);
	item->filter = filter_new(t, work_begins(t, plain, p->flags),
	    item->way == ENGINE_SKETCHED ? SKETCHED_CELLS : FILTER_CELLS_MAX);
}

static void
look_into(struct item *item, const struct engine_pattern *p)
{
	const struct tree *t;
	struct arena arena;
	struct buf plain;

	buf_init(&plain, REGEX_PATTERN_MAX);
	regex_unperl(p->text, &plain);
	item->starts = p->flags & REGEX_ANCHORED || span_find(
	    buf_contents(&plain), span_of("\\G")) < plain.n;
	arena_init(&arena);
	t = tree_parse(&arena, buf_contents(&plain), p->flags, NULL);
	if (t != NULL && !item->few)
		find_gates(item, t);
	if (t != NULL)
		find_filters(item, p, t, buf_contents(&plain));
	arena_done(&arena);
	buf_done(&plain);
}

uint32_t
item_before(const struct item *item, size_t need)
{
	const uint64_t before = UINT64_C(2) * LITERAL_BYTES_MAX +
	    item->needs.all[need].before;

	/* The string may be part of a longer one, and told too late. */
	return item->starts || before > LITERAL_ANYWHERE ? LITERAL_ANYWHERE :
	    (uint32_t)before;
}

static void
find_names(struct item *item)
{
	struct item_name *n;

	item->names = mem_alloc(NAMES_MAX * sizeof(*item->names));
	while (item->name_count < NAMES_MAX) {
		n = &item->names[item->name_count];
		if (!regex_name(item->regex, item->name_count, &n->name,
		    &n->group))
			break;
		item->name_count++;
	}
}

struct item *
item_new(const struct engine_pattern *p, bool few, const char *key)
{
	struct item *item = mem_alloc(sizeof(*item));
	struct error error;

	item->uses = 1;
	memcpy(item->key, key, ITEM_KEY_MAX);
	item->few = few;
	item->regex = regex_new(p->text, p->flags, &error);
	if (item->regex == NULL) {
		item->way = ENGINE_NEVER;
		item->refused = mem_copy(error.text, strlen(error.text));
		return item;
	}
	item->way = ENGINE_DIRECT;
	look_into(item, p);
	if (p->captures)
		find_names(item);
	return item;
}

struct item *
item_get(struct item *item)
{
	atomic_fetch_add(&item->uses, 1);
	return item;
}

void
item_put(struct item *item)
{
	if (item == NULL || atomic_fetch_sub(&item->uses, 1) > 1)
		return;
	regex_put(item->regex);
	sketch_done(&item->sketch);
	needs_done(&item->needs);
	brief_free(item->brief);
	filter_free(item->filter);
	free(item->refused);
	free(item->names);
	free(item);
}
