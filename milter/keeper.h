/*
 * keeper - the thread that keeps what all hosts have in common up to date:
 * trust and deny lists, the health of DNS lists, the other hosts; and that
 * hands notices to the operator's program.  Messages never wait for it.
 */
#ifndef MILTER_KEEPER_H
#define MILTER_KEEPER_H

#include "milter/daemon.h"

/* Makes what it keeps; owned by the daemon for its whole life. */
struct shared *keeper_shared(const char *host_name, int64_t now);

/* Starts it.  0, or -1 when there is no thread to be had. */
int keeper_start(struct daemon *);

/* Waits for its end, which draining brings about. */
void keeper_stop(struct daemon *);

#endif
