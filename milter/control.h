/*
 * control - the local socket that posternctl talks to.  A connection carries
 * one command line; the answer is an exit code on a line, then text.
 */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H

#include "milter/daemon.h"

/* Serves one connection that waits on the listening socket. Main thread. */
void control_serve(struct daemon *, int listen_fd);

#endif
