/*
 * value - what was written for a key, turned into the member of its row.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/lex.h"
#include "conf/state.h"

struct written {
	const char *file;	/* for messages, with line 0 if it has none */
	unsigned line;
	struct span folder;	/* what its paths are relative to */
	struct token *item;	/* on the heap */
	size_t count;
	bool list;		/* in braces or with commas */
};

void written_done(struct written *);

/* Bounded by CONF_VALUES_MAX; returns false when it is full. */
bool written_add(struct written *, const struct token *);

/* Checks and converts to where member points. */
int value_store(struct conf *, const struct option *, const struct written *,
    void *member, struct error *);

#endif
