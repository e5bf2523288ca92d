/* torturefile - the files of a private copy: made, changed, done away with. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/lines.h"
#include "conf/path.h"
#include "ctl/torturecopy.h"
#include "privileges.h"

#define SEND_STEP (16 << 20)

/* What stands for an absolute path in the copy; ".." leads nowhere else. */
static char *
path_inside(const struct copy *c, const char *path)
{
	struct span rest = span_of(path), part;
	struct buf out;
	size_t floor;
	char *text;

	buf_init(&out, PATH_BYTES_MAX);
	buf_printf(&out, "%s/files", c->dir);
	floor = out.n;
	while (span_cut(&rest, '/', &part)) {
		if (part.n == 0 || span_is(part, "."))
			continue;
		if (!span_is(part, "..")) {
			buf_printf(&out, "/%.*s", SPAN_ARG(part));
			continue;
		}
		if (out.n > floor)
			out.n = span_rchr(buf_contents(&out), '/');
	}
	text = out.full ? NULL : mem_copy(buf_string(&out), out.n);
	buf_done(&out);
	return text;
}

/* The folders above a path of the copy. */
static int
make_parents(const struct copy *c, char *path, struct error *error)
{
	char *slash = path + strlen(c->dir);
	int status = 0;

	while (status == 0 && (slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			status = error_set(error, "%s: %s", path,
			    strerror(errno));
		*slash = '/';
	}
	return status;
}

void
copy_note(struct copy *c, const char *path, enum copy_kind kind,
    const struct timespec *modified)
{
	struct copy_file *file;

	c->files = mem_array(c->files, c->count + 1, sizeof(*c->files));
	file = &c->files[c->count++];
	*file = (struct copy_file){
		.path = mem_copy(path, strlen(path)),
		.kind = kind,
	};
	if (modified != NULL)
		file->modified = *modified;
}

/* A line of a table of keys, with an absolute path; see check/sign.c. */
static int
take_key(void *context, struct span rest, const char *file, unsigned line,
    struct error *error)
{
	struct span domain = span_of(""), selector = span_of(""), path;
	struct span folder = path_folder(file);

	(void)line;
	(void)error;
	span_word(&rest, &domain);
	span_word(&rest, &selector);
	path = span_trim(rest);
	if (span_starts(path, "/"))
		folder.n = 0;
	buf_printf(context, "%.*s %.*s %.*s%.*s\n", SPAN_ARG(domain),
	    SPAN_ARG(selector), SPAN_ARG(folder), SPAN_ARG(path));
	return 0;
}

static int
copy_table(const char *from, const char *to, struct error *error)
{
	struct buf out;
	int status;

	buf_init(&out, LINES_FILE_MAX);
	status = lines_read(from, take_key, &out, NULL, error);
	if (status == 0)
		status = copy_replace(to, buf_contents(&out), error);
	buf_done(&out);
	return status == 0 ? 0 : -1;
}

static int
copy_bytes(int in, const char *from, const char *to, off_t size,
    struct error *error)
{
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t n = 0;

	if (out < 0)
		return error_set(error, "%s: %s", to, strerror(errno));
	while (size > 0 && (n = sendfile(out, in, NULL, SEND_STEP)) > 0)
		size -= n;
	if (close(out) != 0 || n < 0)
		return error_set(error, "%s: %s", from, strerror(errno));
	return 0;
}

int
copy_clone(const char *from, const char *to, struct error *error)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), status = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) != 0)
		error_set(error, "%s: %s", from, strerror(errno));
	else
		status = copy_bytes(in, from, to, st.st_size, error);
	if (in >= 0)
		close(in);
	return status;
}

/* One regular file; of anything else there is nothing to copy. */
static int
copy_one(struct copy *c, const char *from, char *to, enum copy_kind kind,
    bool tables, struct error *error)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status = 0;
	struct timespec times[2];
	struct stat st;

	if (in < 0)
		return errno == ENOENT ? 0 :
		    error_set(error, "%s: %s", from, strerror(errno));
	if (fstat(in, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(to, F_OK) != 0) {
		c->bytes += st.st_size;
		if (c->count == COPY_FILES_MAX || c->bytes > COPY_BYTES_MAX)
			status = error_set(error, "%s: more files, or larger "
			    "ones, than can be copied", from);
		if (status == 0)
			status = make_parents(c, to, error);
		if (status == 0)
			status = tables ? copy_table(from, to, error) :
			    copy_bytes(in, from, to, st.st_size, error);
		times[0] = times[1] = st.st_mtim;
		(void)utimensat(AT_FDCWD, to, times, 0);
		copy_note(c, to, kind, &st.st_mtim);
	}
	close(in);
	return status;
}

