/* folder - a folder of its own for a test's files; one at a time. */
#ifndef TEST_UNIT_FOLDER_H
#define TEST_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static inline void
folder_begin(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(folder, sizeof(folder), "%.40s/postern-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(folder) == NULL) {
		perror(folder);
		exit(1);
	}
}

static inline int
folder_remove(const char *path, const struct stat *st, int flag,
    struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
folder_end(void)
{
	nftw(folder, folder_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in it, good until the fourth call after. */
static inline const char *
folder_path(const char *name)
{
	static char paths[4][160];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

/* Writes a file; returns its path. */
static inline const char *
folder_file(const char *name, const char *text)
{
	const char *path = folder_path(name);
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, strlen(text), f) != strlen(text) ||
	    fclose(f) != 0) {
		perror(path);
		exit(1);
	}
	return path;
}

/* text with "@" for the folder and its "/"; good until the next call. */
static inline const char *
folder_text(const char *text)
{
	static char out[4096];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(out) - sizeof(folder); text++) {
		if (*text == '@')
			n += (size_t)sprintf(out + n, "%s/", folder);
		else
			out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}

#endif
