/*
 * lab - a daemon of a test's own: a folder below /tmp with a copy of the
 * shipped configuration and rules, a process that serves it, and words to ask
 * about it.  POSTERN names the program (build/postern), its name with "ctl"
 * behind it the other one.  One thread, but for lab_send, lab_ask and
 * lab_stat.
 */
#ifndef TEST_SOCKET_LAB_H
#define TEST_SOCKET_LAB_H

#include <sys/types.h>

#include "test/unit/test.h"
#include "base/buf.h"
#include "ctl/mclient.h"

#define LAB_WAIT 20000	/* ms for what should happen soon */
#define LAB_FILE_MAX (256 << 20)
#define LAB_GTUBE "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-" \
	"TEST-EMAIL*C.34X\r\n"

struct lab {
	char dir[64];
	char conf[128];
	char control[128];
	char address[128];	/* of the milter socket */
	char store[128];
	char log[128];		/* standard error of the daemon */
	char notify[128];	/* NOTIFY_SOCKET, or "" */
	const char *user;	/* to become; "" unless set */
	const char *asan;	/* further ASAN_OPTIONS; "" unless set */
	int inherit;		/* handed over as systemd does, or -1 */
	unsigned dns;		/* port of a DNS server on loopback; 0: none */
	bool reputation;	/* earlier messages may count */
	bool inside;		/* it runs in dir, and all options name files
				 * there, so that several can have the same */
	pid_t pid;
};

/* What a message came to. */
struct lab_answer {
	char kind;		/* SMFIR_* */
	char stage;
	unsigned code;
	char text[500];
	size_t edits;
	bool quarantined;
	char status[2000];	/* X-Spam-Status, or "" */
	char generation[20];	/* these from X-Spam-Status */
	char score[20], required[20];
};

/* An inbound message's envelope: one recipient, queue id as given. */
struct mclient_envelope lab_envelope(const char *queue_id);

/* Complete but for its Date: MISSING_DATE is all there is against it. */
extern const char lab_plain[];
extern const char lab_gtube[];	/* the same with GTUBE */

/* Makes the folder and the configuration; unix chooses the kind of socket. */
void lab_make(struct lab *, bool unix_socket);
void lab_remove(struct lab *);

/* A port of 127.0.0.1 that nobody listens on. */
unsigned lab_port(void);

/* Replaces a file of the folder in one step. */
void lab_write(const struct lab *, const char *name, const char *text);

/*
 * Writes the shipped configuration with some keys set: "section.key=value",
 * the last is NULL.
 */
void lab_configure(const struct lab *, const char *const *settings);

/*
 * Runs a program of the folder's to its end; its output goes to *out, which
 * the caller does away with.  Returns the exit status, or -1.
 */
int lab_run(const char *const *argv, struct buf *out);

/* Starts the daemon, with the options that make it the lab's. */
bool lab_start(struct lab *);
void lab_launch(struct lab *);	/* the same without waiting */

/* Exit status, 128 + signal, or -1 when it is still there after ms. */
int lab_wait(struct lab *, int64_t ms);

/* TERM and wait; checks that the status is 0 and no sanitizer complained. */
void lab_stop(struct lab *, const char *row);
bool lab_clean(const struct lab *);	/* no sanitizer complained */
bool lab_sanitized(void);		/* the daemon is built with one */

/* Asks over the control socket: exit code, or -1; answer may be NULL. */
int lab_ask(const struct lab *, const char *command, struct buf *answer);

/* A counter such as "in_flight"; -1 when it cannot be had. */
int64_t lab_stat(const struct lab *, const char *name);
bool lab_until(const struct lab *, const char *name, int64_t value);

/* Nothing under way, nothing held, no connection. */
bool lab_idle(const struct lab *);

/* Checks that it answers, holds nothing of anybody, and has at most so many
 * descriptors; greylisting must be off. */
void lab_well(struct lab *, int fds, const char *row);
void lab_generation(const struct lab *, char out[20]);

int64_t lab_status(const struct lab *, const char *field);	/* in /proc */
int lab_fds(const struct lab *);

void lab_read_file(const char *path, struct buf *out);	/* or nothing */

/* All that the daemon has written; the caller does away with it. */
void lab_read_log(const struct lab *, struct buf *out);
bool lab_logged(const struct lab *, const char *text);

/* The value of a member of a JSON line, without quotes; "" when absent. */
struct span lab_member(struct span line, const char *name);

/* A connection with its terms agreed, or NULL; the caller closes it. */
struct mclient *lab_connect(const struct lab *,
    const struct mclient_terms *offer);
int lab_send(struct mclient *, const struct mclient_envelope *,
    struct span raw, struct lab_answer *, struct error *);

/* Fills in what a final reply and the edits before it say. */
void lab_read_answer(struct mclient *, char stage,
    const struct mclient_answer *, struct lab_answer *);

void lab_sleep(int64_t ms);

#endif
