/* endpoint - sockets named as in a milter's address. */
#include "net/endpoint.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/span.h"

#define ENDPOINT_BACKLOG 1024	/* the kernel lowers it to somaxconn */

/* What to do with a new socket and its address: 0, or -1 with errno. */
typedef int endpoint_fn(int fd, const struct sockaddr *, socklen_t);

const char *
endpoint_path(const char *address)
{
	if (span_starts(span_of(address), "unix:"))
		return address + 5;
	if (span_starts(span_of(address), "local:"))
		return address + 6;
	return NULL;
}

static int
open_unix(const char *path, endpoint_fn *use, struct error *e)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (path[0] == '\0' || strlen(path) >= sizeof(sun.sun_path))
		return error_set(e, "unix:%s: a path of 1 to %zu bytes wanted",
		    path, sizeof(sun.sun_path) - 1);
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set(e, "socket: %s", strerror(errno));
	if (use(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		error_set(e, "unix:%s: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static int
open_first(const struct addrinfo *ai, const char *address, endpoint_fn *use,
    struct error *e)
{
	int fd, why = ENOENT;

	for (; ai != NULL; ai = ai->ai_next) {
		fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, 0);
		if (fd >= 0 && use(fd, ai->ai_addr, ai->ai_addrlen) == 0)
			return fd;
		why = errno;
		if (fd >= 0)
			close(fd);
	}
	return error_set(e, "%s: %s", address, strerror(why));
}

/* where, the end of address, is "port@host". */
static int
open_inet(const char *address, const char *where, int family,
    endpoint_fn *use, struct error *e)
{
	struct addrinfo hints = {.ai_family = family,
	    .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	const char *at = strchr(where, '@');
	char port[32];
	int fd, status;

	if (at == NULL || at == where || at[1] == '\0' ||
	    (size_t)(at - where) >= sizeof(port))
		return error_set(e, "%s: not of the form port@host", address);
	memcpy(port, where, (size_t)(at - where));
	port[at - where] = '\0';
	status = getaddrinfo(at + 1, port, &hints, &found);
	if (status != 0)
		return error_set(e, "%s: %s", address, gai_strerror(status));
	fd = open_first(found, address, use, e);
	freeaddrinfo(found);
	return fd;
}

static int
endpoint_open(const char *address, endpoint_fn *use, struct error *e)
{
	struct span s = span_of(address);

	if (endpoint_path(address) != NULL)
		return open_unix(endpoint_path(address), use, e);
	if (span_starts(s, "inet:"))
		return open_inet(address, address + 5, AF_INET, use, e);
	if (span_starts(s, "inet6:"))
		return open_inet(address, address + 6, AF_INET6, use, e);
	return error_set(e, "%s: not inet:, inet6:, unix: or local:", address);
}

int
endpoint_connect(const char *address, struct error *e)
{
	return endpoint_open(address, connect, e);
}

static int
bind_listen(int fd, const struct sockaddr *sa, socklen_t length)
{
	int on = 1;

	if (sa->sa_family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		/*
		 * libmilter writes each change to a message as a packet of its
		 * own: without this each waits for the peer's delayed ACK.
		 */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	if (sa->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, sa, length) != 0)
		return -1;
	return listen(fd, ENDPOINT_BACKLOG);
}

/* Removes a socket that nobody answers on, and nothing else. */
static int
remove_stale(const char *address, const char *path, struct error *e)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(e, "%s: there is something else", address);
	fd = endpoint_connect(address, NULL);
	if (fd >= 0) {
		close(fd);
		return error_set(e, "%s: another process answers", address);
	}
	if (unlink(path) != 0)
		return error_set(e, "%s: %s", address, strerror(errno));
	return 0;
}

int
endpoint_listen(const char *address, mode_t mode, gid_t gid, struct error *e)
{
	const char *path = endpoint_path(address);
	mode_t old;
	int fd;

	if (path == NULL)
		return endpoint_open(address, bind_listen, e);
	if (remove_stale(address, path, e) != 0)
		return -1;
	/*
	 * Made with its mode: who owns the folder could put a link in its place
	 * before chmod, and have root change another file.
	 */
	old = umask(~mode & 0777);
	fd = endpoint_open(address, bind_listen, e);
	umask(old);
	if (fd < 0)
		return -1;
	if (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid) != 0) {
		error_set(e, "%s: %s", address, strerror(errno));
		close(fd);
		unlink(path);
		return -1;
	}
	return fd;
}
