/*
 * registry - top-level domains that exist, and where below them names are
 * given out, as rule files list them (util_rb_tld, util_rb_2tld, util_rb_3tld).
 * Rules of SpamAssassin's language judge by this; our own checks by the public
 * suffix list (suffix.h).  Filled while loading, then constant, any thread.
 */
#ifndef MAIL_REGISTRY_H
#define MAIL_REGISTRY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/span.h"
#include "mail/suffix.h"

#define REGISTRY_LEVELS 3
#define REGISTRY_TLD_MAX 63

struct registry {
	struct map names[REGISTRY_LEVELS];	/* lower case A-labels */
	const struct suffixes *otherwise;	/* asked where no rule file
						 * lists top-level domains */
};

void registry_init(struct registry *);
void registry_done(struct registry *);

/* As "util_rb_tld com" (level 1) or "util_rb_3tld a.b.c" (level 3) says. */
void registry_add(struct registry *, unsigned level, struct span name);

/* "clear_util_rb": forgets all. */
void registry_clear(struct registry *);

/*
 * host as rules see it: lower case and as A-labels.  What has none remains as
 * it is, so this never fails; nothing else is checked.
 */
struct span registry_ascii(struct arena *, struct span host);

/* A host name that could exist: two labels or more, letters, digits, "-". */
bool registry_fqdn(struct span host);

/* True when host has a dot and its top-level domain exists. */
bool registry_valid(const struct registry *, struct span host);

/*
 * The part of host that somebody registered; the host itself when it is not
 * longer than that.  Doubled, leading and final dots are dropped.
 */
struct span registry_domain(struct arena *, const struct registry *,
    struct span host);

/* True when no rule file lists top-level domains: registry.otherwise judges. */
bool registry_open(const struct registry *);

/* Where the host stands in url, as written; empty when there is none. */
struct span registry_place(struct span url);

enum registry_kind {
	REGISTRY_NOTHING,
	REGISTRY_ADDRESS,	/* an IP address */
	REGISTRY_NAME		/* registry_fqdn and registry_valid */
};

/* What a host is, as registry_ascii gives it. */
enum registry_kind registry_kind(const struct registry *, struct span host);

/*
 * The host that url leads to and its domain, as rules see them; false when it
 * is no valid host or address.
 */
bool registry_host(struct arena *, const struct registry *, struct span url,
    struct span *host, struct span *domain);

#endif
