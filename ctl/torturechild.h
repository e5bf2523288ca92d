/*
 * torturechild - the daemon of a private copy: a process of ours that is
 * killed when we end, however that comes about.  One thread, but for its own,
 * which reads what the daemon says.
 */
#ifndef CTL_TORTURECHILD_H
#define CTL_TORTURECHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "ctl/torturecopy.h"

#define CHILD_START_MS 120000	/* rules may have to be compiled */
#define CHILD_SAID_MAX 4096	/* bytes of its last words that are kept */

struct child;

/* program is the daemon's; both outlive the child.  It is not started yet. */
struct child *child_new(const char *program, const struct copy *);
void child_free(struct child *);	/* ends it, NULL is allowed */

/*
 * Start it, with one more setting unless that is NULL, and wait until it
 * answers.  child_start: 0, or -1 with what it said.  child_try: the exit
 * status with what it said, 128 + signal, or -1 when it answers.
 */
int child_start(struct child *, const char *setting, struct error *error);
int child_try(struct child *, const char *setting, struct error *error);

/*
 * How it ended, as above, once it did so by itself within ms; -1 when it is
 * still there.
 */
int child_wait(struct child *, int64_t ms);
void child_kill(struct child *);	/* and waits */
int child_signal(struct child *, int number);
bool child_runs(struct child *);

/* Ends it as systemd would; 0, or -1 unless it left in time and in peace. */
int child_stop(struct child *, struct error *);

/* The first line in which a sanitizer or an assertion spoke, or "". */
void child_complaint(struct child *, char out[CHILD_SAID_MAX]);
void child_last_words(struct child *, char out[CHILD_SAID_MAX]);

/* Asks over the control socket; out may be NULL.  As ask_socket. */
int child_ask(struct child *, const char *command, struct buf *out,
    struct error *);
int64_t child_stat(struct child *, const char *name);	/* or -1 */
void child_generation(struct child *, char out[20]);

/* Of /proc: a field of status such as "RssAnon:", in kB; -1 when unknown. */
int64_t child_memory(struct child *, const char *field);
int child_descriptors(struct child *);

/* Sets the soft limit (RLIMIT_*); UINT64_MAX: as it was at the start. */
int child_limit(struct child *, int resource, uint64_t soft, struct error *);

#endif
