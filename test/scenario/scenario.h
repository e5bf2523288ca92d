/*
 * scenario - a scenario file, read into steps.  README says what stands in
 * such a file.  What is read lives in the arena that is handed in.
 */
#ifndef TEST_SCENARIO_SCENARIO_H
#define TEST_SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#define SCENARIO_FILE_MAX (1 << 20)
#define SCENARIO_LINES_MAX 400	/* of one block */
#define SCENARIO_STEPS_MAX 400

/* A line of a block: its first word, and the rest. */
struct line {
	unsigned number;
	char *word;
	char *rest;
	char *whole;
};

struct lines {
	struct line *line;
	size_t count;
};

enum step_kind {
	STEP_CONFIG,
	STEP_DNS,
	STEP_FILE,
	STEP_GEOIP,
	STEP_RELOAD,
	STEP_CLOCK,
	STEP_STORE,
	STEP_LISTS,
	STEP_LIBRARY_ONLY,
	STEP_MESSAGE,
};

struct step {
	enum step_kind kind;
	unsigned number;	/* of its line */
	char *rest;		/* behind the word that begins it */
	struct lines lines;
	struct lines expect;	/* of a message */
	bool library_only;	/* it comes after "library only" */
};

struct scenario {
	const char *path;
	const char *top;	/* of the source tree, set by the caller */
	struct step *steps;
	size_t count;
};

int scenario_read(struct arena *, const char *path, struct scenario *,
    struct error *);

#endif
