/*
 * asking - a dns_job that is a list of questions: each is asked once, all at
 * the same time, and an answer may lead to further ones.
 *
 * Questions are added by the thread that makes the job, before it starts, and
 * by follow afterwards; they are read when dns_job_wait has returned.
 */
#ifndef NET_ASKING_H
#define NET_ASKING_H

#include <stdatomic.h>

#include "net/dns.h"

#define ASKING_MAX 200		/* questions of one job, as of any:
				 * DNS_QUESTIONS_MAX */

struct question {
	struct span name;
	enum dns_type type;
	unsigned tag;		/* of the caller's */
	struct span subject;	/* of the caller's: what it is about */
	const struct dns_answer *answer;	/* NULL until it is there */
};

struct asking {
	struct question *items;
	size_t count;
	bool full;		/* some did not fit */

	/* Private. */
	size_t room;		/* of items */
	struct dns_job *job;
	void (*follow)(struct asking *, const struct question *);
	const void *context;
	size_t settled;		/* all before it are answered */
	atomic_bool done;
};

/*
 * follow (or NULL) is called for each answer, perhaps on another thread, and
 * may add questions; context is constant and outlives the job.
 */
struct dns_job *asking_new(struct dns *,
    void (*follow)(struct asking *, const struct question *),
    const void *context);
struct asking *asking_of(struct dns_job *);

/*
 * Name and subject are copied.  The same question with the same tag is the
 * same entry.  False when there is no room.
 */
bool asking_add(struct asking *, struct span name, enum dns_type,
    unsigned tag, struct span subject);
void asking_start(struct dns_job *);

/* Whether dns_job_wait would not wait. */
bool asking_done(struct dns_job *);

/* Memory that lives as long as the job. */
struct arena *asking_arena(struct asking *);

#endif
