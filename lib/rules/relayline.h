/*
 * relayline - one Received field, taken as SpamAssassin takes it, so that rules
 * on X-Spam-Relays-* hit the same.  mail/received.h is our own, stricter
 * reading.  Pure functions, any thread.
 */
#ifndef RULES_RELAYLINE_H
#define RULES_RELAYLINE_H

#include "base/arena.h"
#include "rules/relays.h"

#define RELAYLINE_MAX 8192	/* bytes of a field; the rest is not read */

enum relayline {
	RELAYLINE_UNKNOWN,	/* nobody understands it */
	RELAYLINE_IGNORED,	/* no handover, or one that tells nothing */
	RELAYLINE_FETCHED,	/* the same: fetched from a mailbox */
	RELAYLINE_SCANNED,	/* the same: only the next one's sender */
	RELAYLINE_RELAY,
};

/*
 * Reads one field's value.  Fills *out on RELAYLINE_RELAY, all but what the
 * trust path says; on RELAYLINE_SCANNED its envelope_from alone.
 */
enum relayline relayline_parse(struct arena *, struct span value,
    struct relay *out);

/* A name fit for a pseudo header: blanks, brackets, "#", "|" become "!". */
struct span relayline_clean(struct arena *, struct span name);

#endif
