/*
 * providers - domains that many strangers share: mailboxes for everybody,
 * mailing services, pools of sending hosts.  What is known of such a domain
 * says nothing about the one who wrote.  Read from files while loading, then
 * constant; any thread.
 */
#ifndef SHARED_PROVIDERS_H
#define SHARED_PROVIDERS_H

#include "base/span.h"
#include "conf/conf.h"

struct manifest;

/* What a domain, and all beneath it, is; or-ed together. */
enum provider_kind {
	PROVIDER_FREEMAIL = 1,	/* mailboxes that anybody gets */
	PROVIDER_MAILING = 2,	/* sends for many, in its own name too */
	PROVIDER_POOL = 4,	/* names of hosts that send for many */
	PROVIDER_PARENT = 8,	/* each name right beneath it is one tenant */
};

#define PROVIDERS_DOMAIN_MAX 253	/* bytes of an entry */

struct providers;

/* The section "providers". */
extern const struct section providers_section;

/* NULL with *error filled in. */
struct providers *providers_load(const struct conf *, struct manifest *,
    struct error *error);
void providers_free(struct providers *);

/* The kinds of a domain in lower case, and of those above it; 0: not known. */
unsigned providers_find(const struct providers *, struct span domain);

/*
 * The listed domain of one of these kinds that domain is, or is beneath, the
 * nearest one; empty when there is none.
 */
struct span providers_domain(const struct providers *, struct span domain,
    unsigned kinds);

#endif
