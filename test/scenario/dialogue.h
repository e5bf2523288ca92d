/*
 * dialogue - the message of a step: who brings it, envelope and content, with
 * what each recipient should be answered.  Whatever the file does not say is
 * that of a harmless letter.  Lives in the arena.
 */
#ifndef TEST_SCENARIO_DIALOGUE_H
#define TEST_SCENARIO_DIALOGUE_H

#include "test/scenario/scenario.h"
#include "test/scenario/words.h"

#define DIALOGUE_RCPTS_MAX 1000
#define DIALOGUE_OUR_NAME "mx.test.example"

struct dialogue_rcpt {
	const char *address;
	const char *wanted;	/* pattern of the refusal, or NULL */
	unsigned number;	/* line */
};

struct dialogue {
	bool local;		/* submitted without SMTP */
	const char *client;	/* address, or NULL */
	const char *name;	/* reverse name, or NULL */
	const char *helo;	/* NULL: none was sent */
	const char *user;	/* authenticated, or NULL */
	const char *sender;	/* with brackets */
	struct dialogue_rcpt *rcpts;
	size_t rcpt_count;
	struct span raw;	/* header, empty line, body */
	bool same_session;	/* follows in the same SMTP session */
};

int dialogue_make(struct arena *, const struct scenario *,
    const struct step *, const struct words *, struct dialogue *,
    struct error *);

#endif
