/*
 * received - one Received field, which every MTA writes in its own way (RFC
 * 5321 section 4.4 is followed by few).  The sending client chose the HELO
 * name and often more, so an address counts only where the MTA itself puts it;
 * when two places disagree there is none.  Pure functions, any thread; spans
 * point into the value and may hold folding.
 */
#ifndef MAIL_RECEIVED_H
#define MAIL_RECEIVED_H

#include <stdbool.h>

#include "base/ip.h"
#include "base/span.h"

struct received {
	struct ip ip;		/* of the client, as the MTA saw it */
	bool has_ip;		/* false: not stated, or ambiguous */
	bool auth;		/* the client was authenticated (RFC 3848) */
	bool http;		/* web mail: there was no SMTP client */
	struct span helo;	/* as the client gave it */
	struct span rdns;	/* found by the MTA; empty when unknown */
	struct span by;
	struct span with;	/* protocol, perhaps of several words */
	struct span id;		/* without brackets */
	struct span date;	/* all behind the last ";", see mail/date.h */
};

/* False when the value names neither whom mail came from nor who took it. */
bool received_parse(struct span value, struct received *out);

#endif
