/* geoip - the files of the section "geoip", opened for a generation. */
#ifndef CHECK_GEOIP_H
#define CHECK_GEOIP_H

#include "conf/conf.h"
#include "conf/manifest.h"
#include "net/geo.h"

/*
 * The files, held once by the caller and noted in the manifest; what did not
 * change is shared with previous (or NULL).  NULL when none is configured, or
 * when one cannot be used: then *fault is filled in, and otherwise empty.
 */
struct geo *geoip_open(const struct conf *, const struct geo *previous,
    struct manifest *, struct error *fault);

#endif
