/*
 * entryset - entries, found by what a message shows.  Filled by one thread,
 * then constant: any thread may look.  Entries belong to the set.
 */
#ifndef SHARED_ENTRYSET_H
#define SHARED_ENTRYSET_H

#include "base/map.h"
#include "shared/entry.h"

struct entryset {
	struct entry **item;		/* in order of insertion */
	size_t count, room;
	struct map names[ENTRY_LISTS][ENTRY_KINDS];
	struct netset clients[ENTRY_LISTS];
};

void entryset_init(struct entryset *);
void entryset_done(struct entryset *);

/* Adds a copy.  False when there is one of that list and name already. */
bool entryset_add(struct entryset *, const struct entry *);

/* The entry of that very list and name, over or not; or NULL. */
const struct entry *entryset_get(const struct entryset *, enum entry_list,
    const char *name);

/*
 * What applies to a name in lower case: of an address the entry of it or of its
 * domain, of a domain its own or that of the nearest one above.  NULL if there
 * is none.
 */
const struct entry *entryset_name(const struct entryset *, enum entry_list,
    enum entry_kind, struct span name);

/* The narrowest network that holds the client, or NULL. */
const struct entry *entryset_client(const struct entryset *, enum entry_list,
    const struct ip *);

#endif
