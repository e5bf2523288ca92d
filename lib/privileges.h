/* privileges - from root to the user that the configuration names. */
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include <sys/types.h>

#include "base/error.h"

/* The gid of a group's name, or -1 with *error filled in. */
gid_t privileges_group(const char *name, struct error *);

/*
 * Makes a directory unless it exists.  Started as root, it becomes user's; an
 * empty name means our own.  Returns 0 or -1.
 */
int privileges_directory(const char *path, const char *user, struct error *);

/*
 * Becomes user for good, when started as root; an empty name stays what it
 * is.  Afterwards no program can give rights back (no_new_privs).  Returns 0
 * or -1.
 */
int privileges_drop(const char *user, struct error *);

#endif
