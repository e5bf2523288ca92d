/*
 * torture - crash tests of a private copy of a configuration: what each case
 * does to the copy's daemon while mail flows, and what must come of it.
 */
#ifndef CTL_TORTURE_H
#define CTL_TORTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/torturechild.h"
#include "ctl/torturecopy.h"
#include "ctl/torturedns.h"
#include "ctl/tortureload.h"

#define TORTURE_ONLY_MAX 64
#define TORTURE_SECONDS_MAX 3600
#define TORTURE_IDLE_MAX 10000	/* connections that say nothing */
#define TORTURE_NOTE_MAX 160

struct torture_options {
	const char *daemon;	/* program; NULL: beside this one */
	const char *redis;	/* host:port of a server for tests, or NULL */
	const char *only[TORTURE_ONLY_MAX];	/* cases; none: all */
	size_t only_count;
	int64_t seconds;	/* that mail flows for each case */
	int64_t connections;
	bool json, list;
};

enum torture_verdict { VERDICT_OK, VERDICT_FAIL, VERDICT_SKIPPED };

/* What a case came to. */
struct torture_result {
	enum torture_verdict verdict;
	struct tally tally;
	int64_t p99;			/* microseconds */
	int64_t before, after;		/* anonymous memory, kB; -1 unknown */
	char note[TORTURE_NOTE_MAX];	/* what was done, in numbers */
	struct error reason;		/* of FAIL and SKIPPED */
};

struct torture_case;

/* One case being tried. */
struct trial {
	const struct torture_options *options;
	const struct torture_case *row;
	struct copy *copy;
	struct child *child;
	struct responder *dns;
	struct load_settings settings;
	struct load *load;
	struct tally peace;	/* what comes of mail untroubled */
	bool peace_known;
	int64_t until;		/* steady clock: end of the trouble */
	int signals;		/* signalfd: asks us to end */
	bool interrupted;
	unsigned deaths;	/* ends of the daemon that the case allows */
	struct torture_result result;
};

enum torture_want {
	WANT_NOT_ROOT = 1,	/* root may write everywhere */
	WANT_DNS = 2,
	WANT_EMBEDDED = 4,
};

/* 0, 1 when there is nothing to do it to, or -1 for FAIL, with the reason. */
typedef int torture_act(struct trial *, struct error *);

struct torture_case {
	const char *name;
	const char *does;
	const char *expected;	/* outcome of the mail that flows meanwhile */
	torture_act *act;
	unsigned may;		/* TALLY_MAY_* */
	bool may_die;		/* the daemon may end, and is started again */
	bool strains;		/* a service: see failures in postern.conf(5) */
	unsigned wants;		/* enum torture_want */
	enum mail hostile;	/* MAIL_PLAIN: none */
	const char *setting;	/* one more, at the daemon's start, or NULL */
	enum copy_kind what;	/* of acts on files */
	int how;		/* argument of the act */
};

extern const struct torture_case torture_cases[];	/* ends with no name */

/*
 * Lets the case's mail flow for ms at most: false when the trial must end,
 * because we were asked to or the daemon died that may not.
 */
bool trial_pause(struct trial *, int64_t ms);
bool trial_go_on(struct trial *);	/* the case's time is not over yet */
void trial_note(struct trial *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Starts a fresh daemon of the copy, does what the row says under load, and
 * judges.  The result is in trial->result.
 */
void trial_run(struct trial *);

/* Acts on files, and by limits and clients; how is of torture_case. */
torture_act act_peace, act_kill, act_storm, act_spoil, act_bomb, act_geo;
torture_act act_dns, act_store_full, act_store_closed, act_limit, act_stall;
torture_act act_idle, act_garbage;

/* The dialogue; a connection may end after any of it. */
enum torture_step {
	STEP_CONNECT, STEP_NEGOTIATE, STEP_CLIENT, STEP_HELO, STEP_MAIL,
	STEP_RCPT, STEP_HEADER, STEP_EOH, STEP_BODY, STEP_EOM, STEPS
};

/* A connection that has come as far as that, or NULL. */
struct mclient *torture_bring(const struct load_settings *,
    enum torture_step last);

enum spoil { SPOIL_BROKEN, SPOIL_EMPTY, SPOIL_CUT, SPOIL_GONE };

/* What is printed: a line for each case, and the last one. */
void torture_show_list(void);
void torture_show_head(const struct torture_options *);
void torture_show(const struct torture_options *, const struct trial *);

#endif
