/*
 * path - paths in a configuration: relative to a folder, or patterns of * ?
 * and [ in which a backslash takes the meaning from the next character.
 */
#ifndef CONF_PATH_H
#define CONF_PATH_H

#include <limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

#define PATH_BYTES_MAX (PATH_MAX - 1)

/* A growing list; item is on the heap, the texts are in an arena. */
struct paths {
	const char **item;
	size_t count;
};

void paths_done(struct paths *);

/* The part of file up to its last slash; empty when it has none. */
struct span path_folder(const char *file);

/*
 * Both return NULL or why not.  path_join puts folder before path unless path
 * is empty or begins with a slash.  path_expand adds what pattern matches,
 * which may be nothing, in the order of bytes, but not what editors and
 * package managers leave behind (*~, *.dpkg-*); a pattern without * ? [ adds
 * itself whether it exists or not.
 */
const char *path_join(struct arena *, struct span folder, struct span path,
    const char **out);
const char *path_expand(struct arena *, struct span folder,
    struct span pattern, struct paths *out);

/* Appends path so that path_expand reads it as that path and no pattern. */
void path_quote(struct buf *, struct span path);

#endif
