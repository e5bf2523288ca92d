/* command_fleet - posternctl fleet: the hosts that share the store. */
#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "base/mem.h"
#include "milter/commands.h"
#include "shared/fleet.h"

static void
print_time(struct buf *out, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[40];
	struct tm tm;

	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime_r(&seconds, &tm));
	buf_printf(out, " %-20s", text);
}

static void
print_sight(struct buf *out, const struct fleet_sight *s)
{
	buf_printf(out, "%-20s %-8s %-12s %6" PRIu64, s->host.name,
	    s->host.version, s->host.generation, s->host.lists);
	print_time(out, s->host.started);
	if (s->skew != 0)
		buf_printf(out, " %+7.1fs", (double)s->skew / 1000);
	else
		buf_printf(out, " %8s", "ok");
	buf_printf(out, " %s%s%s\n", s->host.health,
	    s->drifts ? " DRIFTS" : "", s->self ? " (this host)" : "");
}

/* EX_TEMPFAIL when a host drifts or is not well. */
int
command_fleet(struct daemon *d, struct span rest, struct buf *out)
{
	struct fleet_sight *all;
	int status = EX_OK;
	size_t i, n;

	if (rest.n != 0)
		return command_misused(out, "fleet");
	all = mem_alloc(FLEET_SEEN_MAX * sizeof(*all));
	n = fleet_see(d->services.shared->fleet, all);
	buf_printf(out, "%-20s %-8s %-12s %6s %-20s %8s %s\n", "host",
	    "version", "generation", "lists", "started", "clock", "health");
	for (i = 0; i < n; i++) {
		print_sight(out, &all[i]);
		if (all[i].drifts || !span_is(span_of(all[i].host.health),
		    "ok"))
			status = EX_TEMPFAIL;
	}
	free(all);
	return status;
}
