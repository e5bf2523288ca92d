/* command_dnslists - "dnslists": how the DNS lists in use fare. */
#include <sysexits.h>

#include "check/dnslists.h"
#include "milter/commands.h"

int
command_dnslists(struct daemon *d, struct span rest, struct buf *out)
{
	const struct shared *shared = d->services.shared;
	struct snapshot *s;
	const void *self;

	if (rest.n != 0 && !span_is(rest, "status"))
		return command_misused(out, "dnslists [status]");
	s = current_get(d->current);
	self = snapshot_check(s, &check_dnslists);
	if (self == NULL)
		buf_puts(out, "no DNS list is in use: see dnslists.use in "
		    "postern.conf(5)\n");
	else
		dnslists_tell(self, shared != NULL ? shared->lists : NULL,
		    out);
	snapshot_put(s);
	return EX_OK;
}
