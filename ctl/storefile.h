/*
 * storefile - a whole store to a file (store/dump.h), and back into any store.
 * "-" is standard output or input.
 */
#ifndef CTL_STOREFILE_H
#define CTL_STOREFILE_H

#include "store/store.h"

struct storefile_counts {
	size_t records;		/* written */
	size_t expired;		/* left out because their time is over */
	size_t damaged;		/* left out because they are no records */
	size_t failed;		/* the store did not take them */
};

/*
 * The file is there whole or not at all.  Returns a status of sysexits, with
 * *error filled in unless it is EX_OK.
 */
int storefile_export(struct store *, const char *path, int64_t now,
    struct storefile_counts *, struct error *);

/*
 * Reads the file to its end before anything is written.  A record that is there
 * is overwritten, so that to import twice is to import once.
 */
int storefile_import(struct store *, const char *path, int64_t now,
    struct storefile_counts *, struct error *);

#endif
