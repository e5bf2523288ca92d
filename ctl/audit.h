/*
 * audit - what a store holds by class, and how it has grown since it was last
 * looked at from this host.
 */
#ifndef CTL_AUDIT_H
#define CTL_AUDIT_H

#include "base/map.h"
#include "store/store.h"

#define AUDIT_CLASSES_MAX 200	/* further ones are counted as "other" */

struct tally {
	char klass[STORE_CLASS_MAX + 1];
	int64_t keys, bytes;
	int64_t endless;	/* keys without an expiry */
	int64_t expired;	/* keys whose time is over, still there */
	int64_t damaged;	/* keys that are no records */
	int64_t first, last;	/* earliest and latest expiry, ms; 0: none */
	int64_t old_keys, old_bytes;	/* at the audit before */
};

struct audit {
	int64_t now;
	int64_t before;		/* when the audit before was; 0: never */
	struct map classes;	/* of struct tally */
	struct tally all;
	struct store_usage usage;
};

void audit_init(struct audit *, int64_t now);
void audit_done(struct audit *);

/* Walks the store; -1 with *error filled in. */
int audit_run(struct audit *, struct store *, struct error *error);

/*
 * What the audit before found, kept in a file: read after audit_run.  One that
 * is missing or damaged is as if there had been none.  audit_save returns -1
 * with *error filled in.
 */
void audit_compare(struct audit *, const char *path);
int audit_save(const struct audit *, const char *path, struct error *error);

/* A table, or one JSON object without a newline. */
void audit_print(const struct audit *, struct buf *out);
void audit_json(const struct audit *, struct buf *out);

#endif
