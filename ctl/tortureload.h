/*
 * tortureload - mail that flows while something else goes on: connections with
 * a thread each, and a count of what became of every message.
 */
#ifndef CTL_TORTURELOAD_H
#define CTL_TORTURELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "ctl/mclient.h"
#include "ctl/torturemail.h"

#define LOAD_CONNECTIONS_MAX 1000
#define LOAD_TIMES_MAX 65536	/* the latest times are kept */

/* What the SMTP client would get to see. */
enum outcome {
	OUTCOME_ACCEPTED,
	OUTCOME_DEFERRED,	/* 4xx */
	OUTCOME_REFUSED,	/* 5xx */
	OUTCOME_LOST,		/* no answer: the MTA's own, by default 4xx */
	OUTCOME_SILENT,		/* the same, after all patience */
	OUTCOMES,
};

/* Kinds of mail that are told apart. */
enum load_kind { LOAD_PLAIN, LOAD_SPAM, LOAD_HOSTILE, LOAD_KINDS };

struct tally {
	int64_t count[LOAD_KINDS][OUTCOMES];
	int64_t bare[LOAD_KINDS];	/* accepted without a word */
	int64_t slowest;		/* ms */
};

struct load_settings {
	const char *address;
	unsigned connections;
	int64_t patience;	/* ms for each reply */
	enum mail hostile;	/* one more connection sends these, unless */
	bool no_hostile;
};

struct load;

/*
 * Mail flows until load_halt, after which no message is begun; load_running
 * tells how many connections still wait, and load_stop waits for them.
 */
struct load *load_start(const struct load_settings *, struct error *);
void load_halt(struct load *);
unsigned load_running(const struct load *);
void load_stop(struct load *);

/* After load_stop; p99 in microseconds, of what was answered. */
const struct tally *load_tally(const struct load *);
int64_t load_p99(struct load *);
void load_free(struct load *);	/* stops it, NULL is allowed */

/* One message over a connection of its own, counted. */
void load_once(const struct load_settings *, enum mail, uint64_t number,
    struct tally *);

/* A message's envelope; number chooses the client. */
void load_envelope(uint64_t number, struct mclient_envelope *, char id[32],
    char client[32]);

/* What an answer is to the SMTP client.  Pure. */
enum outcome outcome_of(const struct mclient_answer *);

#define TALLY_MAY_DEFER 1	/* besides what is so in peace */
#define TALLY_MAY_LOSE 2

/*
 * Whether nothing befell that did not in peace, but for what may, and for
 * hostile mail, which may come to any answer.  0, or -1 with what it was.
 * Pure.
 */
int tally_judge(const struct tally *peace, const struct tally *got,
    unsigned may, struct error *error);

#endif
