/*
 * geocheck - whether bytes in MaxMind's format may be handed to libmaxminddb,
 * which trusts them: version 1.7.1 recurses as deep as data nest, expands
 * pointers in the metadata without bound, multiplies node counts in 32 bits
 * and reads a byte past metadata that are empty.  What passes here does none
 * of this to it, and each lookup takes a bounded time.  Pure functions.
 *
 * https://maxmind.github.io/MaxMind-DB/ is the format.
 */
#ifndef NET_GEOCHECK_H
#define NET_GEOCHECK_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

#define GEOCHECK_DEPTH_MAX 64	/* values in one another, by pointer or not */
#define GEOCHECK_ITEMS_MAX 4096	/* values of one record, without pointers' */
#define GEOCHECK_NAMES_MAX 1000	/* languages, descriptions */

/* Keys that lead to a fact, as bits of geocheck.keys. */
enum geo_key {
	KEY_COUNTRY, KEY_REGISTERED_COUNTRY, KEY_COUNTRY_CODE, KEY_NUMBER,
	KEY_ASN, KEY_ORGANIZATION, KEY_AS_NAME, KEY_TRAITS, GEO_KEYS
};

extern const char *const geo_keys[GEO_KEYS];

/* What was found out about a good file. */
struct geocheck {
	unsigned keys;		/* which of geo_keys occur in any record */
	size_t nodes;		/* of the search tree */
	size_t records;		/* different ones that it leads to */
	int64_t built;		/* s since 1970; 0 when that is no time */
};

/* 0, or -1 with the reason in *error.  Linear in the number of bytes. */
int geocheck(struct span bytes, struct geocheck *out, struct error *error);

#endif