static int
copy_tree(struct copy *c, char *from, bool tables, enum copy_kind kind,
    struct error *error)
{
	char *const paths[] = {from, NULL};
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int status = 0;
	char *to;

	while (status == 0 && tree != NULL &&
	    (entry = fts_read(tree)) != NULL) {
		if (entry->fts_info != FTS_F)
			continue;
		to = path_inside(c, entry->fts_path);
		status = to != NULL ? copy_one(c, entry->fts_path, to, kind,
		    tables, error) : error_set(error, "%s: too long a path",
		    entry->fts_path);
		free(to);
	}
	if (tree != NULL)
		fts_close(tree);
	return status;
}

char *
copy_file(struct copy *c, const char *path, enum copy_kind kind, bool tables,
    struct error *error)
{
	char *from = mem_copy(path, strlen(path)), *to = path_inside(c, path);

	if (to == NULL)
		error_set(error, "%s: too long a path", path);
	else if (copy_tree(c, from, tables, kind, error) != 0) {
		free(to);
		to = NULL;
	}
	free(from);
	return to;
}

static int
write_file(const char *path, int flags, struct span bytes,
    struct error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | flags,
	    0600);
	ssize_t n = 0;

	if (fd < 0)
		return error_set(error, "%s: %s", path, strerror(errno));
	while (bytes.n > 0 && (n = write(fd, bytes.p, bytes.n)) > 0)
		bytes = span_skip(bytes, (size_t)n);
	if (close(fd) != 0 || n < 0)
		return error_set(error, "%s: %s", path, strerror(errno));
	return 0;
}

int
copy_overwrite(const char *path, struct span bytes, struct error *error)
{
	return write_file(path, 0, bytes, error);
}

int
copy_replace(const char *path, struct span bytes, struct error *error)
{
	char *next = mem_printf("%s.new", path);
	int status = write_file(next, 0, bytes, error);

	if (status == 0 && rename(next, path) != 0)
		status = error_set(error, "%s: %s", path, strerror(errno));
	free(next);
	return status;
}

/* What is to be done with each entry of a folder, its own comes last. */
typedef int entry_fn(const FTSENT *, const struct passwd *);

static int
walk(char *dir, entry_fn *each, const struct passwd *user,
    struct error *error)
{
	char *const paths[] = {dir, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int status = 0;

	while (tree != NULL && (entry = fts_read(tree)) != NULL)
		if (entry->fts_info != FTS_D && each(entry, user) != 0 &&
		    status == 0)
			status = error_set(error, "%s: %s", entry->fts_path,
			    strerror(errno));
	if (tree != NULL)
		fts_close(tree);
	return status;
}

static int
remove_entry(const FTSENT *entry, const struct passwd *user)
{
	(void)user;
	return entry->fts_info == FTS_DP ? rmdir(entry->fts_path) :
	    unlink(entry->fts_path);
}

static int
own_entry(const FTSENT *entry, const struct passwd *user)
{
	return lchown(entry->fts_path, user->pw_uid, user->pw_gid);
}

int
copy_remove(const char *dir, struct error *error)
{
	char *path = mem_copy(dir, strlen(dir));
	int status = walk(path, remove_entry, NULL, error);

	free(path);
	return status;
}

int
copy_own(const struct copy *c, struct error *error)
{
	const struct daemon_settings *d = conf_section(c->theirs, "daemon");
	const struct passwd *user;

	if (geteuid() != 0 || d->user[0] == '\0')
		return 0;
	user = getpwnam(d->user);
	if (user != NULL && walk(c->dir, own_entry, user, error) != 0)
		return -1;
	return privileges_drop(d->user, error);
}

void
copy_done(struct copy *c)
{
	size_t i;

	/* A case may have been ended while the store was closed to us. */
	if (c->dir != NULL) {
		(void)chmod(c->store, 0700);
		(void)copy_remove(c->dir, NULL);
	}
	for (i = 0; i < c->count; i++)
		free(c->files[i].path);
	for (i = 0; i < c->forced_count; i++)
		free(c->forced[i]);
	free(c->files);
	conf_free(c->ours);
	conf_free(c->theirs);
	free(c->sections);
	free(c->dir);
	free(c->conf);
	free(c->control);
	free(c->listen);
	free(c->store);
	free(c->prefix);
	memset(c, 0, sizeof(*c));
}
