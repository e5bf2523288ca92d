/*
 * commands - what posternctl may ask of the daemon, one line at a time.  Main
 * thread only.
 */
#ifndef MILTER_COMMANDS_H
#define MILTER_COMMANDS_H

#include "milter/daemon.h"

/*
 * Carries out the line and appends what it has to say; returns the exit code
 * for posternctl.
 */
int command_run(struct daemon *, struct span line, struct buf *out);

/* Says how a command is to be used; returns EX_USAGE. */
int command_misused(struct buf *out, const char *usage);

/*
 * The commands that have a file of their own; rest is what follows the first
 * word, without blanks around it.
 */
int command_reputation(struct daemon *, struct span rest, struct buf *out);
int command_trust(struct daemon *, struct span rest, struct buf *out);
int command_deny(struct daemon *, struct span rest, struct buf *out);
int command_rate(struct daemon *, struct span rest, struct buf *out);
int command_user(struct daemon *, struct span rest, struct buf *out);
int command_dnslists(struct daemon *, struct span rest, struct buf *out);
int command_fleet(struct daemon *, struct span rest, struct buf *out);

#endif
