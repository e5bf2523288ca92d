/*
 * dns_ask - for tests that ask the DNS: one question as a job, and answers as
 * words.
 */
#ifndef TEST_UNIT_DNS_ASK_H
#define TEST_UNIT_DNS_ASK_H

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/dns.h"

static inline void
sleep_ms(int64_t ms)
{
	struct timespec ts = {.tv_sec = ms / 1000,
	    .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* Records as words, in order. */
static inline void
answer_text(const struct dns_answer *a, enum dns_type type, struct buf *out)
{
	static const char *const words[] = {"found", "nodata", "nxdomain",
	    "failed"};
	char text[IP_TEXT_MAX];
	size_t i;

	buf_puts(out, words[a->status]);
	if (a->status == DNS_FAILED)
		buf_printf(out, " %s", a->why);
	for (i = 0; i < a->count && i < 4; i++) {
		const struct dns_record *r = &a->records[i];

		buf_char(out, ' ');
		if (type == DNS_A || type == DNS_AAAA)
			buf_puts(out, ip_text(&r->ip, text));
		if (type == DNS_MX)
			buf_printf(out, "%u:", r->preference);
		buf_printf(out, "%.*s", SPAN_ARG(r->data));
	}
}

struct one {
	struct span name;
	enum dns_type type;
	const struct dns_answer *answer;
};

static inline bool
one_step(struct dns_job *job)
{
	struct one *one = dns_job_state(job);

	one->answer = dns_job_ask(job, one->name, one->type);
	return one->answer != NULL;
}

static inline struct dns_job *
one_start(struct dns *dns, const char *name, enum dns_type type)
{
	struct dns_job *job = dns_job_new(dns, sizeof(struct one));
	struct one *one = dns_job_state(job);

	one->name = arena_span(dns_job_arena(job), span_of(name));
	one->type = type;
	dns_job_start(job, one_step);
	return job;
}

/* Waits for the answer, writes it to out and ends the job. */
static inline bool
one_end(struct dns_job *job, int64_t timeout, struct buf *out)
{
	const struct one *one = dns_job_state(job);
	bool finished = dns_job_wait(job, timeout);

	buf_reset(out);
	answer_text(one->answer, one->type, out);
	dns_job_free(job);
	return finished;
}

static inline bool
stats_have(struct dns *dns, const char *line)
{
	struct buf out;
	bool found;

	buf_init(&out, 65536);
	dns_stats(dns, &out);
	found = strstr(buf_string(&out), line) != NULL;
	if (!found)
		fprintf(stderr, "%s", buf_string(&out));
	buf_done(&out);
	return found;
}

#endif
