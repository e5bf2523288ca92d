/*
 * regex_tree - what a pattern can match, as a tree of byte sets.  It is rough
 * on purpose, and always wider than the pattern: whatever PCRE2 matches, the
 * tree describes; back references, atomic groups and assertions are dropped,
 * but for the ends of texts and lines.
 * From it follow the strings that a match needs, a simpler pattern for
 * Vectorscan, and where PCRE2 must be watched for time.
 *
 * A tree lives in the arena that it was made in and is never changed.
 */
#ifndef RULES_REGEX_TREE_H
#define RULES_REGEX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

#define TREE_INFINITE UINT32_MAX
#define TREE_DEPTH_MAX 250	/* groups in groups; PCRE2's limit as well */

struct byteset {
	uint64_t bits[4];
};

static inline bool
byteset_has(const struct byteset *s, unsigned byte)
{
	return (s->bits[byte / 64] >> byte % 64 & 1) != 0;
}

/* The first member from byte on, or 256. */
unsigned byteset_next(const struct byteset *, unsigned byte);
void byteset_add(struct byteset *, unsigned from, unsigned to);
unsigned byteset_count(const struct byteset *);

enum tree_kind {
	TREE_EMPTY,	/* the empty string */
	TREE_SET,	/* one byte of set */
	TREE_CAT,	/* its children one after the other */
	TREE_ALT,	/* one of its children */
	TREE_REPEAT,	/* its child, min to max times */
	TREE_ANY,	/* whatever: back references and the like */
};

/* What else a TREE_EMPTY asks for. */
enum tree_end {
	END_NONE,
	END_LINE,	/* the end of a line */
	END_LAST,	/* the end, or a newline that is the last byte */
	END_WHOLE,	/* the end */
};

struct tree {
	enum tree_kind kind;
	enum tree_end end;
	uint32_t min, max;	/* TREE_REPEAT; max may be TREE_INFINITE */
	bool endless;		/* TREE_ANY: a part calls itself, perhaps */
	const struct byteset *set;
	struct tree *child;	/* the first */
	struct tree *aside;	/* of TREE_EMPTY: what a look-around tries */
	struct tree *next;	/* the parent's next child */
};

enum tree_mark_kind {
	MARK_LOOP,	/* a loop comes by here each time that it tries anew */
	MARK_OPEN,	/* alternatives begin, which a loop goes through */
	MARK_CLOSE,	/* and end: here the loop comes by */
};

struct tree_mark {
	size_t at;	/* offset in the pattern */
	enum tree_mark_kind kind;
};

/* Where PCRE2 has to be watched, in the order of the pattern. */
struct tree_marks {
	struct tree_mark *all;	/* malloc'd */
	size_t n;
};

/*
 * Parses a pattern of PCRE2 with REGEX_ flags.  Returns NULL where its syntax
 * is not wholly understood.  marks may be NULL; otherwise free(marks->all).
 */
const struct tree *tree_parse(struct arena *, struct span pattern,
    unsigned flags, struct tree_marks *marks);

#endif
