/*
 * fold - rendered text of many parts made one, its white space folded as
 * SpamAssassin's body rules expect: an empty line becomes one line end, any
 * other run of white space becomes one blank.  One thread at a time.
 */
#ifndef MAIL_FOLD_H
#define MAIL_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

#define FOLD_MAX (256u << 20)	/* bytes; a message's limits are far below */

struct fold {
	struct buf out;
	bool wide;	/* UTF-8, with white space beyond ASCII's; otherwise
			 * what is beyond ASCII comes out as Latin-1 */
	bool any;	/* some text was added */
	/* The run of white space at the end so far. */
	bool pending, before, newline, second, after;
};

void fold_begin(struct fold *, bool wide);

/* A new part begins: a line end goes before it unless it is the first. */
void fold_part(struct fold *);
void fold_add(struct fold *, struct span utf8);

/* The whole; f is done with. */
struct span fold_end(struct fold *, struct arena *);

#endif
