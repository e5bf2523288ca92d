/*
 * dns_backend - what the parts of dns say to each other: the shared question,
 * the cache, the job's inside, and the functions of a back end.  Nobody else
 * includes it save their own tests.
 */
#ifndef NET_DNS_BACKEND_H
#define NET_DNS_BACKEND_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/dns.h"

#define DNS_LABEL_MAX 63	/* bytes; RFC 1035 2.3.4 */
#define DNS_UNDER_WAY_MAX 2000	/* questions at the back end at one time */
#define DNS_TTL_MAX 86400	/* seconds an answer is kept at most */
#define DNS_NEGATIVE_TTL_MAX 3600	/* the same for "no"; RFC 2308 5 */
#define DNS_FAILURE_TTL 5	/* seconds; RFC 9520 3.2 wants 1 to 300 */

/* Why there is no answer. */
enum dns_why {
	DNS_WHY_TIMEOUT,
	DNS_WHY_SERVFAIL,
	DNS_WHY_REFUSED,
	DNS_WHY_RCODE,		/* any other code of a server */
	DNS_WHY_BOGUS,
	DNS_WHY_MALFORMED,
	DNS_WHY_OVERSIZED,	/* a TXT record over DNS_TXT_MAX */
	DNS_WHY_RESOLVER,	/* the library refused the question */
	DNS_WHY_CROWDED,	/* DNS_UNDER_WAY_MAX */
	DNS_WHY_JOB,		/* DNS_QUESTIONS_MAX; not counted */
	DNS_WHYS,
};

/* A name as it is compared and asked: lower case, no final dot. */
struct dns_key {
	enum dns_type type;
	size_t n;
	char name[DNS_NAME_MAX + 1];
};

/* False for what can never be a name in the DNS. */
bool dns_key_make(struct dns_key *, struct span name, enum dns_type);

/* Presentation form, for libunbound: odd bytes become \DDD. */
void dns_key_escape(const struct dns_key *, struct buf *out);

/*
 * Reads an uncompressed name off the wire and appends it to the arena, odd
 * bytes (also a dot within a label) as \DDD, so that it equals no other name.
 * Returns how many bytes it took, 0 when malformed or over DNS_NAME_MAX.
 */
size_t dns_name_read(struct span wire, struct arena *, struct span *out);

/* An answer being put together; its spans point wherever they like. */
struct dns_draft {
	enum dns_status status;
	enum dns_why why;
	bool secure;
	uint32_t ttl;
	size_t count;
	struct dns_record records[DNS_RECORDS_MAX];
};

/*
 * Adds one record from its bytes on the wire; what does not fit is left out
 * past DNS_RECORDS_MAX.  A malformed or too long one makes the whole draft a
 * failure.  Text goes to the arena.
 */
void dns_draft_rdata(struct dns_draft *, enum dns_type, struct span rdata,
    struct arena *);
void dns_draft_fail(struct dns_draft *, enum dns_why);

/* One block with all that the draft refers to; free() it. */
struct dns_answer *dns_answer_new(const struct dns_draft *, size_t *bytes);
struct dns_answer *dns_answer_fail(enum dns_why, size_t *bytes);

/* Constants, for what no back end answered. */
const struct dns_answer *dns_failure(enum dns_why);
extern const struct dns_answer dns_no_such_name;

/* A job that wants to hear of an answer. */
struct dns_waiter {
	struct dns_waiter *next;
	struct dns_job *job;	/* counted */
};

/*
 * A question of the whole process, shared by all who ask it and by the cache.
 * Everything is guarded by the mutex of dns, save the answer, which is set
 * once and then constant.
 */
struct dns_question {
	struct dns_question *chain;		/* of the cache's table */
	struct dns_question *newer, *older;	/* in the cache, answered */
	struct dns_question *next, *prev;	/* at the back end */
	struct dns_waiter *waiters;
	_Atomic(struct dns_answer *) answer;	/* NULL while under way */
	unsigned refs;
	bool late;		/* at the back end although timed out */
	bool unasked;		/* the back end would not take it */
	bool cached;		/* found by its name */
	bool kept;		/* in the order of use */
	void *asked_by;		/* for the back end's use */
	int64_t asked, due;	/* steady ms */
	int64_t expires;
	size_t bytes;		/* of the answer */
	uint64_t hash;
	enum dns_type type;
	size_t n;
	char name[];		/* with a zero */
};

