/*
 * open - the store and the resolver that a configuration names.
 */
#ifndef OPEN_H
#define OPEN_H

#include "settings.h"

struct dns;
struct store;

/* The store of a configuration; NULL with *error filled in. */
struct store *open_store(const struct conf *, struct error *);

/*
 * The same for a tool, beside daemons that have it open: only to be read, or
 * also to be written, which an embedded store in use refuses.
 */
struct store *open_tool_store(const struct conf *, bool write,
    struct error *);

/* The resolver of a section "dns"; NULL with *error filled in. */
struct dns *open_dns(const struct dns_options *, struct error *);

#endif
