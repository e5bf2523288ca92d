/*
 * conf - the configuration file: sections of "key = value", read into structs
 * by rows that name key, type, default and bounds.
 *
 * Nothing unknown, out of bounds, unterminated or set twice passes: the load
 * fails with "file:line: reason" of the very file and line, and a suggestion
 * where a known word is near.  A loaded conf is constant and may be read by
 * any thread.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define CONF_FILE_MAX (1 << 20)	/* bytes of one file */
#define CONF_INCLUDE_DEPTH 8
#define CONF_FILES_MAX 1000	/* files read by one load */
#define CONF_VALUES_MAX 10000	/* entries of one list */

/* A list value; order as written. */
struct strings {
	const char *const *item;
	size_t count;
};

/* The type says what the member at the row's offset is. */
enum option_type {
	OPTION_BOOL,	/* bool: yes no true false on off */
	OPTION_INT,	/* int64_t */
	OPTION_TIME,	/* int64_t milliseconds: 250ms 5s 10m 2h 30d 4w */
	OPTION_SIZE,	/* int64_t bytes: 512 64k 10M 2G (powers of 1024) */
	OPTION_SCORE,	/* int64_t thousandths of a point: 5, 7.5 */
	OPTION_WORD,	/* int64_t: index into words */
	OPTION_STRING,	/* const char *, never NULL */
	OPTION_PATH,	/* const char *: relative to the file it stands in */
	OPTION_LIST,	/* struct strings, none of them empty */
	OPTION_PATHS,	/* struct strings, each a path; * ? [ are expanded */
};

/*
 * One key.  fallback is the default, written as in the file (a list as "a, b"
 * or ""); a path in it is relative to the main file.  min and max bound INT,
 * TIME, SIZE and SCORE, both inclusive; STRING and PATH by length, where max 0
 * is no bound.  Paths come out absolute, except that an empty one stays empty;
 * on the command line they are relative to the working directory.
 */
struct option {
	const char *key;
	enum option_type type;
	size_t offset;
	const char *fallback;
	int64_t min, max;
	const char *const *words;	/* WORD: ends with NULL */
	const char *help;		/* one line, for the manual and print */
};

/* One section; its name is "" for keys outside any.  Rows end with {0}. */
struct section {
	const char *name;
	const struct option *options;
	size_t size;			/* of the struct that the rows fill */
};

struct conf;
struct manifest;

/*
 * Reads file and what it includes.  sections ends with NULL.  overrides (NULL
 * or ending with NULL) are "section.key=value" from the command line; they win
 * over the file, and errors in them have "-o" for the file.  The caller frees
 * the result.  Returns NULL with *error filled in.
 */
struct conf *conf_load(const char *file, const struct section *const *sections,
    const char *const *overrides, struct error *error);
void conf_free(struct conf *);

/*
 * Of a file with a mistake what stands before it; the rest has its defaults.
 * Only for asking what may be wrong.  NULL if an override is wrong.
 */
struct conf *conf_salvage(const char *file,
    const struct section *const *sections, const char *const *overrides);

/* The filled struct of a section, NULL if unknown; lives as long as conf. */
const void *conf_section(const struct conf *, const char *name);

/* The files it was read from (conf/manifest.h); lives as long as conf. */
const struct manifest *conf_manifest(const struct conf *);

/* The rows that conf was loaded with; ends with NULL. */
const struct section *const *conf_sections(const struct conf *);

/*
 * "file:line: " and a reason about one key's value, for what only its user can
 * judge.  Returns -1.
 */
int conf_refuse(const struct conf *, const char *section, const char *key,
    struct error *error, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Where a key got its value: "file:line", "-o" or "default"; lives as conf. */
const char *conf_origin(const struct conf *, const char *section,
    const char *key);

/* Whether a key has the same value in both, which have the same sections. */
bool conf_same(const struct conf *, const struct conf *, const char *section,
    const char *key);

/*
 * The effective configuration in its own syntax, one key a line, each with its
 * origin as a comment when origins is set.  Parsing the text again gives the
 * same values.
 */
void conf_print(const struct conf *, struct buf *out, bool origins);

/*
 * Append a value in that syntax: a STRING or PATH, and an entry of PATHS that
 * is a path and no pattern.
 */
void conf_put_string(struct buf *out, struct span);
void conf_put_path(struct buf *out, struct span path);

#endif