struct dns_question *dns_question_new(const struct dns_key *); /* one ref */
void dns_question_put(struct dns_question *);
bool dns_question_is(const struct dns_question *, const struct dns_key *);

/* Questions by name, those answered also by use; guarded by its owner. */
struct dns_cache {
	struct dns_question **chains;
	size_t mask;
	uint64_t secret;	/* strangers choose names, and must not aim */
	struct dns_question *newest, *oldest;
	size_t count, bytes, limit;
};

void dns_cache_init(struct dns_cache *, size_t limit);
void dns_cache_done(struct dns_cache *);
struct dns_question *dns_cache_find(struct dns_cache *, const struct dns_key *,
    int64_t now);
void dns_cache_put(struct dns_cache *, struct dns_question *);

/* Makes an answered question that is in the cache expire and evictable. */
void dns_cache_keep(struct dns_cache *, struct dns_question *,
    int64_t expires);
void dns_cache_remove(struct dns_cache *, struct dns_question *);

/* How long such an answer may be kept, in ms. */
int64_t dns_answer_life(const struct dns_answer *);

/*
 * A back end.  ask is called by any thread, under the lock of a job but none
 * of dns; when it returned true, dns_answered is called once by process, on
 * the thread of dns.  A back end with answer instead of ask and process knows
 * all answers: it is asked at once, or when they are due.
 */
struct dns_backend {
	const char *name;
	bool (*ask)(void *state, struct dns_question *);
	int (*fd)(void *state);		/* readable: call process */
	bool (*process)(void *state);	/* false: never to be called again */
	struct dns_answer *(*answer)(void *state, const struct dns_key *,
	    size_t *bytes);
	void (*close)(void *state);	/* dns_answered is not called again */
};

/* The state belongs to the dns, which closes it. */
struct dns *dns_new(const struct dns_backend *, void *state,
    size_t cache_bytes);
void *dns_state(const struct dns *);

/*
 * Questions are due ms after they are asked: then a back end that knows them
 * all answers, and with any other they time out.  Starts the thread if need
 * be; -1 when there can be none.
 */
int dns_set_due(struct dns *, int64_t ms);

/* Takes the answer over.  Only on the thread of dns. */
void dns_answered(struct dns *, struct dns_question *, struct dns_answer *,
    size_t bytes);

/* The shared question, counted; its job is woken when the answer comes. */
struct dns_question *dns_ask(struct dns *, const struct dns_key *,
    struct dns_job *);

struct dns_slot {
	struct dns_question *question;		/* counted */
	const struct dns_answer *answer;	/* as the job saw it */
};

void dns_put(struct dns *, const struct dns_slot *, size_t count);

struct dns_job {
	struct dns *dns;
	atomic_uint refs;
	struct dns_job *next_ready;	/* guarded by the mutex of dns */
	bool ready;			/* the same */
	pthread_mutex_t mutex;		/* held while the step runs */
	pthread_cond_t changed;
	struct arena arena;
	void *state;
	dns_step *step;
	bool finished;
	bool closed;			/* no step runs any more */
	struct dns_slot *slots;
	size_t count, room;
};

void dns_job_get(struct dns_job *);
void dns_job_put(struct dns_job *);

/* Runs the step again; on the thread of dns, without its mutex. */
void dns_job_wake(struct dns_job *);

/* Bounds of the histogram in ms; one more cell counts what is above. */
#define DNS_BOUNDS 9

struct dns_figures {
	uint64_t questions;		/* different ones of each job */
	uint64_t hits;			/* answered by the cache */
	uint64_t joined;		/* was already under way */
	uint64_t asked;			/* went to the back end */
	uint64_t late;			/* answered after their time-out */
	uint64_t failures[DNS_WHY_JOB];
	uint64_t elapsed[DNS_BOUNDS + 1];
	uint64_t elapsed_ms;		/* sum */
	size_t under_way, cache_bytes, cache_count;
};

void dns_figures_answer(struct dns_figures *, const struct dns_answer *,
    int64_t ms);
void dns_figures_print(const struct dns_figures *, struct buf *out);

#endif
