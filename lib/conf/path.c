/*
 * path - resolves and expands paths.
 */
#include "conf/path.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "conf/conf.h"

static const char path_too_long[] = "a path longer than the system allows";

static bool
is_magic(char c)
{
	return c == '*' || c == '?' || c == '[';
}

void
paths_done(struct paths *paths)
{
	free(paths->item);
	paths->item = NULL;
	paths->count = 0;
}

static const char *
paths_add(struct paths *paths, const char *path)
{
	if (paths->count == CONF_VALUES_MAX)
		return "more paths than a list can hold";
	if ((paths->count & (paths->count - 1)) == 0)
		paths->item = mem_array(paths->item,
		    paths->count != 0 ? 2 * paths->count : 1,
		    sizeof(*paths->item));
	paths->item[paths->count++] = path;
	return NULL;
}

struct span
path_folder(const char *file)
{
	struct span path = span_of(file);
	size_t n = span_rchr(path, '/');

	return span_head(path, n < path.n ? n + 1 : 0);
}

/* Names of files come from the disk too, and messages and print show them. */
static const char *
path_fault(struct span path)
{
	size_t i;

	if (path.n > PATH_BYTES_MAX)
		return path_too_long;
	for (i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < ' ' || path.p[i] == 127)
			return "a control byte in a path";
	if (!text_utf8(path))
		return "invalid UTF-8 in a path";
	return NULL;
}

const char *
path_join(struct arena *arena, struct span folder, struct span path,
    const char **out)
{
	struct span joined;
	const char *fault;

	if (path.n == 0 || *path.p == '/')
		folder.n = 0;
	/* Before the copy: a string of a whole file may stand here. */
	if ((fault = path_fault(path)) != NULL)
		return fault;
	joined = arena_printf(arena, "%.*s%.*s", SPAN_ARG(folder),
	    SPAN_ARG(path));
	if ((fault = path_fault(joined)) != NULL)
		return fault;
	*out = joined.p;
	return NULL;
}

/*
 * Takes the backslashes out; *magic tells whether a pattern character without
 * one is there, and then the result is of no use.
 */
static struct span
unquote(struct arena *arena, struct span pattern, bool *magic)
{
	char *out = arena_bytes(arena, pattern.n + 1);
	size_t i, n = 0;

	*magic = false;
	for (i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '\\' && i + 1 < pattern.n)
			i++;
		else if (is_magic(pattern.p[i]))
			*magic = true;
		out[n++] = pattern.p[i];
	}
	return span_make(out, n);
}

void
path_quote(struct buf *out, struct span path)
{
	size_t i;

	for (i = 0; i < path.n; i++) {
		if (is_magic(path.p[i]) || path.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, path.p[i]);
	}
}

/* A folder that is absent matches nothing; one that is closed to us fails. */
static int
glob_failed(const char *path, int code)
{
	(void)path;
	return code != ENOENT && code != ENOTDIR;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * What editors and package managers leave beside a file: a pattern such as
 * lists/providers* must not read the old or the new version as well.
 */
static bool
is_leftover(struct span path)
{
	static const char *const marks[] = {".dpkg-", ".ucf-", ".rpmnew",
	    ".rpmsave", ".rpmorig"};
	struct span name = span_skip(path, path_folder(path.p).n);
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (span_find(name, span_of(marks[i])) < name.n)
			return true;
	return name.n > 0 && name.p[name.n - 1] == '~';
}

static const char *
add_matches(struct arena *arena, glob_t *matches, struct paths *out)
{
	const char *fault = NULL;
	struct span path;
	size_t i;

	/* By bytes; the order of glob itself depends on the locale. */
	qsort(matches->gl_pathv, matches->gl_pathc, sizeof(char *), compare);
	for (i = 0; i < matches->gl_pathc && fault == NULL; i++) {
		path = span_of(matches->gl_pathv[i]);
		if (is_leftover(path))
			continue;
		fault = path_fault(path);
		if (fault == NULL)
			fault = paths_add(out, arena_string(arena, path));
	}
	return fault;
}

static const char *
expand(struct arena *arena, const char *pattern, struct paths *out)
{
	const char *fault = NULL;
	glob_t matches = { 0 };

	switch (glob(pattern, GLOB_NOSORT, glob_failed, &matches)) {
	case 0:
		fault = add_matches(arena, &matches, out);
		break;
	case GLOB_NOMATCH:
		break;
	default:
		fault = "cannot read every folder of the pattern";
	}
	globfree(&matches);
	return fault;
}

const char *
path_expand(struct arena *arena, struct span folder, struct span pattern,
    struct paths *out)
{
	struct buf quoted;
	struct span plain;
	const char *path, *fault;
	bool magic;

	plain = unquote(arena, pattern, &magic);
	if (!magic) {
		fault = path_join(arena, folder, plain, &path);
		return fault != NULL ? fault : paths_add(out, path);
	}
	buf_init(&quoted, (size_t)4 * PATH_MAX);
	if (*pattern.p != '/')
		path_quote(&quoted, folder);
	buf_span(&quoted, pattern);
	fault = quoted.full ? path_too_long : path_fault(plain);
	if (fault == NULL)
		fault = expand(arena, buf_string(&quoted), out);
	buf_done(&quoted);
	return fault;
}
