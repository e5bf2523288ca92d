/*
 * resolver - whom commands ask about a domain: the servers that the command
 * line names, or else those of the configuration.
 */
#ifndef CTL_RESOLVER_H
#define CTL_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/commands.h"
#include "net/dns.h"

#define RESOLVER_SERVERS_MAX 8
#define RESOLVER_WAIT_MS 30000	/* for all that one command asks */
#define RESOLVER_USAGE "[--server address[@port]]..."

struct resolver {
	const char *servers[RESOLVER_SERVERS_MAX + 1];
	size_t count;
};

/* Takes "--server address" at argv[*i], which then is the address. */
bool resolver_option(struct resolver *, int argc, char **argv, int *i);

/*
 * NULL, said on standard error, with EX_CONFIG or EX_UNAVAILABLE in *status.
 * A command is asked for its answer, so dns.enabled does not matter.
 */
struct dns *resolver_open(const struct resolver *, const struct globals *,
    int *status);

#endif
