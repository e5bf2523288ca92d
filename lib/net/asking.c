/* asking - a dns_job that is a list of questions. */
#include "net/asking.h"

#define ASKING_FEW 8	/* questions that most jobs get by with */

struct dns_job *
asking_new(struct dns *dns,
    void (*follow)(struct asking *, const struct question *),
    const void *context)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct asking));
	struct asking *a = dns_job_state(job);

	a->room = ASKING_FEW;
	a->items = arena_raw(dns_job_arena(job),
	    a->room * sizeof(*a->items));
	a->job = job;
	a->follow = follow;
	a->context = context;
	return job;
}

struct asking *
asking_of(struct dns_job *job)
{
	return dns_job_state(job);
}

struct arena *
asking_arena(struct asking *a)
{
	return dns_job_arena(a->job);
}

bool
asking_add(struct asking *a, struct span name, enum dns_type type,
    unsigned tag, struct span subject)
{
	struct question *q;
	size_t i;

	for (i = 0; i < a->count; i++) {
		q = &a->items[i];
		if (q->type == type && q->tag == tag &&
		    span_ieq(q->name, name))
			return true;
	}
	if (a->count == ASKING_MAX) {
		a->full = true;
		return false;
	}
	a->items = arena_room(asking_arena(a), a->items, a->count,
	    sizeof(*a->items), &a->room);
	q = &a->items[a->count++];
	q->answer = NULL;
	q->name = arena_span(asking_arena(a), name);
	q->subject = arena_span(asking_arena(a), subject);
	q->type = type;
	q->tag = tag;
	return true;
}

/* Called again from the start: what is answered stays so. */
static bool
step(struct dns_job *job)
{
	struct asking *a = dns_job_state(job);
	struct question q;
	size_t i;

	/* They may move when one follows from another. */
	for (i = a->settled; i < a->count; i++) {
		q = a->items[i];
		if (q.answer != NULL)
			continue;
		q.answer = dns_job_ask(job, q.name, q.type);
		a->items[i].answer = q.answer;
		if (q.answer != NULL && a->follow != NULL)
			a->follow(a, &q);
	}
	while (a->settled < a->count && a->items[a->settled].answer != NULL)
		a->settled++;
	if (a->settled < a->count)
		return false;
	atomic_store(&a->done, true);
	return true;
}

bool
asking_done(struct dns_job *job)
{
	struct asking *a = dns_job_state(job);

	return atomic_load(&a->done);
}

void
asking_start(struct dns_job *job)
{
	_Static_assert(ASKING_MAX <= DNS_QUESTIONS_MAX, "one job asks all");
	dns_job_start(job, step);
}
