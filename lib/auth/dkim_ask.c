/* dkim_ask - the keys of all signatures of a message, asked for together. */
#include "auth/dkim_ask.h"

struct question {
	struct span name;
	const struct dns_answer *answer;	/* NULL while under way */
};

struct state {
	struct question *questions;
	size_t count;
};

static bool
step(struct dns_job *job)
{
	const struct state *s = dns_job_state(job);
	struct question *q;
	bool finished = true;

	for (q = s->questions; q < s->questions + s->count; q++) {
		q->answer = dns_job_ask(job, q->name, DNS_TXT);
		if (q->answer == NULL)
			finished = false;
	}
	return finished;
}

struct dns_job *
dkim_ask_keys(struct dns *dns, const struct span *names, size_t count)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct state));
	struct arena *arena = dns_job_arena(job);
	struct state *s = dns_job_state(job);
	size_t i;

	s->questions = arena_alloc(arena, count * sizeof(*s->questions));
	s->count = count;
	for (i = 0; i < count; i++)
		s->questions[i].name = arena_span(arena, names[i]);
	dns_job_start(job, step);
	return job;
}

const struct dns_answer *
dkim_ask_answer(struct dns_job *job, size_t n)
{
	const struct state *s = dns_job_state(job);

	return s->questions[n].answer;
}
