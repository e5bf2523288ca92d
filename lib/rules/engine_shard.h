/*
 * engine_shard - the strings of some patterns of a class as one database of
 * Vectorscan.  Constant, counted, and shared by generations.
 */
#ifndef RULES_ENGINE_SHARD_H
#define RULES_ENGINE_SHARD_H

#include <hs/hs.h>

#include "rules/engine_item.h"

struct shard {
	_Atomic unsigned uses;
	char key[ITEM_KEY_MAX];	/* of its strings and of Vectorscan */
	hs_database_t *db;
	size_t bytes;
};

/* One that a class needs: its patterns, in the order of their keys. */
struct shard_wish {
	unsigned class;
	unsigned *patterns;	/* positions; malloc'd */
	size_t n;
	char key[ITEM_KEY_MAX];
	struct shard *shard;	/* once it was found or built */
};

/*
 * Whether this Vectorscan finds strings wherever they stand.  5.4.9, which is
 * Debian 12's, does not where they are few (nor all matches of expressions,
 * see its issue 317).  Hyperscan 5.4.0 does.
 */
bool shard_probe(void);

/* The name of this Vectorscan on this machine, which files are good for. */
void shard_platform(char key[ITEM_KEY_MAX]);
void shard_key(const struct literals *const *sets, size_t n,
    const char *platform, char key[ITEM_KEY_MAX]);

/* Takes a serialized database; NULL when it is none. */
struct shard *shard_new(const char *key, struct span serialized);
struct shard *shard_get(struct shard *);
void shard_put(struct shard *);

#endif
