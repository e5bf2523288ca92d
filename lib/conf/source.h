/*
 * source - one configuration file being read, and the include it came by.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "conf/manifest.h"

struct source {
	const char *file;		/* as messages name it */
	const struct source *from;	/* the file that includes it, or NULL */
	unsigned line;			/* of the include in it */
	dev_t device;
	ino_t inode;
	struct buf bytes;
};

/*
 * Reads source->file whole and notes it; file, from and line are set.
 * Refuses what is not a regular file, too large, or already being read
 * further out.
 */
int source_read(struct source *, struct manifest *, struct error *);
void source_done(struct source *);

#endif
