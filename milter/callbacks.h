/*
 * callbacks - libmilter's table: each callback hands facts in and an answer
 * out.
 */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H

#include "milter/daemon.h"

/*
 * Registers with libmilter, on a listening socket.  Returns 0, or -1 with
 * *error filled in.  Once per process: libmilter's state is global.
 */
int callbacks_register(struct daemon *, int fd, struct error *);

#endif
