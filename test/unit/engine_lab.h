/*
 * engine_lab - generated patterns and subjects, and what PCRE2 alone says of
 * them; for the tests of the engine.
 */
#ifndef TEST_UNIT_ENGINE_LAB_H
#define TEST_UNIT_ENGINE_LAB_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "rules/compile.h"
#include "rules/engine.h"
#include "test/unit/test.h"

#define PATTERNS 240
#define SUBJECTS 120
#define CLASSES 3

/* A generator of its own, so that every run tests the same. */
struct random {
	uint32_t state;
};

static inline unsigned
pick(struct random *r, unsigned n)
{
	r->state = r->state * 1664525u + 1013904223u;
	return (r->state >> 8) % n;
}

static inline void
put_one_of(struct random *r, struct buf *out, const char *const *words,
    unsigned n)
{
	buf_puts(out, words[pick(r, n)]);
}

#define PUT_ONE_OF(r, out, words) \
	put_one_of(r, out, words, sizeof(words) / sizeof((words)[0]))

static const char *const words[] = {"money", "free", "viagra", "account",
    "transfer", "lottery", "winner", "dear", "friend", "click", "here", "the",
    "a", "of", "bank", "x", "0", "99"};

static inline void
put_pattern(struct random *r, struct buf *out, int depth)
{
	static const char *const atoms[] = {"\\d", "\\w", "[a-e]", "[^a]", ".",
	    "\\s", "\\b", "^", "$", "\\W", "[mn]o", "(?!f)", "(?<=e)",
	    "(?:r|\\xc3[\\xa0-\\xa5])", "(o)\\1?"};
	static const char *const repeats[] = {"?", "*", "+", "{2}", "{1,3}",
	    "{2,}", "*?", "+?", "++"};
	unsigned i, n = 1 + pick(r, 4);

	for (i = 0; i < n; i++) {
		if (pick(r, 3) != 0) {
			PUT_ONE_OF(r, out, words);
		} else if (pick(r, 3) == 0 && depth > 0) {
			buf_puts(out, "(?:");
			put_pattern(r, out, depth - 1);
			buf_char(out, '|');
			put_pattern(r, out, depth - 1);
			buf_char(out, ')');
		} else {
			PUT_ONE_OF(r, out, atoms);
			/* Assertions take no quantifier everywhere. */
			continue;
		}
		if (pick(r, 4) == 0)
			PUT_ONE_OF(r, out, repeats);
		if (pick(r, 4) == 0)
			buf_puts(out, pick(r, 2) ? "\\s+" : " ");
	}
}

static inline void
put_subject(struct random *r, struct buf *out)
{
	static const char *const between[] = {" ", " ", " ", "", "\n", ", ",
	    "\xc3\xa0", "."};
	unsigned i, n = pick(r, 12);

	for (i = 0; i < n; i++) {
		PUT_ONE_OF(r, out, words);
		PUT_ONE_OF(r, out, between);
	}
}

struct set {
	struct arena arena;
	struct engine_pattern patterns[PATTERNS];
	size_t n;
};

/* Two large classes and a small one. */
static inline void
make_patterns(struct set *s, uint32_t seed, size_t n)
{
	struct random r = {seed};
	struct engine_pattern *p;
	struct buf text;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	buf_init(&text, 4096);
	for (s->n = 0; s->n < n; s->n++) {
		p = &s->patterns[s->n];
		buf_reset(&text);
		put_pattern(&r, &text, 2);
		p->id = (unsigned)s->n + 1000;
		p->class = s->n % 30 == 7 ? 2 : s->n % 2;
		p->text = arena_span(&s->arena, buf_contents(&text));
		p->flags = pick(&r, 2) ? REGEX_CASELESS : 0;
		p->flags |= pick(&r, 5) == 0 ? REGEX_LINES : 0;
		p->flags |= pick(&r, 5) == 0 ? REGEX_DOTALL : 0;
		p->most = pick(&r, 4) == 0 ? 3 : 1;
	}
	buf_done(&text);
}

