/*
 * engine_item - one pattern made ready for matching, in whichever way suits it.
 * Constant but for what its filter learns, counted, and shared by generations.
 */
#ifndef RULES_ENGINE_ITEM_H
#define RULES_ENGINE_ITEM_H

#include <stdatomic.h>

#include "rules/engine.h"
#include "rules/engine_brief.h"
#include "rules/engine_filter.h"
#include "rules/engine_run.h"
#include "rules/engine_sketch.h"
#include "rules/literal.h"
#include "rules/regex.h"

#define ITEM_KEY_MAX 33		/* 32 hexadecimal digits and a zero */

struct item_name {
	const char *name;	/* lives as long as the regex */
	unsigned group;
};

struct item {
	_Atomic unsigned uses;
	char key[ITEM_KEY_MAX];	/* of all that it was made from */
	bool few;		/* its class has few patterns: no gates */
	bool starts;		/* where it is tried from matters: \G */
	enum engine_way way;
	struct needs needs;	/* strings that it is gated by */
	struct sketch sketch;		/* likewise */
	struct brief *brief;		/* does without regex, or NULL */
	struct run run;			/* looked for in single texts, */
	struct filter *filter;		/* as is this; or NULL */
	struct regex *regex;		/* NULL where it was refused: */
	char *refused;			/* why */
	struct item_name *names;
	unsigned name_count;
};

/* The key that a pattern's item would have. */
void item_key(const struct engine_pattern *, bool few,
    char key[ITEM_KEY_MAX]);

/* Looks into the pattern and compiles it. */
struct item *item_new(const struct engine_pattern *, bool few,
    const char *key);
struct item *item_get(struct item *);
void item_put(struct item *);

/*
 * How many bytes of a match can at most be before the place where the first
 * string of a need was told, or LITERAL_ANYWHERE.
 */
uint32_t item_before(const struct item *, size_t need);

#endif
