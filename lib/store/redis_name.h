/*
 * redis_name - what the records are called in Redis, and where a Cluster keeps
 * them.  Pure functions.
 *
 *	postern:{7f}grey:2:192.0.2.0/24
 *
 * is the prefix, a tag, class, schema and key, in which everything but
 * printable ASCII, and "%", "{", "}" and in the class ":", is written as %XX.
 *
 * A Cluster hashes what stands in braces.  There are but REDIS_TAGS tags, made
 * from the key alone: what is kept of one sender is in one slot, and a batch
 * needs few scripts.  The marks of writes that were carried out (see
 * redis_script.h) stand in the slot of the records.
 */
#ifndef STORE_REDIS_NAME_H
#define STORE_REDIS_NAME_H

#include "store/record.h"

#define REDIS_TAGS 256
#define REDIS_SLOTS 16384
#define REDIS_PREFIX_MAX 64
#define REDIS_NAME_MAX \
	(REDIS_PREFIX_MAX + 4 + 3 * STORE_CLASS_MAX + 5 + 3 * STORE_KEY_MAX)
#define REDIS_PATTERN_MAX (2 * REDIS_PREFIX_MAX + 6 + 3 * STORE_CLASS_MAX * 2)

/* A prefix has 1 to REDIS_PREFIX_MAX printable characters but braces. */
bool name_prefix_good(struct span prefix);

unsigned name_tag(struct span key);
unsigned name_slot(unsigned tag);

/* Returns the length. */
size_t name_put(struct span prefix, unsigned tag, const char *klass,
    unsigned schema, struct span key, char out[REDIS_NAME_MAX]);

/*
 * What SCAN is to look for: records of a class, or of all (NULL).  Returns the
 * length.
 */
size_t name_pattern(struct span prefix, const char *klass,
    char out[REDIS_PATTERN_MAX]);

/* What a name says; key and klass point to bytes. */
struct redis_parsed {
	unsigned tag, schema;
	size_t klass_n, key_n;
	char klass[STORE_CLASS_MAX + 1];
	char key[STORE_KEY_MAX];
};

/* False for what name_put never wrote. */
bool name_parse(struct span prefix, struct span name, struct redis_parsed *);

#endif
