/*
 * networks - whom the operator vouches for: hosts whose mail is outbound, and
 * relays of ours that bring mail from outside.  Constant once loaded.
 */
#ifndef CONF_NETWORKS_H
#define CONF_NETWORKS_H

#include "base/ip.h"
#include "conf/conf.h"

struct networks {
	struct netset trusted;
	struct netset relays;
};

/* The section "networks". */
extern const struct section networks_section;

/* Fills *out from the section and its files.  Returns 0 or -1. */
int networks_load(struct networks *out, const struct conf *, struct manifest *,
    struct error *);
void networks_done(struct networks *);

#endif
