/*
 * redis_reply - answers of a Redis server, parsed by hiredis into an arena.
 * This file and its .c are the only ones that know hiredis, and its versions.
 * One thread at a time.
 */
#ifndef STORE_REDIS_REPLY_H
#define STORE_REDIS_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

#define REPLY_BYTES_MAX (4u << 20)	/* of all replies until reply_forget */
#define REPLY_ITEMS_MAX 65536		/* of one list */

enum reply_kind {
	REPLY_NONE,
	REPLY_TEXT,
	REPLY_STATUS,
	REPLY_ERROR,
	REPLY_NUMBER,
	REPLY_LIST,
};

struct reply {
	enum reply_kind kind;
	int64_t number;
	struct span text;	/* TEXT, STATUS, ERROR */
	size_t count;		/* LIST */
	const struct reply **item;	/* none is NULL */
};

enum reply_state { REPLY_READY, REPLY_WAITED, REPLY_BROKEN };

struct reply_reader;

struct reply_reader *reply_reader_new(void);
void reply_reader_free(struct reply_reader *);

/* False when this is more than there may be. */
bool reply_feed(struct reply_reader *, const char *bytes, size_t n);

/* The next whole reply; it lives until reply_forget. */
enum reply_state reply_next(struct reply_reader *, const struct reply **out);
void reply_forget(struct reply_reader *);

/* Whether bytes came that are part of no reply yet. */
bool reply_pending(const struct reply_reader *);

/* Whether this reply is the text, or begins so; false for NULL. */
bool reply_is(const struct reply *, enum reply_kind, const char *text);

/* What stands in the way of TLS, or NULL. */
const char *reply_no_tls(void);

#endif
