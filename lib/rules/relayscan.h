/*
 * relayscan - what can be found in a Received field whoever wrote it, and how
 * it is made ready for relayform.  Pure functions, any thread.
 */
#ifndef RULES_RELAYSCAN_H
#define RULES_RELAYSCAN_H

#include "base/arena.h"
#include "rules/relayform.h"

/* One line without a blank too many, and without ";" at its end. */
struct span relayscan_fold(struct arena *, struct span value);

/* Without the date, if it is the usual one; a blank put between ")by". */
struct span relayscan_undate(struct span line);
struct span relayscan_blank(struct arena *, struct span line);

/* Whether the line tells nothing about a handover. */
bool relayscan_idle(struct relay_line *);

/* All are empty when there is none. */
struct span relayscan_id(struct span line);
struct span relayscan_helo(struct span line);
struct span relayscan_by(struct span line);
struct span relayscan_sender(struct span line);

#endif