static inline void
set_done(struct set *s)
{
	arena_done(&s->arena);
}

static inline int
compare(const void *a, const void *b)
{
	const struct engine_hit *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* "id:count" of every hit, in the order of ids. */
static inline void
put_hits(const struct engine_hit *hits, size_t n, struct buf *out)
{
	struct engine_hit *sorted = mem_alloc(n * sizeof(*sorted));
	size_t i;

	memcpy(sorted, hits, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	for (i = 0; i < n; i++)
		buf_printf(out, "%u:%u ", sorted[i].id, sorted[i].count);
	free(sorted);
}

/* All hits of an engine in the generated subjects. */
static inline void
put_all_hits(struct engine *engine, struct engine_pool *pool,
    struct buf *out)
{
	struct engine_scratch *scratch = engine_borrow(pool, engine);
	const struct engine_hit *hits;
	struct random r = {7};
	struct buf subject;
	unsigned i, class;
	size_t n;

	buf_init(&subject, 4096);
	for (i = 0; i < SUBJECTS; i++) {
		buf_reset(&subject);
		put_subject(&r, &subject);
		for (class = 0; class < CLASSES; class++) {
			n = engine_scan(engine, scratch, class,
			    buf_contents(&subject), &hits);
			put_hits(hits, n, out);
		}
		buf_char(out, '\n');
	}
	buf_done(&subject);
	engine_return(pool, scratch);
}

/* What PCRE2 says of one pattern: the count, as engine.h defines it. */
static inline unsigned
count_plain(const struct regex *regex, struct regex_scratch *scratch,
    struct span subject, unsigned most)
{
	struct regex_found found;
	unsigned count = 0;
	size_t at = 0;

	while (count < most && regex_match(regex, scratch, subject, at,
	    &found) == REGEX_MATCH) {
		count++;
		at = found.to > found.from ? found.to : found.to + 1;
	}
	return count;
}

static inline void
put_plain_hits(const struct set *s, struct buf *out)
{
	struct regex_scratch *scratch = regex_scratch_new();
	struct regex *all[PATTERNS];
	struct random r = {7};
	struct buf subject;
	unsigned i, k, class, count;

	for (k = 0; k < s->n; k++)
		all[k] = regex_new(s->patterns[k].text, s->patterns[k].flags,
		    NULL);
	buf_init(&subject, 4096);
	for (i = 0; i < SUBJECTS; i++) {
		buf_reset(&subject);
		put_subject(&r, &subject);
		for (class = 0; class < CLASSES; class++)
			for (k = 0; k < s->n; k++) {
				if (s->patterns[k].class != class ||
				    all[k] == NULL)
					continue;
				count = count_plain(all[k], scratch,
				    buf_contents(&subject),
				    s->patterns[k].most);
				if (count > 0)
					buf_printf(out, "%u:%u ",
					    s->patterns[k].id, count);
			}
		buf_char(out, '\n');
	}
	for (k = 0; k < s->n; k++)
		regex_put(all[k]);
	buf_done(&subject);
	regex_scratch_free(scratch);
}

/* What a loader told. */
struct notes {
	unsigned count[ENGINE_LIBRARY + 1];
	unsigned id;		/* of the last pattern */
};

static inline void
take_note(void *arg, enum engine_note note, const struct engine_pattern *p,
    const char *text)
{
	struct notes *n = arg;

	(void)text;
	n->count[note]++;
	if (p != NULL)
		n->id = p->id;
}

static inline struct engine *
load(const struct set *s, struct engine *previous, const char *cache,
    struct notes *notes)
{
	struct engine_options options = {.cache = cache, .report = take_note,
	    .arg = notes};

	memset(notes, 0, sizeof(*notes));
	return engine_load(s->patterns, s->n, previous, &options, NULL);
}

#endif
