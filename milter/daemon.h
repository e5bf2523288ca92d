/*
 * daemon - what lives as long as the process and all connections share: the
 * newest generation, the services, the room that is left, the log.
 */
#ifndef MILTER_DAEMON_H
#define MILTER_DAEMON_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "milter/log.h"
#include "milter/progress.h"
#include "scan.h"

struct gate;

#define ASKER_MAX 65	/* bytes of a user's name, and a zero */

struct daemon {
	const char *file;		/* of the configuration */
	const char *const *overrides;	/* "-o", or NULL */
	struct current *current;
	struct snapshot *previous;	/* in use before it, or NULL */
	struct services services;
	struct log *log;
	struct gate *gate;
	struct progress *progress;
	pthread_t keeper;		/* keeper.h */
	char *host_name;		/* authserv-id where nothing else is */
	atomic_bool draining;		/* libmilter may stop now */
	int64_t started;		/* wall clock, ms */
	int64_t reloaded;		/* wall clock of the last good load */
	struct error refused;		/* the last reload, or empty */
	struct error doubts;		/* about the first load, or empty */
	char asker[ASKER_MAX];		/* who sends the command that runs */
};

/*
 * Loads a new generation beside the running one and puts it into use.  On
 * error the old one stays.  Main thread only.  Notes for the operator, as on
 * keys that only a restart changes, are appended to out.  shrunk says that the
 * operator means lists to be shorter.  Returns 0 or -1.
 */
int daemon_reload(struct daemon *, bool shrunk, struct buf *out,
    struct error *);

/*
 * Returns to the generation that was in use before, so that a second time
 * undoes the first.  -1 when there is none.  Main thread only.
 */
int daemon_rollback(struct daemon *, struct buf *out, struct error *);

/*
 * gate - counts the messages under way and the memory they hold.  All threads.
 *
 * Once closed for a drain, nobody new gets in: gate_enter then never returns,
 * and the MTA sees the connection end with the process before it was answered
 * anything about that message.
 */
struct gate *gate_new(struct metrics *);
void gate_free(struct gate *);

/* Returns false when there are too many messages, or bytes held, already. */
bool gate_enter(struct gate *, const struct limits *);

/* Held bytes of one message change; false when that is too much for all. */
bool gate_hold(struct gate *, int64_t change, const struct limits *);
void gate_leave(struct gate *, int64_t held);

/*
 * Who asks the services for a connection that has no message yet.  False in a
 * drain: the services are to go.  Otherwise gate_depart says when it is done.
 */
bool gate_visit(struct gate *);
void gate_depart(struct gate *);

/* Whoever comes waits from now on. */
void gate_close(struct gate *);

/* After that: true once everybody left, false after timeout ms. */
bool gate_drain(struct gate *, int64_t timeout);

#endif
