/*
 * linkhost - the hosts of a message's links, each looked up once: most links of
 * a mail lead to few.  For links.c and linkview.c alone.
 */
#ifndef MAIL_LINKHOST_H
#define MAIL_LINKHOST_H

#include "mail/links.h"

struct linkhosts;

struct linkhosts *linkhosts_new(struct arena *);

/* suffixes_registered, of a host that lives as long as the links. */
struct span linkhost_registered(struct links *, struct span host);

/* urlwrap_knows, of a host that lives as long as the links. */
bool linkhost_redirects(struct links *, struct span host);

/*
 * The domain of a host that lives as long as the links (as registry_ascii gives
 * it), as rules see it; false when it is no valid host or address.
 */
bool linkhost_domain(struct links *, struct span host, struct span *domain);

#endif
