/*
 * feed - puts a message from a file through a scan, as an MTA would have: its
 * envelope, where nobody tells it, is read off the fields that MTAs leave.
 */
#ifndef FEED_H
#define FEED_H

#include "scan.h"

#define FEED_RECIPIENTS_MAX 1000

struct feed {
	struct span sender;	/* p is NULL: found in the message */
	const char *const *recipients;
	size_t recipient_count;
};

/* From the envelope to the last byte of the body; the scan has begun. */
void feed_message(struct scan *, const struct feed *, struct span raw);

/*
 * Who was the sender: what the first relay that is not ours was told, else the
 * fields X-Envelope-From, Envelope-Sender and Return-Path, if they stand above
 * all Received fields.  Empty when nothing tells.
 */
struct span feed_sender(struct arena *, const struct rulebook *,
    struct span raw);

#endif
