/* aside - a file that takes another one's place once it is whole. */
#include "ctl/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

FILE *
aside_open(const char *name, struct error *error)
{
	FILE *f;
	int fd;

	/* One that was left over, or that others may read. */
	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL) {
		error_at(error, name, 0, "cannot be made: %s",
		    strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return f;
}
