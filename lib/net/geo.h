/*
 * geo - where an address is, by files in MaxMind's format: country, autonomous
 * system, organization.  The files are read from private copies, so that
 * replacing one in place harms nobody; an opened geo is constant and may be
 * asked by any thread.
 */
#ifndef NET_GEO_H
#define NET_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/span.h"

#define GEO_FILES_MAX 4
#define GEO_FILE_MAX (1LL << 30)	/* bytes of one file */
#define GEO_ORGANIZATION_MAX 200	/* bytes; further ones are cut */

struct geo;

/* What files can tell, or-ed together. */
enum geo_fact { GEO_COUNTRY = 1, GEO_ASN = 2, GEO_ORGANIZATION = 4 };

/* What the files say of an address; what they do not say is empty or 0. */
struct place {
	char country[3];	/* ISO 3166-1 alpha-2, "" */
	uint32_t asn;
	struct span organization;	/* lives as long as the geo */
};

/* One of the files, for whoever operates them; lives as long as the geo. */
struct geo_file {
	const char *path, *type;	/* such as "GeoLite2-Country" */
	unsigned facts;			/* enum geo_fact: whose keys it has */
	int64_t built;			/* s since 1970; 0: it does not say */
	int64_t bytes;
	int64_t modified;		/* ms since 1970, of the file copied */
	const char *digest;		/* of its bytes */
};

/*
 * Opens and validates 1 to GEO_FILES_MAX files (paths; any of them may hold
 * any of the facts, the first that knows one tells it).  A file that is the
 * same as one of previous (or NULL) is shared with it.  Counted.  NULL with
 * *error filled in, which names the file.
 */
struct geo *geo_open(const char *const *paths, size_t count,
    const struct geo *previous, struct error *error);
struct geo *geo_hold(struct geo *);
void geo_put(struct geo *);	/* NULL is allowed */

/* False when nothing is known of it; *out is filled in all the same. */
bool geo_find(const struct geo *, const struct ip *, struct place *out);

/* enum geo_fact: what any of the files can tell; 0 for NULL. */
unsigned geo_facts(const struct geo *);

/* The nth file; false past the last. */
bool geo_about(const struct geo *, size_t nth, struct geo_file *out);

/* Whether text is a code of ISO 3166-1, or XK for Kosovo; capitals. */
bool geo_country_known(struct span text);

#endif
