/*
 * dns - questions to the DNS, asked ahead of time and never waited for until
 * the very end.
 *
 * A job is one evaluation (an SPF check, the search for a DMARC record) that
 * needs answers.  Its step function computes from what is known; where an
 * answer is missing it asks and returns false, and is called again from the
 * start when an answer came, on whatever thread that happens.  So a chain of
 * questions goes on while the message is still arriving, and a thread waits
 * only in dns_job_wait.
 *
 * A struct dns may be used from any thread.  A job belongs to one message; its
 * step is never run by two threads at a time, and must touch nothing but the
 * job's own state and arena and constant data that outlives the job.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/ip.h"
#include "base/span.h"

#define DNS_NAME_MAX 253	/* bytes of a name as text; RFC 1035 2.3.4 */
#define DNS_RECORDS_MAX 100	/* of one answer that are kept */
#define DNS_TXT_MAX 8192	/* bytes of one TXT record; longer ones fail */
#define DNS_QUESTIONS_MAX 200	/* different ones of one job */

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
};

enum dns_status {
	DNS_FOUND,	/* at least one record */
	DNS_NODATA,	/* the name exists, not with this type */
	DNS_NXDOMAIN,	/* the name does not exist (RFC 8020: nor any below) */
	DNS_FAILED,	/* SERVFAIL, time-out, bogus, lame ...: no answer */
};

struct dns_record {
	struct ip ip;		/* A (as ::ffff:a.b.c.d), AAAA */
	unsigned preference;	/* MX */
	struct span data;	/* TXT: all strings joined, may hold any byte;
				 * PTR, MX, NS, CNAME: the name in lower case
				 * without the final dot; "" is the root */
};

struct dns_answer {
	enum dns_status status;
	bool secure;		/* validated by DNSSEC */
	uint32_t ttl;		/* seconds, of the whole answer */
	size_t count;
	const struct dns_record *records;	/* CNAMEs are followed */
	const char *why;	/* of DNS_FAILED: "timeout", "servfail" ... */
};

/* Whether an A or AAAA answer has that address.  Pure. */
bool dns_answer_has(const struct dns_answer *, const struct ip *);

/* The section "dns" of the configuration, or what a test wants. */
struct dns_settings {
	const char *const *forwarders;	/* "ip" or "ip@port"; NULL, or ends
					 * with NULL; none: full recursion */
	const char *trust_anchor;	/* file, "" is no validation */
	int64_t cache_bytes;
	int64_t timeout;		/* ms for one question */
	bool local_zones;	/* ask about private addresses, test. too */
};

struct dns;
struct dns_job;

/* By libunbound.  NULL with *error filled in. */
struct dns *dns_unbound(const struct dns_settings *, struct error *);

/*
 * From a table, for tests and for the evaluation of what-ifs: names that are
 * not in it do not exist (but names above one that is do: NODATA).  add takes
 * presentation form: an address, "10 mx.example", a name, or the bytes of a
 * TXT record.  fail makes the question, or with type 0 every question about
 * the name that has no record, a DNS_FAILED.  delay holds every answer back.
 */
struct dns *dns_table(void);
void dns_table_add(struct dns *, const char *name, enum dns_type,
    struct span data);
void dns_table_fail(struct dns *, const char *name, enum dns_type);
void dns_table_delay(struct dns *, int64_t ms);

void dns_free(struct dns *);	/* after all its jobs */
void dns_stats(struct dns *, struct buf *out);	/* Prometheus text */

/* True when the job is finished; called again from the start until then. */
typedef bool dns_step(struct dns_job *);

/* A job with zeroed state of that size in its arena. */
struct dns_job *dns_job_new(struct dns *, size_t state_size);
void *dns_job_state(struct dns_job *);
struct arena *dns_job_arena(struct dns_job *);

/* Runs step for the first time in this thread. */
void dns_job_start(struct dns_job *, dns_step *step);

/*
 * Within a step: the answer, or NULL when it is still under way (asked now if
 * it was not).  It lives as long as the job.  Case and a final dot of name do
 * not matter.  A name that cannot be asked (a label over 63 bytes, an empty
 * one, over DNS_NAME_MAX in all) is answered NXDOMAIN at once; past
 * DNS_QUESTIONS_MAX the answer is DNS_FAILED.
 */
const struct dns_answer *dns_job_ask(struct dns_job *, struct span name,
    enum dns_type);

/*
 * Waits until the job is finished or timeout ms are over; returns whether it
 * is finished.  Afterwards no step runs any more: what is missing counts as
 * DNS_FAILED with why "timeout", and the step is run a last time so.
 */
bool dns_job_wait(struct dns_job *, int64_t timeout);

/* How many questions the job asked: for tests. */
size_t dns_job_questions(const struct dns_job *);

/* Ends the job wherever it is; answers under way go to the cache. */
void dns_job_free(struct dns_job *);

#endif
