/*
 * torturecopy - a private copy of a configuration and of all files it names,
 * in a folder of its own that only we may enter: what "posternctl torture"
 * breaks in place of the original.  One thread.
 */
#ifndef CTL_TORTURECOPY_H
#define CTL_TORTURECOPY_H

#include <stdint.h>
#include <time.h>

#include "ctl/commands.h"
#include "settings.h"

#define COPY_FILES_MAX 20000
#define COPY_BYTES_MAX (INT64_C(4) << 30)	/* of all of them */
#define COPY_FORCED_MAX 48
#define COPY_REDIS_MAX 200

/* What a copied file is to the configuration. */
enum copy_kind { COPY_CONF, COPY_RULES, COPY_LIST, COPY_GEO, COPY_OTHER };

struct copy_file {
	char *path;			/* of the copy */
	enum copy_kind kind;
	struct timespec modified;	/* as the original */
};

/* Where the copy is served, and what stands in for the world. */
struct copy_world {
	unsigned dns_port;		/* of loopback */
	const char *redis;		/* host:port, or NULL: embedded */
};

struct copy {
	char *dir;		/* NULL: there is none */
	char *conf, *control, *listen, *store;
	char *prefix;		/* of keys in a Redis */
	struct copy_file *files;	/* the first is conf */
	size_t count;
	int64_t bytes;
	const struct section **sections;
	struct conf *theirs;	/* the original, as it is in effect */
	struct conf *ours;	/* the copy with the options of its daemon */
	char *forced[COPY_FORCED_MAX + 1];	/* "section.key=value" */
	size_t forced_count;
};

/*
 * Makes the folder and the copy, after a load of the original that must
 * succeed.  Returns EX_OK, or another status with *error filled in; either way
 * copy_done follows.
 */
int copy_make(struct copy *, const struct globals *,
    const struct copy_world *, struct error *);

/* Root hands the copy over to the user whom its daemon would become. */
int copy_own(const struct copy *, struct error *);

/* Removes the folder with all that is in it. */
void copy_done(struct copy *);

/* Removes a folder with all beneath it, its links not followed. */
int copy_remove(const char *dir, struct error *);

/*
 * A fresh, empty store.  Of a Redis, no more than what is under the copy's own
 * prefix is taken away.
 */
int copy_clear_store(const struct copy *, struct error *);

/*
 * Copies a file, or a folder with all beneath it, to the same place below the
 * folder of the copy; what is not there is no error.  In tables the paths of
 * keys become absolute: these are read where they are.  Returns the path of
 * the copy on the heap, or NULL with *error filled in.
 */
char *copy_file(struct copy *, const char *path, enum copy_kind kind,
    bool tables, struct error *);

/* Remembers a file of the copy that is there, or will be. */
void copy_note(struct copy *, const char *path, enum copy_kind kind,
    const struct timespec *modified);

/*
 * Replace a file of the copy in one step, or write over it in place, as an
 * editor or a full disk would leave it.
 */
int copy_replace(const char *path, struct span bytes, struct error *);
int copy_overwrite(const char *path, struct span bytes, struct error *);

/* Makes a file that is a second one with the same bytes. */
int copy_clone(const char *from, const char *to, struct error *);

/* A STRING or PATH of a configuration; "" when it has no such key. */
const char *copy_string(const struct conf *, const char *section,
    const char *key);

#endif
