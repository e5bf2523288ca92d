/*
 * outcome - what became of a message, in the words of an MTA and of the log,
 * and whether that is what the scenario expects.
 */
#ifndef TEST_SCENARIO_OUTCOME_H
#define TEST_SCENARIO_OUTCOME_H

#include "test/scenario/dialogue.h"

#define OUTCOME_EDITS_MAX 3000

enum outcome_kind { OUTCOME_INSERT, OUTCOME_CHANGE, OUTCOME_REMOVE };

struct outcome_edit {
	enum outcome_kind kind;
	struct span name;
	unsigned nth;		/* inserted: 0 is the top */
	struct span value;
};

/* Lives in the arena. */
struct outcome {
	struct span *rcpts;	/* "550 5.7.1 text", empty: accepted */
	size_t rcpt_count;
	struct span reply;	/* at the end, in the same form */
	bool quarantined;
	struct outcome_edit *edits;	/* in the order they were made */
	size_t edit_count;
	struct span log;	/* the JSON object */
};

/* Compares; what differs is told on standard error, after way ("library"). */
bool outcome_check(struct arena *, const struct scenario *,
    const struct step *, const struct dialogue *, const struct outcome *,
    const char *way, int64_t now);

#endif
