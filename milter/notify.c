/*
 * notify - tells systemd how we are.  The protocol is one datagram; libsystemd
 * would bring a compression library into a daemon that reads strangers' mail.
 */
#include "milter/notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "base/text.h"

#define LISTEN_FD 3	/* SD_LISTEN_FDS_START */

void
notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n == 0 || n >= sizeof(sun.sun_path))
		return;
	memcpy(sun.sun_path, path, n);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';	/* abstract */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Lost words are systemd's to miss; there is nobody else to tell. */
	(void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL,
	    (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}

void
notify_reloading(void)
{
	char state[80];
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)ts.tv_sec * 1000000 + ts.tv_nsec / 1000);
	notify_send(state);
}

int
notify_listen_fd(void)
{
	int64_t pid, count;

	if (!text_number(span_of(getenv("LISTEN_PID")), &pid) ||
	    !text_number(span_of(getenv("LISTEN_FDS")), &count) ||
	    pid != getpid() || count != 1)
		return -1;
	return LISTEN_FD;
}
