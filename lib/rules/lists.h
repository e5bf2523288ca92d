/*
 * lists - what the lines of rule files enumerate, made ready to be asked:
 * addresses (welcomelist_from, enlist_addrlist ...), hosts (enlist_uri_host,
 * uridnsbl_skip_domain ...), freemail domains, names of domains (util_rb_tld),
 * redirectors.  Built while loading from a ruleset, which it need not outlive;
 * then constant, any thread may ask.  Questions are in lower case.
 */
#ifndef RULES_LISTS_H
#define RULES_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "mail/registry.h"
#include "rules/literal.h"
#include "rules/regex.h"
#include "rules/ruleset.h"

#define LISTS_LABELS_MAX 11	/* of a host, from its end, that count */

struct lists;
struct list;

/* suffixes (or NULL), for want of util_rb_tld lines, must outlive the lists. */
struct lists *lists_new(const struct ruleset *, const struct suffixes *);
void lists_free(struct lists *);

/*
 * The list that lines of that word fill, or that enlist_addrlist (NAME) names;
 * NULL when there is none.  Words have their newer spelling:
 *
 *	[un]blocklist_from blocklist_to [un]welcomelist_from welcomelist_to
 *	more_spam_to all_spam_to welcomelist_allows_relays
 *	[def_]welcomelist_auth [def_]welcomelist_from_spf
 *	welcomelist_bounce_relays
 *	[def_]welcomelist_from_rcvd [def_]welcomelist_from_dkim: with a second
 *	welcomelist_subject blocklist_subject: found anywhere in the item
 *
 * (the un... forms take out of the others and are no lists).
 */
const struct list *lists_find(const struct lists *, struct span name);

/* Whether an entry's glob (* and ?) matches all of the item. */
bool list_has(const struct list *, struct span item);

/* Whether there are entries at all. */
bool list_empty(const struct list *);

/*
 * Walks the entries that match item, in no order: *walk begins with zeros, and
 * *second becomes what stands behind the glob, empty when nothing does.
 * Returns false after the last one.
 */
struct list_walk {
	size_t stage, entry;
};

bool list_next(const struct list *, struct span item, struct list_walk *walk,
    struct span *second);

/* How enlist_uri_host (NAME) lists a host or the nearest domain above it. */
enum listing { LISTING_NONE, LISTING_IN, LISTING_OUT /* by "!" */ };

enum listing lists_uri_host(const struct lists *, struct span name,
    struct span host);

/*
 * freemail_domains and freemail_welcomelist: whether the address is of a
 * freemail provider and not excepted.
 */
bool lists_freemail(const struct lists *, struct span address);

/* False when no line names a freemail domain: then no such rule hits. */
bool lists_has_freemail(const struct lists *);

/* uridnsbl_skip_domain: exactly this domain. */
bool lists_skips_domain(const struct lists *, struct span domain);

/* util_rb_tld, util_rb_2tld, util_rb_3tld. */
const struct registry *lists_registry(const struct lists *);

/* redirector_pattern: the first group of a match is where it leads to. */
struct redirector {
	struct regex *regex;
	struct needs needs;
};

const struct redirector *lists_redirectors(const struct lists *,
    size_t *count);

#endif
