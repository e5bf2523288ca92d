/*
 * engine_cache - a folder of what was compiled, by content.  Files are written
 * beside and moved into place, so that a reader sees a whole one or none; a
 * checksum tells damage.  Whoever can write to the folder is trusted.
 */
#ifndef RULES_ENGINE_CACHE_H
#define RULES_ENGINE_CACHE_H

#include "base/buf.h"
#include "base/error.h"
#include "rules/engine_item.h"

#define CACHE_FILE_MAX (256u << 20)
#define CACHE_DAYS 30		/* that an unused file stays */
#define CACHE_CLEAN_MAX 10000	/* files looked at in one cleaning */

enum cache_answer { CACHE_FOUND, CACHE_ABSENT, CACHE_FAILED };

/*
 * Reads the file of that key into *out, and marks it as used.  A damaged file
 * is ABSENT; FAILED with *error filled in when the folder cannot be read.
 */
enum cache_answer cache_read(const char *folder, const char *key,
    struct buf *out, struct error *error);
int cache_write(const char *folder, const char *key, struct span bytes,
    struct error *error);

/* Removes what has not been used for CACHE_DAYS; now is wall time in ms. */
void cache_clean(const char *folder, int64_t now);

#endif
