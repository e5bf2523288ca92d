/* privileges - from root to the user that the configuration names. */
#include "privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

gid_t
privileges_group(const char *name, struct error *e)
{
	struct group *group = getgrnam(name);

	if (group != NULL)
		return group->gr_gid;
	error_set(e, "there is no group \"%s\"", name);
	return (gid_t)-1;
}

static const struct passwd *
find_user(const char *user, struct error *e)
{
	const struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		error_set(e, "there is no user \"%s\" to become (make one, or "
		    "set daemon.user)", user);
	return pw;
}

int
privileges_directory(const char *path, const char *user, struct error *e)
{
	const struct passwd *pw;
	int fd, status = -1;

	if (mkdir(path, 0755) != 0) {
		if (errno == EEXIST)
			return 0;
		return error_set(e, "%s: %s", path, strerror(errno));
	}
	if (geteuid() != 0 || user[0] == '\0')
		return 0;
	pw = find_user(user, e);
	if (pw == NULL)
		return -1;
	/* Never what a link, put in its place meanwhile, leads to. */
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, pw->pw_uid, pw->pw_gid) != 0)
		error_set(e, "%s: %s", path, strerror(errno));
	else
		status = 0;
	if (fd >= 0)
		close(fd);
	return status;
}

static int
become(const char *user, struct error *e)
{
	const struct passwd *pw = find_user(user, e);

	if (pw == NULL)
		return -1;
	if (initgroups(user, pw->pw_gid) != 0 || setgid(pw->pw_gid) != 0 ||
	    setuid(pw->pw_uid) != 0)
		return error_set(e, "cannot become \"%s\": %s", user,
		    strerror(errno));
	if (pw->pw_uid != 0 && setuid(0) == 0)
		return error_set(e, "root's rights came back");
	return 0;
}

int
privileges_drop(const char *user, struct error *e)
{
	if (geteuid() == 0 && user[0] != '\0' && become(user, e) != 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_set(e, "no_new_privs: %s", strerror(errno));
	return 0;
}
