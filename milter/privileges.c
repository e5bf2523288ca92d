/* privileges - from root to the user that the configuration names. */
#include "milter/privileges.h"

#include <errno.h>
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

/* A store's directory that is still root's is handed to the new user. */
static int
hand_over(const char *directory, const struct passwd *pw, struct error *e)
{
	if (directory == NULL)
		return 0;
	if (mkdir(directory, 0700) != 0) {
		if (errno == EEXIST)
			return 0;
		return error_set(e, "%s: %s", directory, strerror(errno));
	}
	if (chown(directory, pw->pw_uid, pw->pw_gid) != 0)
		return error_set(e, "%s: %s", directory, strerror(errno));
	return 0;
}

static int
become(const char *user, const char *directory, struct error *e)
{
	struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		return error_set(e, "there is no user \"%s\" to become (make "
		    "one, or set daemon.user)", user);
	if (hand_over(directory, pw, e) != 0)
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
privileges_drop(const char *user, const char *directory, struct error *e)
{
	if (geteuid() == 0 && user[0] != '\0' &&
	    become(user, directory, e) != 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return error_set(e, "no_new_privs: %s", strerror(errno));
	return 0;
}
