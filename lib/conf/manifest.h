/*
 * manifest - the files that a generation was read from: what is compared with
 * the next one, and what shows that somebody was still writing.  One thread
 * at a time while loading, constant afterwards.
 */
#ifndef CONF_MANIFEST_H
#define CONF_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/span.h"

/* A list with fewer entries may lose some; never all. */
#define MANIFEST_SMALL 20

/* A file whose last line does not end is let settle for so long. */
#define MANIFEST_SETTLE_MS 10000

struct stat;

struct manifest_file {
	char *name;
	const char *section, *key;	/* whose list it belongs to; static */
	char digest[DIGEST_TEXT_MAX];	/* of its bytes */
	size_t entries;		/* lines but empty ones and comments */
	int64_t modified;	/* wall clock, ms */
	bool changed;		/* while it was read */
	bool open_end;		/* its last line does not end */
};

struct manifest {
	struct manifest_file *files;	/* as they were read */
	size_t count;
	const char *section, *key;	/* of what is being read */
};

void manifest_init(struct manifest *);
void manifest_done(struct manifest *);

/* What is added from here on belongs to the list of this key (static). */
void manifest_list(struct manifest *, const char *section, const char *key);

/* Notes a file; before and after say how it was around the reading. */
void manifest_add(struct manifest *, const char *name, struct span bytes,
    const struct stat *before, const struct stat *after);

/*
 * Notes a file that somebody else read whole, by the digest of its bytes; one
 * without entries that could be lost.
 */
void manifest_note(struct manifest *, const char *name, const char *digest,
    int64_t modified);

/* Adds what stands in the files to a digest, from the first-th on. */
void manifest_digest(const struct manifest *, size_t first, struct digest *);

/*
 * Refuses a file that was being written: one that changed while it was read,
 * or whose last line does not end and that is younger than
 * MANIFEST_SETTLE_MS.  0, or -1 with *error filled in.
 */
int manifest_settled(const struct manifest *, int64_t now, struct error *);

/*
 * Refuses when a file that both have, or all files of a key together, lost
 * more than share percent of their entries, or all of them.  0, or -1 with
 * *error filled in.
 */
int manifest_kept(const struct manifest *, const struct manifest *previous,
    int64_t share, struct error *);

#endif
