/*
 * engine_nodes - what a pattern's tree describes, as an automaton whose nodes
 * are left by a byte of a set, or by none.  Counts are rounded, and what makes
 * it too large is taken for matched.  For engine's own files; constant once
 * built.
 */
#ifndef RULES_ENGINE_NODES_H
#define RULES_ENGINE_NODES_H

#include "rules/regex_tree.h"

#define NODES_MAX 20000

enum { NODE_PASSED, NODE_FIRST };

/* In place of sets: left by no byte, and only where the text ends. */
enum { SET_NONE, SET_END, SET_FIRST };

struct edge {
	uint16_t set;		/* of classes of bytes */
	uint16_t to;
};

struct nodes {
	unsigned n;
	uint32_t *first;	/* edge of each node; and one more: their end */
	struct edge *edges;
	unsigned edge_count;
	struct byteset *sets;
	size_t set_count;
	uint8_t class[256];	/* of each byte */
	unsigned width;		/* classes */
	unsigned end;		/* that the end of a text has, or 0 */
};

/* With lines a newline is a class of its own. */
struct nodes *nodes_new(const struct tree *, bool lines);
void nodes_free(struct nodes *);
size_t nodes_size(const struct nodes *);

#endif
