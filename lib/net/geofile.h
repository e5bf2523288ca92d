/*
 * geofile - one file in MaxMind's format, copied, checked and opened; constant
 * and counted.  Only net/geo.c uses it.
 */
#ifndef NET_GEOFILE_H
#define NET_GEOFILE_H

#include <maxminddb.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "net/geocheck.h"

struct geofile {
	atomic_uint holds;
	MMDB_s db;
	bool opened;
	struct geocheck found;
	struct stat status;	/* of the file that was copied */
	bool settled;		/* it was not written just then */
	char digest[DIGEST_TEXT_MAX];
};

/*
 * Opens path, or holds the one of previous (count of them) that was copied
 * from the same file.  NULL with *error filled in, which names path.
 */
struct geofile *geofile_open(const char *path,
    struct geofile *const *previous, size_t count, struct error *);
void geofile_put(struct geofile *);	/* NULL is allowed */

#endif
