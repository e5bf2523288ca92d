/*
 * urlhost - the host of a URL as browsers understand it (WHATWG URL, host
 * parsing): names of all scripts, IPv4 in any base, IPv6.  Of use to url.c
 * alone.  Pure functions, any thread.
 */
#ifndef MAIL_URLHOST_H
#define MAIL_URLHOST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/ip.h"
#include "base/span.h"
#include "mail/url.h"

#define URLHOST_TEXT_MAX (3 * URL_HOST_MAX)

struct urlhost {
	enum url_host kind;
	struct span text;	/* normalised; a final dot is kept */
	struct ip ip;
	unsigned flags;		/* enum url_flag */
};

/*
 * The host between "//" (or "@") and the port.  web: of a scheme that browsers
 * know.  False when they would not go there.
 */
bool urlhost_parse(struct arena *, struct span host, bool web,
    struct urlhost *out);

#endif
