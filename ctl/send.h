/*
 * send - "posternctl send": puts message files to a filter as an MTA would,
 * shows what it answers, and measures how fast.
 */
#ifndef CTL_SEND_H
#define CTL_SEND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "ctl/mclient.h"
#include "ctl/sendlist.h"

#define SEND_CONNECTIONS_MAX 1000
#define SEND_COUNT_MAX 100000000
#define SEND_LATENCIES_MAX (1 << 20)	/* the newest are kept */
#define SEND_FAILURES_MAX 10	/* hang-ups after which a run ends */
#define SEND_FILE_MAX (64 << 20)
#define SEND_MACROS_MAX 64
#define SEND_TIMEOUT 60000	/* ms per reply */

struct send_message {
	const char *name;
	struct span raw;	/* with CRLF; heap */
};

struct send_options {
	const char *socket;
	const struct mclient_terms *offer;
	struct mclient_envelope envelope;
	struct mclient_macro macros[SEND_MACROS_MAX];
	const char *rcpts[MCLIENT_RCPTS_MAX];
	const char *envelopes;		/* file of list, or NULL */
	struct sendlist list;		/* instead of envelope, if any */
	int64_t connections;
	int64_t count;
	int64_t per_connection;		/* messages; 0 is no limit */
	int64_t timeout;
	bool json;
	bool quiet;
};

/* A run; the threads share what stands below the lock. */
struct send_run {
	const struct send_options *options;
	const struct send_message *messages;
	size_t message_count;
	pthread_mutex_t lock;
	int64_t next;
	int64_t answered;
	unsigned failures;
	bool unavailable;
	bool terms_shown;
	int64_t replies[256];	/* by SMFIR_* */
	int64_t quarantined;
	int64_t microseconds;	/* of the whole run */
	uint32_t *latencies;	/* microseconds, ring of SEND_LATENCIES_MAX */
};

int send_main(int argc, char **argv);	/* returns the exit status */

/* Puts all messages; the caller then looks at the counts. */
void send_all(struct send_run *);

/* Printing to standard output; the first two with the lock held. */
void send_show_terms(const struct send_run *, const struct mclient_terms *);
void send_show_verdict(const struct send_run *, const struct send_message *,
    const struct mclient_verdict *, int64_t microseconds);
void send_show_summary(const struct send_run *);	/* sorts latencies */

#endif
