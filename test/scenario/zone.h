/*
 * zone - what the DNS of a scenario holds: its "dns" blocks.  The library is
 * given a table of it, a daemon a server on loopback (test/dns/zone.py), which
 * reads the same lines.
 */
#ifndef TEST_SCENARIO_ZONE_H
#define TEST_SCENARIO_ZONE_H

#include <sys/types.h>

#include "net/dns.h"
#include "test/scenario/scenario.h"

#define ZONE_NAME "zone"	/* file in the directory of a world */

/* Whether the scenario has a DNS at all. */
bool zone_exists(const struct scenario *);

/* NULL, with *error filled in, when a line cannot be read. */
struct dns *zone_table(const struct scenario *, struct error *);

/* Writes the lines to ZONE_NAME in the current directory. */
int zone_write(const struct scenario *, struct error *);

/* A server of the file; all zero is none. */
struct zone_server {
	pid_t pid;
	int input;		/* it ends when this is closed */
	unsigned port;
};

int zone_serve(const struct scenario *, struct zone_server *, struct error *);
void zone_stop(struct zone_server *);

#endif
