/*
 * endpoint - sockets named as in a milter's address: inet:port@host,
 * inet6:port@host, unix:/path or local:/path.  Any thread.
 */
#ifndef NET_ENDPOINT_H
#define NET_ENDPOINT_H

#include <sys/types.h>

#include "base/error.h"

/* The connected stream socket, or -1; the caller closes it. */
int endpoint_connect(const char *address, struct error *);

/*
 * A bound and listening stream socket, or -1; the caller closes it.  Accepted
 * TCP sockets inherit TCP_NODELAY.  A unix socket gets the permissions mode
 * and, unless gid is -1, that group; a stale one is replaced, one that
 * somebody answers on is not.
 */
int endpoint_listen(const char *address, mode_t mode, gid_t gid,
    struct error *);

/* The path of a unix socket, or NULL; points into address. */
const char *endpoint_path(const char *address);

#endif
