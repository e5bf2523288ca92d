/*
 * hosts - three daemons that share a Redis, mail that flows to all of them,
 * and what may disturb the Redis meanwhile.
 *
 * The letters of the mail are of a few kinds whose answers are known, whatever
 * becomes of the Redis; all messages of some kinds are counted by it.
 */
#ifndef TEST_SOCKET_HOSTS_H
#define TEST_SOCKET_HOSTS_H

#include <stdatomic.h>

#include "test/redislab.h"
#include "test/socket/lab.h"

#define HOSTS 3
#define HOSTS_DEADLINE 400	/* failures.store_deadline, ms */
#define HOSTS_MARGIN 100	/* ms that a message takes apart from waiting */
#define HOSTS_KNOWN "known0.example"	/* 198.51.100.0/24 may send for */
#define HOSTS_SPAM "spam0.example"	/* both of them */

struct hosts {
	struct lab lab[HOSTS];
	pid_t names;		/* the DNS server */
	int names_input;	/* it ends when this is closed */
	unsigned disturbed;	/* how often */
};

/*
 * Makes and starts them; servers are the values of redis.servers, one for each
 * host, settings is added to the configuration and ends with NULL.  False
 * when one does not start.
 */
bool hosts_start(struct hosts *, const char *kind,
    const char *const servers[HOSTS], const char *const *settings);
void hosts_stop(struct hosts *, const char *row);

/* Of the store of one host: "pending", "local", "cold" ... */
int64_t hosts_store(const struct hosts *, int host, const char *figure);

/*
 * What the hosts have learned so far is in the store afterwards: a listing
 * comes after what store_later keeps for the next batch.
 */
void hosts_tell(const struct hosts *);

/*
 * Whether all hosts come, within ms, to reach the store, with nothing that
 * waits for it; and whether it stops being cold.
 */
bool hosts_settle(const struct hosts *, int64_t ms);
bool hosts_warm(const struct hosts *, int64_t ms);

/* A letter to one host; kind 0 in *out when there was no answer. */
void hosts_send(const struct hosts *, int host,
    const struct mclient_envelope *, const char *letter,
    struct lab_answer *out);

/* What the hosts together counted, asked of one host; -1: no answer. */
int64_t hosts_taken(const struct hosts *, int host, const char *domain);
int64_t hosts_spam(const struct hosts *, int host, const char *domain);

/* What becomes of the Redis while mail flows. */
enum {
	LOSES = 1,	/* contents: what was counted before may be missing */
	LAGS = 32,	/* the same, but only of what was counted last */
	PASSES = 2,	/* strangers may pass: nobody knows who is one */
	DEGRADES = 4,	/* answers say that the store was not there */
	EITHER = 8,	/* perhaps they do */
	LATE = 16,	/* some messages wait until their deadline */
};

struct disturbance {
	const char *name;
	void (*begin)(void);
	void (*end)(void);
	int64_t hold;		/* ms between them */
	unsigned expected;	/* bits as above */
};

/* Makes known and trusted who has to pass in spite of all; once. */
bool hosts_introduce(const struct hosts *);

/* Tries one; prints a line about it. */
void hosts_disturb(struct hosts *, const struct disturbance *);

/*
 * A way to a server that can be made bad.  One thread for each; lasts as long
 * as the process.
 */
struct proxy;
struct proxy *proxy_new(int port);
int proxy_port(const struct proxy *);
void proxy_delay(struct proxy *, int ms);	/* each way, what comes now */
void proxy_drop(struct proxy *, bool);		/* nothing gets through */

#endif
