/*
 * state - the inside of a conf, shared by the files of this folder alone.
 */
#ifndef CONF_STATE_H
#define CONF_STATE_H

#include "base/arena.h"
#include "conf/conf.h"
#include "conf/manifest.h"

/* One key: its row, its place in the section's struct, who has set it. */
struct setting {
	const struct option *option;
	void *member;
	const char *file;	/* "-o" or "default of ..." with line 0 */
	unsigned line;
	const char *origin;	/* as conf_origin tells it; NULL: not set */
};

/* A section being filled. */
struct block {
	const struct section *section;
	char *data;			/* the struct, section->size bytes */
	struct setting *settings;	/* one per row */
	size_t count;			/* of rows */
};

struct conf {
	struct arena arena;
	const struct section *const *sections;
	struct block *blocks;
	size_t count;
	const char *file;	/* the main file, as the caller named it */
	struct span cwd;	/* with a slash at its end */
	unsigned files;		/* read so far */
	struct manifest manifest;	/* of them */
};

#endif
