/*
 * epoch - the mark that a shared store carries from its first use on.  Who
 * remembers one and finds none, or another, knows that the contents were lost
 * in between: by a flush, a restart without its file, or a fail-over to a
 * server that had nothing.  The first to notice sets a new one that says until
 * when the store is cold.
 *
 * Functions of their arguments, but for the two that use a file.
 */
#ifndef STORE_EPOCH_H
#define STORE_EPOCH_H

#include "store/store.h"

#define EPOCH_CLASS "epoch"
#define EPOCH_ID_MAX STORE_EPOCH_MAX	/* 32 hexadecimal digits and a zero */
#define EPOCH_TEXT_MAX 96	/* as epoch_print makes it, with a zero */

struct epoch {
	char id[EPOCH_ID_MAX];	/* random; empty: there is none */
	int64_t created;	/* wall clock, ms */
	int64_t cold_until;	/* wall clock, ms; 0: it follows no other */
};

bool epoch_parse(struct span text, struct epoch *out);
const char *epoch_print(const struct epoch *, char out[EPOCH_TEXT_MAX]);
void epoch_make(struct epoch *, int64_t now, int64_t cold_until);

enum epoch_step {
	EPOCH_SAME,	/* as remembered */
	EPOCH_ACCEPT,	/* remember what was found */
	EPOCH_BEGIN,	/* none yet: set one, nothing was lost */
	EPOCH_LOST,	/* set a new one, with a time to warm up */
};

/* found has an empty id where there is none. */
enum epoch_step epoch_judge(const struct epoch *remembered,
    const struct epoch *found);

/*
 * Fills in an operation on the mark, all but its data; text is its value, and
 * must outlive it.
 */
void epoch_op(struct store_op *, enum store_verb, const char *text);

/*
 * What a host remembers over a restart.  A file that is missing or damaged is
 * as if nothing were remembered; one that is being replaced is whole at any
 * moment.  epoch_save returns -1 with *error filled in.
 */
void epoch_load(const char *path, struct epoch *out);
int epoch_save(const char *path, const struct epoch *, struct error *error);

#endif
