/*
 * linkforms - the forms of one URL that "uri" rules of SpamAssassin's language
 * match: as written, escapes off, host as A-label, IP in decimal, what a
 * redirector leads to and so on.  Rules are written for just these, right or
 * wrong; url.h has what browsers make of it.
 */
#ifndef MAIL_LINKFORMS_H
#define MAIL_LINKFORMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/span.h"
#include "mail/links.h"

struct linkforms {
	struct arena *arena;
	const struct links_view *view;
	struct span items[LINK_FORMS_MAX];	/* different ones */
	size_t count;
	size_t targets[LINK_TARGETS_MAX];	/* of them: to be looked into */
	size_t target_count;
	size_t bytes;
	bool full;
};

/* Fills *out, in which arena and view are set. */
void linkforms_make(struct linkforms *out, struct span url);

#endif
